//! What an author implements: the service and its kinds.
//! Deliberately knows nothing about how calls arrive.

use std::future::{Future, ready};

use crate::cronjob::Tick;
use crate::definition::Identity;
use crate::error::Result;
use crate::http::Router;

/// A service: made when it starts, shared by all its calls, told when it stops.
///
/// There is one value per instance. It lives as long as the instance, and all calls get a reference
/// to it; calls take turns, so a [`Cell`](std::cell::Cell) or a [`RefCell`](std::cell::RefCell) is
/// all that shared state needs. Do not hold a `RefCell` borrow across an `.await`: another call may
/// run there.
///
/// # What a panic costs
///
/// A panic ends the instance, not only the call in which it happens, because WebAssembly does not unwind.
/// That call is answered 500, all others of the instance 503 (`UNAVAILABLE` over gRPC), and what the service
/// held in memory is lost; the host then makes a new instance, from `on_start` on. [`Handover`] does not
/// help: an instance that is lost hands nothing over.
///
/// A `RefCell` that is borrowed twice, an index that is out of bounds and an `unwrap` are panics.
///
/// - Return an error for whatever a request can cause; `get` instead of an index, `or_not_found` instead of
///   `unwrap`.
/// - End a borrow of a `RefCell` before you wait, or use `try_borrow_mut` where you cannot.
/// - Keep outside of the instance what must not be lost. With several (`[host] instances`), each has a state
///   of its own, and a panic in one does not reach the calls of the others.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service",
    label = "`Service` is not implemented for this type",
    note = "write `impl Service for {Self} {{ async fn on_start() -> Result<Self> {{ .. }} }}`"
)]
pub trait Service: Sized + 'static {
    /// Makes the service, once per instance and before anything else is called.
    ///
    /// This is the place to read settings and variables. An error keeps the service from starting.
    fn on_start() -> impl Future<Output = Result<Self>>;

    /// Called once when the service stops, after its requests are answered and its kinds ended.
    ///
    /// An error is logged and makes the exit status 1. Default: nothing.
    fn on_finish(&self) -> impl Future<Output = Result<()>> {
        ready(Ok(()))
    }
}

/// The kind `http`: answers requests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is exported as `http` but does not answer requests",
    label = "`Http` is not implemented for this type",
    note = "write `impl Http for {Self} {{ fn routes() -> Router<Self> {{ .. }} }}`, or remove `http` from `export!`"
)]
pub trait Http: Service {
    /// Which handler answers which method and path. Called once, after [`Service::on_start`].
    fn routes() -> Router<Self>;
}

/// The kind `grpc`: answers RPCs.
///
/// The methods are in the traits that `mikros-sdk-build` makes of protobuf services, see
/// [`grpc`](crate::grpc).
#[cfg(feature = "grpc")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is exported as `grpc` but does not answer RPCs",
    label = "`Grpc` is not implemented for this type",
    note = "write `impl Grpc for {Self} {{ type Services = GreeterServer<Self>; }}` with the generated server of your service, or remove `grpc` from `export!`"
)]
pub trait Grpc: Service {
    /// The protobuf services: a generated server such as `GreeterServer<Self>`, or a tuple of up to
    /// eight. `GreeterServer<MyGreeter>` is one whose methods a [part](crate::grpc::AsPart) of the service implements.
    type Services: crate::grpc::Services<Self>;
}

/// The kind `native`: works in the background for as long as the service runs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is exported as `native` but has nothing to start",
    label = "`Native` is not implemented for this type",
    note = "write `impl Native for {Self} {{ async fn start(&self) -> Result<()> {{ .. }} }}`, or remove `native` from `export!`"
)]
pub trait Native: Service {
    /// Called once, after [`Service::on_start`]. May return early: the service goes on until it is
    /// told to stop. Otherwise it returns soon after [`shutdown`](crate::shutdown) does.
    ///
    /// An error stops the whole service in order; exit status 1.
    fn start(&self) -> impl Future<Output = Result<()>>;

    /// Called once when the service stops, while `start` may still run. Default: nothing.
    ///
    /// An error is logged and makes the exit status 1.
    fn stop(&self) -> impl Future<Output = Result<()>> {
        ready(Ok(()))
    }
}

/// The kind `script`: one piece of work, then the process ends.
///
/// What it prints becomes log lines. With `[services.script] stdio = "inherit"` it has the standard input and output of the
/// host instead, for pipes, through `std::io::stdin` and `std::io::stdout`; the log goes to standard error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is exported as `script` but has nothing to run",
    label = "`Script` is not implemented for this type",
    note = "write `impl Script for {Self} {{ async fn run(&self, arguments: Vec<String>) -> Result<()> {{ .. }} }}`, or remove `script` from `export!`"
)]
pub trait Script: Service {
    /// Does the work. `arguments` are what follows `--` on the command line.
    ///
    /// An error makes the exit status 1. A signal drops this future where it waits.
    fn run(&self, arguments: Vec<String>) -> impl Future<Output = Result<()>>;

