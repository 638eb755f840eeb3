//! Does in the background what its settings say.
//! Does not know what the host is expected to do about it.

use mikros_sdk::prelude::*;
use serde::Deserialize;

/// The table `[service]`; see `acts` for the words, and `notice` for waiting until the service stops.
#[derive(Deserialize)]
#[serde(default)]
struct Natives {
    start: String,
    stop: String,
}

impl Default for Natives {
    fn default() -> Self {
        Self { start: "notice".to_owned(), stop: "return".to_owned() }
    }
}

impl Service for Natives {
    async fn on_start() -> Result<Self> {
        log::info!("on-start begins");
        mikros_sdk::settings()
    }

    async fn on_finish(&self) -> Result<()> {
        log::info!("on-finish begins");
        Ok(())
    }
}

impl Native for Natives {
    async fn start(&self) -> Result<()> {
        log::info!("start begins");
        if self.start == "notice" {
            mikros_sdk::shutdown().await;
            log::info!("start saw the notice");
            return Ok(());
        }
        acts::act(&self.start).await
    }

    async fn stop(&self) -> Result<()> {
        log::info!("stop begins");
        acts::act(&self.stop).await
    }
}

mikros_sdk::export!(Natives: native);
