//! Log lines of the service, with structured attributes.
//! The host decides about format and destination.
//!
//! ```
//! use mikros_sdk::log;
//!
//! let user = 7;
//! log::info!("stored the item", user, took_ms = 12);
//! ```
//!
//! The host adds the time, the service, and the id of the request on whose behalf the line is written. An attribute
//! with a name of the host's own (`time`, `level`, `msg`, `request_id`) is kept as `attributes.time` and so on.
//!
//! # The level
//!
//! A line below the level of the service is not written, and nothing of it is evaluated. The level is asked of the host at
//! most once each time a call begins, or goes on after waiting, however many lines there are; [`set_level`] counts at once in the
//! instance that calls it, and in others when their calls begin or go on.
//!
//! # `tracing` and `log`
//!
//! With the feature `tracing` or `log` of this crate, what the service and its libraries record with the crate of this name arrives in the same
//! log. Nothing need be called: the SDK installs both before [`on_start`](crate::Service::on_start), and in tests
//! [`Context::logs`](crate::testing::Context::logs) has the lines.
//!
//! ```toml
//! mikros-sdk = { version = "..", features = ["tracing", "log"] }
//! tracing = "0.1"
//! ```
//!
//! | of a record | in the line |
//! |---|---|
//! | level | `trace` and `debug` are `DEBUG`, the others as they are called |
//! | message | the message; without one, the name of the event |
//! | fields | attributes: numbers and truth values as such, everything else as text, errors with their sources |
//! | target | the attribute `log.target` |
//! | the spans it is in | their fields as attributes, of inner spans rather than of outer ones, and the attribute `log.span`: `outer:inner` |
//!
//! Spans belong to a task, also where calls take turns: use `#[tracing::instrument]` or `Instrument` for async code, and
//! `spawn(work.in_current_span())` for what is [spawned](crate::spawn). Lines of this module's macros have the attributes of their
//! spans too. A span below the level is not recorded.
//!
//! A service that itself depends on the crate `log` writes `use mikros_sdk::log;` next to the prelude, because the name would be
//! ambiguous otherwise, and `::log::info!(..)` for the macros of the crate.
//!
//! A subscriber of one's own, with further layers: see `layer`, with the feature `tracing`. Such a subscriber gets the records of the crate
//! `log` from `tracing-log`, so leave the feature `log` of this crate off.

#[cfg(feature = "log")]
mod bridge;
#[cfg(feature = "tracing")]
mod subscriber;

use std::fmt;

use serde::Serialize;

use crate::imports;

#[cfg(feature = "tracing")]
pub use self::subscriber::layer;

/// The attribute that says which module of a library or of the service has recorded a line.
#[cfg(any(feature = "tracing", feature = "log"))]
const TARGET: &str = "log.target";

/// How important a line is, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Detail for whoever debugs the service.
    Debug,
    /// Detail about the framework rather than about the service.
    Internal,
    /// The service changed state.
    Info,
    /// Something is degraded but handled.
    Warn,
    /// Somebody must act.
    Error,
    /// The service cannot go on. Only a level: logging it does not stop the service.
    Fatal,
}

/// In lower case, as `service.toml` spells it.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debug => "debug",
            Self::Internal => "internal",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        })
    }
}

/// The least important level that is written now.
pub fn level() -> Level {
    imports::get_level()
}

/// Changes the level of this service's lines and returns the level before.
///
/// It lasts until the service stops and holds for all its instances.
pub fn set_level(level: Level) -> Level {
    imports::set_level(level)
}

/// Whether a line of this level is written: [`level`] as it was when the call went on last.
#[doc(hidden)]
pub fn is_enabled(level: Level) -> bool {
    level >= imports::known_level()
}

/// Runs the start of a service or a plug-in, with `tracing` and `log` ready for it.
#[cfg(target_family = "wasm")]
pub(crate) async fn starting<F: Future>(start: F) -> F::Output {
    #[cfg(feature = "log")]
    bridge::install();
    #[cfg(feature = "tracing")]
    let start = subscriber::starting(start);
    start.await
}

/// A task that is spawned now.
#[cfg(target_family = "wasm")]
pub(crate) fn carried(task: impl Future<Output = ()>) -> impl Future<Output = ()> {
    #[cfg(feature = "tracing")]
    let task = subscriber::carried(task);
    task
}

/// Runs a test, with `tracing` and `log` ready for it.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn within<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(feature = "log")]
    bridge::install();
    #[cfg(feature = "tracing")]
    let work = || subscriber::within(work);
    work()
}

/// The attributes of one line: a JSON object that grows by one member at a time.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct Attributes(Vec<u8>);

impl Attributes {
    /// Those of a line that is written now: what the spans say that it is in, if there can be any.
    #[cfg_attr(not(feature = "tracing"), expect(unused_mut, reason = "there are no spans"))]
    pub fn of_line() -> Self {
        let mut attributes = Self::default();
        #[cfg(feature = "tracing")]
        subscriber::add_current_spans(&mut attributes);
        attributes
    }

    pub fn push(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.json(key);
        self.0.push(b':');
        let before = self.0.len();
        if let Err(error) = serde_json::to_writer(&mut self.0, value) {
            self.0.truncate(before);
            self.json(&format!("cannot write this value: {error}"));
        }
    }

