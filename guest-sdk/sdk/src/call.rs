//! The call that the service is in: whose it is, how long it may take, and how to wait in it.
//! Deliberately knows nothing about kinds; a request and a step of the lifecycle are calls alike.

pub(crate) mod awaited;

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::local::Local;
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};

use crate::imports;

/// The id of the request that is being answered, `None` outside a request.
///
/// The host puts it into every log line of the request and into the answer's header.
pub fn request_id() -> Option<String> {
    imports::request_id()
}

/// The address from which the client's connection comes, `None` outside a request. It is a proxy's, if there is
/// one.
pub fn peer() -> Option<SocketAddr> {
    imports::peer()?.parse().ok()
}

/// Time until the current call is cancelled, `None` when it has no deadline.
pub fn remaining() -> Option<Duration> {
    imports::remaining()
}

/// Returns when nobody waits for the result of the current call any more: its deadline passed, or
/// its caller went away. Otherwise it stays pending.
///
/// Handlers need not look at it: the future of a cancelled call is dropped where it waits. It is
/// meant for [spawned](crate::spawn) tasks, which are not.
pub async fn cancelled() {
    Local::new(imports::cancelled()).await;
}

/// Waits for at least `duration` and lets other calls run meanwhile.
///
/// Use it instead of `std::thread::sleep`, which blocks the instance with all calls that are in it.
///
/// # Cancel safety
///
/// Dropping the future forgets the timer.
pub async fn sleep(duration: Duration) {
    Local::new(imports::sleep(duration)).await;
}

/// Returns when the service has begun to stop and its requests are answered; at once if that was
/// before.
///
/// Work in the background comes to its end then; what still runs when
/// `[host] shutdown_timeout` has passed is interrupted. Any number of tasks may wait for it.
///
/// # Cancel safety
///
/// Dropping the future has no effect; a later call returns at once if the notice came meanwhile.
pub async fn shutdown() {
    Local::new(imports::shutdown_notice()).await;
}

/// Returns when the host takes no more requests and waits for those in flight; at once if that was
/// before.
///
/// A response without an end of its own should come to one then; [`sse`](crate::http::sse) does by
/// itself. [`shutdown`] follows when the last response is sent.
///
/// # Cancel safety
///
/// Dropping the future has no effect.
pub async fn draining() {
    Local::new(imports::draining()).await;
}

/// Whether the service has begun to stop: whether [`shutdown`] would return at once.
pub fn is_shutting_down() -> bool {
    imports::shutdown_notice().now_or_never().is_some()
}

/// Runs `work` until it is done or the service begins to stop; then drops it and returns `None`.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// # use std::time::Duration;
/// use mikros_sdk::{sleep, until_shutdown};
///
/// async fn start() -> Result<()> {
///     while until_shutdown(sleep(Duration::from_secs(60))).await.is_some() {
///         log::info!("another minute");
///     }
///     Ok(())
/// }
/// ```
pub async fn until_shutdown<F: Future>(work: F) -> Option<F::Output> {
    match select(pin!(work), pin!(shutdown())).await {
        Either::Left((output, _shutdown)) => Some(output),
        Either::Right(((), _work)) => None,
    }
}

/// Runs `work` until it is done or its call is cancelled; then drops it and returns `None`.
///
/// The host is asked only when `work` has to wait, and for nothing that the host ends: a call that never waits, or
/// only for other services, costs nothing more.
pub(crate) async fn until_cancelled<F: Future>(work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut cancelled = pin!(None);
    let mut awaited = awaited::Awaited::default();
    poll_fn(|context| {
        imports::resumed();
        if let Poll::Ready(output) = awaited.during(|| work.as_mut().poll(context)) {
            return Poll::Ready(Some(output));
        }
        if cancelled.is_none() {
            if awaited.is_any() {
                return Poll::Pending;
            }
            cancelled.set(Some(imports::cancelled()));
        }
        match cancelled.as_mut().as_pin_mut() {
            Some(cancelled) => cancelled.poll(context).map(|()| None),
            None => Poll::Pending,
        }
    })
    .await
}
