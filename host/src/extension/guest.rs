//! The guest, as kinds call it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use wasmtime::component::Val;

use crate::bindings::errors::Error as ServiceError;
use crate::call::Fault;
use crate::telemetry::Attributes;

/// A function that a guest exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export {
    /// For example `acme:queue/consumer@0.1.0`.
    pub interface: &'static str,
    /// For example `handle`. It returns `result<T, error>`, with the `error` of `mikros:service/errors`.
    pub function: &'static str,
}

/// On which terms a guest is called.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// Longest time until the guest has returned; `None` is `[host.limits] call_timeout`.
    pub timeout: Option<Duration>,
    /// The id that log lines of the call carry as `request_id`, and `call.request-id` returns.
    pub id: Option<Arc<str>>,
    /// For all log lines of the call.
    pub attributes: Attributes,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The guest returned an error.
    #[error("{}", crate::call::describe(.0))]
    Returned(ServiceError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl CallError {
    /// What a log line says of it: `error.message`, and of an error that was returned all that it holds.
    pub fn attributes(&self) -> Attributes {
        match self {
            Self::Returned(error) => crate::call::error::log_attributes(error),
            Self::Fault(fault) => {
                Attributes::from_iter([("error.message".to_owned(), fault.to_string().into())])
            }
        }
    }
}

/// Calls guests; implemented by those who run them.
pub trait CallGuest: Send + Sync {
    /// Calls a function with values of the types that it declares.
    ///
    /// # Cancel safety
    /// When the future is dropped the guest is told that the call is cancelled.
    fn call(
        &self,
        export: Export,
        arguments: Vec<Val>,
        options: CallOptions,
    ) -> BoxFuture<'static, Result<Option<Val>, CallError>>;
}

/// The guest of a service. Cheap to clone; usable from any thread.
#[derive(Clone)]
pub struct Guest(Arc<dyn CallGuest>);

impl Guest {
    pub(crate) fn new(callee: Arc<dyn CallGuest>) -> Self {
        Self(callee)
    }

    /// Calls a function of one instance, the least busy, and waits for its outcome. Counts as a request:
    /// `[host.limits] max_concurrency` and `max_queue` hold for it. What it returns is in `ok`; `None`
    /// for nothing.
    ///
    /// # Cancel safety
    /// When the future is dropped the guest is told that the call is cancelled.
    pub async fn call(
        &self,
        export: Export,
        arguments: Vec<Val>,
        options: CallOptions,
    ) -> Result<Option<Val>, CallError> {
        self.0.call(export, arguments, options).await
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guest")
    }
}
