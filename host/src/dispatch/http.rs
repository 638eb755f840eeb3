//! HTTP requests: what the host answers itself, and what goes to the guest.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
    TRANSFER_ENCODING,
};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Version};
use serde_json::Value;

use super::body::{self, BodyRules, Cut, Pump, ResponseBody};
use super::head::{self, Refusal};
use super::health::Health;
use super::hooks::{self, Answered, Hooks};
use super::problem::{self, ErrorRules, Problem};
use super::{reply, request_id};
use crate::bindings::errors::Kind;
use crate::call::http as guest;
use crate::call::{Fault, Known, REQUEST_ID};
use crate::extension::{self as hook, Answer, Content, Hooked, Transport};
use crate::guest::Workers;
use crate::http2::RequestBody;
use crate::telemetry::{Attributes, Level, Logger};

/// How a service wants its HTTP requests to be treated. Sources in `service.toml` are named in the
/// definition.
#[derive(Debug)]
pub struct HttpRules {
    pub base_path: String,
    /// Path of the health check; `None` leaves it to the guest.
    pub health: Option<String>,
    pub request_id_header: HeaderName,
    /// Largest head, in bytes.
    pub max_head: usize,
    /// Largest body, in bytes.
    pub max_body: usize,
    /// Longest silence while a body arrives.
    pub read_timeout: Duration,
    pub errors: ErrorRules,
    /// Whether errors that the service returns are logged.
    pub logs_errors: bool,
}

/// Answers the requests that arrive on one thread.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    rules: Arc<HttpRules>,
    workers: Workers,
    /// Index of the worker on this thread.
    local: usize,
    logger: Logger,
    health: Health,
    hooks: Hooks,
}

impl Dispatcher {
    pub fn new(
        rules: Arc<HttpRules>,
        (workers, local): (Workers, usize),
        logger: Logger,
        (health, hooks): (Health, Hooks),
    ) -> Self {
        Self { rules, workers, local, logger, health, hooks }
    }

    /// Answers one request of a client at `peer`.
    ///
    /// # Cancel safety
    /// When the future is dropped, because the client went away, the guest is told so.
    pub async fn respond(
        &self,
        request: Request<RequestBody>,
        peer: SocketAddr,
    ) -> Result<Response<ResponseBody>, Infallible> {
        let (mut parts, body) = request.into_parts();
        let id = request_id::of(&parts.headers, &self.rules.request_id_header);
        if self.rules.health.as_deref() == Some(parts.uri.path()) {
            let about = About::new(&parts, &id);
            let response = self.health(about.method);
            return Ok(self.stamped(response, &about));
        }
        if let Some(hooks) = self.hooks.all() {
            let request = hook::Request::new(Transport::Http, &mut parts, (peer, self.local), id);
            return Ok(Box::pin(self.respond_hooked(hooks, request, body)).await);
        }
        let about = About::new(&parts, &id);
        let response = self.answer(&parts, body, &about).await;
        Ok(self.stamped(response, &about))
    }

    /// Answers a request with the hooks of features around the guest.
    async fn respond_hooked(
        &self,
        hooks: &[Hooked],
        mut request: hook::Request<'_>,
        body: RequestBody,
    ) -> Response<ResponseBody> {
        let asked = hooks::on_request(hooks, &mut request).await;
        let about =
            About { known: request.found.known(), ..About::new(request.parts(), request.id()) };
        let (mut response, mut passed) = match asked {
            Ok(()) => (self.answer(request.parts(), body, &about).await, hooks.len()),
            Err(Answered { answer, passed }) => (self.given(*answer, request.parts()), passed),
        };
        let mut attributes = Attributes::new();
        loop {
            let (mut parts, body) = response.into_parts();
            let mut seen = hook::Response::new(parts.status, None, &mut parts.headers);
            let asked = hooks::on_response(&hooks[..passed], &request, &mut seen).await;
            let wraps = std::mem::take(&mut seen.wraps);
            attributes.extend(std::mem::take(&mut seen.attributes));
            match asked {
                Ok(()) => {
                    let body = wraps.into_iter().fold(body, |body, wrap| {
                        body.wrapped(|body| wrap(&mut parts.headers, body))
                    });
                    response = Response::from_parts(parts, body);
                    break;
                }
                Err(Answered { answer, passed: before }) => {
                    (response, passed) = (self.given(*answer, request.parts()), before);
                }
            }
        }
        let about = About { answered: attributes, hides_id: request.found.hides_id, ..about };
        self.stamped(response, &about)
    }

