//! One request: what is known of it at its beginning, and what is added until its end.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, Version, header};
use tonic::Code;

use super::observer::Observers;
use super::routes::Route;
use crate::call::kind::code_name;
use crate::call::{Identity, Transport};
use crate::header::CALLER;
use crate::http2::RequestBody;

/// One request of the kinds `http` and `grpc`.
#[derive(Debug)]
pub struct RequestRecord {
    pub transport: Transport,
    /// Always POST for an RPC.
    pub method: Method,
    /// As the client sent it, with the base path. Of an RPC `/helloworld.Greeter/SayHello`.
    pub uri: Uri,
    /// Of HTTP the service's pattern with the base path, `/users/{id}`; of an RPC the path of its method. `None` if the
    /// service has none for this path. Their number is bounded, that of paths is not.
    pub route: Option<Route>,
    pub version: Version,
    /// Where the client's connection comes from: a proxy, if there is one.
    pub peer: SocketAddr,
    /// `user-agent`.
    pub user_agent: Option<HeaderValue>,
    /// `service-context-caller`: the service that the client says it is.
    pub caller: Option<HeaderValue>,
    /// `traceparent` (W3C Trace Context), as the client sent it.
    pub trace_parent: Option<HeaderValue>,
    /// When its head had arrived.
    pub begun: Instant,
    /// The status of the response; `None` before it, and if the client left before it.
    pub status: Option<StatusCode>,
    /// How an RPC ended; `None` before its end, for HTTP, and if the client left before it.
    pub code: Option<Code>,
    /// Whether the response was handed over to its end.
    pub is_complete: bool,
    /// Whether the service or the host ended the response before its end. Otherwise it was the client.
    pub is_cut_off: bool,
    /// Bytes of the response's body so far. Of an RPC with the five bytes in front of each message.
    pub response_bytes: u64,
    request_bytes: Arc<AtomicU64>,
    details: RequestDetails,
}

/// What the dispatcher finds out about a request. Travels in the extensions of the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestDetails(Arc<OnceLock<Details>>);

#[derive(Debug)]
struct Details {
    id: Arc<str>,
    identity: Option<Arc<Identity>>,
}

/// A request under observation. Its observers are told of its end when it is dropped.
#[derive(Debug)]
pub(crate) struct Observation {
    observers: Observers,
    record: RequestRecord,
}

impl RequestDetails {
    /// Notes the id of a request and who its caller is, if the request is observed.
    pub(crate) fn note(
        extensions: &http::Extensions,
        id: &Arc<str>,
        identity: Option<&Arc<Identity>>,
    ) {
        if let Some(Self(details)) = extensions.get() {
            // The first time counts: there is one dispatcher per request.
            let _ = details.set(Details { id: id.clone(), identity: identity.cloned() });
        }
    }
}

impl RequestRecord {
    /// Bytes of the request's body that have arrived so far.
    pub fn request_bytes(&self) -> u64 {
        self.request_bytes.load(Ordering::Relaxed)
    }

    /// The request's id; `None` for a request that the host refuses before it has one.
    pub fn id(&self) -> Option<&str> {
        self.details.0.get().map(|details| &*details.id)
    }

    /// Who the caller is, as a feature has found out.
    pub fn identity(&self) -> Option<&Identity> {
        self.details.0.get()?.identity.as_deref()
    }

    /// The name of the code that an RPC ended with, for example `NOT_FOUND`. One whose client has left before is
    /// `CANCELLED`. `None` for HTTP.
    pub fn code_name(&self) -> Option<&'static str> {
        let code = match (self.transport, self.code, self.status) {
            (Transport::Http, ..) => return None,
            (_, Some(code), _) => code,
            // Not an RPC at all, such as a plain GET.
            (_, None, Some(status)) if status != StatusCode::OK => Code::Unknown,
            (_, None, _) => Code::Cancelled,
        };
        Some(code_name(code))
    }

    /// From the arrival of its head until now.
    pub fn duration(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The trace that the client says the request belongs to: 32 hexadecimal digits.
    pub fn trace_id(&self) -> Option<&str> {
        trace_id(self.trace_parent.as_ref()?.to_str().ok()?)
    }

    /// Whether it failed for a reason that is the service's or the host's. A client that leaves, or that calls a method
    /// which does not exist, is no such reason.
    pub fn is_failed(&self) -> bool {
        let is_failure = match (self.code, self.status) {
            (Some(Code::Unimplemented), _) => self.route.is_some(),
            (Some(code), _) => matches!(
                code,
                Code::Unknown
                    | Code::DeadlineExceeded
                    | Code::Internal
                    | Code::Unavailable
                    | Code::DataLoss
            ),
            (None, Some(status)) => status.is_server_error(),
            // Its client has left.
            (None, None) => false,
        };
        is_failure || self.is_cut_off
    }
}

