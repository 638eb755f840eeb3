//! One attempt: the guest is called with a message, and how that ended.
//!
//! Does not know what becomes of the message then.

use std::sync::Arc;

use mikros_host::extension::{
    Attributes, CallError, CallOptions, Export, Fault, Guest, bytes, record,
};
use mikros_host::wasmtime::component::Val;
use tokio::time::Instant;

use super::spool::Claim;

pub(super) const INTERFACE: &str = "acme:queue/consumer@0.1.0";

pub(super) const HANDLE: Export = Export { interface: INTERFACE, function: "handle" };

/// A message on its way into the guest.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) claim: Claim,
    pub(super) body: Vec<u8>,
    pub(super) attempt: u32,
}

/// A message that has come back.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) claim: Claim,
    pub(super) attempt: u32,
    pub(super) verdict: Verdict,
    /// For the line about it.
    pub(super) attributes: Attributes,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Handled,
    /// The message, or what the guest did with it, is to blame.
    Failed,
    /// The message is not to blame: it has not been handled, or not because of itself.
    GivenBack,
}

impl Delivery {
    pub(super) async fn run(self, guest: Guest) -> Delivered {
        let Self { claim, body, attempt } = self;
        let id: Arc<str> = claim.name().to_string_lossy().into();
        let message = record([
            ("id", Val::String(id.to_string())),
            ("body", bytes(&body)),
            ("attempt", Val::U32(attempt)),
        ]);
        let options = CallOptions { id: Some(id), ..CallOptions::default() };
        let begun = Instant::now();
        let outcome = guest.call(HANDLE, vec![message], options).await;
        let verdict = Verdict::of(&outcome);
        let mut attributes = outcome.err().map(|error| error.attributes()).unwrap_or_default();
        let duration = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        attributes.insert("duration_ms".to_owned(), duration.into());
        Delivered { claim, attempt, verdict, attributes }
    }
}

impl Verdict {
    fn of(outcome: &Result<Option<Val>, CallError>) -> Self {
        match outcome {
            Ok(_nothing) => Self::Handled,
            Err(CallError::Returned(_)) => Self::Failed,
            Err(CallError::Fault(fault)) => match fault {
                Fault::InstanceLost
                | Fault::Unavailable
                | Fault::Saturated
                | Fault::QueueTimeout { .. }
                | Fault::Unresponsive
                | Fault::Stopping
                | Fault::CutOff => Self::GivenBack,
                // Another instance may do better, and one that never does must not go on for ever.
                Fault::Trapped(_)
                | Fault::OutOfMemory { .. }
                | Fault::OutOfAddressSpace { .. }
                | Fault::Exited { .. }
                | Fault::Interrupted
                | Fault::Blocked
                | Fault::InvalidResponse(_)
                | Fault::DeadlineExceeded { .. } => Self::Failed,
            },
        }
    }
}
