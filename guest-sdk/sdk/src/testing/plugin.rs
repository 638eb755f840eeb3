//! Asks the hooks of a plug-in about requests and responses of a test.
//! Deliberately refuses what the host would: a decision that is invalid fails the test.

use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::call::PEER;
use crate::caller::Caller;
use crate::error::Result;
use crate::http::lines;
use crate::imports::memory::{Call, Origin, in_call};
use crate::plugin::{
    Answer, Changes, Pass, Plugin, Refusal, RequestHead, RequestHook, ResponseHead, ResponseHook,
    Transport,
};

/// Starts the plug-in `P` with `settings`, the table `[features.<name>.settings]`, for example with
/// [`json!`](super::json).
///
/// [`running`](crate::plugin::running) yields it until another one is started on the same thread.
///
/// ```
/// # use mikros_sdk::plugin::{Answer, NoSettings, Pass, Plugin, Refusal, RequestHead, RequestHook};
/// use mikros_sdk::testing::{self, Context, json};
/// # struct Closed;
/// # impl Plugin for Closed {
/// #     type Settings = NoSettings;
/// #     async fn on_start(_settings: NoSettings) -> Result<Self, Refusal> {
/// #         Ok(Self)
/// #     }
/// # }
/// # impl RequestHook for Closed {
/// #     async fn on_request(&self, _request: &RequestHead) -> Result<Pass, Answer> {
/// #         Err(Answer::forbidden("closed"))
/// #     }
/// # }
/// Context::new().run(async {
///     let plugin = testing::plugin::<Closed>(json!({})).await.expect("the plug-in starts");
///     let answer = plugin.get("/items").send().await.expect_err("it is closed");
///     assert_eq!(answer.status(), 403);
/// });
/// ```
///
/// # Errors
///
/// What keeps the plug-in from starting, settings that do not fit included.
///
/// # Panics
///
/// When `settings` cannot be written as JSON.
pub async fn plugin<P: Plugin>(settings: impl Serialize) -> Result<PluginClient<P>, Refusal> {
    let settings = serde_json::to_string(&settings).expect("settings must fit into JSON");
    crate::plugin::start(&settings).await.map(PluginClient)
}

/// A started plug-in that is asked by a test.
pub struct PluginClient<P: 'static>(&'static P);

impl<P: Plugin> PluginClient<P> {
    /// The plug-in, to look at its state or to call what it provides.
    pub fn plugin(&self) -> &'static P {
        self.0
    }

    /// A `GET` request for `target`, a path with an optional query.
    pub fn get(&self, target: &str) -> Visitor<P> {
        self.request(&Method::GET, target)
    }

    /// A request of any method for `target`, a path with an optional query.
    ///
    /// # Panics
    ///
    /// When the target is not a path.
    pub fn request(&self, method: &Method, target: &str) -> Visitor<P> {
        assert!(target.starts_with('/'), "a target must start with `/`");
        self.visitor(format!("{method} {target}"), Transport::Http)
    }

    /// An RPC by its path, `/helloworld.Greeter/SayHello`.
    ///
    /// # Panics
    ///
    /// When it is not a path.
    pub fn rpc(&self, path: &str) -> Visitor<P> {
        assert!(path.starts_with('/'), "the path of a method must start with `/`");
        self.visitor(format!("POST {path}"), Transport::Grpc)
            .header("content-type", "application/grpc")
    }

    /// A response on its way to the client.
    pub fn response(&self, status: StatusCode) -> Visitor<P> {
        self.visitor(status.as_str().to_owned(), Transport::Http)
    }

    fn visitor(&self, line: String, transport: Transport) -> Visitor<P> {
        let origin = Origin { transport, peer: SocketAddr::from(PEER) };
        Visitor { plugin: self.0, line, headers: HeaderMap::new(), call: Call::default(), origin }
    }
}

/// A request or a response that is being put together.
pub struct Visitor<P: 'static> {
    plugin: &'static P,
    line: String,
    headers: HeaderMap,
    call: Call,
    origin: Origin,
}

