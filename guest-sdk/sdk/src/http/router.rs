//! Which handler answers which method and path, as the author writes it.
//! Deliberately finds no route: `routes` does, with what this collects.

use std::fmt;

use ::http::Method;

use super::Handler;
use super::handler::{Erased, erase};

/// Which handler of the service `S` answers which method and path.
///
/// The rules of paths and methods are told in the [module](super). Mistakes such as two handlers for
/// the same route are reported together when the service starts.
pub struct Router<S: 'static> {
    pub(super) routes: Vec<Route<S>>,
    pub(super) fallback: Option<Box<dyn Erased<S>>>,
    /// What is wrong whatever the other routes are.
    pub(super) mistakes: Vec<String>,
    #[cfg(feature = "openapi")]
    pub(super) openapi: Option<super::openapi::Handle>,
}

/// One handler with what it answers.
pub(super) struct Route<S: 'static> {
    /// `None` means any that has no handler of its own.
    pub(super) method: Option<Method>,
    pub(super) path: String,
    pub(super) handler: Box<dyn Erased<S>>,
    #[cfg(feature = "openapi")]
    pub(super) described: Option<super::openapi::Described>,
}

impl<S: 'static> Router<S> {
    /// A router that answers every request 404.
    #[must_use]
    pub fn new() -> Self {
        Self {
            routes: Vec::new(),
            fallback: None,
            mistakes: Vec::new(),
            #[cfg(feature = "openapi")]
            openapi: None,
        }
    }

    /// Answers `GET`, and `HEAD` unless that has a handler of its own.
    #[must_use]
    pub fn get<A: 'static>(self, path: &str, handler: impl Handler<S, A>) -> Self {
        self.route(Method::GET, path, handler)
    }

    /// Answers `POST`.
    #[must_use]
    pub fn post<A: 'static>(self, path: &str, handler: impl Handler<S, A>) -> Self {
        self.route(Method::POST, path, handler)
    }

    /// Answers `PUT`.
    #[must_use]
    pub fn put<A: 'static>(self, path: &str, handler: impl Handler<S, A>) -> Self {
        self.route(Method::PUT, path, handler)
    }

    /// Answers `PATCH`.
    #[must_use]
    pub fn patch<A: 'static>(self, path: &str, handler: impl Handler<S, A>) -> Self {
        self.route(Method::PATCH, path, handler)
    }

    /// Answers `DELETE`.
    #[must_use]
    pub fn delete<A: 'static>(self, path: &str, handler: impl Handler<S, A>) -> Self {
        self.route(Method::DELETE, path, handler)
    }

    /// Answers `HEAD`, which otherwise the handler of `GET` does.
    #[must_use]
    pub fn head<A: 'static>(self, path: &str, handler: impl Handler<S, A>) -> Self {
        self.route(Method::HEAD, path, handler)
    }

    /// Answers `OPTIONS`, which otherwise is answered 204 with `Allow`.
    #[must_use]
    pub fn options<A: 'static>(self, path: &str, handler: impl Handler<S, A>) -> Self {
        self.route(Method::OPTIONS, path, handler)
    }

    /// Answers the method `method`.
    #[must_use]
    pub fn route<A: 'static>(
        mut self,
        method: Method,
        path: &str,
        handler: impl Handler<S, A>,
    ) -> Self {
        self.add(Some(method), path, handler);
        self
    }

    /// Answers all methods that have no handler of their own.
    #[must_use]
    pub fn any<A: 'static>(mut self, path: &str, handler: impl Handler<S, A>) -> Self {
        self.add(None, path, handler);
        self
    }

    /// Adds the routes of `inner` below `prefix`. The route `/` of `inner` is `prefix` itself.
    ///
    /// Parameters of the prefix come first in [`Path`](super::Path).
    #[must_use]
    pub fn nest(mut self, prefix: &str, inner: Self) -> Self {
        if !prefix.starts_with('/') || prefix.ends_with('/') {
            self.mistakes
                .push(format!("the prefix `{prefix}` must start with `/` and not end with it"));
        }
        if inner.fallback.is_some() {
            self.mistakes.push(format!(
                "the router below `{prefix}` has a fallback; only the outermost one can have it"
            ));
        }
        self.mistakes.extend(inner.mistakes);
        #[cfg(feature = "openapi")]
        self.adopt(inner.openapi);
        for route in inner.routes {
            #[cfg(feature = "openapi")]
            let route = route.described_below(prefix);
            let rest = if route.path == "/" { "" } else { &route.path };
            self.routes.push(Route { path: format!("{prefix}{rest}"), ..route });
        }
        self
    }

    /// Answers what no route matches, instead of 404. It may be set once.
    #[must_use]
    pub fn fallback<A: 'static>(mut self, handler: impl Handler<S, A>) -> Self {
        if self.fallback.is_some() {
            self.mistakes.push("there are two fallbacks".to_owned());
        }
        self.fallback = Some(erase(handler));
        self
    }

    fn add<A: 'static>(&mut self, method: Option<Method>, path: &str, handler: impl Handler<S, A>) {
        if !path.starts_with('/') {
            self.mistakes.push(format!("the path `{path}` must start with `/`"));
        }
        self.routes.push(Route {
            method,
            path: path.to_owned(),
            #[cfg(feature = "openapi")]
            described: handler.described(),
            handler: erase(handler),
        });
    }
}

impl<S: 'static> Default for Router<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: 'static> fmt::Debug for Router<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.routes).finish()
    }
}

impl<S: 'static> fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.as_ref().map_or("*", Method::as_str);
        write!(f, "{method} {}", self.path)
    }
}
