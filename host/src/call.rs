//! One entry into a guest: what is asked, who asks, how it ends, and which calls an instance is in.
//!
//! Knows neither how calls enter a guest nor which status a fault has.

pub(crate) mod body;
mod depth;
pub(crate) mod error;
pub(crate) mod grpc;
pub(crate) mod guest_body;
pub(crate) mod http;
pub(crate) mod kind;
pub(crate) mod lines;
pub(crate) mod metadata;
mod peer;
pub(crate) mod remote_error;
mod reply;
pub(crate) mod stream;
mod table;
mod target;
mod words;

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::Instant;
use wasmtime::component::Val;

pub(crate) use self::depth::CallDepth;
use self::grpc::{Failure, RequestMessages, RpcRequest, RpcResponse};
use self::http::{HttpBody, HttpRequest, HttpResponse};
pub(crate) use self::peer::PeerIdentity;
pub(crate) use self::reply::{AnyReply, Reply};
pub(crate) use self::table::{ActiveCall, Table};
pub(crate) use self::target::RequestTarget;
pub(crate) use self::words::Subject;
use crate::bindings::definition::Description;
use crate::bindings::errors::Error as ServiceError;
use crate::bindings::plugin::{RequestDecision, ResponseDecision};
use crate::telemetry::Attributes;

/// The field of a log line that holds a request's id.
pub(crate) const REQUEST_ID: &str = "request_id";

/// What a guest may fail with other than by returning: each has one status and one log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The guest trapped while it worked for this call; a panic in Rust is one.
    Trapped(Arc<str>),
    /// The guest ran out of its memory limit while it worked for this call.
    OutOfMemory { limit: usize },
    /// The system gave the host no memory for the instance: nothing that the guest has done.
    OutOfAddressSpace { limit: Option<u64> },
    /// The guest called `wasi:cli/exit` while it worked for this call. WASI 0.2 knows two statuses only,
    /// whatever number the program has given.
    Exited { status: i32 },
    /// The guest went on computing for this call after its deadline and was interrupted.
    Interrupted,
    /// All places were held by calls whose callers were gone and which ignored `call.cancelled`.
    Unresponsive,
    /// What still ran when the service had to be stopped.
    CutOff,
    /// The guest blocked its whole instance past a deadline; `std::thread::sleep` does.
    Blocked,
    /// What the guest returned breaks the contract.
    InvalidResponse(Arc<str>),
    /// The deadline passed before the guest returned.
    DeadlineExceeded { limit: Duration },
    /// Another call in the same instance failed and took this one with it. Trying again is safe only
    /// for calls that may run twice.
    InstanceLost,
    /// The request waited for the service until its time was up, and never entered it.
    QueueTimeout { limit: Duration },
    /// The instance was lost and those that were to replace it did not start.
    Unavailable,
    /// Every place of every instance and every place in the queues is taken.
    Saturated,
    /// The service stops, or has stopped.
    Stopping,
}

impl Fault {
    /// Its name for machines, as log lines have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trapped(_) => "trap",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::OutOfAddressSpace { .. } => "out-of-address-space",
            Self::Exited { .. } => "exit",
            Self::Interrupted => "interrupted",
            Self::Blocked => "blocked",
            Self::Unresponsive => "unresponsive",
            Self::CutOff => "cut-off",
            Self::InvalidResponse(_) => "invalid-response",
            Self::DeadlineExceeded { .. } => "deadline-exceeded",
            Self::InstanceLost => "instance-lost",
            Self::Unavailable => "unavailable",
            Self::Saturated => "saturated",
            Self::QueueTimeout { .. } => "queue-timeout",
            Self::Stopping => "stopping",
        }
    }

    /// Whether the request that fails with it is the only place where it is reported. The loss of an
    /// instance, a saturated service and a stop have log lines of their own, once for all requests.
    pub fn is_of_one_request(&self) -> bool {
        matches!(
            self,
            Self::DeadlineExceeded { .. } | Self::QueueTimeout { .. } | Self::InvalidResponse(_)
        )
    }

    /// What a caller with this deadline is told. A busy thread may hear of the end of an instance
    /// before its own timer tells it that time is up, which is what the instance was ended for.
    #[must_use]
    pub fn for_caller(self, deadline: Option<Deadline>) -> Self {
        match (self, deadline) {
            (Self::Interrupted | Self::Blocked, Some(Deadline { at, limit }))
                if at <= Instant::now() =>
            {
                Self::DeadlineExceeded { limit }
            }
            (fault, _) => fault,
        }
    }
}

