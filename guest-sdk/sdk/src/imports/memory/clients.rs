//! Stands in for other services in unit tests: calls go to services, or routes, of the test.
//! Deliberately crosses no bytes that the host would check: what the other side gets is what this side has sent.

#[cfg(feature = "grpc")]
mod grpc;

use std::rc::Rc;
use std::time::Duration;

use ::http::StatusCode;
use serde_json::Value;

use super::call::{Call, Origin, in_call, remaining, request_id};
use super::{current, now};
use crate::call::until_cancelled;
use crate::clients::{Answer, Outgoing, Protocol};
use crate::error::{Result, ServiceError, wire};
use crate::http::{Body, Head, Request, Routes, lines};
use crate::plugin::Transport;
use crate::testing::PEER;

#[cfg(feature = "grpc")]
pub(crate) use grpc::{Served, streaming, unary};

/// What stands in for a service.
pub(crate) enum Fake {
    Http(&'static Routes<()>),
    /// By the protobuf services that it serves.
    #[cfg(feature = "grpc")]
    Grpc(Vec<Rc<dyn Served>>),
}

/// The field with the name of the calling service, as the host writes it.
const CALLER: &str = "service-context-caller";

pub(crate) fn declared(client: &str, protocol: Protocol) -> Result<()> {
    let memory = current();
    let (other, add) = match (memory.clients.get(client), protocol) {
        (Some(Fake::Http(_)), Protocol::Http) => return Ok(()),
        #[cfg(feature = "grpc")]
        (Some(Fake::Grpc(_)), Protocol::Grpc) => return Ok(()),
        (known, Protocol::Http) => (known, "http"),
        #[cfg(feature = "grpc")]
        (known, Protocol::Grpc) => (known, "grpc"),
    };
    let add = format!("add one with `Context::{add}_client(\"{client}\", ..)`");
    Err(ServiceError::internal(match other {
        None => format!("the context of the test has no client `{client}`; {add}"),
        Some(_) => format!("the client `{client}` of the test is for another protocol; {add}"),
    }))
}

pub(crate) fn parse_error(client: &str, json: &[u8]) -> Option<ServiceError> {
    let text = std::str::from_utf8(json).ok()?;
    let object = match serde_json::from_str(text) {
        Ok(Value::Object(object)) if object.contains_key("kind") => object,
        _ => return None,
    };
    let origin = object.get("service_name").and_then(Value::as_str).map(str::to_owned);
    Some(ServiceError::from_json(text).of_client(client, origin))
}

pub(crate) async fn send(client: &str, call: Outgoing) -> Result<Answer> {
    declared(client, Protocol::Http)?;
    let routes = match current().clients.get(client) {
        Some(Fake::Http(routes)) => *routes,
        _ => unreachable!("it was just found"),
    };
    let Outgoing { mut head, body, timeout } = call;
    if lines::find(&head, "host").is_none() {
        lines::write(&mut head, "host", client.as_bytes());
    }
    lines::write(&mut head, CALLER, current().identity.name.as_bytes());
    let request = Request::from_parts(Head::parse(head)?, body);
    // Boxed, because the futures of all handlers are in it.
    let answer = Box::pin(until_cancelled(routes.respond(&(), request)));
    let answer = in_call(Some(incoming(timeout, Transport::Http)), answer).await;
    let answer = answer.ok_or_else(|| late(client))?;
    let (status, headers, body) =
        answer.into_parts().unwrap_or_else(|error| as_host(&error, client));
    Ok(Answer { status, headers, body })
}

/// The call in which the other service is.
fn incoming(timeout: Option<Duration>, transport: Transport) -> Rc<Call> {
    let time = remaining().into_iter().chain(timeout).min();
    Rc::new(Call {
        request_id: request_id(),
        deadline: time.map(|time| now().saturating_add(time)),
        caller: None,
        origin: Some(Origin { transport, peer: PEER.into() }),
    })
}

fn late(client: &str) -> ServiceError {
    let message = format!("the service `{client}` did not respond before the deadline");
    ServiceError::deadline_exceeded(message).of_client(client, None)
}

/// What the host of the service `name` would answer to an error.
pub(crate) fn as_host(error: &ServiceError, name: &str) -> (StatusCode, Vec<u8>, Body) {
    let mut head = Vec::new();
    lines::write(&mut head, "content-type", b"application/json");
    if let Some(seconds) = error.retry_after_seconds() {
        lines::write(&mut head, "retry-after", seconds.to_string().as_bytes());
    }
    (error.status(), head, wire::json(error, name).into())
}
