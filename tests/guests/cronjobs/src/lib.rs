//! A task that does what its settings say.
//! Does not know what the host is expected to do about it.

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::prelude::*;
use mikros_sdk::{Tick, sleep};
use serde::Deserialize;

/// The table `[service]`; see `acts` for the words.
#[derive(Deserialize)]
#[serde(default)]
struct Cronjobs {
    /// What every run does.
    run: String,
    /// How long it sleeps before that.
    sleep_ms: u64,
    #[serde(skip)]
    runs: Cell<u64>,
}

impl Default for Cronjobs {
    fn default() -> Self {
        Self { run: "return".to_owned(), sleep_ms: 0, runs: Cell::new(0) }
    }
}

impl Service for Cronjobs {
    async fn on_start() -> Result<Self> {
        mikros_sdk::settings()
    }

    async fn on_finish(&self) -> Result<()> {
        log::info!("on-finish begins");
        Ok(())
    }
}

impl Cronjob for Cronjobs {
    async fn run(&self, tick: Tick) -> Result<()> {
        let number = self.runs.get() + 1;
        self.runs.set(number);
        let delay_ms = u64::try_from(tick.delay.as_millis()).unwrap_or(u64::MAX);
        log::info!(
            "run begins",
            number,
            scheduled = tick.scheduled,
            delay_ms,
            missed = tick.missed
        );
        sleep(Duration::from_millis(self.sleep_ms)).await;
        let outcome = acts::act(&self.run).await;
        log::info!("run ends", number);
        outcome
    }
}

mikros_sdk::export!(Cronjobs: cronjob);
