//! Work next to calls.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use mikros_sdk::channel::{SinkExt as _, mpsc, oneshot};
use mikros_sdk::prelude::*;
use mikros_sdk::task::{
    FutureExt as _, FuturesUnordered, StreamExt as _, join, join_all, select, try_join,
};
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

#[test]
fn several_things_are_waited_for_at_once() {
    let context = Context::new();

    context.run(async {
        let (one, two) = join!(after(1), after(2));
        assert_eq!((one, two), (1, 2));
        assert_eq!(join_all([after(2), after(1)]).await, [2, 1]);
        let failed = try_join!(async { Ok(after(9).await) }, async { Err::<u64, _>(after(1).await) });
        assert_eq!(failed, Err(1));
        let first = select! { slow = Box::pin(after(5)).fuse() => slow, fast = Box::pin(after(1)).fuse() => fast };
        assert_eq!(first, 1);
        let all: FuturesUnordered<_> = [3, 1, 2].map(after).into_iter().collect();
        assert_eq!(all.collect::<Vec<_>>().await, [1, 2, 3]);
    });

    assert_eq!(context.elapsed(), SECOND * (2 + 2 + 1 + 1 + 3));
}

async fn after(seconds: u64) -> u64 {
    sleep(Duration::from_secs(seconds)).await;
    seconds
}

#[test]
fn channels_connect_tasks() {
    Context::new().run(async {
        let (mut sender, receiver) = mpsc::channel(1);
        let (done, all) = oneshot::channel();
        drop(spawn(async move {
            let numbers: Vec<u64> = receiver.collect().await;
            assert_eq!(done.send(numbers), Ok(()));
        }));
        for number in 0..5 {
            assert_eq!(sender.send(number).await, Ok(()));
        }
        drop(sender);
        assert_eq!(all.await, Ok(vec![0, 1, 2, 3, 4]));
    });
}

#[test]
fn the_channels_of_tokio_need_no_runtime() {
    use tokio::sync::{Mutex, Notify, broadcast, watch};

    Context::new().run(async {
        let news = broadcast::Sender::new(4);
        let mut followers = [news.subscribe(), news.subscribe()];
        let (state, mut latest) = watch::channel(0);
        let (signal, lock) = (Rc::new(Notify::new()), Mutex::new(0));
        let notified = Rc::clone(&signal);
        let task = spawn(async move { notified.notified().await });
        drop(spawn(async move {
            sleep(SECOND).await;
            assert_eq!(news.send("extra").ok(), Some(2));
            assert!(state.send(7).is_ok());
            signal.notify_one();
        }));
        for follower in &mut followers {
            assert_eq!(follower.recv().await, Ok("extra"));
        }
        latest.changed().await.expect("the sender is there");
        assert_eq!(*latest.borrow(), 7);
        assert_eq!(task.await, Some(()));
        *lock.lock().await += 1;
    });
}
