//! Which handler answers which method and path, as the author writes it.
//! Deliberately finds no route: `routes` does, with what this collects.

use std::fmt;
use std::rc::Rc;

use ::http::Method;

use super::handler::{Erased, erase};
use super::middleware::{Around, share};
use super::part::OfPart;
use super::routes::Refusal;
use super::{Handler, Middleware};

/// Which handler of the service `S` answers which method and path.
///
/// The rules of paths and methods are told in the [module](super). Mistakes such as two handlers for
/// the same route are reported together when the service starts.
pub struct Router<S: 'static> {
    pub(super) routes: Vec<Route<S>>,
    pub(super) fallbacks: Vec<Fallback<S>>,
    /// What refuses unknown paths below the outermost router, once a layer is around that.
    pub(super) refusal: Option<Box<dyn Erased<S>>>,
    /// What is wrong whatever the other routes are.
    pub(super) mistakes: Vec<String>,
    #[cfg(feature = "openapi")]
    pub(super) openapi: Option<super::openapi::Handle>,
}

/// One handler with what it answers.
pub(super) struct Route<S: 'static> {
    pub(super) answers: Answers,
    pub(super) path: String,
    pub(super) handler: Box<dyn Erased<S>>,
    #[cfg(feature = "openapi")]
    pub(super) described: Option<super::openapi::Described>,
}

/// Which methods a handler answers.
pub(super) enum Answers {
    Method(Method),
    /// Those that have no handler of their own.
    Others,
    /// Those that nothing else answers: the handler is the refusal, which a layer is around.
    Unanswered,
}

/// A handler for what no route below a prefix matches.
pub(super) struct Fallback<S: 'static> {
    pub(super) prefix: String,
    pub(super) handler: Box<dyn Erased<S>>,
}

