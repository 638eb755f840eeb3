//! Errors that another service has returned to a client of this one.
//! Deliberately changes nothing but where an error comes from: its kind, message, and details stay.

use super::ServiceError;

impl ServiceError {
    /// The service that returned this error to a [client](crate::clients) of this service, as it names itself.
    /// `None` if this service or its host made the error.
    pub fn origin(&self) -> Option<&str> {
        self.0.origin.as_deref()
    }

    /// An error of the client `client`: `origin` has returned it, or the host could not make the call.
    pub(crate) fn of_client(mut self, client: &str, origin: Option<String>) -> Self {
        // The origin's own destination is further away; that of this service is whom it called.
        if origin.is_some() || self.0.destination.is_none() {
            self.0.destination = Some(client.to_owned());
        }
        self.0.origin = origin;
        self
    }

    #[cfg(target_family = "wasm")]
    pub(crate) fn with_attributes(
        mut self,
        attributes: serde_json::Map<String, serde_json::Value>,
    ) -> Self {
        self.0.attributes = attributes;
        self
    }
}
