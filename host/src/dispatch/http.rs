//! HTTP requests: what the host answers itself, and what goes to the guest.

mod outcome;
mod own;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Uri, Version};
use tonic::Code;

use self::outcome::{LoggedResponse, RequestFailure};
use super::body::{ResponseBody, cut_problem};
use super::framing;
use super::head::{self, Refusal};
use super::health::Health;
use super::hooks::{self, Answered, HookedProtocol, Hooks};
use super::problem::{ErrorRules, Problem};
use super::pump::Pump;
use super::{reply, request_id};
use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};
use crate::call::body::{BodyLimits, receive};
use crate::call::error::{invalid_parts, retry_after};
use crate::call::http::HttpRequest;
use crate::call::{CallDepth, Context, Fault, PeerIdentity, RequestAnnotations, RequestTarget};
use crate::extension::{self as hook, Answer, Body, Content, Hooked, Transport};
use crate::guest::Workers;
use crate::http2::RequestBody;
use crate::observe::{DeclaredRoutes, RequestDetails, Route};
use crate::telemetry::{Attributes, Event, Level, Logger};

/// How a service wants its HTTP requests to be treated. Sources in `service.toml` are named in the
/// definition.
#[derive(Debug)]
pub(crate) struct HttpRules {
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
pub(crate) struct Dispatcher {
    pub rules: Arc<HttpRules>,
    pub workers: Workers,
    /// Index of the worker on this thread.
    pub local: usize,
    pub logger: Logger,
    pub health: Health,
    pub hooks: Hooks,
    pub routes: DeclaredRoutes,
}

impl Dispatcher {
    pub(crate) fn route_of(&self, path: &str) -> Option<Route> {
        self.routes.find(path)
    }

    /// Answers one request of a client at `peer`.
    ///
    /// # Cancel safety
    /// When the future is dropped, because the client went away, the guest is told so.
    pub(crate) async fn respond(
        &self,
        request: Request<RequestBody>,
        peer: SocketAddr,
    ) -> Result<Response<ResponseBody>, Infallible> {
        let (mut parts, body) = request.into_parts();
        let id = request_id::of(&parts.headers, &self.rules.request_id_header);
        if let Some(reply) = self.before_hooks(&mut parts) {
            let hides_id = self.hooks.decide_ids();
            RequestDetails::note(&parts.extensions, &id, None);
            let about = About { hides_id, ..About::new(&parts, &id, peer) };
            return Ok(self.stamped(reply, &about));
        }
        if let Some(hooks) = self.hooks.all() {
            let request = hook::Request::new(Transport::Http, &mut parts, peer, self.local, id);
            return Ok(Box::pin(self.respond_hooked(hooks, request, body)).await);
        }
        RequestDetails::note(&parts.extensions, &id, None);
        let about = About::new(&parts, &id, peer);
        let reply = self.answer(&parts, body, &about).await;
        Ok(self.stamped(reply, &about))
    }

    /// The answer to a request that features do not see either.
    fn before_hooks(&self, parts: &mut Parts) -> Option<LoggedResponse> {
        let answer = match self.own_answer(parts) {
            // Probes often name no host. One that is malformed is refused whatever is asked for.
            Some(answer) => head::check_host(parts).map(|()| answer),
            None => return Some(self.refused(head::accept(parts).err()?)),
        };
        Some(answer.unwrap_or_else(|refusal| self.refused(refusal)))
    }

    fn refused(&self, refusal: Refusal) -> LoggedResponse {
        self.failed(refuse(refusal, self.rules.max_head))
    }

