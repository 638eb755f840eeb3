//! The call that a test is in: which request it belongs to and when nobody waits for it any more.
//! Deliberately follows the future, not the thread: several calls of one test may take turns.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use crate::caller::Caller;
use crate::plugin::Transport;

#[derive(Clone, Default)]
pub(crate) struct Call {
    pub(crate) request_id: Option<String>,
    /// On the clock of the test.
    pub(crate) deadline: Option<Duration>,
    pub(crate) caller: Option<Caller>,
    /// Of a request.
    pub(crate) origin: Option<Origin>,
}

/// How a request has arrived.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) transport: Transport,
    pub(crate) peer: SocketAddr,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Call>>> = const { RefCell::new(None) };
}

pub(super) fn current() -> Option<Rc<Call>> {
    CURRENT.with(|call| call.borrow().clone())
}

/// Makes the call before it the current one again.
struct Restore(Option<Rc<Call>>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.with(|call| call.replace(self.0.take()));
    }
}

/// Runs `future` as a part of `call`.
pub(crate) async fn in_call<F: Future>(call: Option<Rc<Call>>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _restore = Restore(CURRENT.with(|current| current.replace(call.clone())));
        future.as_mut().poll(context)
    })
    .await
}

pub(crate) fn request_id() -> Option<String> {
    current()?.request_id.clone()
}

pub(crate) fn caller() -> Option<Caller> {
    current()?.caller.clone()
}

pub(crate) fn kind() -> Option<String> {
    let kind = match current()?.origin?.transport {
        Transport::Http => "http",
        Transport::Grpc => "grpc",
    };
    Some(kind.to_owned())
}

pub(crate) fn peer() -> Option<String> {
    Some(current()?.origin?.peer.to_string())
}

pub(crate) fn remaining() -> Option<Duration> {
    Some(current()?.deadline?.saturating_sub(super::now()))
}

pub(crate) async fn cancelled() {
    match remaining() {
        Some(remaining) => super::sleep(remaining).await,
        None => pending().await,
    }
}
