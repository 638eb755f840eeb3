//! Bodies of exchanges, whatever carries them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;

use super::error::{BoxError, ClientError, TransportFault};
use super::exchange::ExchangeGuard;
use super::lease::Lease;
use super::local::{DESTINATION, LocalBody};
use super::settings;

/// The writer of a request's body or messages has given up; the exchange is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the caller has cancelled its request")]
pub(crate) struct Aborted;

/// The body of a request.
#[derive(Debug)]
pub(crate) enum RequestBody {
    /// All of it; empty is none. Such a request can be sent again.
    Whole(Bytes),
    Streamed(UnsyncBoxBody<Bytes, BoxError>),
}

impl RequestBody {
    /// A body that is written while it is sent.
    pub(crate) fn streamed<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self::Streamed(body.map_err(Into::into).boxed_unsync())
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Streamed(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Streamed(body) => body.size_hint(),
        }
    }
}

/// The body of a response. Dropping it before its end cancels the exchange.
pub(crate) struct ResponseBody {
    source: Source,
    /// What the exchange holds until its body has ended.
    guard: Option<ExchangeGuard>,
}

/// Where a body comes from.
pub(super) enum Source {
    Network { body: Incoming, lease: Lease },
    Local { body: LocalBody, settings: Arc<settings::Client> },
    Ended,
}

impl ResponseBody {
    pub(super) fn new(source: Source) -> Self {
        Self { source, guard: None }
    }

    pub(super) fn empty() -> Self {
        Self::new(Source::Ended)
    }

    /// `guard` ends when the body does.
    pub(super) fn guarded_by(mut self, guard: ExchangeGuard) -> Self {
        self.guard = Some(guard);
        self
    }

    fn end(&mut self) {
        self.guard = None;
        let Source::Network { lease, .. } = std::mem::replace(&mut self.source, Source::Ended)
        else {
            return;
        };
        lease.end();
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        let this = self.get_mut();
        let polled = match &mut this.source {
            Source::Network { body, lease } => {
                Pin::new(body).poll_frame(context).map_err(|error| lease.broken(error))
            }
            Source::Local { body, settings } => {
                Pin::new(body).poll_frame(context).map_err(|error| {
                    settings.failed_at(&DESTINATION.into(), TransportFault::Broken, error)
                })
            }
            Source::Ended => return Poll::Ready(None),
        };
        // Also of a body that always has more: what has an end may come to it.
        let has_ended = matches!(polled, Poll::Ready(None | Some(Err(_))));
        let late = this.guard.as_mut().filter(|_| !has_ended);
        if let Some(error) = late.and_then(|guard| guard.poll_late(context)) {
            // Dropped, which cancels the exchange.
            (this.source, this.guard) = (Source::Ended, None);
            return Poll::Ready(Some(Err(error)));
        }
        let frame = ready!(polled);
        match &frame {
            None => this.end(),
            Some(Err(_)) => (this.source, this.guard) = (Source::Ended, None),
            Some(Ok(_)) => (),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Network { body, .. } => body.is_end_stream(),
            Source::Local { body, .. } => body.is_end_stream(),
            Source::Ended => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Network { body, .. } => body.size_hint(),
            Source::Local { body, .. } => body.size_hint(),
            Source::Ended => SizeHint::with_exact(0),
        }
    }
}

/// A reader may stop as soon as the body says that it has ended.
impl Drop for ResponseBody {
    fn drop(&mut self) {
        if self.is_end_stream() {
            self.end();
        }
    }
}
