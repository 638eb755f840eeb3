//! The call that code of a test runs in: whose it is, and how long it may take.
//! Deliberately without a request: it is for functions that are tested by themselves.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crate::call::until_cancelled;
use crate::caller::Caller;
use crate::imports::memory::{self, Call, Origin, in_call};
use crate::plugin::Transport;

/// Of the addresses for documentation (RFC 5737).
pub(crate) const PEER: ([u8; 4], u16) = ([192, 0, 2, 1], 50000);

/// A call for code that is tested by itself, such as a function that asks for the caller.
///
/// ```
/// use mikros_sdk::prelude::*;
/// use mikros_sdk::testing::{CallContext, Context};
/// use mikros_sdk::{Caller, caller};
///
/// fn who() -> Result<String> {
///     Ok(caller().or_permission_denied("who is asking?")?.subject().to_owned())
/// }
///
/// Context::new().run(async {
///     let call = CallContext::new().caller(Caller::new("ada", "jwt")).request_id("7");
///     let name = call.run(async { who() }).await;
///     assert_eq!(name.unwrap().unwrap(), "ada");
///     assert!(who().is_err(), "outside of the call nobody asks");
/// });
/// ```
pub struct CallContext {
    call: Call,
    timeout: Option<Duration>,
}

impl Default for CallContext {
    fn default() -> Self {
        let origin = Origin { transport: Transport::Http, peer: SocketAddr::from(PEER) };
        Self { call: Call { origin: Some(origin), ..Call::default() }, timeout: None }
    }
}

impl CallContext {
    /// A call over HTTP of nobody, with no id and no deadline.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the request's id.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.call.request_id = Some(id.into());
        self
    }

    /// Says who the caller is, as a feature of the host would. Default: nobody has found out.
    #[must_use]
    pub fn caller(mut self, caller: Caller) -> Self {
        self.call.caller = Some(caller);
        self
    }

    /// Sets where the client's connection comes from. Default: `192.0.2.1:50000`.
    #[must_use]
    pub fn peer(mut self, peer: SocketAddr) -> Self {
        self.call.origin = self.call.origin.map(|origin| Origin { peer, ..origin });
        self
    }

    /// Cancels the call after `timeout`. Default: never.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    #[cfg(feature = "grpc")]
    pub(super) fn over_grpc(mut self) -> Self {
        self.call.origin =
            self.call.origin.map(|origin| Origin { transport: Transport::Grpc, ..origin });
        self
    }

    /// Runs `work` in the call, which begins now; `None` when it was cancelled. Inside of
    /// [`Context::run`](super::Context::run).
    pub async fn run<F: Future>(self, work: F) -> Option<F::Output> {
        in_call(Some(self.begin()), until_cancelled(work)).await
    }

    /// The call as it is when it begins now.
    pub(super) fn begin(self) -> Rc<Call> {
        let deadline = self.timeout.map(|timeout| memory::now().saturating_add(timeout));
        Rc::new(Call { deadline, ..self.call })
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("request_id", &self.call.request_id)
            .field("caller", &self.call.caller)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
