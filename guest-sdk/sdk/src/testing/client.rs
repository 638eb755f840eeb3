//! Sends requests through the routes of a service, and answers errors as the host would.
//! Deliberately without a socket: heads are written and read as the contract has them.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::until_cancelled;
use crate::caller::Caller;
use crate::error::{Result, ServiceError, wire};
use crate::http::{Body, Head, Request, Response, Routes, lines};
use crate::imports;
use crate::imports::memory::{Call, in_call};
use crate::service::Http;

/// Starts the service `S`, [`on_start`](crate::Service::on_start) included, for requests of a test.
///
/// # Errors
///
/// Those that would keep the service from starting: of `on_start`, and of routes that do not fit
/// together.
pub async fn http<S: Http>() -> Result<Client<S>> {
    let service = S::on_start().await?;
    let routes = Routes::new(S::routes())?;
    // Leaked, because handlers get what lives as long as the instance.
    Ok(Client(Box::leak(Box::new((service, routes)))))
}

/// A started service that answers requests of a test.
pub struct Client<S: 'static>(&'static (S, Routes<S>));

macro_rules! methods {
    ($($name:ident $method:ident)*) => {$(
        #[doc = concat!("A `", stringify!($method), "` request for `target`, a path with an optional query.")]
        pub fn $name(&self, target: &str) -> RequestBuilder<S> {
            self.request(Method::$method, target)
        }
    )*};
}

impl<S: Http> Client<S> {
    /// The service, to look at its state.
    pub fn service(&self) -> &'static S {
        &self.0.0
    }

    methods! { get GET post POST put PUT patch PATCH delete DELETE head HEAD options OPTIONS }

    /// A request of any method for `target`, a path with an optional query.
    pub fn request(&self, method: Method, target: &str) -> RequestBuilder<S> {
        RequestBuilder {
            client: Self(self.0),
            method,
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            call: Call::default(),
            timeout: None,
        }
    }
}

/// A request that is being put together.
pub struct RequestBuilder<S: 'static> {
    client: Client<S>,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Body,
    call: Call,
    timeout: Option<Duration>,
}

impl<S: Http> RequestBuilder<S> {
    /// Adds a header field.
    ///
    /// # Panics
    ///
    /// When HTTP does not allow the name or the value.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header field's name must be a token");
        let value = HeaderValue::from_str(value).expect("a header field's value must be visible");
        self.headers.append(name, value);
        self
    }

    /// Sets the body and the content type `application/json`.
    ///
    /// # Panics
    ///
    /// When `value` cannot be written as JSON.
    #[must_use]
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        let text = serde_json::to_vec(value).expect("the value must fit into JSON");
        self.headers
            .insert(::http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body(text)
    }

    /// Sets the body, for example text or a [`Body::stream`].
    #[must_use]
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the request's id.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.call.request_id = Some(id.into());
        self
    }

    /// Says who the caller is, as a feature of the host would. Default: nobody has found out.
    #[must_use]
    pub fn caller(mut self, caller: Caller) -> Self {
        self.call.caller = Some(caller);
        self
    }

    /// Cancels the call after `timeout`; the reply is then 504. Default: never.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends the request. Inside of [`Context::run`](super::Context::run).
    ///
    /// # Panics
    ///
    /// When the target is not a path.
    pub async fn send(mut self) -> Reply {
        assert!(self.target.starts_with('/'), "a target must start with `/`");
        let now = imports::memory::now();
        self.call.deadline = self.timeout.map(|timeout| now.saturating_add(timeout));
        let head =
            Head::parse(self.head()).expect("this client writes heads as the contract wants");
        let is_head = self.method == Method::HEAD;
        let (service, routes) = self.client.0;
        let answer = until_cancelled(routes.respond(service, Request::from_parts(head, self.body)));
        let answer = in_call(Some(Rc::new(self.call)), answer).await;
        let answer = answer.unwrap_or_else(|| Response::new(StatusCode::GATEWAY_TIMEOUT));
        let (status, lines, body) = answer.into_parts().unwrap_or_else(|error| as_host(&error));
        let body = if is_head { Body::empty() } else { body };
        Reply { status, headers: lines::to_map(&lines), body }
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {}\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head
    }
}

/// What the host would answer to an error.
fn as_host(error: &ServiceError) -> (StatusCode, Vec<u8>, Body) {
    let mut head = Vec::new();
    lines::write(&mut head, "content-type", b"application/json");
    if let Some(seconds) = error.retry_after_seconds() {
        lines::write(&mut head, "retry-after", seconds.to_string().as_bytes());
    }
    (error.status(), head, wire::json(error, &imports::describe().name).into())
}

/// The answer to a request of a test.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Reply {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The header fields.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The first value of a header field, `None` also when it is not visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next piece of the body, `None` at its end; for bodies that never end.
    ///
    /// # Errors
    ///
    /// That of a streamed body.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        self.body.next().await
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// That of a streamed body.
    pub async fn bytes(self) -> Result<Bytes> {
        self.body.bytes().await
    }

    /// The whole body as text.
    ///
    /// # Errors
    ///
    /// That of a streamed body, and invalid arguments when it is not UTF-8.
    pub async fn text(self) -> Result<String> {
        self.body.text().await
    }

    /// The whole body, read as JSON.
    ///
    /// # Errors
    ///
    /// That of a streamed body, and internal when it is not JSON that fits `T`.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        Ok(serde_json::from_slice(&self.body.bytes().await?)?)
    }
}

impl<S> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for RequestBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}
