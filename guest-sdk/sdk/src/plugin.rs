//! Features of the host as components: what an author implements to write one.
//!
//! A plug-in is started once per instance of the service that enables it, and lives next to it with a memory
//! and limits of its own. It may decide about requests ([`RequestHook`]) and responses ([`ResponseHook`]), and
//! provide interfaces that services import.
//!
//! # A hook
//!
//! `src/lib.rs`:
//!
//! ```
//! use mikros_sdk::Caller;
//! use mikros_sdk::plugin::{Answer, Pass, Plugin, Refusal, RequestHead, RequestHook};
//!
//! struct StaffOnly {
//!     password: String,
//! }
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     password: String,
//! }
//!
//! impl Plugin for StaffOnly {
//!     type Settings = Settings;
//!
//!     async fn on_start(settings: Settings) -> Result<Self, Refusal> {
//!         if settings.password.len() < 12 {
//!             return Err(Refusal::setting("password", "must have at least 12 characters"));
//!         }
//!         Ok(Self { password: settings.password })
//!     }
//! }
//!
//! impl RequestHook for StaffOnly {
//!     async fn on_request(&self, request: &RequestHead) -> Result<Pass, Answer> {
//!         if request.path() == "/about" {
//!             return Ok(Pass::new());
//!         }
//!         if request.header("x-password") != Some(&self.password) {
//!             return Err(Answer::unauthenticated("staff only", "Password"));
//!         }
//!         Ok(Pass::new().identify(Caller::new("staff", "password")).remove_header("x-password"))
//!     }
//! }
//!
//! mikros_sdk::export_plugin!(StaffOnly: request_hook);
//! # fn main() {}
//! ```
//!
//! `service.toml` of a service that uses it:
//!
//! ```toml
//! [features.staff_only]
//! enabled = true
//! component = "staff_only.wasm"
//!
//! [features.staff_only.settings]
//! password = "STAFF_PASSWORD@env"
//! ```
//!
//! The service asks [`caller`](crate::caller) who is there. `Cargo.toml` is as that of a service, with
//! `crate-type = ["cdylib"]`.
//!
//! A plug-in may log, wait and [`spawn`](crate::spawn), and ask for [`identity`](crate::identity) and
//! [`settings`], which are the service's. It has no variables, no health and no notice of
//! the shutdown: `service.toml` hands it what it needs as its settings.
//!
//! # When it fails
//!
//! What panics, takes too long or decides what it may not is answered as `on_failure` of the feature says:
//! `closed`, the default, refuses the request, `open` lets it pass as it was. A panic costs the instance of the
//! plug-in with all calls that are in it; another one is started.
//!
//! # Providing an interface
//!
//! An interface of one's own is written in WIT and has functions that return `result<T, error>`. The `%` is no
//! part of the name; WIT wants it where the name is also one of its words:
//!
//! ```wit
//! package acme:%flags@0.1.0;
//!
//! interface %flags {
//!     use mikros:service/errors@0.2.0.{error};
//!     is-enabled: async func(name: string) -> result<bool, error>;
//! }
//!
//! world provider {
//!     export %flags;
//! }
//! ```
//!
//! [`bindings!`](crate::bindings) makes a module of it. That is there only in components, so what uses it
//! stands in a module of its own, and the work is done where `cargo test` reaches it:
//!
//! ```
//! # use mikros_sdk::plugin::{NoSettings, Plugin, Refusal};
//! use mikros_sdk::prelude::*;
//!
//! struct Flags;
//!
//! impl Plugin for Flags {
//!     type Settings = NoSettings;
//!     async fn on_start(_settings: NoSettings) -> Result<Self, Refusal> {
//!         Ok(Self)
//!     }
//! }
//!
//! impl Flags {
//!     fn is_enabled(&self, name: &str) -> Result<bool> {
//!         (name == "new").then_some(true).or_not_found("no such flag")
//!     }
//! }
//!
//! mikros_sdk::export_plugin!(Flags);
//!
//! #[cfg(target_family = "wasm")]
//! mod provided {
//!     mikros_sdk::bindings!(mod bindings, world: "acme:%flags/provider", path: "wit");
//!
//!     use bindings::exports::acme::flags::flags::{Error, Guest};
//!
//!     struct Provided;
//!
//!     impl Guest for Provided {
//!         async fn is_enabled(name: String) -> Result<bool, Error> {
//!             let flags = mikros_sdk::plugin::running::<super::Flags>()?;
//!             Ok(flags.is_enabled(&name)?)
//!         }
//!     }
//!
//!     bindings::export!(Provided with_types_in bindings);
//! }
//! # fn main() {}
//! ```
//!
//! Where the error need not have a kind, `result<T, string>` will do. A plain `func` works as well as an `async
//! func`, but it cannot wait.

