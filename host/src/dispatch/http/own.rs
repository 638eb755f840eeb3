//! What the host answers without the service and its features: the health check, and questions about the
//! server as such.

use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use super::Dispatcher;
use super::outcome::LoggedResponse;
use crate::bindings::errors::Kind as ErrorKind;
use crate::dispatch::body::ResponseBody;
use crate::dispatch::head;
use crate::dispatch::problem::Problem;

/// What the health check answers to.
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

impl Dispatcher {
    /// `None` if the request is the service's. Balancers that ask with `OPTIONS` want to know whether it
    /// serves, as those that ask with `GET`.
    pub(super) fn own_answer(&self, parts: &Parts) -> Option<LoggedResponse> {
        let path = parts.uri.path();
        let health = self.rules.health.as_deref();
        if health.is_some_and(|health| head::is_same_path(path, health)) {
            return Some(match parts.method {
                Method::GET | Method::HEAD => self.condition(StatusCode::OK).into(),
                Method::OPTIONS => {
                    let mut response = self.condition(StatusCode::NO_CONTENT);
                    response.headers_mut().insert(ALLOW, ALLOWED);
                    response.into()
                }
                _ => self.method_not_allowed(&parts.method),
            });
        }
        // About the server as a whole (RFC 9110 section 9.3.7).
        (parts.method == Method::OPTIONS && path == "*")
            .then(|| self.condition(StatusCode::NO_CONTENT).into())
    }

    /// `well` while the service serves.
    fn condition(&self, well: StatusCode) -> Response<ResponseBody> {
        let mut response = Response::new(ResponseBody::empty());
        let serves = self.health.is_serving();
        *response.status_mut() = if serves { well } else { StatusCode::SERVICE_UNAVAILABLE };
        if response.status() != StatusCode::NO_CONTENT {
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, text);
        }
        response
    }

    fn method_not_allowed(&self, method: &Method) -> LoggedResponse {
        let problem = Problem::own(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorKind::InvalidArguments,
            format!("method {method} is not allowed here"),
        );
        let mut reply = self.failed(problem);
        reply.response.headers_mut().insert(ALLOW, ALLOWED);
        reply
    }
}