    /// Called once after `run`, also if that has returned an error or was cancelled by a signal. Default:
    /// nothing.
    ///
    /// It is not called if the instance is lost: after a panic, when the memory limit is exceeded, or when
    /// `run` does not end within `shutdown_timeout` after a signal.
    ///
    /// An error makes the exit status 1.
    fn cleanup(&self) -> impl Future<Output = Result<()>> {
        ready(Ok(()))
    }
}

/// The kind `cronjob`: a task that runs when the schedule in `[services.cronjob]` says so.
///
/// ```
/// use mikros_sdk::prelude::*;
/// use mikros_sdk::Tick;
///
/// struct Cleanup;
///
/// impl Service for Cleanup {
///     async fn on_start() -> Result<Self> {
///         Ok(Self)
///     }
/// }
///
/// impl Cronjob for Cleanup {
///     async fn run(&self, tick: Tick) -> Result<()> {
///         log::info!("cleaning up", scheduled = tick.scheduled);
///         Ok(())
///     }
/// }
///
/// mikros_sdk::export!(Cleanup: cronjob);
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is exported as `cronjob` but has nothing to run",
    label = "`Cronjob` is not implemented for this type",
    note = "write `impl Cronjob for {Self} {{ async fn run(&self, tick: Tick) -> Result<()> {{ .. }} }}`, or remove `cronjob` from `export!`"
)]
pub trait Cronjob: Service {
    /// Does the work, in one instance for each time that it is due.
    ///
    /// An error is logged, and the next run follows when it is due. A run that takes longer than
    /// `[services.cronjob] timeout` is cancelled: this future is dropped where it waits.
    fn run(&self, tick: Tick) -> impl Future<Output = Result<()>>;
}

/// Hands the state of a version over to the one that takes its place.
///
/// When the host replaces a running version by another and both have this trait exported
/// (`export!(MyService: http, handover)`), the new one gets the state of the old one before it serves:
/// requests wait until it has. Without it, or when it fails, a new version starts with what
/// [`on_start`](Service::on_start) makes. A service that stops, and an instance that is lost, hand
/// nothing over: this is no storage.
///
/// ```
/// use mikros_sdk::prelude::*;
/// use mikros_sdk::Identity;
/// use std::cell::RefCell;
/// use std::collections::BTreeMap;
///
/// #[derive(Default)]
/// struct Votes(RefCell<BTreeMap<String, u64>>);
///
/// /// What crosses from version to version. Its format has a number of its own.
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct State {
///     format: u32,
///     votes: BTreeMap<String, u64>,
/// }
///
/// impl Service for Votes {
///     async fn on_start() -> Result<Self> {
///         Ok(Self::default())
///     }
/// }
///
/// impl Handover for Votes {
///     async fn give(&self, _successor: &Identity) -> Result<Option<Vec<u8>>> {
///         let state = State { format: 1, votes: self.0.borrow().clone() };
///         Ok(Some(serde_json::to_vec(&state)?))
///     }
///
///     async fn receive(&self, predecessor: &Identity, state: Vec<u8>) -> Result<()> {
///         let State { format, votes } = serde_json::from_slice(&state)?;
///         if format != 1 {
///             let reason = format!("format {format} of {} is unknown", predecessor.version);
///             return Err(ServiceError::internal(reason));
///         }
///         // Added rather than replaced: several instances may hand over to this one.
///         for (name, count) in votes {
///             *self.0.borrow_mut().entry(name).or_default() += count;
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// - **Version the format.** The other side is another build of the service, possibly an older one: a
///   version that is rolled back receives what the newer one gives.
/// - **Change nothing before all is read.** After an error in `receive` the instance serves as it is.
/// - **Expect any number of states.** The state of instance `i` goes to instance `i` modulo the number
///   of new instances: with fewer instances than before one receives several, with more some receive
///   none.
/// - **Be quick.** Clients wait. Each half has the `[host] start_timeout` of its version.
///
/// `testing::hand_over` does it in a unit test.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is exported with `handover` but hands nothing over",
    label = "`Handover` is not implemented for this type",
    note = "write `impl Handover for {Self} {{ async fn give(&self, successor: &Identity) -> Result<Option<Vec<u8>>> {{ .. }} .. }}`, or remove `handover` from `export!`"
)]
pub trait Handover: Service {
    /// The state for `successor`, the new version; `None` when there is nothing to hand over.
    ///
    /// Called once in each instance, when its requests are answered; those that take longer than a
    /// second, and streams, may still go on, and what they change after this is lost.
    ///
    /// An error is logged; the new version then starts without this state.
    fn give(&self, successor: &Identity) -> impl Future<Output = Result<Option<Vec<u8>>>>;

    /// Takes a state over from `predecessor`, the old version.
    ///
    /// Called after [`Service::on_start`] and before any request, once for each state that this
    /// instance gets, one after the other.
    ///
    /// An error is logged; the instance then serves as it is, and the state is lost.
    fn receive(&self, predecessor: &Identity, state: Vec<u8>) -> impl Future<Output = Result<()>>;
}
