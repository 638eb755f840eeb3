//! What libraries record with `tracing` and `log`, and what becomes of it.
//! Does not know what the lines look like.

use std::time::Duration;

use mikros_sdk::log;
use mikros_sdk::prelude::*;
use tracing::Instrument as _;

use super::Talks;

impl Talks {
    /// One call of several at the same time, each in a span of its own.
    pub(super) async fn records(&self, Path(name): Path<String>) {
        store(&name).instrument(tracing::info_span!("request", name)).await;
    }
}

#[tracing::instrument]
async fn store(item: &str) {
    tracing::debug!("below the level");
    tracing::info!(target: "library", size = 3, "begins");
    mikros_sdk::sleep(Duration::from_millis(20)).await;
    log_crate::warn!(attempt = 2; "is slow");
    log::info!("ends");
}
