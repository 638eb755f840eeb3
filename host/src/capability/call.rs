//! `call`: the call that the guest is in.

use tokio::time::Instant;
use wasmtime::component::{Access, Accessor, HasSelf};

use super::{State, current_call};
use crate::bindings::{call, types};
use crate::call::{ActiveCall, Identity};

impl call::HostWithStore<State> for HasSelf<State> {
    async fn cancelled(accessor: &Accessor<State, Self>) {
        let cancelled =
            accessor.with(|mut access| current_call(&mut access).map(ActiveCall::cancelled));
        let was_cancelled = match cancelled {
            Some(None) => true,
            Some(Some(cancelled)) => cancelled.await.is_ok(),
            None => false,
        };
        if !was_cancelled {
            // The call ended by itself, or this task has outlived it.
            std::future::pending::<()>().await;
        }
    }

    fn request_id(mut access: Access<'_, State, Self>) -> Option<String> {
        current_call(&mut access)?.context.request_id.as_deref().map(str::to_owned)
    }

    fn kind(mut access: Access<'_, State, Self>) -> Option<String> {
        let transport = current_call(&mut access)?.context.transport()?;
        Some(transport.kind().to_owned())
    }

    fn peer(mut access: Access<'_, State, Self>) -> Option<String> {
        Some(current_call(&mut access)?.context.peer?.to_string())
    }

    fn caller(mut access: Access<'_, State, Self>) -> Option<types::Identity> {
        let annotations = current_call(&mut access)?.context.annotations.as_ref()?;
        let identity = annotations.identity.as_deref()?;
        let Identity { subject, scheme, claims } = identity.clone();
        let claims = serde_json::Value::from(claims).to_string();
        Some(types::Identity { subject, scheme, claims })
    }

    fn remaining(mut access: Access<'_, State, Self>) -> Option<u64> {
        let deadline = current_call(&mut access)?.context.deadline?;
        let remaining = deadline.at.saturating_duration_since(Instant::now());
        Some(u64::try_from(remaining.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl call::Host for State {}