    /// What a request gets when nobody has answered it before.
    async fn answer(
        &self,
        parts: &Parts,
        body: RequestBody,
        about: &About<'_>,
    ) -> Response<ResponseBody> {
        match head::pack(parts, &self.rules.base_path, self.rules.max_head) {
            Ok(head) => self.ask_guest(head, body, about).await,
            Err(refusal) => self.problem(&refuse(refusal, self.rules.max_head)),
        }
    }

    /// What a feature answers in place of the service. The rest of the request is not read.
    fn given(&self, answer: Answer, request: &Parts) -> Response<ResponseBody> {
        let Answer { status, headers, content, .. } = answer;
        let mut response = match content {
            Content::Error(error) => self.problem(&Problem { status, error }),
            Content::Bytes(bytes) => Response::new(ResponseBody::whole(bytes)),
        };
        *response.status_mut() = status;
        // Takes the place of what is there under the same names.
        response.headers_mut().extend(headers);
        let announced = |name| request.headers.get(name).is_some_and(|value| value != "0");
        let has_body = announced(CONTENT_LENGTH) || announced(TRANSFER_ENCODING);
        if request.version < Version::HTTP_2 && has_body {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Adds the request's id, and says in the log how the request was answered.
    fn stamped(
        &self,
        mut response: Response<ResponseBody>,
        about: &About<'_>,
    ) -> Response<ResponseBody> {
        if let Some(echo) = request_id::value(about.id).filter(|_| !about.hides_id) {
            response.headers_mut().insert(self.rules.request_id_header.clone(), echo);
        }
        self.log_request(about, response.status());
        response
    }

    fn health(&self, method: &Method) -> Response<ResponseBody> {
        if method != Method::GET && method != Method::HEAD {
            let problem = Problem::own(
                StatusCode::METHOD_NOT_ALLOWED,
                Kind::InvalidArguments,
                format!("method {method} is not allowed here"),
            );
            let mut response = self.problem(&problem);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let mut response = Response::new(ResponseBody::empty());
        if !self.health.is_serving() {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }

    async fn ask_guest(
        &self,
        head: bytes::Bytes,
        body: RequestBody,
        about: &About<'_>,
    ) -> Response<ResponseBody> {
        let rules = BodyRules { limit: self.rules.max_body, silence: self.rules.read_timeout };
        let (body, pump) = match body::receive(body, rules).await {
            Ok(received) => received,
            Err(cut) => return self.closing(&cut.problem(), about),
        };
        match self.call(guest::Request { head, body }, pump, about).await {
            Ok((Ok(response), pump)) => match reply::unpack(response, pump, about.id) {
                Ok(response) => response,
                Err(fault) => self.fault(&fault, about),
            },
            Ok((Err(error), _)) => {
                let problem = Problem::returned(error);
                self.log_error(&problem, about);
                self.problem(&problem)
            }
            Err(Ended::Fault(fault)) => self.fault(&fault, about),
            Err(Ended::Cut(cut)) => self.closing(&cut.problem(), about),
        }
    }

    /// Waits for the guest, and feeds it the request's body meanwhile. Gives back the pump when there
    /// is more of the body.
    async fn call(
        &self,
        request: guest::Request,
        pump: Option<Pump>,
        about: &About<'_>,
    ) -> Result<(Returned, Option<Pump>), Ended> {
        let mut call =
            pin!(self.workers.http(self.local, request, (about.id.clone(), about.known.clone()),));
        let Some(mut pump) = pump else { return Ok((call.await?, None)) };
        tokio::select! {
            biased;
            outcome = &mut call => Ok((outcome?, Some(pump))),
            pumped = &mut pump => match pumped {
                Ok(()) => Ok((call.await?, None)),
                Err(cut) => Err(Ended::Cut(cut)),
            },
        }
    }

    fn fault(&self, fault: &Fault, about: &About<'_>) -> Response<ResponseBody> {
        match fault {
            // Lost instances are reported where they are lost, refusals are not the service's doing.
            Fault::DeadlineExceeded { .. } | Fault::InvalidResponse(_) => {
                let attributes = Attributes::from_iter([(
                    "error.message".to_owned(),
                    Value::from(fault.to_string()),
                )]);
                self.log(Level::Error, "request failed", &attributes, about);
            }
            _ => (),
        }
        self.problem(&Problem::fault(fault))
    }

    fn problem(&self, problem: &Problem) -> Response<ResponseBody> {
        let mut response = Response::new(ResponseBody::whole(problem.json(&self.rules.errors)));
        *response.status_mut() = problem.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if problem.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    /// A problem after which the client may go on sending a body that nobody reads.
    fn closing(&self, problem: &Problem, about: &About<'_>) -> Response<ResponseBody> {
        let mut response = self.problem(problem);
        if about.version < Version::HTTP_2 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// An error that the service returned, with what only the log may know.
    fn log_error(&self, problem: &Problem, about: &About<'_>) {
        if problem.error.attributes.is_some() && problem::attributes(&problem.error).is_none() {
            let message = "the attributes of an error are no JSON object, leaving them out";
            self.log(Level::Warn, message, &Attributes::new(), about);
        }
        if !self.rules.logs_errors {
            return;
        }
        let error = &problem.error;
        let level = if error.kind == Kind::Internal { Level::Error } else { Level::Warn };
        let attributes = problem::log_attributes(error);
        self.log(level, "request failed", &attributes, about);
    }

    /// One line per request, for those who debug.
    fn log_request(&self, about: &About<'_>, status: StatusCode) {
        if self.logger.enabled(Level::Debug) {
            let mut attributes =
                Attributes::from_iter([("http.status".to_owned(), status.as_u16().into())]);
            attributes.extend(about.answered.clone());
            self.log(Level::Debug, "request answered", &attributes, about);
        }
    }

    fn log(&self, level: Level, message: &str, attributes: &Attributes, about: &About<'_>) {
        let mut context = Attributes::from_iter([
            (REQUEST_ID.to_owned(), Value::from(&**about.id)),
            ("http.method".to_owned(), Value::from(about.method.as_str())),
            ("http.path".to_owned(), Value::from(about.path)),
        ]);
        if let Some(known) = &about.known {
            context.extend(known.attributes.clone());
        }
        self.logger.log(level, message, attributes, &context);
    }
}

/// What log lines and answers need to know of a request.
struct About<'a> {
    method: &'a Method,
    path: &'a str,
    version: Version,
    id: &'a Arc<str>,
    /// What features have found out.
    known: Option<Arc<Known>>,
    /// What features add to the line that says how it was answered.
    answered: Attributes,
    /// Whether the client is not told its id.
    hides_id: bool,
}

impl<'a> About<'a> {
    fn new(parts: &'a Parts, id: &'a Arc<str>) -> Self {
        Self {
            method: &parts.method,
            path: parts.uri.path(),
            version: parts.version,
            id,
            known: None,
            answered: Attributes::new(),
            hides_id: false,
        }
    }
}

type Returned = Result<guest::Response, crate::bindings::errors::Error>;

/// Why a request did not get an answer from the guest.
enum Ended {
    Fault(Fault),
    Cut(Cut),
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn refuse(refusal: Refusal, limit: usize) -> Problem {
    let kind = Kind::InvalidArguments;
    match refusal {
        Refusal::Malformed(reason) => Problem::own(StatusCode::BAD_REQUEST, kind, reason),
        Refusal::TooLarge => Problem::own(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            kind,
            format!("the request head is larger than {limit} bytes"),
        ),
        Refusal::Elsewhere => Problem::own(StatusCode::NOT_FOUND, Kind::NotFound, "not found"),
    }
}
