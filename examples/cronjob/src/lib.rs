//! Runs a task when its schedule says so.

use std::cell::Cell;

use mikros_sdk::Tick;
use mikros_sdk::prelude::*;

struct Digest {
    sent: Cell<u64>,
}

impl Service for Digest {
    async fn on_start() -> Result<Self> {
        Ok(Self { sent: Cell::new(0) })
    }
}

impl Cronjob for Digest {
    async fn run(&self, tick: Tick) -> Result<()> {
        let number = self.sent.get() + 1;
        self.sent.set(number);
        log::info!("digest sent", number, scheduled = tick.scheduled, missed = tick.missed);
        Ok(())
    }
}

mikros_sdk::export!(Digest: cronjob);

#[cfg(test)]
mod tests {
    use mikros_sdk::testing::Context;

    use super::*;

    #[test]
    fn every_run_sends_one_digest() {
        let context = Context::new();
        let tick = |scheduled: &str, missed| Tick {
            scheduled: scheduled.to_owned(),
            missed,
            ..Tick::default()
        };

        let outcome = context.run(async {
            let digest = Digest::on_start().await?;
            digest.run(tick("2026-11-23T08:00:00+01:00", 0)).await?;
            digest.run(tick("2026-11-25T08:00:00+01:00", 1)).await
        });

        assert!(outcome.is_ok(), "{outcome:?}");
        let lines: Vec<_> = context.logs().iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                r#"info digest sent {"number":1,"scheduled":"2026-11-23T08:00:00+01:00","missed":0}"#,
                r#"info digest sent {"number":2,"scheduled":"2026-11-25T08:00:00+01:00","missed":1}"#,
            ]
        );
    }
}
