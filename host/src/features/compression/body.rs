//! The body of a response, encoded as its client prefers.
//!
//! Does not know which responses are worth it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue};
use http_body::{Frame, SizeHint};
use http_body_util::combinators::Fuse;
use http_body_util::{BodyExt, Empty};
use tower_http::CompressionLevel;
use tower_http::compression::{Compression, CompressionBody};
use tower_service::Service;

use super::validator;
use crate::extension::{Body, BoxError};

/// Bodies are compressed while their thread waits, so speed counts more than the last percent.
const LEVEL: CompressionLevel = CompressionLevel::Precise(1);

/// Longest time that a body keeps its thread for itself.
const SLICE: Duration = Duration::from_millis(2);

/// What may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encodings {
    pub(super) gzip: bool,
    pub(super) zstd: bool,
}

/// Encodes a body as the client prefers, and changes the headers accordingly. `accepted` are the values of its
/// `accept-encoding`. A client that accepts nothing at all gets the body as it is.
pub(super) fn encode(
    headers: &mut HeaderMap,
    body: Body,
    accepted: Vec<HeaderValue>,
    encodings: Encodings,
) -> Body {
    // The library asks once more for what follows the data, also when that was the end.
    let mut response = http::Response::new(body.fuse());
    *response.headers_mut() = std::mem::take(headers);
    let mut request = http::Request::new(response);
    for value in accepted {
        request.headers_mut().append(ACCEPT_ENCODING, value);
    }
    let always = |_: http::StatusCode, _: http::Version, _: &HeaderMap, _: &http::Extensions| true;
    let mut service = Compression::new(Enclosed)
        .gzip(encodings.gzip)
        .zstd(encodings.zstd)
        .quality(LEVEL)
        .compress_when(always);
    let Ok(response) =
        service.call(request).now_or_never().expect("a response that is there is not waited for");
    let (parts, body) = response.into_parts();
    *headers = parts.headers;
    if headers.contains_key(CONTENT_ENCODING) {
        validator::mark(headers);
    }
    Box::pin(Paced { body: Box::pin(body), since: None })
}

/// No body.
pub(super) fn empty() -> Body {
    Box::pin(Empty::new().map_err(|never: Infallible| match never {}))
}

/// The response to a request that encloses it: the library compresses what services answer.
#[derive(Debug, Clone, Copy)]
struct Enclosed;

impl<B> Service<http::Request<http::Response<B>>> for Enclosed {
    type Response = http::Response<B>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<http::Response<B>>) -> Self::Future {
        std::future::ready(Ok(request.into_body()))
    }
}

/// A body that lets others have its thread now and then: compressing a large one that is already there never
/// waits for anything.
struct Paced {
    body: Pin<Box<CompressionBody<Fuse<Body>>>>,
    /// Since when it has not waited.
    since: Option<Instant>,
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.since.get_or_insert_with(Instant::now).elapsed() > SLICE {
            self.since = None;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = self.body.as_mut().poll_frame(context);
        if polled.is_pending() {
            self.since = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