    fn json(&mut self, text: &str) {
        serde_json::to_writer(&mut self.0, text).expect("a string is always valid JSON");
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One JSON object; empty for none.
    pub(crate) fn into_text(mut self) -> String {
        if !self.0.is_empty() {
            self.0.push(b'}');
        }
        String::from_utf8(self.0).expect("JSON is written in UTF-8")
    }

    pub fn write(mut self, level: Level, message: &str) {
        if !self.0.is_empty() {
            self.0.push(b'}');
        }
        imports::log(level, message, &String::from_utf8_lossy(&self.0));
    }
}

/// Writes one line of the given [`Level`]; the macros of the levels are made of it.
///
/// ```
/// use mikros_sdk::log::{self, Level};
///
/// let user = 7;
/// let reason = std::io::Error::other("no disk");
/// log::write!(Level::Warn, "cannot store the item", user, attempt = 2, http.method = "PUT");
/// log::error!("giving up", error = %reason, user = ?Some(user), "retry-after" = 3);
/// ```
///
/// The message is any expression that is a string. A literal is not a format string: what differs from line to
/// line belongs into attributes, so that lines can be searched by them. Single braces in a literal are a compile
/// error that shows the right form; `{{` and `}}` are braces. A text that has to be formatted is
/// `log::info!(format!("hello {name}"))`.
///
/// An attribute is `name = value` with a value that implements [`serde::Serialize`], `name = %value` for its
/// `Display` text or `name = ?value` for its `Debug` text. A variable of the attribute's name needs no value: `name`,
/// `%name`, `?name`. A name is an identifier, several with dots between them, or a string literal.
///
/// Nothing is evaluated when the level is off.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_write {
    ($level:expr, $message:literal $(, $($attributes:tt)*)?) => {
        $crate::__private::log_line!($level, $message, $($($attributes)*)?)
    };
    ($level:expr, $message:expr $(, $($attributes:tt)*)?) => {
        $crate::__log_line!($level, $message, $($($attributes)*)?)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_line {
    ($level:expr, $message:expr, $($attributes:tt)*) => {{
        let level: $crate::log::Level = $level;
        if $crate::log::is_enabled(level) {
            #[allow(unused_mut)]
            let mut attributes = $crate::log::Attributes::of_line();
            $crate::__log_attributes!(attributes $($attributes)*);
            attributes.write(level, ::core::convert::AsRef::<str>::as_ref(&$message));
        }
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_attributes {
    ($to:ident $(,)?) => {};
    ($to:ident $key:ident $(, $($rest:tt)*)?) => {
        $to.push(::core::stringify!($key), &$key);
        $($crate::__log_attributes!($to $($rest)*);)?
    };
    ($to:ident % $key:ident $(, $($rest:tt)*)?) => {
        $crate::__log_value!($to (::core::stringify!($key)) % $key $(, $($rest)*)?);
    };
    ($to:ident ? $key:ident $(, $($rest:tt)*)?) => {
        $crate::__log_value!($to (::core::stringify!($key)) ? $key $(, $($rest)*)?);
    };
    ($to:ident $key:ident = $($rest:tt)*) => {
        $crate::__log_value!($to (::core::stringify!($key)) $($rest)*);
    };
    ($to:ident $first:ident $(. $key:ident)+ = $($rest:tt)*) => {
        $crate::__log_value!(
            $to (::core::concat!(::core::stringify!($first) $(, ".", ::core::stringify!($key))+)) $($rest)*
        );
    };
    ($to:ident $key:literal = $($rest:tt)*) => {
        $crate::__log_value!($to ($key) $($rest)*);
    };
    ($to:ident $($other:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "expected an attribute, found `", ::core::stringify!($($other)*), "`\n",
            "the message comes first, then attributes: `log::info!(\"stored\", user, took = start.elapsed().as_millis())`\n",
            "an attribute is `name`, `name = value`, `name = %display` or `name = ?debug`",
        ))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_value {
    ($to:ident ($key:expr) % $value:expr $(, $($rest:tt)*)?) => {
        $to.push($key, &::std::format!("{}", $value));
        $($crate::__log_attributes!($to $($rest)*);)?
    };
    ($to:ident ($key:expr) ? $value:expr $(, $($rest:tt)*)?) => {
        $to.push($key, &::std::format!("{:?}", $value));
        $($crate::__log_attributes!($to $($rest)*);)?
    };
    ($to:ident ($key:expr) $value:expr $(, $($rest:tt)*)?) => {
        $to.push($key, &$value);
        $($crate::__log_attributes!($to $($rest)*);)?
    };
}

#[doc(inline)]
pub use crate::__log_write as write;

/// One macro per level, documented once at [`write!`](crate::log::write).
macro_rules! levels {
    ($dollar:tt $($name:ident $hidden:ident $level:ident $doc:literal;)*) => {$(
        #[doc = $doc]
        ///
        /// Attributes are written as in [`write!`](crate::log::write).
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $hidden {
            ($dollar($dollar arguments:tt)*) => {
                $crate::log::write!($crate::log::Level::$level, $dollar($dollar arguments)*)
            };
        }
        #[doc(inline)]
        pub use $hidden as $name;
    )*};
}

levels! { $
    debug __log_debug Debug "Writes a line of level [`Level::Debug`].";
    internal __log_internal Internal "Writes a line of level [`Level::Internal`].";
    info __log_info Info "Writes a line of level [`Level::Info`].";
    warn __log_warn Warn "Writes a line of level [`Level::Warn`].";
    error __log_error Error "Writes a line of level [`Level::Error`].";
    fatal __log_fatal Fatal "Writes a line of level [`Level::Fatal`].";
}
