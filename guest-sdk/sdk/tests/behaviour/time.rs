//! Waiting, stopping and being cancelled.

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, Context};
use mikros_sdk::{cancelled, is_shutting_down, remaining, shutdown, sleep, spawn, until_shutdown};

const SECOND: Duration = Duration::from_secs(1);

struct Ticker {
    ticks: Cell<u32>,
}

impl Service for Ticker {
    async fn on_start() -> Result<Self> {
        Ok(Self { ticks: Cell::new(0) })
    }
}

impl Native for Ticker {
    async fn start(&self) -> Result<()> {
        while until_shutdown(sleep(SECOND)).await.is_some() {
            self.ticks.set(self.ticks.get() + 1);
        }
        Ok(())
    }
}

#[test]
fn sleeping_takes_no_time() {
    let context = Context::new();

    context.run(sleep(SECOND * 3600));

    assert_eq!(context.elapsed(), SECOND * 3600);
}

#[test]
fn a_loop_ends_with_the_shutdown_notice() {
    let context = Context::new().shut_down_after(SECOND * 7 / 2);

    let ticks = context.run(async {
        let ticker = Ticker::on_start().await?;
        assert!(!is_shutting_down());
        ticker.start().await?;
        assert!(is_shutting_down());
        shutdown().await;
        Ok::<_, ServiceError>(ticker.ticks.get())
    });

    assert_eq!(ticks.ok(), Some(3));
    assert_eq!(context.elapsed(), SECOND * 7 / 2);
}

#[test]
fn a_test_can_stop_the_service_while_it_runs() {
    let context = Context::new();

    context.run(async {
        context.shut_down();
        shutdown().await;
    });

    assert_eq!(context.elapsed(), Duration::ZERO);
}

#[test]
#[should_panic(expected = "the test waits for something that never happens")]
fn waiting_for_nothing_fails_the_test_instead_of_hanging_it() {
    Context::new().run(shutdown());
}

struct Slow;

impl Service for Slow {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Slow {
    fn routes() -> Router<Self> {
        Router::new().get("/", async || {
            assert_eq!(remaining(), Some(SECOND));
            drop(spawn(async {
                cancelled().await;
                log::info!("the task was told");
            }));
            sleep(SECOND * 10).await;
            log::info!("never reached");
        })
    }
}

#[test]
fn a_cancelled_request_is_dropped_where_it_waits() {
    let context = Context::new();

    let status = context.run(async {
        let slow = testing::http::<Slow>().await?;
        let reply = slow.get("/").timeout(SECOND).send().await;
        sleep(SECOND * 20).await;
        Ok::<_, ServiceError>(reply.status())
    });

    assert_eq!(status.ok(), Some(StatusCode::GATEWAY_TIMEOUT));
    let logs: Vec<_> = context.logs().into_iter().map(|line| line.message).collect();
    assert_eq!(logs, ["the task was told"]);
}

#[test]
fn outside_of_a_request_there_is_no_deadline() {
    assert_eq!(Context::new().run(async { remaining() }), None);
}