    /// Answers a request with the hooks of features around the guest.
    async fn respond_hooked(
        &self,
        hooks: &[Hooked],
        mut request: hook::Request<'_>,
        body: RequestBody,
    ) -> Response<ResponseBody> {
        let begun = Instant::now();
        let asked = hooks::on_request(hooks, &mut request).await;
        let annotations = request.found.annotations();
        RequestDetails::note(&request.parts().extensions, request.id(), request.identity());
        let about = About::new(request.parts(), request.id(), request.peer());
        let about = About { begun, annotations, ..about };
        let (LoggedResponse { response, failure }, passed) = match asked {
            Ok(()) => (self.answer(request.parts(), body, &about).await, hooks),
            Err(Answered { answer, passed }) => (self.given(&request, *answer).into(), passed),
        };
        let (response, answered) = hooks::on_response(self, passed, &request, response).await;
        let about = About { answered, hides_id: request.found.hides_id, ..about };
        self.stamped(LoggedResponse { response, failure }, &about)
    }

    /// What a request gets when nobody has answered it before.
    async fn answer(&self, parts: &Parts, body: RequestBody, about: &About<'_>) -> LoggedResponse {
        match head::pack(parts, &self.rules.base_path, self.rules.max_head) {
            Ok(head) => self.ask_guest(head, body, about).await,
            Err(refusal) => self.refused(refusal),
        }
    }

    /// Fits a response to its request, adds the id, and says in the log how the request was answered.
    fn stamped(
        &self,
        LoggedResponse { response, failure }: LoggedResponse,
        about: &About<'_>,
    ) -> Response<ResponseBody> {
        let mut response = framing::fit(response, about.method, about.version);
        if let Some(echo) = request_id::value(about.id).filter(|_| !about.hides_id) {
            response.headers_mut().insert(self.rules.request_id_header.clone(), echo);
        }
        self.log_request(about, response.status(), failure.as_ref());
        response
    }

    async fn ask_guest(
        &self,
        head: bytes::Bytes,
        body: RequestBody,
        about: &About<'_>,
    ) -> LoggedResponse {
        let limits = BodyLimits { size: self.rules.max_body, silence: self.rules.read_timeout };
        let (body, pump) = match receive(body, limits, |cut| cut_problem(*cut).error).await {
            Ok(received) => received,
            Err(cut) => return self.closing(cut_problem(cut), about),
        };
        let mut pump = pump.map_or_else(Pump::done, Pump::new);
        let request = HttpRequest { head, body };
        let call = self.workers.http(self.local, request, about.context());
        match pump.during(call).await {
            Ok(Ok(Ok(response))) => match reply::unpack(response, pump, about.method, about.id) {
                Ok(response) => LoggedResponse::returned(response),
                Err(fault) => self.fault(fault),
            },
            Ok(Ok(Err(error))) => {
                let problem = Problem::returned(error);
                self.check_error(&problem.error, about);
                self.failed(problem)
            }
            Ok(Err(fault)) => self.fault(fault),
            Err(cut) => self.closing(cut_problem(cut), about),
        }
    }

    fn fault(&self, fault: Fault) -> LoggedResponse {
        let response = self.problem(&Problem::fault(&fault));
        LoggedResponse { response, failure: Some(RequestFailure::Fault(fault)) }
    }

    /// A problem that the log tells of as well.
    fn failed(&self, problem: Problem) -> LoggedResponse {
        let response = self.problem(&problem);
        LoggedResponse { response, failure: Some(RequestFailure::Error(problem.error)) }
    }

