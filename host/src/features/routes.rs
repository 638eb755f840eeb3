//! Patterns of requests, as settings of features name them: `GET /public/*`.
//!
//! Tells what certainly matches from what possibly does; does not know what a match is good for.

use std::borrow::Cow;
use std::fmt;

use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::extension::ValidationErrors;
use crate::percent;

/// A path, exact or with `/*` at its end, and a method before it if only that one is meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Route {
    method: Option<Method>,
    /// Without the `*`.
    path: String,
    is_prefix: bool,
}

/// Why a text is no [`Route`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum RouteError {
    #[error("expected a path such as `/items` or `GET /items`")]
    NoPath,
    #[error("expected a path with a method in upper case before it, such as `GET /items`")]
    Method,
    #[error("expected a path with `*` only after the last slash, such as `/items/*`")]
    Wildcard,
    #[error(
        "expected a plain path: without a query, `//`, `.`, `..`, `;`, `\\` and letters that need no encoding"
    )]
    Unusual,
}

impl TryFrom<String> for Route {
    type Error = RouteError;

    fn try_from(text: String) -> Result<Self, RouteError> {
        let (method, path) = match text.split_once(' ') {
            Some((method, path)) => (Some(parse_method(method)?), path),
            None => (None, text.as_str()),
        };
        if !path.starts_with('/') {
            return Err(RouteError::NoPath);
        }
        let (path, is_prefix) = match path.strip_suffix('*') {
            Some(path) if path.ends_with('/') => (path, true),
            Some(_) => return Err(RouteError::Wildcard),
            None => (path, false),
        };
        if path.contains('*') {
            return Err(RouteError::Wildcard);
        }
        if path.contains(['?', '#', ' ']) || !is_plain(path) {
            return Err(RouteError::Unusual);
        }
        Ok(Self { method, path: path.to_owned(), is_prefix })
    }
}

fn parse_method(text: &str) -> Result<Method, RouteError> {
    let is_word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let method = is_word.then(|| Method::from_bytes(text.as_bytes()).ok()).flatten();
    method.ok_or(RouteError::Method)
}

impl Route {
    fn allows(&self, method: &Method) -> bool {
        match &self.method {
            None => true,
            // Who answers GET answers HEAD (RFC 9110 section 9.1).
            Some(Method::GET) => matches!(*method, Method::GET | Method::HEAD),
            Some(allowed) => allowed == method,
        }
    }

    fn covers(&self, path: &str) -> bool {
        if self.is_prefix { path.starts_with(&self.path) } else { path == self.path }
    }

    /// Whether a path below `base`, or that itself, can be covered.
    fn can_be_below(&self, base: &str) -> bool {
        let is_inside = self
            .path
            .strip_prefix(base)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is_inside || self.is_prefix && format!("{base}/").starts_with(&self.path)
    }

    /// Whether a service that does not care for slashes at the end, nor for how a path is encoded, could take
    /// `path` for a covered one.
    fn nearly_covers(&self, path: &str) -> bool {
        let (path, own) = (percent::decode(path), percent::decode(&self.path));
        let (path, own) = (path.as_ref(), own.as_ref());
        let is_covered = if self.is_prefix { path.starts_with(own) } else { path == own };
        let without_slashes =
            |path: &[u8]| path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
        is_covered || path[..without_slashes(path)] == own[..without_slashes(own)]
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(method) = &self.method {
            write!(f, "{method} ")?;
        }
        write!(f, "{}{}", self.path, if self.is_prefix { "*" } else { "" })
    }
}

impl JsonSchema for Route {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Route".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^([A-Z]+ )?/([^ *?#;\\]*|([^ *?#;\\]*/)?\*)$" })
    }
}

/// Some routes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(super) struct Routes(Vec<Route>);

impl Routes {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a request matches, whoever reads its path: for what is an exception from a rule that protects.
    /// `path` is as the client sent it. A path that different programs may read differently never matches.
    pub(super) fn certainly_match(&self, method: &Method, path: &str) -> bool {
        self.0.iter().any(|route| route.allows(method) && route.covers(path)) && is_plain(path)
    }

    /// The same, and every byte of the path stands for itself: for what lets strangers in. Nothing that is
    /// encoded matches, however harmless.
    pub(super) fn plainly_match(&self, method: &Method, path: &str) -> bool {
        let is_usual =
            |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~:@!$&'()+,=".contains(&byte);
        path.bytes().all(is_usual) && self.certainly_match(method, path)
    }

