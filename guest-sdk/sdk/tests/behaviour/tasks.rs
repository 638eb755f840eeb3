//! Work next to calls.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, Context};
use mikros_sdk::{request_id, sleep, spawn};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_task_yields_its_output() {
    let output = Context::new().run(async { spawn(async { 7 }).await });

    assert_eq!(output, Some(7));
}

#[test]
fn tasks_run_concurrently() {
    let context = Context::new();

    context.run(async {
        let tasks: Vec<_> = (0..100).map(|_| spawn(sleep(SECOND))).collect();
        for task in tasks {
            task.await;
        }
    });

    assert_eq!(context.elapsed(), SECOND);
}

#[test]
fn a_cancelled_task_is_dropped_where_it_waits() {
    let done = Rc::new(Cell::new(false));
    let flag = Rc::clone(&done);

    Context::new().run(async move {
        let task = spawn(async move {
            sleep(SECOND).await;
            flag.set(true);
        });
        sleep(SECOND / 2).await;
        assert!(!task.is_done());
        task.cancel();
        assert_eq!(task.await, None);
        sleep(SECOND).await;
    });

    assert!(!done.get());
}

#[test]
fn a_dropped_handle_lets_the_task_go_on() {
    let done = Rc::new(Cell::new(false));
    let flag = Rc::clone(&done);

    Context::new().run(async move {
        drop(spawn(async move { flag.set(true) }));
        sleep(SECOND).await;
    });

    assert!(done.get());
}

struct Probe;

impl Service for Probe {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Probe {
    fn routes() -> Router<Self> {
        Router::new().get("/", async || {
            drop(spawn(async {
                sleep(SECOND).await;
                log::info!("afterwards");
            }));
            log::info!("at once");
            request_id().unwrap_or_default()
        })
    }
}

#[test]
fn a_task_belongs_to_the_request_that_spawned_it() {
    let context = Context::new();

    let text = context.run(async {
        let probe = testing::http::<Probe>().await?;
        let text = probe.get("/").request_id("r1").send().await.text().await;
        log::info!("outside");
        sleep(SECOND * 2).await;
        text
    });

    assert_eq!(text.ok().as_deref(), Some("r1"));
    let logs = context.logs();
    let ids: Vec<_> =
        logs.iter().map(|line| (&*line.message, line.request_id.as_deref())).collect();
    assert_eq!(ids, [("at once", Some("r1")), ("outside", None), ("afterwards", Some("r1"))]);
}
