//! Calls that are too many, or that nobody brings to an end.
//! Deliberately checks nothing itself: the host has to stay well.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use super::bindings::mikros::service::clients::{
    self, Body, Incoming, Outgoing, RequestMessages, Response, Streamed,
};
use super::bindings::mikros::service::time;
use super::bindings::{wit_future, wit_stream};
use super::{OPTIONS, line, rpc_line};

/// `PourRequest`: as many messages as there can be, of 1,000 bytes.
const POUR: &[u8] = &[0x08, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x10, 0xe8, 0x07];

/// How long calls have to return that have no reason to wait, in nanoseconds.
const PATIENCE: u64 = 5_000_000_000;

/// How long is written without an end, in nanoseconds.
const WRITING: u64 = 300_000_000;

/// Bytes that are written at a time.
const PIECE: usize = 65_536;

/// A `Chunk` that asks for nothing more to be read, and the beginning of one with `PIECE` bytes.
const NEVER_READ: &[u8] = &[0x10, 0x01];
const CHUNK: &[u8] = &[0x0a, 0x80, 0x80, 0x04];

/// How many calls are under way at a time.
const BATCH: usize = 250;

thread_local! {
    static KEPT: RefCell<Vec<Incoming>> = const { RefCell::new(Vec::new()) };
    static BODIES: RefCell<Vec<Response>> = const { RefCell::new(Vec::new()) };
}

type Call = Pin<Box<dyn Future<Output = String>>>;

/// Polls all calls once.
async fn begin(calls: &mut [Call]) {
    poll_fn(|context| {
        for call in &mut *calls {
            // It waits, or has ended; both will do.
            let _ = call.as_mut().poll(context);
        }
        Poll::Ready(())
    })
    .await;
}

fn wait() -> Call {
    Box::pin(async {
        let body = Body::None;
        line("wait", clients::send("web".into(), b"GET /wait\r\n".into(), body, OPTIONS).await)
    })
}

fn pour() -> Call {
    Box::pin(async { rpc_line("pour", pour_begun().await.map(drop)) })
}

async fn pour_begun() -> Result<Incoming, clients::Failure> {
    let (method, messages) = ("/probe.Probe/Pour".into(), RequestMessages::One(POUR.into()));
    clients::streaming("peer".into(), method, Vec::new(), messages, OPTIONS).await
}

/// Thousands of calls, each dropped when it has begun.
pub(super) async fn dropped() -> Vec<String> {
    for _ in 0..10 {
        let mut calls: Vec<_> = (0..BATCH).flat_map(|_| [wait(), pour()]).collect();
        begin(&mut calls).await;
        drop(calls);
    }
    vec![format!("dropped {}", 20 * BATCH)]
}

/// Responses that are kept, and never read, until the next time.
pub(super) async fn unread() -> Vec<String> {
    KEPT.take();
    BODIES.take();
    let mut count = 0;
    for _ in 0..50 {
        if let Ok(incoming) = pour_begun().await {
            KEPT.with_borrow_mut(|kept| kept.push(incoming));
            count += 1;
        }
        let head = b"GET /produce/100000\r\n".into();
        if let Ok(response) = clients::send("web".into(), head, Body::None, OPTIONS).await {
            BODIES.with_borrow_mut(|bodies| bodies.push(response));
            count += 1;
        }
    }
    vec![format!("kept {count}")]
}

