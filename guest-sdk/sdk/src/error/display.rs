//! A service error as text.
//! Deliberately shows all of it only to people who debug.

use std::fmt;

use serde_json::Value;

use super::ServiceError;

/// The message, then the cause in parentheses.
impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.0, f)
    }
}

impl fmt::Debug for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("ServiceError");
        text.field("kind", &self.0.kind).field("message", &self.0.message);
        if self.0.code != 0 {
            text.field("code", &self.0.code);
        }
        if let Some(cause) = &self.0.cause {
            text.field("cause", cause);
        }
        if let Some(destination) = &self.0.destination {
            text.field("destination", destination);
        }
        if let Some(origin) = &self.0.origin {
            text.field("origin", origin);
        }
        if let Some(status) = &self.0.status {
            text.field("status", status);
        }
        if let Some(time) = &self.0.retry_after {
            text.field("retry_after", time);
        }
        if !self.0.field_violations.is_empty() {
            text.field("field_violations", &self.0.field_violations);
        }
        if !self.0.attributes.is_empty() {
            let json = Value::Object(self.0.attributes.clone());
            text.field("attributes", &format_args!("{json}"));
        }
        text.finish()
    }
}
