//! `shutdown`: the notice that the service is about to stop.

use wasmtime::component::{Accessor, HasSelf};

use super::State;
use crate::bindings::shutdown;

impl shutdown::HostWithStore<State> for HasSelf<State> {
    async fn notice(accessor: &Accessor<State, Self>) {
        let mut notice = accessor.with(|mut access| access.get().grants.notice.clone());
        // A sender that is gone means that the service is gone as well.
        drop(notice.wait_for(|given| *given).await);
    }
}

impl shutdown::Host for State {}
