//! Requests and responses in the types of the `http` crate, and back.
//! Deliberately copies neither bodies that are whole nor the values of header fields.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use ::http::{HeaderMap, HeaderName};
use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::stream::poll_fn as stream_of;
use http_body::Body as _;

use super::BoxError;
use super::service::failure;
use crate::error::Result;
use crate::http::{Body, Request, Response, lines};

/// Up to this size a body whose length is known is handed over whole, in bytes.
const WHOLE: u64 = 64 * 1024;

/// Fields that concern the connection, which is the host's. A server would act on them or overwrite them; the
/// host refuses them.
const CONNECTION_LEVEL: [HeaderName; 5] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A request as tower services take it.
pub(crate) fn into_http(request: Request) -> Result<::http::Request<Body>> {
    let (head, body) = request.into_parts();
    let (method, uri, headers, extensions) = head.into_http()?;
    let mut request = ::http::Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    *request.extensions_mut() = extensions;
    Ok(request)
}

/// A response as the host takes it. Trailers are left out: the kind `http` has none.
pub(crate) async fn from_http<B>(response: ::http::Response<B>) -> Result<Response>
where
    B: http_body::Body<Error: Into<BoxError>> + 'static,
{
    let (mut parts, body) = response.into_parts();
    remove_connection_level(&mut parts.headers);
    let body = if body.is_end_stream() {
        Body::empty()
    } else {
        let length = body.size_hint().exact();
        let mut pieces = Pieces(Box::pin(body));
        match pieces.whole().await? {
            Gathered::Whole(bytes) => bytes.into(),
            Gathered::Beginning(beginning) => {
                // The host makes it of the length of the stream.
                parts.headers.remove(CONTENT_LENGTH);
                let stream = pieces.stream(beginning);
                match length {
                    Some(length) => stream.with_length(length),
                    None => stream,
                }
            }
        }
    };
    Ok(Response::from_lines(parts.status, lines::of_map(&parts.headers), body))
}

fn remove_connection_level(headers: &mut HeaderMap) {
    for name in &CONNECTION_LEVEL {
        headers.remove(name);
    }
}

/// The data of a body, without trailers.
struct Pieces<B>(Pin<Box<B>>);

/// What there is of a body before the head of the response is sent.
enum Gathered {
    Whole(Bytes),
    Beginning(Bytes),
}

impl<B: http_body::Body<Error: Into<BoxError>> + 'static> Pieces<B> {
    /// The whole body, if it is small and there without waiting.
    async fn whole(&mut self) -> Result<Gathered> {
        if self.0.size_hint().exact().is_none_or(|length| length > WHOLE) {
            return Ok(Gathered::Beginning(Bytes::new()));
        }
        let mut gathered = Bytes::new();
        loop {
            let polled = poll_fn(|context| Poll::Ready(self.poll_piece(context))).await;
            let piece = match polled {
                Poll::Pending => return Ok(Gathered::Beginning(gathered)),
                Poll::Ready(None) => return Ok(Gathered::Whole(gathered)),
                Poll::Ready(Some(piece)) => piece?,
            };
            gathered = joined(gathered, piece);
            if self.0.is_end_stream() {
                return Ok(Gathered::Whole(gathered));
            }
        }
    }

    /// What is left, behind what has been taken from it.
    fn stream(mut self, beginning: Bytes) -> Body {
        let mut beginning = Some(beginning).filter(|bytes| !bytes.is_empty());
        Body::stream(stream_of(move |context| match beginning.take() {
            Some(bytes) => Poll::Ready(Some(Ok(bytes))),
            None => self.poll_piece(context),
        }))
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            let Some(frame) = ready!(self.0.as_mut().poll_frame(context)) else {
                return Poll::Ready(None);
            };
            let frame = frame.map_err(failure)?;
            if let Ok(mut data) = frame.into_data()
                && data.has_remaining()
            {
                return Poll::Ready(Some(Ok(data.copy_to_bytes(data.remaining()))));
            }
        }
    }
}

fn joined(first: Bytes, second: Bytes) -> Bytes {
    if first.is_empty() {
        return second;
    }
    let mut whole = BytesMut::from(first);
    whole.extend_from_slice(&second);
    whole.freeze()
}
