//! What handlers of axum get of the SDK: its error as a response.
//! Deliberately needs only `axum-core`, whose version all of axum 0.8 shares.

use ::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum_core::response::{IntoResponse, Response};

use crate::error::{ServiceError, wire};
use crate::imports;
use crate::log;

/// The same JSON with the same status as from a handler of the own router. The cause is logged and not sent:
/// only the host knows whether callers may see it, and what it gets here is a response like any other.
impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status(), self.retry_after_seconds());
        if let Some(cause) = self.cause() {
            let level = if status.is_server_error() { log::Level::Error } else { log::Level::Info };
            if level >= log::level() {
                let mut attributes = log::Attributes::default();
                attributes.push("error.message", self.message());
                attributes.push("error.cause", cause);
                attributes.write(level, "the request failed");
            }
        }
        let json = wire::json(&self.without_cause(), &imports::describe().name);
        let mut response = (status, [(CONTENT_TYPE, "application/json")], json).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
