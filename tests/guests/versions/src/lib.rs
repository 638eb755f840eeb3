//! Tells which version it is, in every way in which a request can outlive it.
//! Does not know that there are others.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::http::{Event, sse};
use mikros_sdk::prelude::*;
use mikros_sdk::stream;
use serde::Deserialize;

/// The table `[service]`; see `acts` for the words.
#[derive(Deserialize)]
#[serde(default)]
struct Settings {
    mark: String,
    on_start: String,
    on_finish: String,
}

impl Default for Settings {
    fn default() -> Self {
        let [on_start, on_finish] = ["return"; 2].map(str::to_owned);
        // Not to be inlined: tests make other components of this one by putting another mark there.
        let mark = std::hint::black_box("unmarked").to_owned();
        Self { mark, on_start, on_finish }
    }
}

struct Versions {
    settings: Settings,
    requests: Cell<u64>,
}

impl Service for Versions {
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

impl Native for Versions {
    async fn start(&self) -> Result<()> {
        log::info!("native begins");
        mikros_sdk::shutdown().await;
        log::info!("native ends");
        Ok(())
    }
}

impl Http for Versions {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/who", Self::who)
            .get("/wait/{ms}", Self::wait)
            .get("/drip/{chunks}/{ms}", Self::drip)
            .get("/events", Self::events)
            .post("/upload", Self::upload)
            .get("/act/{name}", Self::act)
    }
}

impl Versions {
    fn name(&self) -> String {
        self.requests.set(self.requests.get() + 1);
        format!("{} {}", mikros_sdk::identity().version, self.settings.mark)
    }

    async fn who(&self) -> String {
        self.name()
    }

    /// Answers after a while.
    async fn wait(&self, Path(ms): Path<u64>) -> String {
        let name = self.name();
        log::info!("waiting begins");
        mikros_sdk::sleep(Duration::from_millis(ms)).await;
        name
    }

    /// Answers at once, in so many chunks with so many milliseconds between them.
    async fn drip(&self, Path((chunks, ms)): Path<(u64, u64)>) -> Body {
        let name = self.name();
        Body::stream(stream::unfold(0, move |sent| {
            let chunk = format!("{name}\n").into_bytes();
            async move {
                if sent == chunks {
                    return None;
                }
                mikros_sdk::sleep(Duration::from_millis(ms)).await;
                Some((Ok(chunk), sent + 1))
            }
        }))
    }

    /// Server-sent events, until the host says that it drains.
    async fn events(&self) -> impl IntoResponse {
        let name = self.name();
        sse(stream::unfold(true, move |is_first| {
            let name = name.clone();
            async move {
                if !is_first {
                    std::future::pending::<()>().await;
                }
                Some((Event::new(name), false))
            }
        }))
    }

    async fn upload(&self, body: Body) -> Result<String> {
        let name = self.name();
        log::info!("upload begins");
        Ok(format!("{name} {}", body.bytes().await?.len()))
    }

    /// Does what the path says.
    async fn act(&self, Path(name): Path<String>) -> Result<()> {
        acts::act(&name).await
    }
}

mikros_sdk::export!(Versions: http, native);
