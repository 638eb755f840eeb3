//! A script that does what its settings say.
//! Does not know what the host is expected to do about it.

use std::io::{self, BufRead, IsTerminal, Write};

use mikros_sdk::prelude::*;
use serde::Deserialize;

/// The table `[service]`; see `acts` for the words, and [`copy`] and [`pour`].
#[derive(Deserialize)]
#[serde(default)]
struct Scripts {
    run: String,
    cleanup: String,
}

impl Default for Scripts {
    fn default() -> Self {
        Self { run: "return".to_owned(), cleanup: "return".to_owned() }
    }
}

impl Service for Scripts {
    async fn on_start() -> Result<Self> {
        mikros_sdk::settings()
    }

    async fn on_finish(&self) -> Result<()> {
        log::info!("on-finish begins");
        Ok(())
    }
}

impl Script for Scripts {
    async fn run(&self, arguments: Vec<String>) -> Result<()> {
        log::info!("run begins", arguments);
        match self.run.as_str() {
            "copy" => copy(),
            "pour" => pour(),
            act => acts::act(act).await,
        }
    }

    async fn cleanup(&self) -> Result<()> {
        log::info!("cleanup begins");
        acts::act(&self.cleanup).await
    }
}

/// Writes every line of standard input to standard output, in capitals; a last one without its end.
#[expect(clippy::print_stderr, reason = "it belongs into the log")]
fn copy() -> Result<()> {
    let mut output = io::stdout().lock();
    eprintln!("to stderr, terminal: {}", output.is_terminal());
    for line in io::stdin().lock().lines() {
        writeln!(output, "{}", line?.to_uppercase())?;
    }
    write!(output, "end")?;
    Ok(())
}

/// Writes to standard output until it is refused.
fn pour() -> Result<()> {
    let mut output = io::stdout().lock();
    loop {
        writeln!(output, "{}", "x".repeat(1000))?;
    }
}

mikros_sdk::export!(Scripts: script);
