//! What an author implements: the service and its kinds.
//! Deliberately knows nothing about how calls arrive.

use std::future::{Future, ready};

use crate::error::Result;
use crate::http::Router;

/// A service: made when it starts, shared by all its calls, told when it stops.
///
/// There is one value per instance. It lives as long as the instance, and all calls get a reference
/// to it; calls take turns, so a [`Cell`](std::cell::Cell) or a [`RefCell`](std::cell::RefCell) is
/// all that shared state needs. Do not hold a `RefCell` borrow across an `.await`: another call may
/// run there.
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
    /// eight.
    type Services: crate::grpc::Services<Service = Self>;
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

    /// Called once after `run`, whatever came of it. Default: nothing.
    ///
    /// An error makes the exit status 1.
    fn cleanup(&self) -> impl Future<Output = Result<()>> {
        ready(Ok(()))
    }
}
