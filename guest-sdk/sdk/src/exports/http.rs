//! The export `http`: bytes of the host become a request, a response becomes bytes.
//! Deliberately copies nothing that can be moved: this is the path of every request.

use bytes::Bytes;
use futures_util::stream::LocalBoxStream;

use super::{Exported, cancelled, finish, running, wit};
use crate::bindings::http::exports::mikros::service::http as contract;
use crate::bindings::http::{wit_future, wit_stream};
use crate::call::until_cancelled;
use crate::error::{Result, ServiceError};
use crate::http::body::crossing::{pump, read};
use crate::http::{Body, Content, Head, Request, Response};
use crate::service::Http;

impl<S: Http, R> contract::Guest for Exported<S, R> {
    async fn handle(head: Vec<u8>, body: contract::Body) -> Result<contract::Response, wit::Error> {
        finish(async {
            let running = running::<S>()?;
            let routes = running.routes.as_ref();
            let routes =
                routes.ok_or_else(|| ServiceError::internal("the service has no routes"))?;
            let request = Request::from_parts(Head::parse(head)?, from_host(body));
            to_host(routes.respond(&running.service, request).await)
        })
        .await
    }
}

fn from_host(body: contract::Body) -> Body {
    match body {
        contract::Body::None => Body::empty(),
        contract::Body::Bytes(bytes) => bytes.into(),
        contract::Body::Streamed(contract::Streamed { data, length, end }) => {
            let body = Body::stream(read(data, end));
            match length {
                Some(length) => body.with_length(length),
                None => body,
            }
        }
    }
}

fn to_host(response: Response) -> Result<contract::Response> {
    let (status, headers, body) = response.into_parts()?;
    let body = match body.into_content() {
        Content::Empty => contract::Body::None,
        Content::Whole(bytes) => contract::Body::Bytes(bytes.into_owned()),
        Content::Stream { chunks, remaining } => {
            contract::Body::Streamed(write(chunks.take(), remaining))
        }
    };
    Ok(contract::Response { status: status.as_u16(), headers, body })
}

/// Hands the reading ends to the host and writes from a task, which outlives the call's answer.
fn write(
    stream: LocalBoxStream<'static, Result<Bytes>>,
    length: Option<u64>,
) -> contract::Streamed {
    let (writer, data) = wit_stream::new();
    let (end_writer, end) =
        wit_future::new(|| Err(ServiceError::internal("the body was given up").into()));
    crate::imports::spawn(async move {
        // The writer is dropped before the end is told, as the contract demands.
        let outcome = until_cancelled(pump(stream, writer)).await;
        let outcome = outcome.unwrap_or_else(|| Err(cancelled()));
        // The host may be gone; then nobody wants to know.
        let _ = end_writer.write(outcome.map_err(Into::into)).await;
    });
    contract::Streamed { data, length, end }
}
