//! The body of a request, whose connection knows when more of it is wanted.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::streams::{Exchange, Reader, Streams};

#[derive(Debug)]
pub struct RequestBody {
    body: Incoming,
    /// `None` over HTTP/1, and without a body.
    reader: Option<Reader>,
}

impl Streams {
    /// A request that hyper has just made. What comes second is to be dropped when its answer is complete.
    pub fn admit(&self, request: Request<Incoming>) -> (Request<RequestBody>, Option<Exchange>) {
        let (reader, exchange) = self.claim().unzip();
        (request.map(|body| RequestBody { body, reader }), exchange)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_pending()
            && let Some(reader) = &self.reader
        {
            reader.wants_more();
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