impl Observation {
    /// `None` without observers. `route` finds out which route a path is of.
    pub(crate) fn begin(
        observers: &Observers,
        transport: Transport,
        request: &mut Request<RequestBody>,
        peer: SocketAddr,
        route: impl FnOnce(&str) -> Option<Route>,
    ) -> Option<Box<Self>> {
        if !observers.any() {
            return None;
        }
        let (details, request_bytes) = (RequestDetails::default(), Arc::default());
        request.extensions_mut().insert(details.clone());
        request.body_mut().count_into(Arc::clone(&request_bytes));
        let field = |name| request.headers().get(name).cloned();
        let record = RequestRecord {
            transport,
            method: request.method().clone(),
            uri: request.uri().clone(),
            route: route(request.uri().path()),
            version: request.version(),
            peer,
            user_agent: field(header::USER_AGENT),
            caller: request.headers().get(CALLER).cloned(),
            trace_parent: request.headers().get("traceparent").cloned(),
            begun: Instant::now(),
            status: None,
            code: None,
            is_complete: false,
            is_cut_off: false,
            response_bytes: 0,
            request_bytes,
            details,
        };
        observers.each(|observer| observer.on_request_begin(&record));
        Some(Box::new(Self { observers: observers.clone(), record }))
    }

    pub(super) fn note_head(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.record.status = Some(status);
        self.note_code(headers);
    }

    pub(super) fn note_data(&mut self, length: usize) {
        self.record.response_bytes += length as u64;
    }

    /// The head or the trailers of the answer to an RPC.
    pub(super) fn note_code(&mut self, headers: &HeaderMap) {
        if self.record.transport == Transport::Grpc
            && let Some(code) = headers.get("grpc-status")
        {
            self.record.code = Some(Code::from_bytes(code.as_bytes()));
        }
    }

    /// The service, or its loss, has ended the response before its end.
    pub(super) fn note_cut_off(&mut self) {
        self.record.is_cut_off = true;
    }

    pub(super) fn note_complete(&mut self) {
        self.record.is_complete = true;
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.observers.each(|observer| observer.on_request_end(&self.record));
    }
}

/// The trace that a `traceparent` names. Later versions than `00` may have more fields at the end.
fn trace_id(parent: &str) -> Option<&str> {
    let id = parent.get(3..35)?;
    let is_hexadecimal =
        |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_some = id.bytes().any(|byte| byte != b'0');
    let is_version =
        parent.get(..2).is_some_and(|version| is_hexadecimal(version) && version != "ff");
    let is_apart = parent.get(2..3) == Some("-") && parent.get(35..36) == Some("-");
    (is_version && is_apart && is_hexadecimal(id) && is_some).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_taken_from_what_names_one() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let zeros = "0".repeat(32);
        let upper = id.to_uppercase();
        for (parent, expected) in [
            (format!("00-{id}-0123456789012345-01"), Some(id)),
            (format!("01-{id}-0123456789012345-01-more"), Some(id)),
            (format!("ff-{id}-0123456789012345-01"), None),
            (format!("zz-{id}-0123456789012345-01"), None),
            (format!("00-{zeros}-0123456789012345-01"), None),
            (format!("00-{upper}-0123456789012345-01"), None),
            (format!("00_{id}-0123456789012345-01"), None),
            (format!("00-{id}"), None),
            (format!("00-{}\u{e4}-x", &id[..31]), None),
            (String::new(), None),
        ] {
            assert_eq!(trace_id(&parent), expected, "{parent}");
        }
    }
}