    /// Warns about those that no request has which the service gets. `key` is where they stand.
    pub(super) fn warn_outside(&self, key: &str, errors: &mut ValidationErrors<'_>) {
        let base = errors.base_path();
        for (index, _) in self.0.iter().enumerate().filter(|(_, route)| !route.can_be_below(base)) {
            let message =
                "is outside of `services.http.base_path`: the service gets no such request";
            let help = "write the path as clients do, with the base path in front";
            errors.warn(format!("{key}[{index}]"), message, Some(help.to_owned()));
        }
    }

    /// As they are written.
    pub(super) fn texts(&self) -> Vec<String> {
        self.0.iter().map(Route::to_string).collect()
    }

    /// Whether somebody could take a request for one that matches: for what protects. A path that different
    /// programs may read differently matches all of them.
    pub(super) fn possibly_match(&self, method: &Method, path: &str) -> bool {
        let mut allowing = self.0.iter().filter(|route| route.allows(method)).peekable();
        allowing.peek().is_some()
            && (allowing.any(|route| route.nearly_covers(path)) || !is_plain(path))
    }
}

/// Whether there is only one way to read a path: no empty segments, no `.` and `..`, no parameters behind `;`, no
/// backslashes, and nothing encoded that need not be (RFC 3986 sections 2.3 and 6.2.2).
fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    // A slash at the end is a segment that is empty, and common.
    let segments = rest.strip_suffix('/').unwrap_or(rest);
    if segments.is_empty() {
        return rest.is_empty();
    }
    segments
        .split('/')
        .all(|segment| !matches!(segment, "" | "." | "..") && is_plain_segment(segment.as_bytes()))
}

fn is_plain_segment(segment: &[u8]) -> bool {
    let mut rest = segment;
    while let Some((byte, after)) = percent::split_first(rest) {
        let is_plain = if byte.is_encoded {
            needs_encoding(byte.value)
        } else {
            byte.value.is_ascii_graphic() && !matches!(byte.value, b'%' | b';' | b'\\')
        };
        if !is_plain {
            return false;
        }
        rest = after;
    }
    true
}