impl<S: 'static> Router<S> {
    /// A router that answers every request 404.
    #[must_use]
    pub fn new() -> Self {
        Self {
            routes: Vec::new(),
            fallbacks: Vec::new(),
            refusal: None,
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
        self.add(Answers::Method(method), path, handler);
        self
    }

    /// Answers all methods that have no handler of their own.
    #[must_use]
    pub fn any<A: 'static>(mut self, path: &str, handler: impl Handler<S, A>) -> Self {
        self.add(Answers::Others, path, handler);
        self
    }

    /// Adds the routes of `inner` below `prefix`. The route `/` of `inner` is `prefix` itself.
    ///
    /// Parameters of the prefix come first in [`Path`](super::Path). What no route of `inner` matches is
    /// answered by its [fallback](Self::fallback) if it has one, otherwise by that of this router.
    ///
    /// A router with a state of its own is turned into one for this service by
    /// [`with_state`](Self::with_state) or [`with_part`](Self::with_part).
    #[must_use]
    pub fn nest(mut self, prefix: &str, inner: Self) -> Self {
        if matches!(prefix, "" | "/") {
            self.mistakes.push(format!(
                "`nest` needs a prefix, found `{prefix}`; add routes without one with `merge`"
            ));
        } else if !prefix.starts_with('/') || prefix.ends_with('/') {
            self.mistakes
                .push(format!("the prefix `{prefix}` must start with `/` and not end with it"));
        }
        self.mistakes.extend(inner.mistakes);
        #[cfg(feature = "openapi")]
        self.adopt(inner.openapi);
        self.routes.extend(inner.routes.into_iter().map(|route| {
            #[cfg(feature = "openapi")]
            let route = route.described_below(prefix);
            let rest = if route.path == "/" { "" } else { &route.path };
            Route { path: format!("{prefix}{rest}"), ..route }
        }));
        self.fallbacks.extend(inner.fallbacks.into_iter().map(|fallback| Fallback {
            prefix: format!("{prefix}{}", fallback.prefix),
            ..fallback
        }));
        self
    }

    /// Adds the routes of `other`, and its fallback; only one of the two may have one.
    ///
    /// Layers of `other` are around its routes only.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.mistakes.extend(other.mistakes);
        #[cfg(feature = "openapi")]
        self.adopt(other.openapi);
        self.routes.extend(other.routes);
        self.fallbacks.extend(other.fallbacks);
        self
    }

    /// Answers what no route matches, instead of 404. It may be set once.
    ///
    /// The fallback of a [nested](Self::nest) router answers below its prefix. A route wins over every
    /// fallback.
    #[must_use]
    pub fn fallback<A: 'static>(mut self, handler: impl Handler<S, A>) -> Self {
        self.fallbacks.push(Fallback { prefix: String::new(), handler: erase(handler) });
        self
    }

    /// Puts a [middleware](Middleware) around everything that this router has so far: its routes, with
    /// those that are nested or merged, its fallback, and its refusals of unknown paths and methods.
    ///
    /// What is added later is not wrapped, so it usually comes last. Of several layers the last is the
    /// outermost: it sees a request first and its response last.
    ///
    /// ```text
    ///               request   response
    ///                  │         ▲
    /// .layer(b)     ┌──▼──── b ──┴──┐
    /// .layer(a)     │ ┌▼──── a ──┴┐ │
    ///               │ │  handler  │ │
    ///               │ └───────────┘ │
    ///               └───────────────┘
    /// ```
    ///
    /// Layers of a nested router run inside of those of the outer one. They see unknown methods of their
    /// paths, but unknown paths only if the nested router has a fallback: otherwise these belong to the
    /// outer router.
    ///
    /// A middleware runs after the route was found: it can take [`Path`](super::Path) and
    /// [`MatchedPath`](super::MatchedPath), and cannot choose another route.
    #[must_use]
    pub fn layer<A: 'static>(mut self, middleware: impl Middleware<S, A>) -> Self {
        if self.routes.is_empty() && self.fallbacks.is_empty() {
            self.mistakes.push(TOO_EARLY.to_owned());
        }
        self.add_refusals();
        let middleware = share(middleware);
        self.map(|_answers, handler| Box::new(Around::new(Rc::clone(&middleware), handler)))
    }

    /// Puts a [middleware](Middleware) around the routes that this router has so far, and around nothing
    /// else: refusals of unknown paths and methods, and the fallback, stay as they are.
    ///
    /// For example for authorization, so that an unknown path is 404 rather than 401. The order is that
    /// of [`layer`](Self::layer).
    #[must_use]
    pub fn route_layer<A: 'static>(mut self, middleware: impl Middleware<S, A>) -> Self {
        if self.routes.is_empty() {
            self.mistakes.push(TOO_EARLY.to_owned());
        }
        let middleware = share(middleware);
        self.map(|answers, handler| match answers {
            Some(Answers::Method(_) | Answers::Others) => {
                Box::new(Around::new(Rc::clone(&middleware), handler))
            }
            Some(Answers::Unanswered) | None => handler,
        })
    }

    /// Makes this router one of another service: its handlers get `state` instead of that service.
    ///
    /// ```
    /// use mikros_sdk::prelude::*;
    ///
    /// struct Shop;
    ///
    /// struct Status {
    ///     name: &'static str,
    /// }
    ///
    /// async fn show(status: &Status) -> &'static str {
    ///     status.name
    /// }
    ///
    /// impl Service for Shop {
    ///     async fn on_start() -> Result<Self> {
    ///         Ok(Self)
    ///     }
    /// }
    ///
    /// impl Http for Shop {
    ///     fn routes() -> Router<Self> {
    ///         let status = Router::new().get("/", show).with_state(Status { name: "shop" });
    ///         Router::new().nest("/status", status)
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn with_state<T: 'static>(self, state: S) -> Router<T> {
        // Leaked, because handlers get what lives as long as the instance.
        let state: &'static S = Box::leak(Box::new(state));
        self.with_part(move |_service| state)
    }

    /// Makes this router one of the service `T`: its handlers get what `part` takes from that.
    ///
    /// So a part of a service can have routes without knowing the service, with what
    /// [`on_start`](crate::Service::on_start) has made of it.
    ///
    /// ```
    /// use mikros_sdk::prelude::*;
    ///
    /// struct Stock {
    ///     items: Vec<String>,
    /// }
    ///
    /// impl Stock {
    ///     async fn count(&self) -> String {
    ///         self.items.len().to_string()
    ///     }
    /// }
    ///
    /// struct Shop {
    ///     stock: Stock,
    /// }
    ///
    /// let stock = Router::new().get("/count", Stock::count);
    /// let routes = Router::new().nest("/stock", stock.with_part(|shop: &'static Shop| &shop.stock));
    /// # drop(routes);
    /// ```
    #[must_use]
    pub fn with_part<T: 'static>(
        self,
        part: impl Fn(&'static T) -> &'static S + 'static,
    ) -> Router<T> {
        let part: Rc<dyn Fn(&'static T) -> &'static S> = Rc::new(part);
        self.map(|_answers, handler| Box::new(OfPart::new(Rc::clone(&part), handler)))
    }

    fn add<A: 'static>(&mut self, answers: Answers, path: &str, handler: impl Handler<S, A>) {
        if !path.starts_with('/') {
            self.mistakes.push(format!("the path `{path}` must start with `/`"));
        }
        self.routes.push(Route {
            answers,
            path: path.to_owned(),
            #[cfg(feature = "openapi")]
            described: handler.described(),
            handler: erase(handler),
        });
    }

    /// Makes handlers of what is otherwise answered without one, so that a layer can be around them.
    fn add_refusals(&mut self) {
        for index in 0..self.routes.len() {
            let path = &self.routes[index].path;
            let refuses = |route: &Route<S>| {
                route.path == *path && matches!(route.answers, Answers::Unanswered)
            };
            if !self.routes.iter().any(refuses) {
                let path = path.clone();
                self.routes.push(Route {
                    answers: Answers::Unanswered,
                    path,
                    handler: Box::new(Refusal),
                    #[cfg(feature = "openapi")]
                    described: None,
                });
            }
        }
        self.refusal.get_or_insert_with(|| Box::new(Refusal));
    }

    /// Makes another handler of each; that of a route gets what it answers.
    fn map<T>(
        self,
        mut make: impl FnMut(Option<&Answers>, Box<dyn Erased<S>>) -> Box<dyn Erased<T>>,
    ) -> Router<T> {
        let routes = self.routes.into_iter().map(|route| Route {
            handler: make(Some(&route.answers), route.handler),
            answers: route.answers,
            path: route.path,
            #[cfg(feature = "openapi")]
            described: route.described,
        });
        let routes = routes.collect();
        let fallbacks = self.fallbacks.into_iter();
        let fallbacks = fallbacks
            .map(|Fallback { prefix, handler }| Fallback { prefix, handler: make(None, handler) });
        let fallbacks = fallbacks.collect();
        let refusal = self.refusal.map(|handler| make(None, handler));
        Router {
            routes,
            fallbacks,
            refusal,
            mistakes: self.mistakes,
            #[cfg(feature = "openapi")]
            openapi: self.openapi,
        }
    }
}

const TOO_EARLY: &str =
    "a layer is around nothing: it wraps the routes that are added before it, so add it after them";

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
        let method = match &self.answers {
            Answers::Method(method) => method.as_str(),
            Answers::Others => "*",
            Answers::Unanswered => "-",
        };
        write!(f, "{method} {}", self.path)
    }
}
