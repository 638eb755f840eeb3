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
use super::lease::Lease;
use super::local::{DESTINATION, LocalBody};
use super::pacing::{PacedBody, PeerActivity};
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
    /// The same on its way over HTTP/2.
    Paced(Box<PacedBody>),
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

    /// The same with its short frames joined as long as there is no `activity`.
    pub(super) fn paced(self, activity: &PeerActivity) -> Self {
        let body = match self {
            Self::Whole(bytes) => return Self::Whole(bytes),
            Self::Streamed(body) => PacedBody::new(body),
            Self::Paced(body) => *body,
        };
        Self::Paced(Box::new(body.watching(activity)))
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
            Self::Paced(body) => body.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Streamed(body) => body.is_end_stream(),
            Self::Paced(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Streamed(body) => body.size_hint(),
            Self::Paced(body) => body.size_hint(),
        }
    }
}

/// The body of a response as its transport has it. Dropping it before its end cancels the exchange.
pub(super) struct TransportBody(Source);

enum Source {
    Network { body: Incoming, lease: Lease },
    Local { body: LocalBody, settings: Arc<settings::Client> },
    Ended,
}

impl TransportBody {
    pub(super) fn network(body: Incoming, lease: Lease) -> Self {
        Self(Source::Network { body, lease })
    }

    pub(super) fn local(body: LocalBody, settings: &Arc<settings::Client>) -> Self {
        Self(Source::Local { body, settings: settings.clone() })
    }

    pub(super) fn ended() -> Self {
        Self(Source::Ended)
    }

    /// Ends it well: the connection can be used again.
    fn end(&mut self) {
        if let Source::Network { lease, .. } = std::mem::replace(&mut self.0, Source::Ended) {
            lease.end();
        }
    }
}

impl fmt::Debug for TransportBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportBody").finish_non_exhaustive()
    }
}

impl Body for TransportBody {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        let this = self.get_mut();
        let frame = ready!(match &mut this.0 {
            Source::Network { body, lease } => {
                let polled = Pin::new(body).poll_frame(context);
                if polled.is_ready() {
                    lease.note_activity();
                }
                polled.map_err(|error| lease.broken(error))
            }
            Source::Local { body, settings } => {
                Pin::new(body).poll_frame(context).map_err(|error| {
                    settings.failed_at(&DESTINATION.into(), TransportFault::Broken, error)
                })
            }
            Source::Ended => Poll::Ready(None),
        });
        match &frame {
            None => this.end(),
            Some(Err(_)) => this.0 = Source::Ended,
            Some(Ok(_)) => (),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Network { body, .. } => body.is_end_stream(),
            Source::Local { body, .. } => body.is_end_stream(),
            Source::Ended => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Network { body, .. } => body.size_hint(),
            Source::Local { body, .. } => body.size_hint(),
            Source::Ended => SizeHint::with_exact(0),
        }
    }
}

/// A reader may stop as soon as the body says that it has ended.
impl Drop for TransportBody {
    fn drop(&mut self) {
        if self.is_end_stream() {
            self.end();
        }
    }
}
