//! Counts, and hands the count over to the version that takes its place, well or badly.
//! Does not know how many instances there are.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::prelude::*;
use mikros_sdk::{Identity, stream};
use serde::Deserialize;

/// The table `[service]`; see `acts` for the words.
#[derive(Deserialize)]
#[serde(default)]
struct Settings {
    on_start: String,
    give: String,
    receive: String,
    /// States that `receive` takes before it does as it is told.
    takes: u64,
    /// How long `give` takes, in milliseconds.
    give_takes: u64,
    /// What is appended to the state, in bytes.
    ballast: usize,
    /// Gives nothing.
    nothing: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let [on_start, give, receive] = ["return"; 3].map(str::to_owned);
        Self { on_start, give, receive, takes: 0, give_takes: 0, ballast: 0, nothing: false }
    }
}

struct HandsOver {
    settings: Settings,
    count: Cell<u64>,
    /// States that it has received.
    received: Cell<u64>,
}

impl Service for HandsOver {
    async fn on_start() -> Result<Self> {
        let settings: Settings = mikros_sdk::settings()?;
        log::info!("on-start begins");
        acts::act(&settings.on_start).await?;
        Ok(Self { settings, count: Cell::new(0), received: Cell::new(0) })
    }

    async fn on_finish(&self) -> Result<()> {
        let (count, received) = (self.count.get(), self.received.get());
        log::info!("on-finish begins", count, received);
        Ok(())
    }
}

impl Handover for HandsOver {
    async fn give(&self, successor: &Identity) -> Result<Option<Vec<u8>>> {
        let count = self.count.get();
        log::info!("give begins", successor = successor.version, count);
        mikros_sdk::sleep(Duration::from_millis(self.settings.give_takes)).await;
        acts::act(&self.settings.give).await?;
        if self.settings.nothing {
            return Ok(None);
        }
        let mut state = count.to_le_bytes().to_vec();
        state.resize(state.len() + self.settings.ballast, 7);
        Ok(Some(state))
    }

    async fn receive(&self, predecessor: &Identity, state: Vec<u8>) -> Result<()> {
        let (count, ballast) = state.split_first_chunk().or_not_found("there is no count")?;
        let count = u64::from_le_bytes(*count);
        let is_whole = ballast.iter().all(|byte| *byte == 7);
        let (name, version) = (&predecessor.name, &predecessor.version);
        log::info!("receive begins", name, version, count, bytes = state.len(), is_whole);
        if self.received.get() >= self.settings.takes {
            acts::act(&self.settings.receive).await?;
        }
        self.count.set(self.count.get() + count);
        self.received.set(self.received.get() + 1);
        Ok(())
    }
}

impl Native for HandsOver {
    async fn start(&self) -> Result<()> {
        log::info!("native begins", count = self.count.get());
        mikros_sdk::shutdown().await;
        log::info!("native ends");
        Ok(())
    }
}

impl Http for HandsOver {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/count", Self::count)
            .post("/count", Self::add)
            .post("/slow/{ms}", Self::add_slowly)
            .get("/drip", Self::drip)
            .get("/act/{name}", Self::act)
    }
}

impl HandsOver {
    async fn count(&self) -> String {
        let version = mikros_sdk::identity().version;
        format!("{version} {} of {}", self.count.get(), self.received.get())
    }

    async fn add(&self) -> String {
        self.count.set(self.count.get() + 1);
        self.count().await
    }

    /// Counts after a while.
    async fn add_slowly(&self, Path(ms): Path<u64>) -> String {
        log::info!("adding begins");
        mikros_sdk::sleep(Duration::from_millis(ms)).await;
        self.add().await
    }

    /// A stream without an end.
    async fn drip(&self) -> Body {
        Body::stream(stream::unfold((), |()| async {
            mikros_sdk::sleep(Duration::from_millis(1)).await;
            Some((Ok(b"drop".to_vec()), ()))
        }))
    }

    /// Does what the path says.
    async fn act(&self, Path(name): Path<String>) -> Result<()> {
        acts::act(&name).await
    }
}

mikros_sdk::export!(HandsOver: http, native, handover);
