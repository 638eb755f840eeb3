//! Builds the table of routes and finds all that is wrong with them.
//! Deliberately runs once, when the service starts: no request pays for it.

use matchit::InsertError;

use super::{Matched, Methods, NestedFallback, Routes};
use crate::error::{Result, ServiceError};
use crate::http::handler::Erased;
use crate::http::pattern;
use crate::http::router::{Answers, Fallback, Route, Router};

/// What is below a prefix.
const REST: &str = "/{*rest}";

impl<S: 'static> Routes<S> {
    /// Builds the table. Reports all that is wrong with the routes at once.
    pub(crate) fn new(router: Router<S>) -> Result<Self> {
        #[cfg(feature = "openapi")]
        let router = router.planned();
        let Router { routes, fallbacks, refusal, mut mistakes, .. } = router;
        let (paths, methods) = paths(routes, &mut mistakes);
        let (own, nested): (Vec<_>, Vec<_>) =
            fallbacks.into_iter().partition(|fallback| fallback.prefix.is_empty());
        let own = own_fallback(own, &mut mistakes);
        let (below_prefixes, nested_fallbacks) = nested_fallbacks(nested, &mut mistakes);
        if let (None, Some(Err(mistake))) = (&own, refusal.as_ref().map(|it| it.check_route(&[]))) {
            mistakes.push(format!(
                "a layer is also around the refusal of unknown paths, use `route_layer` instead: {mistake}"
            ));
        }
        if mistakes.is_empty() {
            let fallback = own.or(refusal);
            return Ok(Self { paths, methods, fallback, below_prefixes, nested_fallbacks });
        }
        let mistakes = mistakes.join("; ");
        Err(ServiceError::internal("`Http::routes` is not valid")
            .with_message(format!("cannot build the routes: {mistakes}")))
    }
}

fn paths<S: 'static>(
    routes: Vec<Route<S>>,
    mistakes: &mut Vec<String>,
) -> (matchit::Router<usize>, Vec<Methods<S>>) {
    let mut patterns: Vec<String> = Vec::new();
    let mut all: Vec<Methods<S>> = Vec::new();
    for route in routes {
        let pattern = match pattern::of_route(&route.path) {
            Ok(pattern) => pattern,
            Err(mistake) => {
                // A refusal stands next to a route of the same path.
                if !matches!(route.answers, Answers::Unanswered) {
                    mistakes.push(mistake);
                }
                continue;
            }
        };
        let shown = format!("{route:?}");
        if !matches!(route.answers, Answers::Unanswered)
            && let Err(mistake) = route.handler.check_route(&pattern::parameters(&pattern))
        {
            mistakes.push(format!("`{shown}`: {mistake}"));
        }
        let index = patterns.iter().position(|known| *known == pattern).unwrap_or_else(|| {
            patterns.push(pattern);
            all.push(Methods::new(route.path.clone()));
            all.len() - 1
        });
        if !all[index].insert(route) {
            mistakes.push(format!("there are two handlers for `{shown}`"));
        }
    }
    for methods in &mut all {
        methods.route.allow = methods.allow();
    }
    (table(&patterns, mistakes), all)
}

/// Where the handlers of each pattern are.
fn table(patterns: &[String], mistakes: &mut Vec<String>) -> matchit::Router<usize> {
    let mut table = matchit::Router::new();
    for (index, pattern) in patterns.iter().enumerate() {
        if let Some(name) = ambiguous_parameter(pattern) {
            mistakes.push(format!("`{pattern}` has two parameters `{name}`"));
        }
        if let Err(error) = insert(&mut table, pattern.clone(), index) {
            mistakes.push(explain(pattern, &error));
        }
    }
    table
}

/// In one place, because it is 10 KB of each component that has it.
#[inline(never)]
fn insert(
    table: &mut matchit::Router<usize>,
    pattern: String,
    index: usize,
) -> Result<(), InsertError> {
    table.insert(pattern, index)
}

fn own_fallback<S: 'static>(
    fallbacks: Vec<Fallback<S>>,
    mistakes: &mut Vec<String>,
) -> Option<Box<dyn Erased<S>>> {
    if fallbacks.len() > 1 {
        mistakes.push("there are two fallbacks".to_owned());
    }
    let fallback = fallbacks.into_iter().next()?;
    if let Err(mistake) = fallback.handler.check_route(&[]) {
        mistakes.push(format!("the fallback: {mistake}"));
    }
    Some(fallback.handler)
}

fn nested_fallbacks<S: 'static>(
    fallbacks: Vec<Fallback<S>>,
    mistakes: &mut Vec<String>,
) -> (matchit::Router<usize>, Vec<NestedFallback<S>>) {
    let (mut table, mut all) = (matchit::Router::new(), Vec::new());
    for Fallback { prefix, handler } in fallbacks {
        // What is wrong with the prefix, the routes below it have told.
        let Ok(pattern) = pattern::of_route(&prefix) else { continue };
        let parameters = pattern::parameters(&pattern);
        if let Err(mistake) = handler.check_route(&parameters) {
            mistakes.push(format!("the fallback below `{prefix}`: {mistake}"));
        }
        for end in ["", "/", REST] {
            let inserted = insert(&mut table, format!("{pattern}{end}"), all.len());
            if let Err(InsertError::Conflict { .. }) = inserted {
                mistakes.push(format!("there are two fallbacks below `{prefix}`"));
                break;
            }
        }
        all.push(NestedFallback { handler, parameters: parameters.len() });
    }
    (table, all)
}

impl<S: 'static> Methods<S> {
    fn new(path: String) -> Self {
        let route = Matched { path, allow: String::new() };
        Self { route, by_method: Vec::new(), others: None, refusal: None }
    }

    /// `false` when there is a handler for what the route answers already.
    fn insert(&mut self, route: Route<S>) -> bool {
        match route.answers {
            Answers::Unanswered => {
                self.refusal.get_or_insert(route.handler);
                true
            }
            Answers::Others => self.others.replace(route.handler).is_none(),
            Answers::Method(method) => {
                let is_new = !self.by_method.iter().any(|(known, _)| *known == method);
                self.by_method.push((method, route.handler));
                is_new
            }
        }
    }

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
