//! Does in the steps of its lifecycle what its settings say, and answers requests in between.
//! Does not know what the host is expected to do about it.

use std::cell::Cell;

use mikros_sdk::prelude::*;
use serde::Deserialize;

/// The table `[service]`; see `acts` for the words.
#[derive(Deserialize)]
#[serde(default)]
struct Settings {
    on_start: String,
    on_finish: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { on_start: "return".to_owned(), on_finish: "return".to_owned() }
    }
}

struct Starts {
    settings: Settings,
    requests: Cell<u64>,
}

impl Service for Starts {
    async fn on_start() -> Result<Self> {
        let settings: Settings = mikros_sdk::settings()?;
        log::info!("on-start begins");
        acts::act(&settings.on_start).await?;
        Ok(Self { settings, requests: Cell::new(0) })
    }

    async fn on_finish(&self) -> Result<()> {
        log::info!("on-finish begins", requests = self.requests.get());
        acts::act(&self.settings.on_finish).await
    }
}

impl Http for Starts {
    fn routes() -> Router<Self> {
        Router::new().post("/read", Self::read).get("/act/{name}", Self::act)
    }
}

impl Starts {
    /// Answers when the whole body has arrived.
    async fn read(&self, body: Body) -> Result<String> {
        log::info!("reading begins");
        let length = body.bytes().await?.len();
        self.requests.set(self.requests.get() + 1);
        Ok(format!("{length} bytes"))
    }

    /// Does what the path says.
    async fn act(&self, Path(name): Path<String>) -> Result<()> {
        log::info!("acting begins");
        acts::act(&name).await
    }
}

mikros_sdk::export!(Starts: http);
