//! `time`: waiting that suspends one task instead of the whole instance.

use std::time::Duration;

use wasmtime::component::{Accessor, HasSelf};

use super::State;
use crate::bindings::time;

impl time::HostWithStore<State> for HasSelf<State> {
    async fn sleep(_accessor: &Accessor<State, Self>, nanoseconds: u64) {
        tokio::time::sleep(Duration::from_nanos(nanoseconds)).await;
    }
}

impl time::Host for State {}
