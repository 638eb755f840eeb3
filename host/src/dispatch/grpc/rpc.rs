//! What is known of one RPC: for its log lines, its statuses and its trailers.

use std::net::SocketAddr;
use std::sync::Arc;

use http::HeaderMap;
use serde_json::Value;
use tokio::time::{Duration, Instant};
use tonic::{Code, Status};

use super::GrpcRules;
use crate::call::error::{fault_attributes, invalid_parts};
use crate::call::grpc::{Failure, Reason};
use crate::call::kind::{code_name, code_of};
use crate::call::metadata;
use crate::call::{CallDepth, Context, Fault, RequestAnnotations, RequestTarget};
use crate::dispatch::{problem, request_id};
use crate::telemetry::{Attributes, Event, Level, Logger};

/// One RPC.
pub(super) struct Rpc {
    pub(super) rules: Arc<GrpcRules>,
    pub(super) logger: Logger,
    /// The path, `/helloworld.Greeter/SayHello`.
    pub(super) method: Arc<str>,
    pub(super) id: Arc<str>,
    pub(super) peer: SocketAddr,
    pub(super) depth: CallDepth,
    /// What features have found out.
    pub(super) annotations: Option<Arc<RequestAnnotations>>,
    /// Whether the client is not told the id.
    pub(super) hides_id: bool,
    pub(super) begun: Instant,
    /// The service that calls, if it says so.
    pub(super) caller: Option<Box<str>>,
    /// How long the client waits.
    pub(super) timeout: Option<Duration>,
}

impl Rpc {
    /// The status of what the guest failed with.
    pub(super) fn returned(&self, failure: &Failure) -> Status {
        let status = metadata::unpack(&failure.trailers)
            .and_then(|trailers| self.rules.statuses.returned(failure, trailers));
        match status {
            Ok(status) => {
                if let Reason::Error(error) = &failure.reason {
                    for message in invalid_parts(error) {
                        self.log(Event::ErrorInvalid, Level::Warn, message, &Attributes::new());
                    }
                }
                self.log_returned(failure, status.code());
                status
            }
            Err(fault) => self.fault(&fault),
        }
    }

    /// The status of a fault.
    pub(super) fn fault(&self, fault: &Fault) -> Status {
        let (fault, level) = match fault {
            // How long clients wait is theirs to say, and no failure of the service, wherever the RPC was.
            Fault::DeadlineExceeded { limit } | Fault::QueueTimeout { limit }
                if self.timeout == Some(*limit) =>
            {
                (&Fault::DeadlineExceeded { limit: *limit }, Level::Debug)
            }
            fault if fault.is_of_one_request() => (fault, Level::Error),
            fault => (fault, Level::Debug),
        };
        let status = self.rules.statuses.fault(fault);
        self.log_failure(level, fault_attributes(fault), status.code());
        status
    }

    /// A message of the service is larger than allowed.
    pub(super) fn too_large(&self, status: Status) -> Status {
        self.log_failure(Level::Error, message_of(status.message()), status.code());
        status
    }

    /// What a call for it needs to know of it.
    pub(super) fn context(&self) -> Context {
        let target = Some(RequestTarget::Rpc { method: self.method.clone() });
        let (request_id, annotations) = (Some(self.id.clone()), self.annotations.clone());
        let (peer, depth) = (Some(self.peer), self.depth);
        Context { peer, request_id, target, annotations, depth, ..Context::default() }
    }

    /// The status when the client's time is up.
    pub(super) fn overdue(&self) -> Status {
        self.fault(&Fault::DeadlineExceeded { limit: self.timeout.unwrap_or_default() })
    }

    /// Adds the request's id to what a client receives last.
    pub(super) fn stamped(&self, mut trailers: HeaderMap) -> HeaderMap {
        if let Some(id) = request_id::value(&self.id).filter(|_| !self.hides_id) {
            trailers.insert(self.rules.request_id_header.clone(), id);
        }
        trailers
    }

    /// One line per RPC, for those who debug.
    pub(super) fn log_end(&self, code: Code) {
        if self.logger.enabled(Level::Debug) {
            let attributes = Attributes::from_iter([
                ("grpc.code".to_owned(), code_name(code).into()),
                self.duration(),
            ]);
            self.log(Event::RpcAnswered, Level::Debug, "RPC answered", &attributes);
        }
    }

    fn duration(&self) -> (String, Value) {
        let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        ("duration_us".to_owned(), micros.into())
    }

    /// What the service answered with, with what only the log may know.
    fn log_returned(&self, failure: &Failure, code: Code) {
        let (level, attributes) = match &failure.reason {
            Reason::Error(error) => (level_of(code_of(error.kind)), problem::log_attributes(error)),
            Reason::Status(status) => (level_of(code), message_of(&status.message)),
        };
        if level >= Level::Error || self.rules.logs_errors {
            self.log_failure(level, attributes, code);
        }
    }

    fn log_failure(&self, level: Level, mut attributes: Attributes, code: Code) {
        attributes.insert("grpc.code".to_owned(), code_name(code).into());
        attributes.extend([self.duration()]);
        self.log(Event::RpcFailed, level, "RPC failed", &attributes);
    }

    fn log(&self, event: Event, level: Level, message: &str, attributes: &Attributes) {
        if !self.logger.enabled(level) {
            return;
        }
        let mut context = self.context().attributes();
        if let Some(caller) = &self.caller {
            context.insert("grpc.caller".to_owned(), Value::from(&**caller));
        }
        self.logger.event(event).log(level, message, attributes, &context);
    }
}

fn message_of(text: &str) -> Attributes {
    Attributes::from_iter([("error.message".to_owned(), Value::from(text))])
}

/// How important a failure is: what the service is to blame for is an error; what its callers ask for
/// in vain is theirs, or they could fill the log.
fn level_of(code: Code) -> Level {
    match code {
        Code::Internal
        | Code::Unknown
        | Code::DataLoss
        | Code::Unavailable
        | Code::DeadlineExceeded => Level::Error,
        Code::Ok
        | Code::Cancelled
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Unauthenticated => Level::Debug,
    }
}
