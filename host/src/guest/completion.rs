//! How what is streamed across the boundary of a guest comes to its end.
//!
//! Does not know what is streamed.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{FutureConsumer, Lift, Source};

use crate::bindings::errors::{Error as ServiceError, Kind};
use crate::call::error::service_error;
use crate::capability::State;

/// The two ways in which what a guest streams comes to its end.
pub(super) struct StreamCompletion {
    /// Fails when the guest has written the last of it.
    pub(super) finished: oneshot::Receiver<()>,
    /// Fails when nobody reads it any more.
    pub(super) unread: oneshot::Receiver<()>,
}

/// The end of what a client streamed when its connection was lost.
pub(super) fn cut_off() -> ServiceError {
    service_error(Kind::InvalidArguments, "the request was cut off")
}

/// Passes on what a guest says at the end of a stream.
pub(super) struct Ending<T>(Option<oneshot::Sender<T>>);

impl<T> Ending<T> {
    pub(super) fn new(ended: oneshot::Sender<T>) -> Self {
        Self(Some(ended))
    }
}

impl<T: Lift + Send + Sync + Unpin + 'static> FutureConsumer<State> for Ending<T> {
    type Item = T;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        store: StoreContextMut<'_, State>,
        mut source: Source<'_, T>,
        _finish: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut end = None;
        source.read(store, &mut end)?;
        if let (Some(end), Some(ended)) = (end, self.0.take()) {
            // Nobody has to want to know.
            drop(ended.send(end));
        }
        Poll::Ready(Ok(()))
    }
}
