//! Calls that wait: for clocks, for several things at once, and for each other.
//! Does not know how long the test waits for it.

use std::future::pending;
use std::time::Duration;

use mikros_sdk::prelude::*;
use mikros_sdk::task::{FutureExt as _, join, select};
use mikros_sdk::time::{self, Instant, SystemTime, interval, timeout};

use super::Gathers;

const SHORT: Duration = Duration::from_millis(10);

impl Gathers {
    /// What the clocks say, and what is done by them.
    pub(super) async fn clocks(&self) -> Result<String> {
        let began = Instant::now();
        time::sleep(SHORT).await;
        let slept = began.elapsed() >= SHORT;
        let seconds = time::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let late = timeout(SHORT, pending::<()>()).await.err().map(|late| late.to_string());
        let mut ticks = interval(SHORT);
        let (one, two) = join!(ticks.tick(), async { 2 });
        let later = ticks.tick().await > one;
        let mut slow = Box::pin(pending::<&str>()).fuse();
        let first = select! {
            text = slow => text,
            () = Box::pin(time::sleep(SHORT)).fuse() => "fast",
        };
        Ok(format!("slept={slept} late={late:?} two={two} later={later} first={first} {seconds}"))
    }

    /// Answers with what the next call of [`Gathers::publish`] says.
    pub(super) async fn follow(&self) -> Result<String> {
        let mut receiver = self.news.subscribe();
        log::info!("a call follows");
        Ok(receiver.recv().await?)
    }

    /// Tells all calls of [`Gathers::follow`] and answers with their number.
    pub(super) async fn publish(&self, Path(text): Path<String>) -> String {
        self.news.send(text).unwrap_or_default().to_string()
    }
}
