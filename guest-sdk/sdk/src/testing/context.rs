//! What a test tells the service, and what it asks afterwards.
//! Deliberately only the outside; `imports::memory` does the work.

use std::fmt;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

#[cfg(feature = "grpc")]
use crate::grpc::services::ProtoService;
use crate::http::{Router, Routes};
use crate::imports::memory::Memory;
use crate::imports::memory::clients::Fake;
use crate::log::Level;
use crate::time::SystemTime;

/// Stands in for the host in a unit test.
///
/// Everything is optional: without any setting there are no variables and an empty `[service]`
/// table, the deployment is `test`, and lines of all levels are captured.
#[derive(Default)]
pub struct Context(Rc<Memory>);

/// A line that the service has logged.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogLine {
    /// How important it is.
    pub level: Level,
    /// The constant part.
    pub message: String,
    /// The rest.
    pub attributes: Map<String, Value>,
    /// The request that it belongs to.
    pub request_id: Option<String>,
}

impl Context {
    /// A context without variables and settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn change(mut self, change: impl FnOnce(&mut Memory)) -> Self {
        let memory = Rc::get_mut(&mut self.0).expect("a context is set up before it runs anything");
        change(memory);
        self
    }

    /// Declares and sets an environment variable.
    #[must_use]
    pub fn variable(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.change(|memory| memory.variables.push((name.into(), value.into())))
    }

    /// Sets the table `[service]`, for example with [`json!`](super::json).
    ///
    /// # Panics
    ///
    /// When `settings` cannot be written as JSON.
    #[must_use]
    pub fn settings(self, settings: impl Serialize) -> Self {
        let settings = serde_json::to_value(settings).expect("settings must fit into JSON");
        self.change(|memory| memory.settings = settings)
    }

    /// Enables a feature with the table `[features.<name>]`.
    ///
    /// # Panics
    ///
    /// When `settings` cannot be written as JSON.
    #[must_use]
    pub fn feature(self, name: impl Into<String>, settings: impl Serialize) -> Self {
        let settings = serde_json::to_value(settings).expect("settings must fit into JSON");
        self.change(|memory| drop(memory.features.insert(name.into(), settings)))
    }

    /// Puts `routes` in place of the service that the client `name` calls over HTTP.
    ///
    /// ```
    /// use mikros_sdk::clients;
    /// use mikros_sdk::prelude::*;
    /// use mikros_sdk::testing::Context;
    ///
    /// let orders = Router::new().get("/orders/{id}", async |Path(id): Path<u64>| format!("order {id}"));
    /// Context::new().http_client("orders", orders).run(async {
    ///     let response = clients::http("orders")?.get("/orders/7").send().await?;
    ///     assert_eq!(response.text().await?, "order 7");
    ///     Ok::<_, ServiceError>(())
    /// })?;
    /// # Ok::<_, ServiceError>(())
    /// ```
    ///
    /// A fake with a state is a [`Router::with_state`].
    ///
    /// # Panics
    ///
    /// When the routes do not fit together.
    #[must_use]
    pub fn http_client(self, name: impl Into<String>, routes: Router<()>) -> Self {
        let routes = Routes::new(routes).expect("the routes of the fake must fit together");
        // Leaked, because handlers get what lives as long as the instance.
        let fake = Fake::Http(Box::leak(Box::new(routes)));
        self.change(|memory| drop(memory.clients.insert(name.into(), fake)))
    }

    /// Puts `service` in place of the service that the client `name` calls over gRPC. `P` is the generated server
    /// `GreeterServer<_>`; what implements its trait is the fake:
    ///
    /// ```ignore
    /// struct FakeGreeter;
    ///
    /// impl Greeter for FakeGreeter {
    ///     async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
    ///         Err(Status::unavailable("not today"))
    ///     }
    /// }
    ///
    /// let context = Context::new().grpc_client::<GreeterServer<_>>("user", FakeGreeter);
    /// ```
    ///
    /// A client that calls several protobuf services takes one fake for each, under the same name.
    #[cfg(feature = "grpc")]
    #[must_use]
    pub fn grpc_client<P: ProtoService + 'static>(
        self,
        name: impl Into<String>,
        service: P::Service,
    ) -> Self {
        let name = name.into();
        self.change(|memory| {
            let known = memory.clients.remove(&name);
            memory.clients.insert(name, Fake::grpc::<P>(known, service));
        })
    }

    /// Sets the service's name. Default: `test`.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.change(|memory| memory.identity.name = name.into())
    }

    /// Sets the service's version. Default: `v0.0.0`.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        self.change(|memory| memory.identity.version = version.into())
    }

    /// Sets the product that the service belongs to. Default: `test`.
    #[must_use]
    pub fn product(self, product: impl Into<String>) -> Self {
        self.change(|memory| memory.identity.product = product.into())
    }

    /// Sets the kinds of the service, for example `["http", "grpc"]`. Default: none.
    #[must_use]
    pub fn kinds<K: Into<String>>(self, kinds: impl IntoIterator<Item = K>) -> Self {
        let kinds = kinds.into_iter().map(Into::into).collect();
        self.change(|memory| memory.identity.kinds = kinds)
    }

    /// Sets where the service is deployed, for example `prod`. Default: `test`.
    #[must_use]
    pub fn deployment(self, deployment: impl Into<String>) -> Self {
        self.change(|memory| memory.deployment = deployment.into())
    }

    /// Sets the least important level that is captured. Default: [`Level::Debug`].
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        self.change(|memory| memory.level.set(level))
    }

    /// Shows `".."` for the value of an attribute in [`Context::log_text`]: one that differs from run to run, such as a
    /// random key or a time that was measured.
    #[must_use]
    pub fn mask(self, attribute: impl Into<String>) -> Self {
        self.change(|memory| memory.masked.push(attribute.into()))
    }

    /// Tells the service to stop when this much virtual time has passed. Default: never.
    #[must_use]
    pub fn shut_down_after(self, time: Duration) -> Self {
        self.change(|memory| memory.stop_after = Some(time))
    }

    /// Sets the time of day at which virtual time begins, which [`time::now`](crate::time::now) returns first.
    /// Default: 2025-01-01 00:00:00 UTC.
    #[must_use]
    pub fn system_time(self, time: impl Into<SystemTime>) -> Self {
        let time = time.into().into_std();
        self.change(|memory| memory.began = time)
    }

    /// Runs `future` and what it [spawns](crate::spawn), until `future` is done; tasks that are
    /// still running then are dropped.
    ///
    /// Time is virtual: whenever everything waits, the clock jumps to the next timer.
    ///
    /// # Panics
    ///
    /// When everything waits and no timer is pending, because the test would never end.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.run(future)
    }

    /// Lets virtual time pass at once, also outside of [`Context::run`]. Timers that end meanwhile fire when the
    /// test waits next, all at the same moment; [`sleep`](crate::sleep) in the test instead lets each fire in its time.
    pub fn advance(&self, time: Duration) {
        self.0.advance(time);
    }

    /// Takes no more requests: [`draining`](crate::draining) returns, and [`shutdown`](crate::shutdown) does not yet.
    /// Can be called while [`Context::run`] runs.
    pub fn drain(&self) {
        self.0.drain();
    }

    /// Tells the service to stop: [`shutdown`](crate::shutdown) returns, and [`draining`](crate::draining) if it has
    /// not. Can be called while [`Context::run`] runs.
    pub fn shut_down(&self) {
        self.0.shut_down();
    }

    /// Virtual time since the context was made.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.now()
    }

    /// What the service has said of `service` last, by
    /// [`health::set_serving`](crate::health::set_serving); `None` when it has said nothing.
    #[must_use]
    pub fn is_serving(&self, service: &str) -> Option<bool> {
        self.0.serving.borrow().get(service).copied()
    }

    /// The lines that were logged so far, by the macros of [`log`](crate::log) and by the crates `tracing` and `log`.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.0.logs.borrow().clone()
    }

    /// The lines that were logged so far as one text, for `expect-test`, `insta` and the like: the same whenever and
    /// wherever the test runs. Each line has the level, the message and the attributes, in the order in which they
    /// were written; neither a time nor the request's id.
    ///
    /// ```
    /// use mikros_sdk::log;
    /// use mikros_sdk::testing::Context;
    ///
    /// let context = Context::new().mask("took_us");
    /// context.run(async {
    ///     log::info!("stored", key = 7, took_us = 1812);
    ///     log::warn!("nearly full");
    /// });
    /// assert_eq!(
    ///     context.log_text(),
    ///     "info stored {\"key\":7,\"took_us\":\"..\"}\n\
    ///      warn nearly full\n"
    /// );
    /// ```
    #[must_use]
    pub fn log_text(&self) -> String {
        let lines = self.logs().into_iter().map(|mut line| {
            for masked in &self.0.masked {
                if let Some(value) = line.attributes.get_mut(masked) {
                    *value = Value::from("..");
                }
            }
            format!("{line}\n")
        });
        lines.collect()
    }
}

/// The level, the message, then the attributes as JSON: `info greeted {"name":"Ada"}`.
impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level, self.message)?;
        if self.attributes.is_empty() {
            return Ok(());
        }
        write!(f, " {}", Value::Object(self.attributes.clone()))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("elapsed", &self.elapsed()).finish_non_exhaustive()
    }
}