    fn problem(&self, problem: &Problem) -> Response<ResponseBody> {
        let mut response = Response::new(ResponseBody::whole(problem.json(&self.rules.errors)));
        *response.status_mut() = problem.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(after) = retry_after(&problem.error) {
            // Whole seconds, rounded up (RFC 9110 section 10.2.3).
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }

    /// A problem of a body that is not what its client has announced, or longer than it may be.
    fn closing(&self, problem: Problem, about: &About<'_>) -> LoggedResponse {
        let mut reply = self.failed(problem);
        if about.version < Version::HTTP_2 {
            reply.response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        reply
    }

    fn check_error(&self, error: &ServiceError, about: &About<'_>) {
        for message in invalid_parts(error) {
            let context = about.context().attributes();
            let logger = self.logger.event(Event::ErrorInvalid);
            logger.log(Level::Warn, message, &Attributes::new(), &context);
        }
    }

    /// The one line of a request: an error if its status is 500 or more, at debug otherwise, so that
    /// nobody outside can fill the log.
    fn log_request(&self, about: &About<'_>, status: StatusCode, failure: Option<&RequestFailure>) {
        let is_error = status.is_server_error();
        let failure = failure.filter(|_| is_error || self.rules.logs_errors);
        let level = match failure {
            Some(failure) if is_error && !failure.is_reported() => Level::Error,
            _ => Level::Debug,
        };
        if !self.logger.enabled(level) {
            return;
        }
        let (event, message) = match failure {
            Some(_) => (Event::RequestFailed, "request failed"),
            None => (Event::RequestAnswered, "request answered"),
        };
        let mut attributes = failure.map_or_else(Attributes::new, RequestFailure::attributes);
        attributes.insert("http.status".to_owned(), status.as_u16().into());
        let micros = u64::try_from(about.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        attributes.insert("duration_us".to_owned(), micros.into());
        attributes.extend(about.answered.clone());
        let context = about.context().attributes();
        self.logger.event(event).log(level, message, &attributes, &context);
    }
}

impl HookedProtocol for Dispatcher {
    type Body = ResponseBody;

    fn code(_: &HeaderMap, _: &ResponseBody) -> Option<Code> {
        None
    }

    fn given(&self, _: &hook::Request<'_>, answer: Answer) -> Response<ResponseBody> {
        let Answer { status, headers, content, .. } = answer;
        let mut response = match content {
            Content::Error(error) => self.problem(&Problem { status, error }),
            Content::Bytes(bytes) => Response::new(ResponseBody::whole(bytes)),
        };
        *response.status_mut() = status;
        // Takes the place of what is there under the same names.
        response.headers_mut().extend(headers);
        response
    }

    fn wrapped(body: ResponseBody, wrap: impl FnOnce(Body) -> Body) -> ResponseBody {
        body.wrapped(wrap)
    }
}

/// What log lines and answers need to know of a request.
struct About<'a> {
    method: &'a Method,
    target: &'a Uri,
    version: Version,
    /// When its head had arrived.
    begun: Instant,
    peer: SocketAddr,
    depth: CallDepth,
    id: &'a Arc<str>,
    /// What features have found out.
    annotations: Option<Arc<RequestAnnotations>>,
    /// What features add to the line that says how it was answered.
    answered: Attributes,
    /// Whether the client is not told its id.
    hides_id: bool,
}

impl<'a> About<'a> {
    fn new(parts: &'a Parts, id: &'a Arc<str>, peer: SocketAddr) -> Self {
        Self {
            method: &parts.method,
            target: &parts.uri,
            version: parts.version,
            begun: Instant::now(),
            peer,
            depth: CallDepth::of(&parts.extensions),
            id,
            annotations: PeerIdentity::of(&parts.extensions).cloned(),
            answered: Attributes::new(),
            hides_id: false,
        }
    }

    /// What a call for it needs to know of it.
    fn context(&self) -> Context {
        let path = self.target.path_and_query().cloned();
        let target = path.map(|path| RequestTarget::Http { method: self.method.clone(), path });
        let (request_id, annotations) = (Some(self.id.clone()), self.annotations.clone());
        let (peer, depth) = (Some(self.peer), self.depth);
        Context { peer, request_id, target, annotations, depth, ..Context::default() }
    }
}

fn refuse(refusal: Refusal, limit: usize) -> Problem {
    let kind = ErrorKind::InvalidArguments;
    match refusal {
        Refusal::Malformed(reason) => Problem::own(StatusCode::BAD_REQUEST, kind, reason),
        Refusal::TooManyFields => Problem::own(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            kind,
            format!("the request has more than {} header fields", head::MOST_FIELDS),
        ),
        Refusal::TooLarge => Problem::own(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            kind,
            format!("the request head is larger than {limit} bytes"),
        ),
        Refusal::Elsewhere => Problem::own(StatusCode::NOT_FOUND, ErrorKind::NotFound, "not found"),
    }
}
