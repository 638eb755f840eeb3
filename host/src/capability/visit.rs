//! `mikros:plugin/visit`: the request that a plug-in is asked about.

use serde_json::Value;
use wasmtime::component::{Access, HasSelf};

use super::{State, current_call};
use crate::bindings::plugin::visit;
use crate::call::{Identity, Transport};

impl visit::HostWithStore<State> for HasSelf<State> {
    fn protocol(mut access: Access<'_, State, Self>) -> Option<visit::Transport> {
        let visit = current_call(&mut access)?.context.visit?;
        Some(match visit.transport {
            Transport::Http => visit::Transport::Http,
            Transport::Grpc => visit::Transport::Grpc,
        })
    }

    fn peer(mut access: Access<'_, State, Self>) -> Option<String> {
        Some(current_call(&mut access)?.context.visit?.peer.to_string())
    }

    fn caller(mut access: Access<'_, State, Self>) -> Option<visit::Identity> {
        let call = current_call(&mut access)?;
        let identity = call.context.known.as_ref()?.identity.as_deref()?;
        let Identity { subject, scheme, claims } = identity.clone();
        Some(visit::Identity { subject, scheme, claims: Value::from(claims).to_string() })
    }
}

impl visit::Host for State {}
