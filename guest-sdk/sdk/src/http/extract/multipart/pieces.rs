//! The body of a form as `multer` is to get it: one piece at a time, and not without end while no field begins.
//! Deliberately outside of `multer`, which takes whatever is ready into memory before it looks at it, and looks for the
//! first boundary and for the end of a field's header in all that it has.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::Stream;

use crate::error::{Result, ServiceError};
use crate::http::{BodyError, BodyStream};

/// Most bytes before the next field: its boundary and header, and what stands before the first boundary. Browsers send
/// some hundred.
const MOST: usize = 64 * 1024;

/// What has come since a field was asked for and did not begin. Shared, because `multer` owns the stream; atomic,
/// because it wants the stream to be `Send`.
#[derive(Debug, Clone)]
pub(super) struct Uneventful(Arc<AtomicUsize>);

/// Counts nothing while a field is being read.
const OFF: usize = usize::MAX;

impl Default for Uneventful {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(OFF)))
    }
}

impl Uneventful {
    /// A field has been asked for.
    pub(super) fn begins(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// It is there.
    pub(super) fn ends(&self) {
        self.0.store(OFF, Ordering::Relaxed);
    }

    fn add(&self, length: usize) {
        let count = self.0.load(Ordering::Relaxed);
        if count != OFF {
            self.0.store(count + length, Ordering::Relaxed);
        }
    }

    fn is_too_much(&self) -> bool {
        let count = self.0.load(Ordering::Relaxed);
        count != OFF && count >= MOST
    }
}

/// The pieces of a body.
pub(super) struct Pieces {
    body: BodyStream,
    uneventful: Uneventful,
    /// Whether `multer` is to look at what it has first.
    is_resting: bool,
}

impl Pieces {
    pub(super) fn new(body: BodyStream, uneventful: Uneventful) -> Self {
        Self { body, uneventful, is_resting: false }
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.is_resting) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.uneventful.is_too_much() {
            let error = format!("the form cannot be read: no field begins within {MOST} bytes");
            let error = ServiceError::invalid_arguments(error);
            return Poll::Ready(Some(Err(BodyError::from_service(error))));
        }
        let piece = Pin::new(&mut self.body).poll_next(context);
        if let Poll::Ready(Some(Ok(bytes))) = &piece {
            self.uneventful.add(bytes.len());
            self.is_resting = true;
        }
        piece
    }
}
