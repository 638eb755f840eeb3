//! `shutdown`: the two moments of a shutdown that a guest may wait for.

use wasmtime::component::{Accessor, HasSelf};

use super::{State, Stopping};
use crate::bindings::shutdown;

impl shutdown::HostWithStore<State> for HasSelf<State> {
    async fn draining(accessor: &Accessor<State, Self>) {
        reach(accessor, Stopping::Draining).await;
    }

    async fn notice(accessor: &Accessor<State, Self>) {
        reach(accessor, Stopping::Drained).await;
    }
}

async fn reach(accessor: &Accessor<State>, wanted: Stopping) {
    let mut stopping = accessor.with(|mut access| access.get().grants.stopping.clone());
    // A sender that is gone means that the service is gone as well.
    let _ = stopping.wait_for(|stopping| *stopping >= wanted).await;
}

impl shutdown::Host for State {}