/// When a caller stops waiting, and the limit that is named when it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    pub at: Instant,
    pub limit: Duration,
}

impl Deadline {
    /// `limit` from now.
    pub fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, limit }
    }

    /// A moment that somebody else has chosen; the limit is what is left until then.
    pub fn at(at: Instant) -> Self {
        Self { at, limit: at.saturating_duration_since(Instant::now()) }
    }
}

/// Who a caller is, as a feature has found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whom it is about, for example a user's or a service's id.
    pub subject: String,
    /// How it was found out, for example `jwt`, `api_key` or `basic`.
    pub scheme: String,
    /// Everything else that is known, for example the claims of a token.
    pub claims: Attributes,
}

/// What features have found out about a request.
#[derive(Debug, Default)]
pub(crate) struct RequestAnnotations {
    pub identity: Option<Arc<Identity>>,
    /// For its log lines.
    pub attributes: Attributes,
}

/// How a request arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Http,
    Grpc,
}

impl Transport {
    /// The kind of services whose requests arrive in this way.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
        }
    }
}

/// For whom a call is made, and until when. Shared with the capabilities, which add it to log lines.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// Where the request comes from, which is a connection; `None` for everything else.
    pub peer: Option<SocketAddr>,
    /// The request's id; `None` for everything else.
    pub request_id: Option<Arc<str>>,
    /// What the request is for; `None` for everything else.
    pub target: Option<RequestTarget>,
    /// The header lines of the request as the guest has them, its request line included; `None` for everything else.
    pub head: Option<Bytes>,
    /// What features have found out about the request; `None` for nothing.
    pub annotations: Option<Arc<RequestAnnotations>>,
    /// How the request arrived that a hook is asked about; `None` for everything else, see
    /// [`Context::transport`].
    pub hooked: Option<Transport>,
    /// Through how many calls within this process the request has come.
    pub depth: CallDepth,
    /// When the caller stops waiting; `None` when it does not.
    pub deadline: Option<Deadline>,
    /// From when on the guest may not compute for this call any more, which is the operator's to say: an
    /// interruption costs the whole instance. `None` is for ever.
    pub overdue: Option<Instant>,
    /// Asks the guest to give up although the caller still waits for the outcome.
    pub cancel: Option<oneshot::Receiver<()>>,
}

impl Context {
    /// How the request arrived; `None` outside a request.
    pub(crate) fn transport(&self) -> Option<Transport> {
        let of_target = |target: &RequestTarget| match target {
            RequestTarget::Http { .. } => Transport::Http,
            RequestTarget::Rpc { .. } => Transport::Grpc,
        };
        self.hooked.or_else(|| self.target.as_ref().map(of_target))
    }

    /// The fields of log lines about the call: the request's id, what it is for, what features have found
    /// out.
    pub(crate) fn attributes(&self) -> Attributes {
        let mut attributes = Attributes::new();
        if let Some(id) = &self.request_id {
            attributes.insert(REQUEST_ID.to_owned(), Value::from(&**id));
        }
        if let Some(target) = &self.target {
            target.describe(&mut attributes);
        }
        if let Some(annotations) = &self.annotations {
            attributes.extend(annotations.attributes.clone());
        }
        attributes
    }
}

/// Steps of the lifecycle and of the kinds without requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    OnStart,
    OnFinish,
    NativeStart,
    NativeStop,
    ScriptRun { arguments: Vec<String> },
    ScriptCleanup,
}

impl Step {
    /// The exported function, for log lines: `lifecycle.on-start`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::OnStart => "lifecycle.on-start",
            Self::OnFinish => "lifecycle.on-finish",
            Self::NativeStart => "native.start",
            Self::NativeStop => "native.stop",
            Self::ScriptRun { .. } => "script.run",
            Self::ScriptCleanup => "script.cleanup",
        }
    }
}

