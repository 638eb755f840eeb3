//! Who the caller of a request is, as the host has found out.
//! Deliberately does not check anything: whoever said it has.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Result, ServiceError};
use crate::imports;

/// Who the caller of the current request is; `None` when the host has not found out, and outside a request.
///
/// Features such as `http_auth` find out, and so does a listener that verifies certificates of clients. Names of different
/// [schemes](Caller::scheme) have nothing to do with each other: check the scheme where more than one is possible.
///
/// ```
/// use mikros_sdk::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Claims {
///     #[serde(default)]
///     roles: Vec<String>,
/// }
///
/// fn only_admins() -> Result<()> {
///     let caller = mikros_sdk::caller().or_permission_denied("who is asking?")?;
///     let claims: Claims = caller.claims()?;
///     if claims.roles.iter().any(|role| role == "admin") {
///         return Ok(());
///     }
///     Err(ServiceError::permission_denied(format!("`{}` is no admin", caller.subject())))
/// }
/// # assert!(only_admins().is_err());
/// ```
///
/// A request that reaches the service without a caller is one that the features let pass, for example
/// on a route that is public. There, a certificate makes a caller all the same.
pub fn caller() -> Option<Caller> {
    imports::caller()
}

/// Who the caller of a request is.
///
/// Services get it from [`caller`]; plug-ins make it.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    pub(crate) subject: String,
    pub(crate) scheme: String,
    /// One JSON object, or nothing.
    pub(crate) claims: String,
}

impl Caller {
    /// A caller without claims. Neither may be empty: `subject` is whom it is about, for example the id of a
    /// user, `scheme` how that was found out, for example `session`.
    pub fn new(subject: impl Into<String>, scheme: impl Into<String>) -> Self {
        Self { subject: subject.into(), scheme: scheme.into(), claims: String::new() }
    }

    /// Adds something else that is known. A second value under the same name replaces the first.
    ///
    /// A value that cannot be written as JSON is replaced by the text of that failure.
    #[must_use]
    pub fn with_claim(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let mut claims: Map<String, Value> = serde_json::from_str(&self.claims).unwrap_or_default();
        let value =
            serde_json::to_value(value).unwrap_or_else(|error| Value::String(error.to_string()));
        claims.insert(name.into(), value);
        self.claims = Value::Object(claims).to_string();
        self
    }

    /// Replaces everything else that is known by the fields of a struct or the entries of a map.
    ///
    /// # Errors
    ///
    /// Internal when `claims` is not written as a JSON object.
    pub fn with_claims(mut self, claims: &(impl Serialize + ?Sized)) -> Result<Self> {
        let text = serde_json::to_string(claims)?;
        if !text.starts_with('{') {
            return Err(ServiceError::internal("claims must be a struct or a map"));
        }
        self.claims = text;
        Ok(self)
    }

    /// Whom it is about, for example the id of a user or of a service.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// How it was found out, for example `jwt`, `api_key` or `basic`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Everything else that is known, for example the claims of a token. `T` may be
    /// [`serde_json::Value`].
    ///
    /// # Errors
    ///
    /// Internal when the claims do not fit `T`.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T> {
        let text = if self.claims.is_empty() { "{}" } else { &self.claims };
        Ok(serde_json::from_str(text)?)
    }
}

/// Without the claims: they may be nobody else's business.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("subject", &self.subject)
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}
