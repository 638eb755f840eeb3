//! What a plug-in has decided: checked against `wit/plugin/hooks.wit`, then carried out.
//!
//! Does not know how the decision was asked for.

use http::StatusCode;
use http::header::{HeaderMap, HeaderName};
use serde_json::{Map, Value};

use crate::bindings::plugin as contract;
use crate::bindings::types;
use crate::call::lines::{invalid, unpack};
use crate::call::{Fault, Identity, Transport};
use crate::extension::{Answer, Request, Response};
use crate::header::is_of_message;

/// What becomes of a request.
pub(super) enum Changed {
    Passes,
    Answered(Box<Answer>),
}

/// Most bytes of header lines in one decision: what every client and every service takes.
const MOST_BYTES: usize = 16 * 1024;

fn is_reserved_of_rpc(name: &str) -> bool {
    is_of_message(name) || name == "content-type" || name.starts_with("grpc-")
}

fn reserved(transport: Transport) -> fn(&str) -> bool {
    match transport {
        Transport::Http => is_of_message,
        Transport::Grpc => is_reserved_of_rpc,
    }
}

/// Changes a request. Nothing is changed when anything is wrong.
pub(super) fn of_request(
    changes: contract::RequestChanges,
    request: &mut Request<'_>,
) -> Result<Changed, Fault> {
    let contract::RequestChanges { set, remove, identity, attributes } = changes;
    let is_reserved = reserved(request.transport());
    let (set, remove) = (lines(&set, is_reserved)?, names(&remove, is_reserved)?);
    let attributes = fields(&attributes)?;
    let identity = identity.map(checked).transpose()?;
    change(request.headers_mut(), set, &remove);
    if let Some(identity) = identity {
        request.set_identity(identity);
    }
    for (name, value) in attributes {
        request.add_attribute(&name, value);
    }
    Ok(Changed::Passes)
}

/// Changes a response. Nothing is changed when anything is wrong.
pub(super) fn of_response(
    changes: contract::ResponseChanges,
    transport: Transport,
    response: &mut Response<'_>,
) -> Result<(), Fault> {
    let contract::ResponseChanges { set, remove, attributes } = changes;
    let is_reserved = reserved(transport);
    let (set, remove) = (lines(&set, is_reserved)?, names(&remove, is_reserved)?);
    let attributes = fields(&attributes)?;
    change(response.headers_mut(), set, &remove);
    for (name, value) in attributes {
        response.add_attribute(&name, value);
    }
    Ok(())
}

fn lines(packed: &[u8], is_reserved: fn(&str) -> bool) -> Result<HeaderMap, Fault> {
    if packed.len() > MOST_BYTES {
        return Err(invalid(format!("its headers are larger than {MOST_BYTES} bytes")));
    }
    unpack(packed, is_reserved)
}

fn change(headers: &mut HeaderMap, set: HeaderMap, remove: &[HeaderName]) {
    for name in remove {
        headers.remove(name);
    }
    // Takes the place of what is there under the same names.
    headers.extend(set);
}

/// Names that each end with CR LF.
fn names(packed: &[u8], is_reserved: fn(&str) -> bool) -> Result<Vec<HeaderName>, Fault> {
    if packed.is_empty() {
        return Ok(Vec::new());
    }
    let Some(lines) = packed.strip_suffix(b"\r\n") else {
        return Err(invalid("a name of a header does not end with CR LF"));
    };
    let lines = lines.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    lines
        .map(|line| {
            let show = || String::from_utf8_lossy(&line[..line.len().min(64)]).into_owned();
            let name = HeaderName::from_bytes(line)
                .map_err(|_invalid| invalid(format!("`{}` is no name of a header", show())))?;
            if is_reserved(name.as_str()) {
                return Err(invalid(format!("the header `{name}` is the host's to set")));
            }
            Ok(name)
        })
        .collect()
}

fn checked(identity: types::Identity) -> Result<Identity, Fault> {
    let types::Identity { subject, scheme, claims } = identity;
    if subject.is_empty() || scheme.is_empty() {
        return Err(invalid("an identity lacks its subject or its scheme"));
    }
    Ok(Identity { subject, scheme, claims: object("claims", &claims)? })
}

/// Fields of log lines that only the host writes, by their beginnings.
const OWN_FIELDS: [&str; 8] =
    ["request_id", "service.", "http.", "grpc.", "feature", "stream", "error.", "worker"];

/// Fields for log lines.
fn fields(text: &str) -> Result<Map<String, Value>, Fault> {
    let fields = object("attributes", text)?;
    let is_own = |name: &&String| OWN_FIELDS.iter().any(|own| name.starts_with(own));
    match fields.keys().find(is_own) {
        Some(name) => Err(invalid(format!("the log field `{name}` is the host's to set"))),
        None => Ok(fields),
    }
}

/// A JSON object, or nothing.
fn object(what: &str, text: &str) -> Result<Map<String, Value>, Fault> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(invalid(format!("its {what} are no JSON object"))),
    }
}

pub(super) fn refusal(refusal: contract::Refusal) -> Result<Changed, Fault> {
    let contract::Refusal { error, headers } = refusal;
    if let Some(status) = error.status
        && !(400..=599).contains(&status)
    {
        return Err(invalid(format!("its status is {status}, expected 400 to 599")));
    }
    let mut answer = Answer::of_error(error);
    answer.headers = lines(&headers, is_reserved_of_rpc)?;
    Ok(Changed::Answered(Box::new(answer)))
}

pub(super) fn answer(response: contract::Response) -> Result<Changed, Fault> {
    let contract::Response { status, headers, body } = response;
    let status = StatusCode::from_u16(status)
        .ok()
        .filter(|status| (200..=599).contains(&status.as_u16()))
        .ok_or_else(|| invalid(format!("its status is {status}, expected 200 to 599")))?;
    let mut answer = Answer::response(status, body);
    answer.headers = lines(&headers, is_of_message)?;
    Ok(Changed::Answered(Box::new(answer)))
}

#[cfg(test)]
mod tests;