/// Whether a byte means the same to everybody, and only when it is encoded.
fn needs_encoding(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric()
        && !byte.is_ascii_control()
        && !matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b'\\' | b'%' | b';')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz;

    fn routes(patterns: &[&str]) -> Routes {
        serde_json::from_value(serde_json::json!(patterns)).unwrap()
    }

    #[track_caller]
    fn check(pattern: &str, (method, path): (Method, &str), (certain, possible): (bool, bool)) {
        let routes = routes(&[pattern]);
        let found = (routes.certainly_match(&method, path), routes.possibly_match(&method, path));
        assert_eq!(found, (certain, possible), "`{pattern}` and `{method} {path}`");
    }

    #[test]
    fn a_path_is_exact_unless_it_ends_with_an_asterisk() {
        let (yes, no) = ((true, true), (false, false));
        for (pattern, path, expected) in [
            ("/items", "/items", yes),
            ("/items", "/items/1", no),
            ("/items", "/item", no),
            ("/items", "/Items", no),
            ("/items/*", "/items/1", yes),
            ("/items/*", "/items/1/parts", yes),
            ("/items/*", "/items/", yes),
            ("/items/*", "/itemsize", no),
            ("/", "/", yes),
            ("/", "/x", no),
            ("/*", "/", yes),
            ("/*", "/anything/at/all/", yes),
            ("/a%20b", "/a%20b", yes),
            ("/pkg.Greeter/*", "/pkg.Greeter/SayHello", yes),
        ] {
            check(pattern, (Method::POST, path), expected);
        }
    }

    #[test]
    fn a_method_stands_for_itself_and_get_for_head() {
        check("GET /items", (Method::GET, "/items"), (true, true));
        check("GET /items", (Method::HEAD, "/items"), (true, true));
        check("GET /items", (Method::POST, "/items"), (false, false));
        check("HEAD /items", (Method::GET, "/items"), (false, false));
        check("GET /items", (Method::POST, "/items//"), (false, false));
    }

    #[test]
    fn slashes_at_the_end_make_a_match_possible_but_not_certain() {
        check("/items", (Method::GET, "/items/"), (false, true));
        check("/items/", (Method::GET, "/items"), (false, true));
        check("/items/*", (Method::GET, "/items"), (false, true));
    }

    #[test]
    fn what_can_be_read_in_two_ways_never_certainly_matches_and_always_possibly() {
        for path in [
            "/public//x",
            "//public/x",
            "/public/./x",
            "/public/../admin",
            "/public/..",
            "/public/%2e%2e/admin",
            "/public/%2E/x",
            "/public/%61dmin",
            "/public%2fx",
            "/public/%5cx",
            "/public/\\x",
            "/public/x;a=b",
            "/public/..;/admin",
            "/public/%3bx",
            "/public/%00",
            "/public/%252e",
            "/public/%",
            "/public/%2",
            "/public/%+1",
            "/public/%zz",
            "/public/\u{e4}",
            "/public/x//",
            "//",
            "*",
            "",
        ] {
            check("/public/*", (Method::GET, path), (false, true));
            check("/other", (Method::GET, path), (false, true));
        }
    }

    #[test]
    fn what_has_to_be_encoded_is_nothing_unusual() {
        for path in ["/public/a%20b", "/public/%C3%A4", "/public/a+b", "/public/a:b@c,d=e&f"] {
            check("/public/*", (Method::GET, path), (true, true));
        }
    }

    #[test]
    fn what_protects_meets_a_path_however_it_is_encoded() {
        for (pattern, path) in [
            ("/a@b", "/a%40b"),
            ("/a%40b", "/a@b"),
            ("/caf%C3%A9", "/caf%c3%a9"),
            ("/caf%C3%A9/*", "/caf%c3%a9/x"),
            ("/a,b/", "/a%2Cb"),
        ] {
            check(pattern, (Method::GET, path), (false, true));
        }
    }

    #[test]
    fn no_routes_match_nothing() {
        assert!(!routes(&[]).certainly_match(&Method::GET, "/"));
        assert!(!routes(&[]).possibly_match(&Method::GET, "//"));
    }

    #[test]
    fn what_can_be_below_a_base_path_is_told_from_what_cannot() {
        for (base, inside, outside) in [
            ("", &["/", "/items", "/*"][..], &[][..]),
            (
                "/api",
                &["/*", "/api", "/api/*", "/api/items", "GET /api/items/*"],
                &["/items", "/apis", "/a/*"],
            ),
            ("/api/v1", &["/api/*", "/api/v1/x"], &["/api", "/api/v2/*"]),
        ] {
            for (texts, expected) in [(inside, true), (outside, false)] {
                for route in &routes(texts).0 {
                    assert_eq!(route.can_be_below(base), expected, "`{route}` and `{base}`");
                }
            }
        }
    }

    #[test]
    fn patterns_are_checked() {
        for (text, expected) in [
            ("", RouteError::NoPath),
            ("items", RouteError::NoPath),
            ("*", RouteError::NoPath),
            ("GET", RouteError::NoPath),
            ("GET items", RouteError::NoPath),
            ("get /items", RouteError::Method),
            (" /items", RouteError::Method),
            ("/items*", RouteError::Wildcard),
            ("/*/items", RouteError::Wildcard),
            ("/items/**", RouteError::Wildcard),
            ("/items?x=1", RouteError::Unusual),
            ("/items#x", RouteError::Unusual),
            ("GET /a b", RouteError::Unusual),
            ("GET  /a", RouteError::NoPath),
            ("/a//b", RouteError::Unusual),
            ("/a//*", RouteError::Unusual),
            ("//", RouteError::Unusual),
            ("/../a", RouteError::Unusual),
            ("/%61", RouteError::Unusual),
            ("/a;b", RouteError::Unusual),
        ] {
            assert_eq!(Route::try_from(text.to_owned()), Err(expected), "`{text}`");
        }
    }

    #[test]
    fn fuzz_routes() {
        let seeds = [
            "GET /public/* /public/a%20b",
            "/items /items/1",
            "/caf%C3%A9/* /caf%c3%a9/x",
            "/* /public/%2e%2e/admin",
            "/a/b /a//b;c=d",
        ];
        fuzz::damage_text(&seeds, |text| {
            let (pattern, path) = text.rsplit_once(' ').unwrap_or((text, ""));
            let Ok(route) = Route::try_from(pattern.to_owned()) else { return };
            assert_eq!(route.to_string(), pattern);
            let routes = Routes(vec![route]);
            let certainly = routes.certainly_match(&Method::GET, path);
            assert!(!routes.plainly_match(&Method::GET, path) || certainly, "{text}");
            // What lets through is narrower than what protects.
            assert!(!certainly || routes.possibly_match(&Method::GET, path), "{text}");
        });
    }
}
