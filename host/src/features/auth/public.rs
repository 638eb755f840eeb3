//! Routes that need no identity.
//!
//! Does not know the routes of the service. So that nothing becomes public that the service understands
//! differently, only paths without anything unusual in them can be public, byte for byte.

use http::Method;

use super::flaw::{Flaws, note_repeated};

/// Routes that need no identity.
#[derive(Debug, Default)]
pub(super) struct PublicRoutes(Vec<Route>);

#[derive(Debug)]
struct Route {
    method: Option<Method>,
    /// Up to the `*`.
    path: String,
    is_prefix: bool,
}

impl PublicRoutes {
    pub(super) fn of(patterns: &[String], flaws: &mut Flaws) -> Self {
        let at = |index| format!("public[{index}]");
        let named = patterns.iter().enumerate();
        note_repeated(flaws, named.clone().map(|(index, text)| (at(index), &**text)), "one");
        let mut routes = Vec::new();
        for (index, text) in named {
            match Route::parse(text) {
                Ok(route) => routes.push(route),
                Err(message) => {
                    let help = "write for example `GET /docs`, `/assets/*` or `/package.Service/*`";
                    flaws.note_with_help(at(index), message, help);
                }
            }
        }
        Self(routes)
    }

    /// Whether this request, its path as the client sent it, needs no identity.
    pub(super) fn include(&self, method: &Method, path: &str) -> bool {
        self.0.iter().any(|route| route.fits(method, path)) && is_plain(path)
    }
}

impl Route {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (method, path) = match text.split_once(' ') {
            Some((method, path)) => (Some(parse_method(method)?), path),
            None => (None, text),
        };
        let (path, is_prefix) = match path.strip_suffix('*') {
            Some(start) => (start, true),
            None => (path, false),
        };
        if !path.starts_with('/') {
            return Err("must have a path that begins with `/`");
        }
        if is_prefix && !path.ends_with('/') {
            return Err("must have its `*` after a `/`");
        }
        if !is_plain(path) {
            return Err(
                "must be a plain path: letters, digits and `-._~:@!$&'()+,=`, without empty segments, \
                 `.` and `..`, and with `*` only at its end",
            );
        }
        Ok(Self { method, path: path.to_owned(), is_prefix })
    }

    fn fits(&self, method: &Method, path: &str) -> bool {
        let is_path = if self.is_prefix { path.starts_with(&self.path) } else { path == self.path };
        is_path && self.method.as_ref().is_none_or(|only| only == method)
    }
}

fn parse_method(text: &str) -> Result<Method, &'static str> {
    let is_upper = text.bytes().all(|byte| byte.is_ascii_uppercase());
    let method = Method::from_bytes(text.as_bytes()).ok().filter(|_| is_upper);
    method.ok_or("must begin with a method in capital letters, or with its path")
}

/// Whether everybody understands this path in the same way: nothing is encoded, and nothing can be left out.
fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~:@!$&'()+,=".contains(&byte);
    if !path.bytes().all(is_usual) {
        return false;
    }
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        // Behind a slash at the end there is nothing.
        let is_empty = segment.is_empty() && segments.peek().is_some();
        if is_empty || segment == "." || segment == ".." {
            return false;
        }
    }
    true
}
