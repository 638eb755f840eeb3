//! The body of a request. Its connection knows when more of it is wanted, and gets back what nobody wants.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;

use super::streams::{Exchange, Reader, Streams};

pub(crate) struct RequestBody {
    /// There until it is dropped.
    rest: Option<RemainingBody>,
    /// What takes it back when it is dropped before its end.
    owner: Option<Owner>,
    /// Where its bytes are counted, if somebody wants to know.
    counter: Option<Arc<AtomicU64>>,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Owner = Box<dyn FnOnce(RemainingBody) + Send>;

/// Where a body comes from.
#[derive(Debug)]
enum Source {
    Connection(Incoming),
    /// Of a request that another service in this process makes.
    Process(UnsyncBoxBody<Bytes, BoxError>),
}

/// What is left of a body.
#[derive(Debug)]
pub(crate) struct RemainingBody {
    body: Source,
    /// `None` over HTTP/1, and without a body.
    reader: Option<Reader>,
    was_asked_for: bool,
}

impl Streams {
    /// A request that hyper has just made. What comes second is to be dropped when its answer is complete.
    pub(crate) fn admit(
        &self,
        request: Request<Incoming>,
    ) -> (Request<RequestBody>, Option<Exchange>) {
        let (reader, exchange) = self.claim().unzip();
        let rest =
            |body| RemainingBody { body: Source::Connection(body), reader, was_asked_for: false };
        let body = |body| RequestBody { rest: Some(rest(body)), owner: None, counter: None };
        (request.map(body), exchange)
    }
}

impl RequestBody {
    /// The body of a request that does not come from a connection.
    pub(crate) fn of_process<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let body = Source::Process(body.map_err(Into::into).boxed_unsync());
        let rest = RemainingBody { body, reader: None, was_asked_for: false };
        Self { rest: Some(rest), owner: None, counter: None }
    }

    /// Gives what is left of it to `owner` when nobody wants it any more.
    pub(crate) fn give_back_to(&mut self, owner: impl FnOnce(RemainingBody) + Send + 'static) {
        self.owner = Some(Box::new(owner));
    }

    /// Counts the bytes that are read of it into `counter`.
    pub(crate) fn count_into(&mut self, counter: Arc<AtomicU64>) {
        self.counter = Some(counter);
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("rest", &self.rest).finish_non_exhaustive()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let rest = self.rest.take().filter(|rest| !rest.is_end_stream());
        if let Some((rest, owner)) = rest.zip(self.owner.take()) {
            owner(rest);
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let polled = Pin::new(rest).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.owner = None;
        }
        if let (Some(counter), Poll::Ready(Some(Ok(frame)))) = (&self.counter, &polled)
            && let Some(data) = frame.data_ref()
        {
            counter.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl RemainingBody {
    /// Whether anybody has asked for any of the body: a client that waits for `100 Continue` has got it then.
    pub(crate) fn was_asked_for(&self) -> bool {
        self.was_asked_for
    }
}

impl Body for RemainingBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.was_asked_for = true;
        let polled = match &mut self.body {
            Source::Connection(body) => Pin::new(body).poll_frame(context).map_err(Into::into),
            Source::Process(body) => Pin::new(body).poll_frame(context),
        };
        if polled.is_pending()
            && let Some(reader) = &self.reader
        {
            reader.wants_more();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Source::Connection(body) => body.is_end_stream(),
            Source::Process(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Source::Connection(body) => body.size_hint(),
            Source::Process(body) => body.size_hint(),
        }
    }
}
