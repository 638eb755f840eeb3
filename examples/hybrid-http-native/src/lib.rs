//! Two kinds, one state: what the loop in the background counts, HTTP shows. Clients find at `/openapi.json`
//! what they can ask for.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::http::openapi::operation;
use mikros_sdk::prelude::*;
use mikros_sdk::schemars::{self, JsonSchema};
use mikros_sdk::{sleep, until_shutdown};
use serde::{Deserialize, Serialize};

/// How often the loop counts.
const INTERVAL: Duration = Duration::from_millis(100);

/// One value for both kinds. Plain cells are enough: calls take turns.
#[derive(Default)]
struct Counter {
    count: Cell<u64>,
    requests: Cell<u64>,
}

impl Service for Counter {
    async fn on_start() -> Result<Self> {
        Ok(Self::default())
    }
}

impl Native for Counter {
    async fn start(&self) -> Result<()> {
        while until_shutdown(sleep(INTERVAL)).await.is_some() {
            self.count.set(self.count.get() + 1);
        }
        Ok(())
    }
}

impl Http for Counter {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/", operation(Self::show).summary("Show the count"))
            .post("/add", operation(Self::add).summary("Add to the count"))
            .openapi("/openapi.json")
    }
}

#[derive(Serialize, JsonSchema)]
struct State {
    count: u64,
    /// How often this was asked for.
    requests: u64,
}

#[derive(Deserialize, JsonSchema)]
struct Amount {
    #[serde(default = "one")]
    amount: u8,
}

fn one() -> u8 {
    1
}

impl Counter {
    /// `curl localhost:8080/`
    async fn show(&self) -> Json<State> {
        self.requests.set(self.requests.get() + 1);
        Json(State { count: self.count.get(), requests: self.requests.get() })
    }

    /// `curl -X POST 'localhost:8080/add?amount=5'`
    async fn add(&self, Query(Amount { amount }): Query<Amount>) {
        self.count.set(self.count.get() + u64::from(amount));
    }
}

mikros_sdk::export!(Counter: http, native);

#[cfg(test)]
mod tests {
    use mikros_sdk::testing::{self, Context, json};

    use super::*;

    #[test]
    fn http_shows_what_the_loop_counts() {
        let context = Context::new().shut_down_after(INTERVAL * 35 / 10);

        let states: Result<Vec<serde_json::Value>> = context.run(async {
            let client = testing::http::<Counter>().await?;
            let before = client.get("/").send().await.json().await?;
            client.service().start().await?;
            Ok(vec![before, client.get("/").send().await.json().await?])
        });

        let expected = [json!({"count": 0, "requests": 1}), json!({"count": 3, "requests": 2})];
        assert_eq!(states.ok(), Some(expected.to_vec()));
    }

    #[test]
    fn clients_find_what_they_can_ask_for() {
        let document: Result<serde_json::Value> = Context::new().run(async {
            testing::http::<Counter>().await?.get("/openapi.json").send().await.json().await
        });

        let operations = document.expect("there is one")["paths"].to_string();
        assert!(operations.contains(r#""operationId":"show""#), "{operations}");
        assert!(operations.contains(r#""operationId":"add""#), "{operations}");
    }
}
