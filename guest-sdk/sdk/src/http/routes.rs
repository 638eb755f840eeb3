//! Finds the handler of a request and lets it answer.
//! Deliberately built once per instance: a request only looks up.

use ::http::{Method, StatusCode};
use matchit::InsertError;

use super::handler::Erased;
use super::pattern;
use super::router::Router;
use super::{Head, Request, Response};
use crate::error::{Result, ServiceError, wire};
use crate::imports;

/// The routes of the service `S`, ready to be looked up.
pub(crate) struct Routes<S: 'static> {
    paths: matchit::Router<Methods<S>>,
    fallback: Option<Box<dyn Erased<S>>>,
}

/// The handlers of one path.
struct Methods<S: 'static> {
    by_method: Vec<(Method, Box<dyn Erased<S>>)>,
    any: Option<Box<dyn Erased<S>>>,
}

impl<S: 'static> Routes<S> {
    /// Builds the table. Reports all that is wrong with the routes at once.
    pub(crate) fn new(router: Router<S>) -> Result<Self> {
        #[cfg(feature = "openapi")]
        let router = router.planned();
        let mut mistakes = router.mistakes;
        let mut by_path: Vec<(String, Methods<S>)> = Vec::new();
        for route in router.routes {
            let shown = format!("{route:?}");
            let path = match pattern::of_route(&route.path) {
                Ok(path) => path,
                Err(mistake) => {
                    mistakes.push(mistake);
                    continue;
                }
            };
            if let Err(mistake) = route.handler.check_route(&pattern::parameters(&path)) {
                mistakes.push(format!("`{shown}`: {mistake}"));
            }
            let index = by_path.iter().position(|(known, _)| *known == path);
            let index = index.unwrap_or_else(|| {
                by_path.push((path, Methods { by_method: Vec::new(), any: None }));
                by_path.len() - 1
            });
            if !by_path[index].1.insert(route.method, route.handler) {
                mistakes.push(format!("there are two handlers for `{shown}`"));
            }
        }
        let fallback = router.fallback;
        if let Some(Err(mistake)) = fallback.as_ref().map(|handler| handler.check_route(&[])) {
            mistakes.push(format!("the fallback: {mistake}"));
        }
        let mut paths = matchit::Router::new();
        for (path, methods) in by_path {
            if let Some(name) = ambiguous_parameter(&path) {
                mistakes.push(format!("`{path}` has two parameters `{name}`"));
            }
            if let Err(error) = paths.insert(path.as_str(), methods) {
                mistakes.push(explain(&path, &error));
            }
        }
        if mistakes.is_empty() {
            return Ok(Self { paths, fallback });
        }
        let mistakes = mistakes.join("; ");
        Err(ServiceError::internal("`Http::routes` is not valid")
            .with_message(format!("cannot build the routes: {mistakes}")))
    }

    /// Answers a request.
    pub(crate) async fn respond(
        &'static self,
        service: &'static S,
        mut request: Request,
    ) -> Response {
        let head = request.head();
        let Ok(found) = self.paths.at(head.canonical_path()) else {
            let Some(handler) = &self.fallback else { return not_found(head) };
            return handler.call(service, request).await;
        };
        let methods = found.value;
        let parameters = head.parameters_of(found.params.iter());
        request.head_mut().set_parameters(parameters);
        match methods.get(request.head().method()) {
            Some(handler) => handler.call(service, request).await,
            None if request.head().method() == Method::OPTIONS => {
                Response::new(StatusCode::NO_CONTENT).with_header("allow", methods.allow())
            }
            None => method_not_allowed(request.head(), &methods.allow()),
        }
    }
}

impl<S: 'static> Methods<S> {
    /// `false` when there is a handler for this method already.
    fn insert(&mut self, method: Option<Method>, handler: Box<dyn Erased<S>>) -> bool {
        match method {
            None => self.any.replace(handler).is_none(),
            Some(method) => {
                let is_new = !self.by_method.iter().any(|(known, _)| *known == method);
                self.by_method.push((method, handler));
                is_new
            }
        }
    }

    fn get(&self, method: &Method) -> Option<&dyn Erased<S>> {
        let of = |method: &Method| {
            let found = self.by_method.iter().find(|(known, _)| known == method);
            found.map(|(_, handler)| &**handler)
        };
        of(method)
            .or_else(|| if method == Method::HEAD { of(&Method::GET) } else { None })
            .or(self.any.as_deref())
    }

    /// The value of the field `allow`.
    fn allow(&self) -> String {
        let mut methods: Vec<&str> =
            self.by_method.iter().map(|(known, _)| known.as_str()).collect();
        if methods.contains(&"GET") && !methods.contains(&"HEAD") {
            methods.push("HEAD");
        }
        if !methods.contains(&"OPTIONS") {
            methods.push("OPTIONS");
        }
        methods.join(", ")
    }
}

fn not_found(head: &Head) -> Response {
    let message = format!("no route for `{} {}`", head.method(), head.path());
    Response::of_error(ServiceError::not_found(message))
}

/// The contract's errors have no kind for this status, so it is a response that looks like one.
fn method_not_allowed(head: &Head, allow: &str) -> Response {
    let (method, path) = (head.method(), head.path());
    let error = ServiceError::invalid_arguments(format!(
        "`{path}` does not answer `{method}`, expected one of {allow}"
    ));
    wire::response(&error, StatusCode::METHOD_NOT_ALLOWED, &imports::describe().name)
        .with_header("allow", allow)
}

/// The name of a parameter that occurs twice, for example once in a prefix and once below it.
fn ambiguous_parameter(path: &str) -> Option<&str> {
    let names = pattern::parameters(path);
    let twice = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name));
    twice.map(|(_, name)| *name)
}

fn explain(path: &str, error: &InsertError) -> String {
    match error {
        InsertError::Conflict { with } => format!("`{path}` conflicts with `{with}`"),
        InsertError::InvalidParamSegment => {
            format!("a segment of `{path}` has more than one parameter")
        }
        InsertError::InvalidParam => format!("a parameter of `{path}` has no valid name"),
        InsertError::InvalidCatchAll => {
            format!("a parameter `{{*name}}` must be the end of the path, unlike in `{path}`")
        }
        other => format!("`{path}` is not valid: {other}"),
    }
}
