//! Asks the host, through the imports of the component.
//! Deliberately only translates types; what a function means is written in `wit/`.

pub(crate) mod clients;

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};

use crate::bindings::imports::mikros::service as wit;
use crate::caller::Caller;
use crate::definition::Identity;
use crate::log::{self, Level};
use crate::settings::Substitution;

pub(crate) fn log(level: Level, message: &str, attributes: &str) {
    wit::logger::log(to_wit(level), message, attributes);
}

thread_local! {
    /// The level, if it has been asked since a call last began or went on.
    static LEVEL: Cell<Option<Level>> = const { Cell::new(None) };
}

pub(crate) fn get_level() -> Level {
    let level = from_wit(wit::logger::get_level());
    LEVEL.set(Some(level));
    level
}

pub(crate) fn known_level() -> Level {
    LEVEL.get().unwrap_or_else(get_level)
}

pub(crate) fn set_level(level: Level) -> Level {
    LEVEL.set(Some(level));
    from_wit(wit::logger::set_level(to_wit(level)))
}

/// A call or a task begins or goes on: meanwhile other instances may have changed the level.
pub(crate) fn resumed() {
    LEVEL.set(None);
}

fn to_wit(level: Level) -> wit::logger::Level {
    match level {
        Level::Debug => wit::logger::Level::Debug,
        Level::Internal => wit::logger::Level::Internal,
        Level::Info => wit::logger::Level::Info,
        Level::Warn => wit::logger::Level::Warn,
        Level::Error => wit::logger::Level::Error,
        Level::Fatal => wit::logger::Level::Fatal,
    }
}

fn from_wit(level: wit::logger::Level) -> Level {
    match level {
        wit::logger::Level::Debug => Level::Debug,
        wit::logger::Level::Internal => Level::Internal,
        wit::logger::Level::Info => Level::Info,
        wit::logger::Level::Warn => Level::Warn,
        wit::logger::Level::Error => Level::Error,
        wit::logger::Level::Fatal => Level::Fatal,
    }
}

pub(crate) fn variable(name: &str) -> Option<String> {
    wit::env::get(name)
}

pub(crate) fn variable_names() -> Vec<String> {
    wit::env::names()
}

pub(crate) fn deployment() -> String {
    wit::env::deployment()
}

pub(crate) fn describe() -> Identity {
    wit::definition::describe().into()
}

impl From<wit::definition::Description> for Identity {
    fn from(description: wit::definition::Description) -> Self {
        let wit::definition::Description { name, version, product, language, kinds } = description;
        Self { name, version, product, language, kinds }
    }
}

pub(crate) fn settings() -> String {
    wit::definition::settings()
}

pub(crate) fn feature_settings(name: &str) -> Option<String> {
    wit::definition::feature_settings(name)
}

pub(crate) fn substitutions(feature: Option<&str>) -> Vec<Substitution> {
    let substitutions = wit::definition::substitutions(feature).into_iter();
    let substitution =
        |wit::definition::Substitution { pointer, variable }| Substitution { pointer, variable };
    substitutions.map(substitution).collect()
}

pub(crate) fn set_serving(service: &str, serving: bool) {
    wit::health::set_serving(service, serving);
}

pub(crate) fn declare_routes(patterns: &[String]) {
    wit::routes::declare(patterns);
}

pub(crate) async fn cancelled() {
    wit::call::cancelled().await;
}

pub(crate) fn request_id() -> Option<String> {
    wit::call::request_id()
}

pub(crate) fn remaining() -> Option<Duration> {
    wit::call::remaining().map(Duration::from_nanos)
}

pub(crate) fn caller() -> Option<Caller> {
    let crate::bindings::errors::mikros::service::types::Identity { subject, scheme, claims } =
        wit::call::caller()?;
    Some(Caller { subject, scheme, claims })
}

pub(crate) fn kind() -> Option<String> {
    wit::call::kind()
}

pub(crate) fn peer() -> Option<String> {
    wit::call::peer()
}

pub(crate) async fn draining() {
    wit::shutdown::draining().await;
}

pub(crate) async fn shutdown_notice() {
    wit::shutdown::notice().await;
}

pub(crate) fn system_time() -> SystemTime {
    SystemTime::now()
}

pub(crate) fn instant() -> Instant {
    Instant::now()
}

pub(crate) async fn sleep(duration: Duration) {
    // More than 584 years do not fit; nobody will notice that they are cut.
    wit::time::sleep(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)).await;
}

pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    let task = log::carried(async move {
        let mut future = pin!(future);
        poll_fn(|context| {
            resumed();
            future.as_mut().poll(context)
        })
        .await;
    });
    // Dropping the handle detaches the task.
    drop(wit_bindgen::spawn_local(task));
}
