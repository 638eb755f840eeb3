//! Bodies of responses on their way to the client, and what a client is told whose request body was cut.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{StatusCode, Version};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;

use super::problem::Problem;
use super::pump::Pump;
use crate::bindings::errors::Kind as ErrorKind;
use crate::call::body::Cut;
use crate::call::guest_body::GuestBody;
use crate::extension::Body as Wrapped;
use crate::telemetry::{debug, warn};

/// What is answered to a request whose body was cut.
pub(super) fn cut_problem(cut: Cut) -> Problem {
    let kind = ErrorKind::InvalidArguments;
    match cut {
        Cut::TooLarge { limit } => Problem::own(
            StatusCode::PAYLOAD_TOO_LARGE,
            kind,
            format!("the request body is larger than {limit} bytes"),
        ),
        Cut::Silent { limit } => Problem::own(
            StatusCode::REQUEST_TIMEOUT,
            kind,
            format!(
                "the request body did not arrive, {} passed without any of it",
                humantime::format_duration(limit)
            ),
        ),
        Cut::Broken => Problem::own(StatusCode::BAD_REQUEST, kind, "the request body was cut off"),
    }
}

/// The body of a response. While the client reads it, what is left of the request keeps flowing.
pub(crate) struct ResponseBody(Inner);

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

enum Inner {
    /// `None` once it was handed on.
    Whole(Option<Bytes>),
    /// Nothing is sent, but a length is announced, which hyper takes from here.
    Unsent(u64),
    Streamed(Box<StreamedBody>),
    /// What a feature has made of it.
    Wrapped(Wrapped),
}

/// A body that the guest writes. While the client reads it, what is left of the request keeps flowing.
struct StreamedBody {
    body: GuestBody,
    pump: Pump<Cut>,
    request_id: Arc<str>,
}

impl StreamedBody {
    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        // The guest has been told why the rest of the request does not come; its response may go on.
        let _ = self.pump.poll(context);
        Pin::new(&mut self.body).poll_frame(context).map_err(|reason| {
            let reason = reason.to_string();
            warn!(ResponseCut, request_id = &*self.request_id, reason, "response cut off");
            Aborted
        })
    }
}

/// The guest, or its loss, ended a response before its end. The client has to notice.
#[derive(Debug, thiserror::Error)]
#[error("the response was cut off")]
pub(crate) struct Aborted;

impl ResponseBody {
    pub(super) fn empty() -> Self {
        Self(Inner::Whole(None))
    }

    pub(super) fn whole(bytes: Bytes) -> Self {
        Self(Inner::Whole((!bytes.is_empty()).then_some(bytes)))
    }

    /// The body of a 304, which is not sent. hyper removes an announced length over HTTP/1.1 unless the
    /// body seems to have it; it does not ask for it then.
    pub(super) fn unsent(announced: Option<u64>, version: Version) -> Self {
        match announced {
            Some(length) if version < Version::HTTP_2 => Self(Inner::Unsent(length)),
            _ => Self::empty(),
        }
    }

    /// What a feature makes of this body.
    pub(super) fn wrapped(self, wrap: impl FnOnce(Wrapped) -> Wrapped) -> Self {
        let body = match self.0 {
            Inner::Wrapped(body) => body,
            inner => Box::pin(Self(inner).map_err(Into::into)),
        };
        Self(Inner::Wrapped(wrap(body)))
    }

    /// `pump` moves what is left of the request.
    pub(super) fn streamed(body: GuestBody, pump: Pump<Cut>, request_id: Arc<str>) -> Self {
        Self(Inner::Streamed(Box::new(StreamedBody { body, pump, request_id })))
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        match &mut self.0 {
            Inner::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Inner::Unsent(_) => Poll::Ready(None),
            Inner::Streamed(streamed) => streamed.poll_frame(context),
            Inner::Wrapped(body) => body.as_mut().poll_frame(context).map_err(|error| {
                debug!(ResponseBodyFailed, %error, "the body of a response ended early");
                Aborted
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Whole(bytes) => bytes.is_none(),
            Inner::Unsent(_) => false,
            Inner::Streamed(streamed) => streamed.body.is_end_stream(),
            Inner::Wrapped(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Inner::Unsent(length) => SizeHint::with_exact(*length),
            Inner::Streamed(streamed) => streamed.body.size_hint(),
            Inner::Wrapped(body) => body.size_hint(),
        }
    }
}
