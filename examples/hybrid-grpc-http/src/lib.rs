//! Two kinds, one state: what gRPC counts, HTTP shows, and the other way round.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

use std::cell::Cell;

use mikros_sdk::grpc;
use mikros_sdk::prelude::*;
use proto::counter_server::{Counter, CounterServer};
use proto::{AddRequest, Count};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

pub mod proto {
    //! What the build script has made of `proto/counter.proto`.
    mikros_sdk::include_proto!("counter");
}

/// One value for both kinds. A plain cell is enough: calls take turns.
#[derive(Default)]
struct Hybrid {
    count: Cell<u64>,
}

impl Service for Hybrid {
    async fn on_start() -> Result<Self> {
        Ok(Self::default())
    }
}

impl Hybrid {
    /// The rule of both kinds: a count has an end.
    fn add(&self, amount: u64) -> Result<u64> {
        let sum = self.count.get().checked_add(amount);
        let sum = sum.or_precondition_failed("the counter is full")?;
        self.count.set(sum);
        Ok(sum)
    }
}

impl Grpc for Hybrid {
    type Services = CounterServer<Self>;
}

impl Counter for Hybrid {
    async fn add(
        &self,
        request: grpc::Request<AddRequest>,
    ) -> Result<grpc::Response<Count>, grpc::Status> {
        let value = Hybrid::add(self, request.into_inner().amount.unwrap_or(1))?;
        Ok(grpc::Response::new(Count { value }))
    }

    async fn get(
        &self,
        _request: grpc::Request<()>,
    ) -> Result<grpc::Response<Count>, grpc::Status> {
        Ok(grpc::Response::new(Count { value: self.count.get() }))
    }
}

impl Http for Hybrid {
    fn routes() -> Router<Self> {
        Router::new().get("/", Self::show).post("/", Self::increase)
    }
}

#[derive(Deserialize)]
struct Increase {
    amount: Option<u64>,
}

#[derive(Serialize)]
struct State {
    count: u64,
}

impl Hybrid {
    /// `curl localhost:8080/`
    async fn show(&self) -> Json<State> {
        Json(State { count: self.count.get() })
    }

    /// `curl -X POST 'localhost:8080/?amount=2'`
    async fn increase(&self, Query(query): Query<Increase>) -> Result<Json<State>> {
        Ok(Json(State { count: self.add(query.amount.unwrap_or(1))? }))
    }
}

mikros_sdk::export!(Hybrid: grpc, http);
