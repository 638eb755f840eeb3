//! A request to another service while it is put together.
//! Deliberately reports what is wrong with it when it is sent, so that building one needs no `?` per line.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::Method;
use ::http::uri::PathAndQuery;
use serde::Serialize;

use super::{Outgoing, Response};
use crate::error::{Result, ServiceError};
use crate::http::{Body, lines};
use crate::local::Local;
use crate::{imports, urlencoded};

/// A request to another service; [`HttpClient`](super::HttpClient) begins one.
///
/// ```
/// use mikros_sdk::clients::HttpClient;
/// use mikros_sdk::prelude::*;
/// use std::time::Duration;
///
/// async fn search(orders: &HttpClient, text: &str) -> Result<Vec<u64>> {
///     let response = orders
///         .get("/orders")
///         .query(&[("text", text), ("limit", "10")])
///         .header("accept-language", "de")
///         .timeout(Duration::from_millis(300))
///         .send()
///         .await?;
///     response.error_for_status().await?.json().await
/// }
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder {
    client: Arc<str>,
    method: Method,
    target: String,
    /// `name: value` and CR LF for each field.
    headers: Vec<u8>,
    body: Body,
    timeout: Option<Duration>,
    /// The first thing that is wrong with it.
    mistake: Option<String>,
}

impl RequestBuilder {
    pub(super) fn new(client: Arc<str>, method: Method, target: String) -> Self {
        Self {
            client,
            method,
            target,
            headers: Vec::new(),
            body: Body::empty(),
            timeout: None,
            mistake: None,
        }
    }

    /// Adds a header field, beside those of the same name.
    ///
    /// Fields of the connection, such as `transfer-encoding`, are the host's.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        if !lines::write(&mut self.headers, name, value.as_ref()) {
            self.mistake.get_or_insert_with(|| {
                format!(
                    "the header field `{}` has a name or a value that HTTP does not allow",
                    name.escape_debug()
                )
            });
        }
        self
    }

    /// Adds `authorization: Bearer <token>`.
    pub fn bearer(self, token: impl fmt::Display) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Adds fields to the query: those of a struct or a map, or a list of pairs. A list of values repeats its name,
    /// `None` is left out.
    pub fn query(mut self, values: &(impl Serialize + ?Sized)) -> Self {
        if let Some(values) = self.urlencoded(values).filter(|values| !values.is_empty()) {
            self.target.push(if self.target.contains('?') { '&' } else { '?' });
            self.target.push_str(&values);
        }
        self
    }

    /// Sets the body to a form that was filled in, with its content type. Values are those of
    /// [`RequestBuilder::query`].
    pub fn form(mut self, values: &(impl Serialize + ?Sized)) -> Self {
        let text = self.urlencoded(values).unwrap_or_default();
        self.header("content-type", "application/x-www-form-urlencoded").body(text)
    }

    fn urlencoded(&mut self, values: &(impl Serialize + ?Sized)) -> Option<String> {
        let text = urlencoded::write(values);
        text.map_err(|wrong| self.mistake.get_or_insert(wrong)).ok()
    }

    /// Sets the body to `value` as JSON, with the content type `application/json`.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        let text = serde_json::to_vec(value).unwrap_or_else(|error| {
            self.mistake.get_or_insert_with(|| format!("the body cannot be JSON: {error}"));
            Vec::new()
        });
        self.header("content-type", "application/json").body(text)
    }

    /// Sets the body, for example text, bytes, or a [`Body::stream`]. Sets no `content-type`.
    ///
    /// A request with a stream is not retried.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the longest time that the call may take, the response's body included. It only shortens
    /// `[clients.<name>] timeout` and what is left of the call that this service is in.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends the request and waits for the head of the response, whatever its status; see
    /// [`Response::error_for_status`]. Redirects are not followed.
    ///
    /// # Errors
    ///
    /// The host could not make the call, or no response came in time. Internal, if the request is not one that HTTP allows.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the call. The other service may have received it.
    pub async fn send(self) -> Result<Response> {
        let client = Arc::clone(&self.client);
        let call = self.into_outgoing()?;
        let answer = Local::new(imports::clients::send(&client, call)).await?;
        Ok(Response::new(client, answer))
    }

    fn into_outgoing(self) -> Result<Outgoing> {
        let Self { client, method, target, headers, body, timeout, mistake } = self;
        let wrong = |what: &dyn fmt::Display| {
            ServiceError::internal(format_args!("cannot send the request to `{client}`: {what}"))
        };
        if let Some(mistake) = mistake {
            return Err(wrong(&mistake));
        }
        // Checks each byte: a line feed in a target would be a header field of someone else's choice.
        let target = match PathAndQuery::try_from(target.as_str()) {
            Ok(parsed) if parsed.as_str() == target && target.starts_with('/') => target,
            _ => {
                let target = target.escape_debug();
                return Err(wrong(&format_args!(
                    "`{target}` is not a path with an optional query"
                )));
            }
        };
        let mut head = Vec::with_capacity(method.as_str().len() + target.len() + headers.len() + 3);
        head.extend_from_slice(method.as_str().as_bytes());
        head.push(b' ');
        head.extend_from_slice(target.as_bytes());
        head.extend_from_slice(b"\r\n");
        head.extend_from_slice(&headers);
        Ok(Outgoing { head, body, timeout })
    }
}

/// Without header fields: they may hold secrets.
impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder")
            .field("client", &self.client)
            .field("method", &self.method)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
