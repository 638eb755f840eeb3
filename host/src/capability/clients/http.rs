//! HTTP requests of the guest.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Uri};
use http_body::Body as _;
use http_body_util::BodyExt;
use wasmtime::component::Accessor;

use super::failure;
use super::outgoing::{Ended, OutgoingCall, broken};
use super::stream::{self, ResponseStream};
use crate::bindings::clients::{Protocol, Response, SendParameters};
use crate::bindings::errors::{Error as ServiceError, Kind};
use crate::bindings::http::{Body, Streamed};
use crate::call::error::service_error;
use crate::call::guest_body::GuestBody;
use crate::call::lines::{self, put_field};
use crate::capability::State;
use crate::capability::streams::{self, GuestStream};
use crate::client::{Client, RequestBody, ResponseBody};
use crate::header::{HOP_BY_HOP, is_of_connection};

/// Largest body that a response hands over whole, in bytes.
const LARGEST_WHOLE: u64 = 64 * 1024;

/// # Errors
/// What the store cannot go on after.
pub(super) async fn send(
    accessor: &Accessor<State>,
    (client, head, body, options): SendParameters,
) -> wasmtime::Result<Result<Response, ServiceError>> {
    let (body, length) = lift(accessor, body)?;
    let begun = OutgoingCall::begin(accessor, &client, Protocol::Http, &options)
        .and_then(|call| request(&call, &head, body, length).map(|request| (call, request)));
    let (mut call, request) = match begun {
        Ok(begun) => begun,
        Err(error) => return Ok(Err(error)),
    };
    let (client, terms) = (call.client.clone(), call.terms);
    let exchange = async {
        let response = client.send(request, &terms).await?;
        let (parts, body) = response.into_parts();
        let known = body.size_hint().exact();
        Ok(match known.filter(|length| *length <= LARGEST_WHOLE) {
            Some(_) => (parts, Arrived::Whole(body.collect().await?.to_bytes())),
            None => (parts, Arrived::Streamed(body, known)),
        })
    };
    let (parts, arrived) = match call.outcome(exchange).await {
        Ok(arrived) => arrived,
        Err(ended) => return Ok(Err(failure::plain(client.name(), ended))),
    };
    let body = match arrived {
        Arrived::Whole(bytes) if bytes.is_empty() => Body::None,
        Arrived::Whole(bytes) => Body::Bytes(bytes),
        Arrived::Streamed(body, length) => accessor.with(|mut access| -> wasmtime::Result<_> {
            let incoming = ResponseChunks { client, body };
            let GuestStream { data, end } = stream::lower::<Bytes, _>(&mut access, incoming)?;
            Ok(Body::Streamed(Streamed { data, length, end }))
        })?,
    };
    Ok(Ok(Response { status: parts.status.as_u16(), headers: pack(&parts.headers), body }))
}

/// The body of a response.
enum Arrived {
    Whole(Bytes),
    /// With its length, if that is known.
    Streamed(ResponseBody, Option<u64>),
}

/// The body of a request, and its length if that is known and it has one.
fn lift(accessor: &Accessor<State>, body: Body) -> wasmtime::Result<(RequestBody, Option<u64>)> {
    Ok(match body {
        Body::None => (RequestBody::Whole(Bytes::new()), None),
        Body::Bytes(bytes) => {
            let length = u64::try_from(bytes.len()).ok();
            (RequestBody::Whole(bytes), length)
        }
        Body::Streamed(Streamed { data, length, end }) => {
            let (body, _completion) = accessor
                .with(|access| streams::lift::<Bytes, _>(access, GuestStream { data, end }))?;
            (RequestBody::streamed(GuestBody::new(body, length)), length)
        }
    })
}

fn request(
    call: &OutgoingCall,
    head: &[u8],
    body: RequestBody,
    length: Option<u64>,
) -> Result<Request<RequestBody>, ServiceError> {
    let malformed = |what: &str| {
        service_error(
            Kind::Internal,
            format!("the request to another service is malformed: {what}"),
        )
    };
    let end =
        memchr::memmem::find(head, b"\r\n").ok_or_else(|| malformed("it has no request line"))?;
    let line = std::str::from_utf8(&head[..end]).unwrap_or_default();
    let (method, target) = line.split_once(' ').ok_or_else(|| malformed("it has no target"))?;
    let method = Method::from_bytes(method.as_bytes()).ok().filter(|m| *m != Method::CONNECT);
    let method = method.ok_or_else(|| malformed("its method is not one"))?;
    let target = Some(target).filter(|target| target.starts_with('/'));
    let target = target.and_then(|target| target.parse::<PathAndQuery>().ok());
    let target = target.ok_or_else(|| malformed("its target is not a path"))?;
    let fields = lines::unpack(&head[end + 2..], is_of_host).map_err(|fault| broken(&fault))?;
    check_length(&fields, &body, length).map_err(malformed)?;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(target);
    *request.headers_mut() = call.with_context(fields);
    Ok(request)
}

/// Fields that a guest may not set. With another `host` it would reach what is not declared, behind the same address.
fn is_of_host(name: &str) -> bool {
    name == "host" || is_of_connection(name)
}

/// `content-length` follows from the body; a guest may repeat it, once.
fn check_length(
    fields: &HeaderMap,
    body: &RequestBody,
    length: Option<u64>,
) -> Result<(), &'static str> {
    let mut given = fields.get_all(CONTENT_LENGTH).iter();
    let Some(first) = given.next() else { return Ok(()) };
    let first = first.to_str().ok().and_then(|first| first.parse::<u64>().ok());
    // Of a stream whose length nobody knows, no number is right: 0 would let its bytes be the next request.
    let is_empty = matches!(body, RequestBody::Whole(bytes) if bytes.is_empty());
    let length = length.or(is_empty.then_some(0));
    if given.next().is_none() && first.is_some() && first == length {
        Ok(())
    } else {
        Err("its `content-length` is not that of its body")
    }
}

fn pack(headers: &HeaderMap) -> Bytes {
    let mut packed = BytesMut::new();
    for (name, value) in headers {
        if !HOP_BY_HOP.contains(name) {
            put_field(&mut packed, name.as_str(), value.as_bytes());
        }
    }
    packed.freeze()
}

/// The body of a response, chunk by chunk.
struct ResponseChunks {
    client: Arc<Client>,
    body: ResponseBody,
}

impl ResponseStream for ResponseChunks {
    type End = Result<(), ServiceError>;

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Self::End>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    // Trailers are not part of the contract.
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        return Poll::Ready(Ok(data));
                    }
                }
                Some(Err(error)) => {
                    let ended = Ended::Failed(error);
                    return Poll::Ready(Err(Err(failure::plain(self.client.name(), ended))));
                }
                None => return Poll::Ready(Err(Ok(()))),
            }
        }
    }

    fn left() -> Self::End {
        Err(failure::left())
    }
}