impl<P: Plugin> Visitor<P> {
    /// Adds a header.
    ///
    /// # Panics
    ///
    /// When HTTP does not allow the name or the value.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header's name must be a token");
        let value = HeaderValue::from_str(value).expect("a header's value must be visible");
        self.headers.append(name, value);
        self
    }

    /// Says who the caller is, as a feature before the plug-in would. Default: nobody has found out.
    #[must_use]
    pub fn caller(mut self, caller: Caller) -> Self {
        self.call.caller = Some(caller);
        self
    }

    /// Sets the request's id. Default: none.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.call.request_id = Some(id.into());
        self
    }

    /// Sets where the client's connection comes from. Default: `192.0.2.1:50000`.
    #[must_use]
    pub fn peer(mut self, peer: SocketAddr) -> Self {
        self.origin.peer = peer;
        self
    }

    /// Sets how the request arrived, for a [response](PluginClient::response). Default: over HTTP.
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.origin.transport = transport;
        self
    }

    /// The head as the host writes it, and the call in which the hook is asked.
    fn begin(self) -> (&'static P, Vec<u8>, Option<Rc<Call>>) {
        let mut head = format!("{}\r\n", self.line).into_bytes();
        for (name, value) in &self.headers {
            lines::write(&mut head, name.as_str(), value.as_bytes());
        }
        (self.plugin, head, Some(Rc::new(Call { origin: Some(self.origin), ..self.call })))
    }
}

impl<P: RequestHook> Visitor<P> {
    /// Asks the plug-in about a request. Inside of [`Context::run`](super::Context::run).
    ///
    /// # Errors
    ///
    /// What is answered in place of the service.
    ///
    /// # Panics
    ///
    /// When the decision is one that the host would not take, and for a
    /// [response](PluginClient::response).
    pub async fn send(self) -> Result<Pass, Answer> {
        let transport = self.origin.transport;
        let (plugin, head, call) = self.begin();
        let head = RequestHead::parse(head).expect("a response goes through `send_response`");
        let decision = in_call(call, plugin.on_request(&head)).await;
        match &decision {
            Ok(pass) => {
                check_changes(&pass.changes, transport);
                let caller = pass.caller.as_ref();
                let is_named = caller.is_none_or(|caller| {
                    !caller.subject().is_empty() && !caller.scheme().is_empty()
                });
                assert!(is_named, "a caller has a subject and a scheme");
            }
            Err(answer) => check_answer(answer),
        }
        decision
    }
}

impl<P: ResponseHook> Visitor<P> {
    /// Asks the plug-in about a [response](PluginClient::response). Inside of
    /// [`Context::run`](super::Context::run).
    ///
    /// # Panics
    ///
    /// When the decision is one that the host would not take, and for a request.
    pub async fn send_response(self) -> Changes {
        let transport = self.origin.transport;
        let (plugin, head, call) = self.begin();
        let head = ResponseHead::parse(head).expect("a request goes through `send`");
        let changes = in_call(call, plugin.on_response(&head)).await;
        check_changes(&changes, transport);
        changes
    }
}

#[track_caller]
fn check_changes(changes: &Changes, transport: Transport) {
    check_lines(&changes.set, transport);
    for name in changes.remove.split(|byte| *byte == b'\n').filter(|name| !name.is_empty()) {
        check_name(&String::from_utf8_lossy(name.trim_ascii_end()), transport);
    }
}

#[track_caller]
fn check_answer(answer: &Answer) {
    // Answers of both transports are HTTP's, which takes a `content-type`.
    check_lines(&answer.0.headers, Transport::Http);
    let status = answer.status().as_u16();
    let range = if answer.as_error().is_some() { 400..=599 } else { 200..=599 };
    assert!(range.contains(&status), "the status {status} must be one of {range:?}");
}

#[track_caller]
fn check_lines(text: &[u8], transport: Transport) {
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        check_name(&String::from_utf8_lossy(name.trim_ascii_end()), transport);
    }
}

#[track_caller]
fn check_name(name: &str, transport: Transport) {
    const RESERVED: [&str; 9] = [
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    assert!(lines::is_token(name), "the host refuses the decision: {name}");
    let is_reserved = RESERVED.contains(&name)
        || name.starts_with("grpc-")
        || (name == "content-type" && transport == Transport::Grpc);
    assert!(!is_reserved, "the host refuses the decision: the header `{name}` is its own");
}

impl<P> fmt::Debug for PluginClient<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginClient").finish_non_exhaustive()
    }
}

impl<P> fmt::Debug for Visitor<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}
