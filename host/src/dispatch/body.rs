//! Bodies of requests on their way to the guest, and of responses on their way to the client.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Version;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::outgoing::Outgoing;
use super::problem::Problem;
use crate::bindings::errors::Kind;
use crate::call::http::{Body, Feed, Streamed};
use crate::call::stream::stream;
use crate::extension::Body as Wrapped;
use crate::http2::RequestBody;
use crate::telemetry::debug;

/// A body that the client announces to be at most so long is handed to the guest whole, in bytes.
const WHOLE_UP_TO: u64 = 64 * 1024;

/// What a request body may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyRules {
    /// Source: `[host.limits] max_body`, in bytes.
    pub(super) limit: usize,
    /// Longest silence of the client. Source: `[services.http] read_timeout`.
    pub(super) silence: Duration,
}

/// Why the rest of a request body does not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    TooLarge {
        limit: usize,
    },
    Silent {
        limit: Duration,
    },
    /// The connection broke; nobody is left to be answered.
    Broken,
}

impl Cut {
    pub(super) fn problem(self) -> Problem {
        use http::StatusCode;
        let kind = Kind::InvalidArguments;
        match self {
            Self::TooLarge { limit } => Problem::own(
                StatusCode::PAYLOAD_TOO_LARGE,
                kind,
                format!("the request body is larger than {limit} bytes"),
            ),
            Self::Silent { limit } => Problem::own(
                StatusCode::REQUEST_TIMEOUT,
                kind,
                format!(
                    "the request body did not arrive, {} passed without any of it",
                    humantime::format_duration(limit)
                ),
            ),
            Self::Broken => {
                Problem::own(StatusCode::BAD_REQUEST, kind, "the request body was cut off")
            }
        }
    }
}

/// Moves a streamed request body to the guest; ends when there is no more of it, or nobody reads it.
pub(super) type Pump = Pin<Box<dyn Future<Output = Result<(), Cut>>>>;

/// Turns the body of a request into what is handed to the guest. A short one is read whole; a long
/// one is a stream that flows while the returned pump is polled.
pub(super) async fn receive(
    mut body: RequestBody,
    rules: BodyRules,
) -> Result<(Body, Option<Pump>), Cut> {
    use http_body::Body as _;
    if body.is_end_stream() {
        return Ok((Body::None, None));
    }
    match body.size_hint().exact() {
        Some(length) if length > rules.limit as u64 => Err(Cut::TooLarge { limit: rules.limit }),
        Some(length) if length <= WHOLE_UP_TO => {
            let mut whole = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
            let mut first = None;
            while let Some(chunk) = next(&mut body, rules).await? {
                // Most bodies are one chunk, which needs no copy.
                match first.take() {
                    None if whole.is_empty() && chunk.len() as u64 == length => first = Some(chunk),
                    _ => whole.extend_from_slice(&chunk),
                }
            }
            Ok((Body::Whole(first.unwrap_or_else(|| whole.into())), None))
        }
        length => {
            let (feed, body_of_guest) = stream();
            let streamed = Body::Streamed { body: body_of_guest, length };
            Ok((streamed, Some(Box::pin(pump(body, rules, feed)))))
        }
    }
}

async fn pump(mut body: RequestBody, rules: BodyRules, feed: Feed) -> Result<(), Cut> {
    let Feed { data, end, .. } = feed;
    let mut room = rules.limit;
    let ended = loop {
        let chunk = match next(&mut body, rules).await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break Ok(()),
            Err(cut) => break Err(cut),
        };
        if chunk.len() > room {
            break Err(Cut::TooLarge { limit: rules.limit });
        }
        room -= chunk.len();
        if data.send(chunk).await.is_err() {
            // The guest does not want the rest. That is its right.
            return Ok(());
        }
    };
    // A guest that is gone does not need to know.
    drop(end.send(ended.map_err(|cut| cut.problem().error)));
    ended
}

/// The next chunk of data; trailers are passed over.
async fn next(body: &mut RequestBody, rules: BodyRules) -> Result<Option<Bytes>, Cut> {
    loop {
        let frame = match timeout(rules.silence, body.frame()).await {
            Err(_) => return Err(Cut::Silent { limit: rules.silence }),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(Cut::Broken),
            Ok(Some(Ok(frame))) => frame,
        };
        match frame.into_data() {
            Ok(data) if !data.is_empty() => return Ok(Some(data)),
            _ => (),
        }
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
    Streamed(Box<Outgoing>),
    /// What a feature has made of it.
    Wrapped(Wrapped),
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

    /// `length` is what the guest has announced.
    pub(super) fn streamed(
        (body, length): (Streamed, Option<u64>),
        pump: Option<Pump>,
        request_id: std::sync::Arc<str>,
    ) -> Self {
        Self(Inner::Streamed(Box::new(Outgoing::new(body, length, (pump, request_id)))))
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
            Inner::Streamed(outgoing) => outgoing.poll_frame(context),
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
            Inner::Streamed(outgoing) => outgoing.is_end_stream(),
            Inner::Wrapped(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Inner::Unsent(length) => SizeHint::with_exact(*length),
            Inner::Streamed(outgoing) => outgoing.size_hint(),
            Inner::Wrapped(body) => body.size_hint(),
        }
    }
}