mod decision;
mod head;
mod refusal;

use std::any::Any;
use std::cell::Cell;
use std::future::{Future, ready};

use serde::Deserialize;
use serde::de::DeserializeOwned;

#[cfg(target_family = "wasm")]
pub(crate) use decision::Content;
pub use decision::{Answer, Changes, Pass};
pub use head::{RequestHead, ResponseHead, Transport};
pub use refusal::Refusal;
#[cfg(target_family = "wasm")]
pub(crate) use refusal::{Problem, Reason};

use crate::error::{Result, ServiceError};
use crate::{imports, settings};

/// A plug-in: made when it starts, shared by all its calls, told when it stops.
///
/// There is one value per instance, and calls take turns, as with a [`Service`](crate::Service).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a plug-in",
    label = "`Plugin` is not implemented for this type",
    note = "write `impl Plugin for {Self} {{ type Settings = ..; async fn on_start(settings: Self::Settings) -> Result<Self, Refusal> {{ .. }} }}`"
)]
pub trait Plugin: Sized + 'static {
    /// The table `[features.<name>.settings]`; [`NoSettings`] for a plug-in that has none.
    ///
    /// With `#[serde(deny_unknown_fields)]` a key that is misspelt keeps the service from starting.
    type Settings: DeserializeOwned;

    /// Makes the plug-in, once per instance and before anything else is called.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] keeps the service from starting, and a new version from taking over. `?` makes one of any
    /// error.
    fn on_start(settings: Self::Settings) -> impl Future<Output = Result<Self, Refusal>>;

    /// Called once when the plug-in is not needed any more, after the service has ended. Default: nothing.
    ///
    /// # Errors
    ///
    /// Are logged and make the exit status 1.
    fn on_finish(&self) -> impl Future<Output = Result<()>> {
        ready(Ok(()))
    }
}

/// Is asked about every request of the kinds `http` and `grpc`, before the service is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is exported with `request_hook` but does not decide about requests",
    label = "`RequestHook` is not implemented for this type",
    note = "write `impl RequestHook for {Self} {{ async fn on_request(&self, request: &RequestHead) -> Result<Pass, Answer> {{ .. }} }}`, or remove `request_hook` from `export_plugin!`"
)]
pub trait RequestHook: Plugin {
    /// Decides about one request: it passes, maybe changed, or gets an answer and the service is not asked.
    ///
    /// Never sees a body. Many calls take turns, and clients wait for each.
    ///
    /// # Errors
    ///
    /// An [`Answer`] in place of the service's; `?` makes one of a [`ServiceError`], with the status of its
    /// kind.
    fn on_request(&self, request: &RequestHead) -> impl Future<Output = Result<Pass, Answer>>;
}

/// Is asked about every response, whoever made it, before it is sent.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is exported with `response_hook` but does not decide about responses",
    label = "`ResponseHook` is not implemented for this type",
    note = "write `impl ResponseHook for {Self} {{ async fn on_response(&self, response: &ResponseHead) -> Changes {{ .. }} }}`, or remove `response_hook` from `export_plugin!`"
)]
pub trait ResponseHook: Plugin {
    /// What is to be different about one response, of which it sees the status and the headers.
    fn on_response(&self, response: &ResponseHead) -> impl Future<Output = Changes>;
}

/// The settings of a plug-in that has none: every key is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

thread_local! {
    /// The plug-in of this instance; in unit tests the one that was started last on this thread.
    static RUNNING: Cell<Option<&'static dyn Any>> = const { Cell::new(None) };
}

/// The plug-in of this instance, for the functions of an interface that it provides.
///
/// # Errors
///
/// Internal when the plug-in is not started, or is no `P`.
pub fn running<P: Plugin>() -> Result<&'static P> {
    RUNNING
        .get()
        .and_then(|running| running.downcast_ref())
        .ok_or_else(|| ServiceError::internal("the plug-in is called before it is started"))
}

/// Whether a plug-in is started.
#[cfg(target_family = "wasm")]
pub(crate) fn is_running() -> bool {
    RUNNING.get().is_some()
}

/// Makes the plug-in out of its settings, a JSON object, and lets it run.
pub(crate) async fn start<P: Plugin>(settings: &str) -> Result<&'static P, Refusal> {
    let settings = settings::read(settings, || imports::substitutions(None))?;
    let plugin = P::on_start(settings).await?;
    // Leaked, because tasks may use it until the instance itself is gone.
    let plugin: &'static P = Box::leak(Box::new(plugin));
    RUNNING.set(Some(plugin));
    Ok(plugin)
}
