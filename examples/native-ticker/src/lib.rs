//! Works in a loop until the service is told to stop.

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::prelude::*;
use mikros_sdk::{sleep, until_shutdown};
use serde::Deserialize;

struct Ticker {
    interval: Duration,
    ticks: Cell<u64>,
}

/// The table `[service]` of `service.toml`.
#[derive(Deserialize)]
struct Settings {
    interval_ms: u64,
}

impl Service for Ticker {
    async fn on_start() -> Result<Self> {
        let settings: Settings = mikros_sdk::settings()?;
        let interval = Duration::from_millis(settings.interval_ms);
        Ok(Self { interval, ticks: Cell::new(0) })
    }

    async fn on_finish(&self) -> Result<()> {
        log::info!("the ticker is done", ticks = self.ticks.get());
        Ok(())
    }
}

impl Native for Ticker {
    async fn start(&self) -> Result<()> {
        // The loop ends at once when the service stops, not after the next tick.
        while until_shutdown(sleep(self.interval)).await.is_some() {
            self.ticks.set(self.ticks.get() + 1);
            log::info!("tick", number = self.ticks.get());
        }
        Ok(())
    }
}

mikros_sdk::export!(Ticker: native);

#[cfg(test)]
mod tests {
    use mikros_sdk::testing::{Context, json};

    use super::*;

    #[test]
    fn it_ticks_until_the_service_stops() {
        let context = Context::new()
            .settings(json!({"interval_ms": 1000}))
            .shut_down_after(Duration::from_millis(3500));

        let outcome = context.run(async {
            let ticker = Ticker::on_start().await?;
            ticker.start().await?;
            ticker.on_finish().await
        });

        assert!(outcome.is_ok(), "{outcome:?}");
        // It did not wait for the fourth tick.
        assert_eq!(context.elapsed(), Duration::from_millis(3500));
        let lines: Vec<_> = context.logs().iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                r#"info tick {"number":1}"#,
                r#"info tick {"number":2}"#,
                r#"info tick {"number":3}"#,
                r#"info the ticker is done {"ticks":3}"#,
            ]
        );
    }
}
