//! Finds the handler of a request and lets it answer.
//! Deliberately built once per instance, by `build`: a request only looks up.

mod build;

use std::future::ready;

use ::http::{Method, StatusCode};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::handler::Erased;
#[cfg(target_family = "wasm")]
use super::pattern;
use super::{Head, Request, Response};
use crate::error::ServiceError;

/// The routes of the service `S`, ready to be looked up.
pub(crate) struct Routes<S: 'static> {
    /// Where in `methods` the handlers of a path are. Both tables hold numbers, so that a component has
    /// the code that looks up once.
    paths: matchit::Router<usize>,
    methods: Vec<Methods<S>>,
    /// What answers what no route matches.
    fallback: Option<Box<dyn Erased<S>>>,
    /// Where in `nested_fallbacks` the one for a path is that no route matches.
    below_prefixes: matchit::Router<usize>,
    nested_fallbacks: Vec<NestedFallback<S>>,
}

/// The handlers of one path.
struct Methods<S: 'static> {
    route: Matched,
    by_method: Vec<(Method, Box<dyn Erased<S>>)>,
    /// Answers all other methods.
    others: Option<Box<dyn Erased<S>>>,
    /// Refuses them if nothing does, when a layer is around that.
    refusal: Option<Box<dyn Erased<S>>>,
}

/// What a request knows of the path that it has matched.
#[derive(Debug)]
pub(super) struct Matched {
    /// As the author has written it.
    pub(super) path: String,
    /// The value of the field `allow`.
    allow: String,
}

struct NestedFallback<S: 'static> {
    handler: Box<dyn Erased<S>>,
    /// How many parameters the prefix has.
    parameters: usize,
}

impl<S: 'static> Routes<S> {
    /// The paths of all routes, as `matchit` writes them.
    #[cfg(target_family = "wasm")]
    pub(crate) fn patterns(&self) -> Vec<String> {
        let patterns = self.methods.iter().map(|methods| pattern::of_route(&methods.route.path));
        // One that is not valid was reported when the table was built.
        patterns.filter_map(Result::ok).collect()
    }

    /// Answers a request.
    pub(crate) async fn respond(
        &'static self,
        service: &'static S,
        mut request: Request,
    ) -> Response {
        match self.find(request.head_mut()) {
            Some(handler) => handler.call(service, request).await,
            None => refuse(request.head()),
        }
    }

    /// What answers a request; its head then knows the route.
    fn find(&'static self, head: &mut Head) -> Option<&'static dyn Erased<S>> {
        if let Ok(found) = self.paths.at(head.canonical_path()) {
            let methods = &self.methods[*found.value];
            let parameters = head.parameters_of(found.params.iter());
            head.set_route(Some(&methods.route), parameters);
            return methods.get(head.method());
        }
        if let Ok(found) = self.below_prefixes.at(head.canonical_path()) {
            let NestedFallback { handler, parameters } = &self.nested_fallbacks[*found.value];
            let parameters = head.parameters_of(found.params.iter().take(*parameters));
            head.set_route(None, parameters);
            return Some(&**handler);
        }
        self.fallback.as_deref()
    }
}

impl<S: 'static> Methods<S> {
    fn get(&self, method: &Method) -> Option<&dyn Erased<S>> {
        let of = |method: &Method| {
            let found = self.by_method.iter().find(|(known, _)| known == method);
            found.map(|(_, handler)| &**handler)
        };
        of(method)
            .or_else(|| if method == Method::HEAD { of(&Method::GET) } else { None })
            .or(self.others.as_deref())
            .or(self.refusal.as_deref())
    }
}

/// Refuses requests that no handler answers.
pub(super) struct Refusal;

impl<S: 'static> Erased<S> for Refusal {
    fn check_route(&self, _parameters: &[&str]) -> Result<(), String> {
        Ok(())
    }

    fn call(
        &'static self,
        _service: &'static S,
        request: Request,
    ) -> LocalBoxFuture<'static, Response> {
        ready(refuse(request.head())).boxed_local()
    }
}

/// The answer to an unknown path, or to an unknown method of a known one.
fn refuse(head: &Head) -> Response {
    let (method, path) = (head.method(), head.path());
    let Some(route) = head.route() else {
        return Response::of_error(ServiceError::not_found(format!(
            "no route for `{method} {path}`"
        )));
    };
    let allow = &route.allow;
    if method == Method::OPTIONS {
        return Response::new(StatusCode::NO_CONTENT).with_header("allow", allow);
    }
    let error = ServiceError::invalid_arguments(format!(
        "`{path}` does not answer `{method}`, expected one of {allow}"
    ));
    Response::of_error(error.with_status(StatusCode::METHOD_NOT_ALLOWED))
        .with_header("allow", allow)
}