/// The state that an instance of the version before has left behind.
#[derive(Debug, Clone)]
pub(crate) struct HandoverState {
    pub predecessor: Arc<Description>,
    pub state: Bytes,
}

/// What the guest returned, or why it did not.
pub(crate) type Outcome<T, E = ServiceError> = Result<Result<T, E>, Fault>;

/// Message and cause of an error that the guest returned, on one line.
pub(crate) fn describe(error: &ServiceError) -> String {
    match &error.cause {
        Some(cause) if error.message.is_empty() => cause.clone(),
        Some(cause) => format!("{}: {cause}", error.message),
        None => error.message.clone(),
    }
}

/// What is asked of the guest, each with where its outcome goes.
#[derive(Debug)]
pub(crate) enum CallRequest {
    Step(Step, Reply<()>),
    /// The state, for the version with this identity.
    Give(Arc<Description>, Reply<Option<Bytes>>),
    Receive(HandoverState, Reply<()>),
    Http(HttpRequest, Reply<HttpResponse>),
    Grpc(RpcRequest, Reply<RpcResponse, Failure>),
    /// About a request whose head this is.
    OnRequest(Bytes, Reply<RequestDecision, Infallible>),
    /// About a response whose head this is.
    OnResponse(Bytes, Reply<ResponseDecision, Infallible>),
    Function(Function, Reply<Vec<Val>, Infallible>),
}

/// A call of a function that is not of the contract.
#[derive(Debug)]
pub(crate) struct Function {
    /// `acme:flags/flags@1.0.0#is-enabled`.
    pub name: Arc<str>,
    pub arguments: Vec<Val>,
}

/// The same for the reply of every variant.
macro_rules! each {
    ($request:expr, $reply:ident => $result:expr) => {
        match $request {
            Self::Step(_, $reply) => $result,
            Self::Give(_, $reply) => $result,
            Self::Receive(_, $reply) => $result,
            Self::Http(_, $reply) => $result,
            Self::Grpc(_, $reply) => $result,
            Self::OnRequest(_, $reply) => $result,
            Self::OnResponse(_, $reply) => $result,
            Self::Function(_, $reply) => $result,
        }
    };
}

impl CallRequest {
    /// The exported function, for log lines.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        let name = match self {
            Self::Function(function, _) => return function.name.to_string().into(),
            Self::Step(step, _) => step.name(),
            Self::Give(..) => "handover.give",
            Self::Receive(..) => "handover.receive",
            Self::Http(..) => "http.handle",
            Self::Grpc(request, _) => match request.messages {
                RequestMessages::One(_) => "grpc.unary",
                RequestMessages::Many(_) => "grpc.streaming",
            },
            Self::OnRequest(..) => "request-hook.on-request",
            Self::OnResponse(..) => "response-hook.on-response",
        };
        name.into()
    }

    /// How many bytes of a request's body or message are handed to the guest with it, in bytes.
    pub(crate) fn whole(&self) -> usize {
        match self {
            Self::Http(HttpRequest { body: HttpBody::Whole(bytes), .. }, _) => bytes.len(),
            Self::Grpc(RpcRequest { messages: RequestMessages::One(message), .. }, _) => {
                message.data.len()
            }
            _ => 0,
        }
    }

    /// Where the outcome goes.
    pub(crate) fn reply(&self) -> &dyn AnyReply {
        each!(self, reply => reply.as_any())
    }

    /// The same, to keep while the guest works.
    pub(crate) fn to_reply(&self) -> Arc<dyn AnyReply> {
        each!(self, reply => reply.to_any())
    }

    /// Whether it takes one of the places of an instance. Steps, which the host asks for by itself, do not.
    pub(crate) fn is_request(&self) -> bool {
        !matches!(self, Self::Step(..) | Self::Give(..) | Self::Receive(..))
    }
}

/// A call that has not entered the guest yet.
#[derive(Debug)]
pub(crate) struct Call {
    pub request: CallRequest,
    pub context: Context,
}
