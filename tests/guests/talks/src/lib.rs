//! Writes to its log in every way there is.
//! Does not know what the lines look like.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

mod records;

use std::io::{self, Write};

use mikros_sdk::log;
use mikros_sdk::prelude::*;

struct Talks;

impl Service for Talks {
    async fn on_start() -> Result<Self> {
        tracing::info!("the start is recorded");
        drop(mikros_sdk::spawn(async { tracing::info!("a task of the start is recorded") }));
        Ok(Self)
    }
}

impl Http for Talks {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/levels", Self::levels)
            .put("/level/{level}", Self::set_level)
            .get("/attributes", Self::attributes)
            .get("/records/{name}", Self::records)
            .get("/print", Self::print)
            .get("/print-without-end", Self::print_without_end)
            .get("/print-without-flush", Self::print_without_flush)
            .get("/print-long", Self::print_long)
            .get("/flood/{lines}", Self::flood)
            .get("/reveal/{variable}", Self::reveal)
    }
}

impl Talks {
    /// One line of each level.
    async fn levels(&self) {
        log::debug!("at debug");
        log::internal!("at internal");
        log::info!("at info");
        log::warn!("at warn");
        log::error!("at error");
        log::fatal!("at fatal");
    }

    /// Changes the level and answers with the one before.
    async fn set_level(&self, Path(level): Path<String>) -> Result<String> {
        let level = match level.as_str() {
            "debug" => log::Level::Debug,
            "error" => log::Level::Error,
            _ => return Err(ServiceError::not_found("no such level")),
        };
        Ok(log::set_level(level).to_string())
    }

    /// Attributes of every type, some with names that lines have already.
    async fn attributes(&self) {
        log::info!(
            "attributes",
            text = "a \"quoted\" text\nin two lines",
            number = 7,
            list = [1, 2],
            "service.name" = "impostor",
            msg = "not this one",
            request_id = "mine"
        );
    }

    /// Writes to the standard streams.
    #[expect(clippy::print_stdout, clippy::print_stderr, reason = "that is what it shows")]
    async fn print(&self) {
        println!("to stdout");
        print!("in two ");
        println!("pieces");
        eprintln!("to stderr");
    }

    /// Leaves lines without their ends behind.
    #[expect(clippy::print_stdout, clippy::print_stderr, reason = "that is what it shows")]
    async fn print_without_end(&self) {
        print!("to stdout without an end");
        io::stdout().flush().expect("the host takes it");
        eprint!("to stderr without an end");
    }

    /// Leaves a line where Rust keeps it until it has an end.
    #[expect(clippy::print_stdout, reason = "that is what it shows")]
    async fn print_without_flush(&self) {
        print!("to stdout without a flush");
    }

    /// A line that is longer than one of the log.
    #[expect(clippy::print_stdout, reason = "that is what it shows")]
    async fn print_long(&self) {
        println!("{}", "€".repeat(10_000));
    }

    /// As many lines of a kilobyte each.
    async fn flood(&self, Path(lines): Path<u64>) -> String {
        let filling = "x".repeat(1000);
        for number in 0..lines {
            log::info!("flood", number, filling);
        }
        format!("{lines} lines")
    }

    /// The length of a variable's value, so that nothing but the value itself could tell it.
    async fn reveal(&self, Path(variable): Path<String>) -> Result<String> {
        let value: String = mikros_sdk::env::get(&variable)?;
        Ok(value.len().to_string())
    }
}

mikros_sdk::export!(Talks: http);
