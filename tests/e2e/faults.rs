//! Services that fail, one misbehaviour at a time.
//! Does not know clients that misbehave; those are `malformed`.

/// Responses that break the contract.
mod invalid;
/// Calls next to one that is late.
mod neighbours;
/// What happens after an instance was lost.
mod recovery;
/// Calls that do not come to an end.
mod stuck;
/// Calls that take their instance with them.
mod traps;

use crate::support::http::{self, Response};
use crate::support::{Host, Line, Service, guests};

/// A host that runs a service which fails on demand.
fn misbehaves() -> Host {
    Host::start(&service())
}

fn service() -> Service {
    Service::new(guests::MISBEHAVES, "http:0").tables("[log]\nerror_stack_trace = 'structured'")
}

/// What callers see of an internal failure: that it happened, and nothing else.
const INTERNAL: &str =
    r#"{"kind":"InternalError","message":"got an internal error","code":0,"service_name":"probe"}"#;

#[track_caller]
fn is_internal(response: &Response) {
    assert_eq!((response.status, response.text()), (500, INTERNAL));
    assert_eq!(response.header("content-type"), Some("application/json"));
}

/// `GET path` with a request id.
fn ask(host: &Host, path: &str, id: &str) -> Response {
    http::request(host.port(), "GET", path, &format!("x-request-id: {id}\r\n"), b"")
}

/// The names of the functions on the stack of a loss, innermost first.
fn stack(line: &Line) -> Vec<&str> {
    let stack = line.get("error.stack").and_then(serde_json::Value::as_array);
    let names = stack.expect("the loss has a stack").iter();
    names.map(|name| name.as_str().expect("names are text")).collect()
}
