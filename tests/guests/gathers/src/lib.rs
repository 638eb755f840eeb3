//! Shows which calls are inside one instance at the same time, and which instance it is.
//! Deliberately counts with plain cells: calls of one instance take turns.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

mod waits;

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use mikros_sdk::http::Next;
use mikros_sdk::prelude::*;
use tokio::sync::broadcast;

/// How long a call sleeps before it looks whether everybody is there.
const NAP: Duration = Duration::from_millis(50);

struct Gathers {
    /// A random number that no other instance has.
    instance: u64,
    inside: Cell<u64>,
    /// Most calls that were inside at the same time.
    most: Cell<u64>,
    /// How many calls may go on when they are enough.
    met: Cell<u64>,
    counter: Cell<u64>,
    news: broadcast::Sender<String>,
}

impl Service for Gathers {
    async fn on_start() -> Result<Self> {
        Ok(Self {
            instance: RandomState::new().hash_one("instance"),
            inside: Cell::new(0),
            most: Cell::new(0),
            met: Cell::new(0),
            counter: Cell::new(0),
            news: broadcast::Sender::new(1),
        })
    }
}

impl Http for Gathers {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/meet/{people}", Self::meet)
            .get("/stay", Self::stay)
            .get("/most", Self::most)
            .get("/count", Self::count)
            .get("/counted", Self::counted)
            .get("/instance", Self::instance)
            .get("/clocks", Self::clocks)
            .get("/follow", Self::follow)
            .post("/publish/{text}", Self::publish)
            .get("/panic", Self::panic)
            .get("/spin", Self::spin)
            .layer(Self::name_instance)
    }
}

/// A call that is inside for as long as this lives.
struct Inside<'a>(&'a Gathers);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.set(self.0.inside.get() - 1);
    }
}

impl Gathers {
    /// Says with every response, refusals included, which instance it comes from.
    async fn name_instance(&self, request: Request, next: Next) -> Response {
        next.run(request).await.with_header("x-instance", self.instance.to_string())
    }

    fn enter(&self) -> Inside<'_> {
        self.inside.set(self.inside.get() + 1);
        self.most.set(self.most.get().max(self.inside.get()));
        Inside(self)
    }

    /// Returns when so many calls are in here together.
    async fn meet(&self, Path(people): Path<u64>) -> String {
        let _inside = self.enter();
        if self.inside.get() >= people {
            self.met.set(people);
        }
        while self.met.get() < people {
            mikros_sdk::sleep(NAP).await;
        }
        self.instance.to_string()
    }

    /// Stays until nobody waits for it.
    async fn stay(&self) {
        let _inside = self.enter();
        log::info!("a call has entered");
        std::future::pending::<()>().await;
    }

    async fn most(&self) -> String {
        self.most.get().to_string()
    }

    /// Counts itself.
    async fn count(&self) -> String {
        let _inside = self.enter();
        self.counter.set(self.counter.get() + 1);
        self.counter.get().to_string()
    }

    async fn counted(&self) -> String {
        self.counter.get().to_string()
    }

    async fn instance(&self) -> String {
        self.instance.to_string()
    }

    async fn panic(&self) {
        panic!("one of many");
    }

    #[expect(clippy::empty_loop, reason = "a guest that never gives way is what this is for")]
    async fn spin(&self) {
        log::info!("a call spins", instance = self.instance);
        loop {}
    }
}

mikros_sdk::export!(Gathers: http);
