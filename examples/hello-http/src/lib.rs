//! The smallest thing of everything that an HTTP service does: routes, extraction, JSON, errors,
//! a stream, and state in memory.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::http::{Event, Sse, sse};
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, Stream};
use serde::{Deserialize, Serialize};

struct Hello {
    greeting: String,
    /// How many greetings were sent. A plain cell: calls take turns.
    greetings: Cell<u64>,
}

/// The table `[service]` of `service.toml`.
#[derive(Deserialize)]
struct Settings {
    greeting: String,
}

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        let settings: Settings = mikros_sdk::settings()?;
        log::info!("hello is ready", greeting = settings.greeting);
        Ok(Self { greeting: settings.greeting, greetings: Cell::new(0) })
    }
}

impl Http for Hello {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/", Self::index)
            .get("/hello/{name}", Self::greet)
            .post("/sum", Self::sum)
            .get("/errors/{kind}", Self::fail)
            .get("/countdown", Self::countdown)
            .get("/greetings", Self::greetings)
    }
}

#[derive(Deserialize)]
struct Style {
    /// How often the name is repeated. Default: once.
    times: Option<u8>,
}

#[derive(Deserialize)]
struct Numbers {
    numbers: Vec<f64>,
}

#[derive(Serialize)]
struct Sum {
    sum: f64,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default = "three")]
    from: u8,
}

fn three() -> u8 {
    3
}

impl Hello {
    /// `curl localhost:8080/`
    async fn index(&self) -> &'static str {
        "hello world"
    }

    /// `curl 'localhost:8080/hello/Ada?times=2'`
    async fn greet(&self, Path(name): Path<String>, Query(style): Query<Style>) -> String {
        self.greetings.set(self.greetings.get() + 1);
        let names = vec![name; style.times.unwrap_or(1).into()];
        format!("{} {}", self.greeting, names.join(" and "))
    }

    /// `curl localhost:8080/sum --json '{"numbers": [1, 2, 3.5]}'`
    async fn sum(&self, Json(input): Json<Numbers>) -> Json<Sum> {
        Json(Sum { sum: input.numbers.iter().sum() })
    }

    /// `curl localhost:8080/errors/not-found`
    async fn fail(&self, Path(kind): Path<String>) -> Result<()> {
        Err(match kind.as_str() {
            // `?` turns any error into an internal one.
            "internal" => std::io::Error::other("the disk is gone").into(),
            "not-found" => ServiceError::not_found("there is no such item"),
            "invalid-arguments" => ServiceError::invalid_arguments("`age` must be positive")
                .with_attribute("field", "age"),
            "precondition-failed" => ServiceError::precondition_failed("the account is closed"),
            "permission-denied" => ServiceError::permission_denied("only owners may do this"),
            "rpc" => ServiceError::rpc("ledger", "the ledger does not answer"),
            "custom" => ServiceError::custom("out of luck").with_code(13),
            _ => ServiceError::not_found(format!("there is no error kind `{kind}`")),
        })
    }

    /// `curl -N 'localhost:8080/countdown?from=3'`
    async fn countdown(&self, Query(start): Query<Start>) -> Sse<impl Stream<Item = Event>> {
        let seconds = stream::unfold(Some(start.from), async |left| {
            let left = left?;
            mikros_sdk::sleep(Duration::from_millis(200)).await;
            Some((Event::new(left.to_string()), left.checked_sub(1)))
        });
        sse(seconds).keep_alive(Duration::from_secs(15))
    }

    /// `curl localhost:8080/greetings`
    async fn greetings(&self) -> String {
        self.greetings.get().to_string()
    }
}

mikros_sdk::export!(Hello: http);

#[cfg(test)]
mod tests;
