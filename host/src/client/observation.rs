//! One call as observers are told of it: when it is over, whatever ended it.
//!
//! Does not know who observes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{HeaderMap, Method, Response, Uri};
use tokio::time::Instant;
use tonic::Code;

use super::error::ClientError;
use super::settings::{self, Protocol};
use super::verdict::grpc_code;
use crate::call::kind::code_name;
use crate::observe::{ClientCall, Observers};

/// A call under observation. Its observers are told when it is dropped.
#[derive(Debug)]
pub(super) struct CallObservation {
    observers: Observers,
    settings: Arc<settings::Client>,
    /// Of HTTP the method, of gRPC `package.Service/Method`.
    method: String,
    begun: Instant,
    retries: AtomicU32,
    outcome: Outcome,
}

/// The error of a call whose deadline has passed.
pub(super) const LATE: &str = "deadline_exceeded";

/// How a call ended, as far as it has.
#[derive(Debug)]
enum Outcome {
    /// Nobody waits for it any more.
    Unfinished,
    /// A status of HTTP; more of its body may follow.
    Http(http::StatusCode),
    Grpc(Code),
    Failed(&'static str),
}

impl CallObservation {
    /// `None` without observers.
    pub(super) fn begin(
        observers: &Observers,
        settings: &Arc<settings::Client>,
        method: &Method,
        uri: &Uri,
    ) -> Option<Box<Self>> {
        if !observers.any() {
            return None;
        }
        let method = match settings.protocol {
            Protocol::Http => method.as_str(),
            Protocol::Grpc => uri.path().trim_start_matches('/'),
        };
        Some(Box::new(Self {
            observers: observers.clone(),
            settings: settings.clone(),
            method: method.to_owned(),
            begun: Instant::now(),
            retries: AtomicU32::new(0),
            outcome: Outcome::Unfinished,
        }))
    }

    pub(super) fn note_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_head<B>(&mut self, sent: Result<&Response<B>, &ClientError>) {
        match (sent, self.settings.protocol) {
            (Ok(response), Protocol::Http) => self.outcome = Outcome::Http(response.status()),
            (Ok(response), Protocol::Grpc) => {
                if let Some(code) = grpc_code(response) {
                    self.outcome = Outcome::Grpc(code);
                }
            }
            (Err(error), _) => self.note_error(error),
        }
    }

    pub(super) fn note_trailers(&mut self, trailers: &HeaderMap) {
        if let Some(status) = trailers.get("grpc-status") {
            self.outcome = Outcome::Grpc(Code::from_bytes(status.as_bytes()));
        }
    }

    /// The deadline has ended it.
    pub(super) fn note_late(&mut self) {
        self.outcome = Outcome::Failed(LATE);
    }

    pub(super) fn note_error(&mut self, error: &ClientError) {
        self.outcome = match error {
            ClientError::Status { status, .. } => Outcome::Grpc(status.code()),
            error => Outcome::Failed(error.name()),
        };
    }
}

impl Drop for CallObservation {
    fn drop(&mut self) {
        let http_status;
        let (status, error) = match self.outcome {
            Outcome::Unfinished => (None, Some("cancelled")),
            Outcome::Failed(error) => (None, Some(error)),
            Outcome::Grpc(code) => {
                let name = code_name(code);
                (Some(name), (code != Code::Ok).then_some(name))
            }
            Outcome::Http(status) => {
                http_status = status;
                let text = http_status.as_str();
                let is_error = status.is_client_error() || status.is_server_error();
                (Some(text), is_error.then_some(text))
            }
        };
        let call = ClientCall {
            client: &self.settings.name,
            protocol: match self.settings.protocol {
                Protocol::Grpc => "grpc",
                Protocol::Http => "http",
            },
            method: &self.method,
            server_address: &self.settings.host,
            server_port: self.settings.port,
            status,
            error,
            retries: self.retries.load(Ordering::Relaxed),
            duration: self.begun.elapsed(),
        };
        self.observers.each(|observer| observer.on_client_call(&call));
    }
}
