//! Two kinds, one state: what the loop in the background counts, HTTP shows.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::prelude::*;
use mikros_sdk::{sleep, until_shutdown};
use serde::Serialize;

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
        Router::new().get("/", Self::show)
    }
}

#[derive(Serialize)]
struct State {
    count: u64,
    requests: u64,
}

impl Counter {
    /// `curl localhost:8080/`
    async fn show(&self) -> Json<State> {
        self.requests.set(self.requests.get() + 1);
        Json(State { count: self.count.get(), requests: self.requests.get() })
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
}
