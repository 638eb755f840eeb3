//! Calls other services: the client `peer` over gRPC, the client `web` over HTTP. Its routes are the calls that a test
//! asks for; what came of them is the response.
//! Deliberately knows nothing about how the host makes them.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

mod rpc;
mod web;

use std::cell::Cell;
use std::rc::Rc;

use mikros_sdk::prelude::*;

pub(crate) struct Calls {
    /// How many calls were dropped before they returned.
    dropped: Rc<Cell<u64>>,
}

impl Service for Calls {
    async fn on_start() -> Result<Self> {
        Ok(Self { dropped: Rc::default() })
    }
}

impl Http for Calls {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/dropped", Self::dropped)
            .nest("/rpc", rpc::routes())
            .nest("/web", web::routes())
            // What a client of this name answers to, when this service is called by itself.
            .get("/self", async || "called")
            .get("/nest/{depth}", web::nest)
            .get("/cycle/{depth}", web::cycle)
    }
}

impl Calls {
    async fn dropped(&self) -> String {
        self.dropped.get().to_string()
    }
}

/// Counts a call that is dropped before it has returned.
struct Counted(Option<Rc<Cell<u64>>>);

impl Counted {
    fn new(calls: &Calls) -> Self {
        Self(Some(Rc::clone(&calls.dropped)))
    }

    fn returned(mut self) {
        self.0 = None;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(dropped) = &self.0 {
            dropped.set(dropped.get() + 1);
        }
    }
}

mikros_sdk::export!(Calls: http);