/// Requests whose streams stay open, without a message, and are then dropped with everything that belongs to them.
pub(super) async fn endless_requests() -> Vec<String> {
    let mut writers = Vec::new();
    let mut calls: Vec<Call> = Vec::new();
    for _ in 0..BATCH {
        let (writer, messages) = wit_stream::new::<Vec<u8>>();
        let (end_writer, end) = wit_future::new(|| Err(()));
        let messages = RequestMessages::Many(Outgoing { messages, end });
        calls.push(Box::pin(async move {
            let method = "/probe.Probe/Sum".into();
            let sum = clients::streaming("peer".into(), method, Vec::new(), messages, OPTIONS);
            rpc_line("sum", sum.await)
        }));
        let (body_writer, data) = wit_stream::new::<u8>();
        let (body_end_writer, body_end) = wit_future::new(|| Ok(()));
        let body = Body::Streamed(Streamed { data, length: None, end: body_end });
        calls.push(Box::pin(async move {
            let head = b"POST /measure\r\n".into();
            line("measure", clients::send("web".into(), head, body, OPTIONS).await)
        }));
        writers.push((writer, end_writer, body_writer, body_end_writer));
    }
    begin(&mut calls).await;
    drop(writers);
    // Their streams have ended without an end, or with one: each call returns.
    let mut lines = finish(calls, PATIENCE).await;
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// Requests that are written without an end, to methods that read no more than their beginning.
pub(super) async fn endless_writes() -> Vec<String> {
    let mut calls: Vec<Call> = Vec::new();
    for _ in 0..20 {
        let (mut writer, messages) = wit_stream::new::<Vec<u8>>();
        let (end_writer, end) = wit_future::new(|| Err(()));
        wit_bindgen::spawn_local(async move {
            let mut message = NEVER_READ.to_vec();
            while writer.write_all(vec![message]).await.is_empty() {
                message = [CHUNK, &vec![b'x'; PIECE]].concat();
            }
            drop(end_writer);
        });
        let messages = RequestMessages::Many(Outgoing { messages, end });
        calls.push(Box::pin(async move {
            let method = "/probe.Probe/Sum".into();
            let sum = clients::streaming("peer".into(), method, Vec::new(), messages, OPTIONS);
            rpc_line("sum", sum.await)
        }));
        let (mut writer, data) = wit_stream::new::<u8>();
        let (end_writer, end) = wit_future::new(|| Ok(()));
        wit_bindgen::spawn_local(async move {
            while writer.write_all(vec![b'x'; PIECE]).await.is_empty() {}
            drop(end_writer);
        });
        let body = Body::Streamed(Streamed { data, length: None, end });
        calls.push(Box::pin(async move {
            let head = b"POST /hold\r\n".into();
            line("hold", clients::send("web".into(), head, body, OPTIONS).await)
        }));
    }
    finish(calls, WRITING).await
}

/// What comes of all calls within `patience`; those that have not returned are dropped.
async fn finish(mut calls: Vec<Call>, patience: u64) -> Vec<String> {
    let mut patience = std::pin::pin!(time::sleep(patience));
    let mut lines = Vec::new();
    poll_fn(|context| {
        calls.retain_mut(|call| match call.as_mut().poll(context) {
            Poll::Ready(line) => {
                lines.push(line);
                false
            }
            Poll::Pending => true,
        });
        let is_late = patience.as_mut().poll(context).is_ready();
        if calls.is_empty() || is_late { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    if !calls.is_empty() {
        lines.push(format!("{} have not returned", calls.len()));
    }
    lines
}

/// Responses whose handles are dropped one after another, in every order.
pub(super) async fn halfway() -> Vec<String> {
    let mut lines = Vec::new();
    for order in 0..4 {
        for _ in 0..25 {
            let Ok(incoming) = pour_begun().await else { continue };
            let Incoming { mut messages, end, .. } = incoming;
            match order {
                0 => drop((messages, end)),
                1 => drop((end, messages)),
                2 => {
                    let read = messages.next().await;
                    drop(end);
                    lines.push(format!("read {}", read.unwrap_or_default().len()));
                    drop(messages);
                }
                _ => {
                    messages.next().await;
                    drop(messages);
                    lines.push(match end.await {
                        Ok(_) => "an end".to_owned(),
                        Err(failure) => rpc_line::<()>("left", Err(failure)),
                    });
                }
            }
        }
    }
    lines.dedup();
    lines
}

/// Tasks that go on calling after the call that has started them has returned.
pub(super) fn outlive() -> Vec<String> {
    for _ in 0..20 {
        wit_bindgen::spawn_local(async {
            loop {
                let Ok(incoming) = pour_begun().await else { return };
                let mut messages = incoming.messages;
                for _ in 0..10 {
                    messages.next().await;
                }
            }
        });
    }
    vec!["left 20 tasks".to_owned()]
}
