//! What is known of one RPC: for its log lines, its statuses and its trailers.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::Value;
use tokio::time::{Duration, Instant};
use tonic::{Code, Status};

use super::status::code_name;
use super::{GrpcRules, metadata};
use crate::call::grpc::{Failure, Reason};
use crate::call::{Fault, Known, REQUEST_ID};
use crate::dispatch::{problem, request_id};
use crate::telemetry::{Attributes, Level, Logger};

/// One RPC.
pub(super) struct Rpc {
    pub(super) rules: Arc<GrpcRules>,
    pub(super) logger: Logger,
    /// The path, `/helloworld.Greeter/SayHello`.
    pub(super) method: Arc<str>,
    pub(super) id: Arc<str>,
    /// What features have found out.
    pub(super) known: Option<Arc<Known>>,
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
                self.log_failure(failure, status.code());
                status
            }
            Err(fault) => self.fault(&fault),
        }
    }

    /// The status of a fault.
    pub(super) fn fault(&self, fault: &Fault) -> Status {
        let status = self.rules.statuses.fault(fault);
        // Lost instances are reported where they are lost, refusals are not the service's doing.
        let level = match fault {
            // How long clients wait is theirs to say, and no failure of the service.
            Fault::DeadlineExceeded { limit } if self.timeout == Some(*limit) => Level::Warn,
            Fault::DeadlineExceeded { .. } | Fault::InvalidResponse(_) => Level::Error,
            _ => return status,
        };
        self.log_reason(level, &fault.to_string(), status.code());
        status
    }

    /// A message of the service is larger than allowed.
    pub(super) fn too_large(&self, status: Status) -> Status {
        self.log_reason(Level::Error, status.message(), status.code());
        status
    }

    fn log_reason(&self, level: Level, reason: &str, code: Code) {
        let attributes = Attributes::from_iter([
            ("error.message".to_owned(), reason.into()),
            ("grpc.code".to_owned(), code_name(code).into()),
            self.duration(),
        ]);
        self.log(level, "RPC failed", &attributes);
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
            self.log(Level::Debug, "RPC answered", &attributes);
        }
    }

    fn duration(&self) -> (String, Value) {
        let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        ("duration_us".to_owned(), micros.into())
    }

    /// What the service answered with, with what only the log may know.
    fn log_failure(&self, failure: &Failure, code: Code) {
        if !self.rules.logs_errors {
            return;
        }
        let mut attributes = match &failure.reason {
            Reason::Error(error) => problem::log_attributes(error),
            Reason::Status(status) => Attributes::from_iter([(
                "error.message".to_owned(),
                Value::from(status.message.as_str()),
            )]),
        };
        let level = match code {
            Code::Internal | Code::DataLoss => Level::Error,
            Code::Unknown if matches!(failure.reason, Reason::Status(_)) => Level::Error,
            _ => Level::Warn,
        };
        attributes.insert("grpc.code".to_owned(), code_name(code).into());
        attributes.extend([self.duration()]);
        self.log(level, "RPC failed", &attributes);
    }

    pub(super) fn log(&self, level: Level, message: &str, attributes: &Attributes) {
        let mut context = Attributes::from_iter([
            (REQUEST_ID.to_owned(), Value::from(&*self.id)),
            ("grpc.method".to_owned(), Value::from(&*self.method)),
        ]);
        if let Some(caller) = &self.caller {
            context.insert("grpc.caller".to_owned(), Value::from(&**caller));
        }
        if let Some(known) = &self.known {
            context.extend(known.attributes.clone());
        }
        self.logger.log(level, message, attributes, &context);
    }
}
