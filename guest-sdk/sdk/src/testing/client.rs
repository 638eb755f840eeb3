//! Sends requests through the routes of a service, and answers errors as the host would.
//! Deliberately without a socket: heads are written and read as the contract has them.

use std::cell::RefCell;
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::call::CallContext;
use super::cookies::Cookies;
use super::reply::Reply;
use crate::caller::Caller;
use crate::error::Result;
use crate::http::{Body, Head, Request, Response, Routes, lines};
use crate::imports;
use crate::imports::memory::clients::as_host;
use crate::service::Http;
use crate::urlencoded;

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
    let app = Box::leak(Box::new((service, routes)));
    Ok(Client { app, headers: HeaderMap::new(), cookies: None })
}

/// A started service that answers requests of a test.
pub struct Client<S: 'static> {
    app: &'static (S, Routes<S>),
    /// What each request has.
    headers: HeaderMap,
    /// `None` when nothing is kept.
    cookies: Option<Rc<RefCell<Cookies>>>,
}

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
        &self.app.0
    }

    /// The same service with a client that keeps the cookies which answers set, and sends them with its next
    /// requests, as a browser does: by their paths, and until they expire in virtual time. Default: none.
    ///
    /// Each call makes a browser of its own.
    #[must_use]
    pub fn keep_cookies(&self) -> Self {
        Self { cookies: Some(Rc::default()), ..self.clone() }
    }

    /// The same service with a client that sends a header field with each request, beside what it sends already.
    ///
    /// # Panics
    ///
    /// When HTTP does not allow the name or the value.
    #[must_use]
    pub fn header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        append(&mut client.headers, name, value);
        client
    }

    methods! { get GET post POST put PUT patch PATCH delete DELETE head HEAD options OPTIONS }

    /// A request of any method for `target`, a path with an optional query.
    pub fn request(&self, method: Method, target: &str) -> RequestBuilder<S> {
        RequestBuilder {
            client: self.clone(),
            method,
            target: target.to_owned(),
            headers: self.headers.clone(),
            cookies: Vec::new(),
            body: Body::empty(),
            call: CallContext::new(),
        }
    }
}

impl<S> Clone for Client<S> {
    fn clone(&self) -> Self {
        let (headers, cookies) = (self.headers.clone(), self.cookies.clone());
        Self { app: self.app, headers, cookies }
    }
}

/// A request that is being put together.
pub struct RequestBuilder<S: 'static> {
    client: Client<S>,
    method: Method,
    target: String,
    headers: HeaderMap,
    cookies: Vec<(String, String)>,
    body: Body,
    call: CallContext,
}

impl<S: Http> RequestBuilder<S> {
    /// Adds a header field.
    ///
    /// # Panics
    ///
    /// When HTTP does not allow the name or the value.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        append(&mut self.headers, name, value);
        self
    }

    /// Adds fields to the query: those of a struct or a map, or a list of pairs. A list repeats its name, `None` is
    /// left out.
    ///
    /// # Panics
    ///
    /// When a value is neither text, a number, a switch nor a list of those.
    #[must_use]
    pub fn query(mut self, values: &(impl Serialize + ?Sized)) -> Self {
        let values = urlencoded::write(values).unwrap_or_else(|wrong| panic!("{wrong}"));
        if !values.is_empty() {
            let separator = if self.target.contains('?') { '&' } else { '?' };
            self.target = format!("{}{separator}{values}", self.target);
        }
        self
    }

    /// Sets the body to a form that was filled in, with its content type. Values are those of
    /// [`RequestBuilder::query`].
    ///
    /// # Panics
    ///
    /// When a value is neither text, a number, a switch nor a list of those.
    #[must_use]
    pub fn form(self, values: &(impl Serialize + ?Sized)) -> Self {
        let text = urlencoded::write(values).unwrap_or_else(|wrong| panic!("{wrong}"));
        self.content_type("application/x-www-form-urlencoded").body(text)
    }

    /// Sends a cookie, which need not be one that the client [keeps](Client::keep_cookies).
    #[must_use]
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `authorization: Bearer <token>`.
    ///
    /// # Panics
    ///
    /// When the token is not visible ASCII.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sets the body and the content type `application/json`.
    ///
    /// # Panics
    ///
    /// When `value` cannot be written as JSON.
    #[must_use]
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        let text = serde_json::to_vec(value).expect("the value must fit into JSON");
        self.content_type("application/json").body(text)
    }

    fn content_type(mut self, kind: &'static str) -> Self {
        self.headers.insert(::http::header::CONTENT_TYPE, HeaderValue::from_static(kind));
        self
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
        self.call = self.call.request_id(id);
        self
    }

    /// Says who the caller is, as a feature of the host would. Default: nobody has found out.
    #[must_use]
    pub fn caller(mut self, caller: Caller) -> Self {
        self.call = self.call.caller(caller);
        self
    }

    /// Cancels the call after `timeout`; the reply is then 504. Default: never.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    /// Sets where the client's connection comes from. Default: `192.0.2.1:50000`.
    #[must_use]
    pub fn peer(mut self, peer: SocketAddr) -> Self {
        self.call = self.call.peer(peer);
        self
    }

    /// Sends the request. Inside of [`Context::run`](super::Context::run).
    ///
    /// # Panics
    ///
    /// When the target is not a path.
    pub async fn send(mut self) -> Reply {
        assert!(self.target.starts_with('/'), "a target must start with `/`");
        self.add_cookies();
        let head =
            Head::parse(self.head()).expect("this client writes heads as the contract wants");
        let is_head = self.method == Method::HEAD;
        let (service, routes) = self.client.app;
        let answer = routes.respond(service, Request::from_parts(head, self.body));
        let answer = self.call.run(answer).await;
        let answer = answer.unwrap_or_else(|| Response::new(StatusCode::GATEWAY_TIMEOUT));
        let (status, lines, body) =
            answer.into_parts().unwrap_or_else(|error| as_host(&error, &imports::describe().name));
        let body = if is_head { Body::empty() } else { body };
        let headers = lines::to_map(&lines);
        if let Some(cookies) = &self.client.cookies {
            cookies.borrow_mut().keep(&headers, &self.target);
        }
        Reply { status, headers, body }
    }

    /// One field, as clients send it.
    fn add_cookies(&mut self) {
        let kept = self.client.cookies.as_ref();
        let kept = kept.map(|kept| kept.borrow_mut().of(&self.target)).unwrap_or_default();
        let own = std::mem::take(&mut self.cookies);
        let kept = kept.into_iter().filter(|(name, _)| own.iter().all(|(other, _)| other != name));
        let pairs: Vec<_> =
            kept.chain(own.clone()).map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() {
            append(&mut self.headers, "cookie", &pairs.join("; "));
        }
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

fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    let name: HeaderName = name.parse().expect("a header field's name must be a token");
    let value = HeaderValue::from_str(value).expect("a header field's value must be visible");
    headers.append(name, value);
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
