//! A script that does what its settings say.
//! Does not know what the host is expected to do about it.

use mikros_sdk::prelude::*;
use serde::Deserialize;

/// The table `[service]`; see `acts` for the words.
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
        acts::act(&self.run).await
    }

    async fn cleanup(&self) -> Result<()> {
        log::info!("cleanup begins");
        acts::act(&self.cleanup).await
    }
}

mikros_sdk::export!(Scripts: script);
