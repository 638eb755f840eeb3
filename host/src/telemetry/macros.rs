//! Lines that the host writes wherever it is: the macros of `tracing`, with the event that a line is about.
//!
//! `info!(ServiceStopped, exit.status = 1, "service stopped")`: first the name of an [`Event`](super::Event), then what
//! the macro of `tracing` takes. No line of the host is written without one.

macro_rules! error_event {
    ($event:ident, $($rest:tt)+) => {
        ::tracing::event!(
            ::tracing::Level::ERROR,
            event = $crate::telemetry::Event::$event.name(),
            $($rest)+
        )
    };
}

macro_rules! warn_event {
    ($event:ident, $($rest:tt)+) => {
        ::tracing::event!(
            ::tracing::Level::WARN,
            event = $crate::telemetry::Event::$event.name(),
            $($rest)+
        )
    };
}

macro_rules! info_event {
    ($event:ident, $($rest:tt)+) => {
        ::tracing::event!(
            ::tracing::Level::INFO,
            event = $crate::telemetry::Event::$event.name(),
            $($rest)+
        )
    };
}

macro_rules! debug_event {
    ($event:ident, $($rest:tt)+) => {
        ::tracing::event!(
            ::tracing::Level::DEBUG,
            event = $crate::telemetry::Event::$event.name(),
            $($rest)+
        )
    };
}

// By names of their own, because `warn` is also an attribute of the language.
pub(crate) use {
    debug_event as debug, error_event as error, info_event as info, warn_event as warn,
};
