//! Waiting, stopping and being cancelled.

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, Context};
use mikros_sdk::time::{
    self, Elapsed, Instant, SystemTime, interval, sleep_until, timeout, timeout_at,
};
use mikros_sdk::{
    ErrorKind, cancelled, is_shutting_down, remaining, shutdown, sleep, spawn, until_shutdown,
};

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

#[test]
fn both_clocks_follow_virtual_time() {
    let context = Context::new();

    context.run(async {
        let (moment, date) = (Instant::now(), time::now());
        sleep(SECOND * 90).await;
        assert_eq!(moment.elapsed(), SECOND * 90);
        assert_eq!(Instant::now() - moment, SECOND * 90);
        assert_eq!(date.elapsed().ok(), Some(SECOND * 90));
        assert_eq!(time::now(), date + SECOND * 90);
        assert_eq!(time::now().duration_since(date).ok(), Some(SECOND * 90));
        assert!(date.duration_since(time::now()).is_err());
    });
}

#[test]
fn the_time_of_day_is_the_same_in_every_run_and_can_be_chosen() {
    let seconds = |context: &Context| {
        let now = context.run(async { SystemTime::now() });
        now.duration_since(SystemTime::UNIX_EPOCH).expect("it is later").as_secs()
    };
    let chosen = std::time::SystemTime::UNIX_EPOCH + SECOND * 7;

    assert_eq!(seconds(&Context::new()), 1_735_689_600);
    assert_eq!(seconds(&Context::new().system_time(chosen)), 7);
    assert_eq!(std::time::SystemTime::from(SystemTime::from(chosen)), chosen);
}

#[test]
fn a_test_lets_time_pass_at_once() {
    let context = Context::new();
    let session = context.run(async { time::now() + SECOND * 60 });

    context.advance(SECOND * 59);
    assert!(context.run(async { time::now() < session }));
    context.advance(SECOND);
    assert!(context.run(async { time::now() >= session }));

    let woken = context.run(async {
        let task = spawn(async {
            sleep(SECOND).await;
            Instant::now()
        });
        sleep(Duration::ZERO).await;
        context.advance(SECOND * 5);
        (task.await, Instant::now())
    });
    assert_eq!(woken.0, Some(woken.1));
}

#[test]
fn work_ends_with_its_timeout() {
    let context = Context::new();

    context.run(async {
        let late = timeout(SECOND, sleep(SECOND * 2)).await;
        assert_eq!(late.as_ref().map_err(Elapsed::limit), Err(SECOND));
        assert_eq!(late.expect_err("it was late").to_string(), "not done within 1s");
        assert_eq!(
            timeout(SECOND * 2, async {
                sleep(SECOND).await;
                7
            })
            .await,
            Ok(7)
        );
        assert_eq!(timeout(Duration::ZERO, std::future::ready(8)).await, Ok(8));
        assert_eq!(timeout_at(Instant::now() + SECOND, sleep(SECOND / 2)).await, Ok(()));
        sleep_until(Instant::now() + SECOND).await;
    });

    assert_eq!(context.elapsed(), SECOND * 7 / 2);
}

#[test]
fn an_interval_leaves_out_what_it_has_missed() {
    Context::new().run(async {
        let start = Instant::now();
        let mut ticks = interval(SECOND);
        let mut due = Vec::new();
        for busy in [0, 1500, 3200, 0, 0] {
            due.push((ticks.tick().await - start).as_millis());
            sleep(Duration::from_millis(busy)).await;
        }
        // Dropped where it waits, it comes all the same.
        assert!(timeout(SECOND / 4, ticks.tick()).await.is_err());
        due.push((ticks.tick().await - start).as_millis());
        ticks.reset();
        due.push((ticks.tick().await - start).as_millis());

        assert_eq!(due, [0, 1000, 2000, 3000, 6000, 7000, 8000]);
    });
}

#[derive(Debug, thiserror::Error)]
#[error("cannot ask the ledger")]
struct Ledger(#[source] Elapsed);

#[test]
fn a_timeout_that_has_passed_is_deadline_exceeded() {
    async fn asked() -> Result<()> {
        timeout(SECOND, sleep(SECOND * 2)).await?;
        Ok(())
    }
    async fn wrapped() -> Result<()> {
        timeout(SECOND, sleep(SECOND * 2)).await.map_err(Ledger)?;
        Ok(())
    }
    async fn as_the_author_says() -> Result<()> {
        timeout(SECOND, sleep(SECOND * 2)).await.or_not_found("nobody has answered")
    }

    Context::new().run(async {
        let error = asked().await.expect_err("it was late");
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::DeadlineExceeded, 504));
        assert_eq!(error.to_string(), "it took too long (not done within 1s)");
        let error = wrapped().await.expect_err("it was late");
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(error.cause(), Some("cannot ask the ledger: not done within 1s"));
        let error = as_the_author_says().await.expect_err("it was late");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}
