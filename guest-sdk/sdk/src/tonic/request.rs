//! An RPC of the host as the HTTP request that tonic expects.
//! Deliberately frames messages without copying them: a header, then the message.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::header::{CONTENT_TYPE, TE};
use ::http::{HeaderValue, Method, Request, Uri, Version};
use bytes::Bytes;
use futures_util::stream::{LocalBoxStream, StreamExt as _};
use http_body::Frame;
use tower_service::Service;

use super::frames::header;
use super::status;
use crate::error::OrServiceError as _;
use crate::grpc::{self, RequestBytes, Status};
use crate::http::lines;
use crate::local::Local;
use crate::tower::BoxError;

/// The body of a request: the messages of a client in frames.
pub struct Messages {
    source: Source,
    /// A message whose header is sent.
    message: Option<Bytes>,
}

enum Source {
    One(Option<RequestBytes>),
    Many(Local<LocalBoxStream<'static, Result<RequestBytes, Status>>>),
}

impl Messages {
    pub(super) fn one(message: RequestBytes) -> Self {
        Self { source: Source::One(Some(message)), message: None }
    }

    pub(super) fn many(messages: LocalBoxStream<'static, Result<RequestBytes, Status>>) -> Self {
        Self { source: Source::Many(Local::new(messages)), message: None }
    }

    fn poll_message(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<RequestBytes, Status>>> {
        match &mut self.source {
            Source::One(message) => Poll::Ready(message.take().map(Ok)),
            Source::Many(messages) => messages.poll_next_unpin(context),
        }
    }
}

impl http_body::Body for Messages {
    type Data = Bytes;
    type Error = ::tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ::tonic::Status>>> {
        if let Some(message) = self.message.take() {
            return Poll::Ready(Some(Ok(Frame::data(message))));
        }
        let Some(message) = ready!(self.poll_message(context)) else { return Poll::Ready(None) };
        let data = match message {
            Ok(message) => Bytes::from(message.data),
            Err(error) => return Poll::Ready(Some(Err(status::to_tonic(&error)))),
        };
        let header = match header(data.len()) {
            Ok(header) => Bytes::copy_from_slice(&header),
            Err(error) => return Poll::Ready(Some(Err(status::to_tonic(&error)))),
        };
        self.message = Some(data).filter(|data| !data.is_empty());
        Poll::Ready(Some(Ok(Frame::data(header))))
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").finish_non_exhaustive()
    }
}

/// The same request as tonic gets it from HTTP/2.
pub(super) fn of(request: grpc::Request<Messages>) -> Result<Request<Messages>, Status> {
    let (path, metadata, extensions, messages) = request.into_raw();
    let mut request = Request::new(messages);
    *request.extensions_mut() = extensions;
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = Uri::from_maybe_shared(Bytes::from(path))
        .or_internal("the path of the method is no URI")?;
    let mut headers = lines::to_shared_map(&metadata.into_lines().into());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    *request.headers_mut() = headers;
    Ok(request)
}

/// Asks a server.
pub(super) async fn send<T>(
    mut server: T,
    request: Request<Messages>,
) -> Result<T::Response, Status>
where
    T: Service<Request<Messages>, Error: Into<BoxError>>,
{
    poll_fn(|context| server.poll_ready(context)).await.map_err(status::of_error)?;
    server.call(request).await.map_err(status::of_error)
}
