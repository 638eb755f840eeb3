//! The head of a request: method, target and header fields.
//! Deliberately leaves the text that the host hands over as it is and reads only what is asked for.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

#[cfg(feature = "tower")]
use ::http::Uri;
use ::http::{Extensions, HeaderMap, Method};
#[cfg(feature = "tower")]
use bytes::Bytes;

use super::routes::Matched;
use super::{lines, pattern};
use crate::error::{Result, ServiceError};

/// The head of a request.
pub struct Head {
    /// The request line without the version, then the header lines, each ended by CR LF.
    text: Vec<u8>,
    method: Method,
    path: Range<usize>,
    query: Option<Range<usize>>,
    lines: usize,
    /// The path in the form in which routes are compared with it, if that is another one.
    canonical: Option<String>,
    /// Parts of that form.
    parameters: Vec<(&'static str, Range<usize>)>,
    headers: OnceCell<HeaderMap>,
    /// What the path has matched; nothing until then.
    route: Option<&'static Matched>,
    extensions: Extensions,
}

impl Head {
    /// Takes the text apart up to the header lines. The host has checked it, so an error here means
    /// that host and guest do not fit.
    pub(crate) fn parse(text: Vec<u8>) -> Result<Self> {
        let malformed = || ServiceError::internal("the host sent a malformed request head");
        let end = lines::end_of_line(&text).unwrap_or(text.len());
        let line = std::str::from_utf8(&text[..end]).map_err(|_not_utf8| malformed())?;
        let (method, target) = line.split_once(' ').ok_or_else(malformed)?;
        let start = method.len() + 1;
        let (path, query) = match target.find('?') {
            Some(mark) => (start..start + mark, Some(start + mark + 1..end)),
            None => (start..end, None),
        };
        let method = Method::from_bytes(method.as_bytes()).map_err(|_invalid| malformed())?;
        let lines = (end + 2).min(text.len());
        let canonical = match pattern::canonical(&target[..path.len()]) {
            Cow::Borrowed(_) => None,
            Cow::Owned(canonical) => Some(canonical),
        };
        let (parameters, headers) = (Vec::new(), OnceCell::new());
        let (route, extensions) = (None, Extensions::new());
        Ok(Self {
            text,
            method,
            path,
            query,
            lines,
            canonical,
            parameters,
            headers,
            route,
            extensions,
        })
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as the client sent it, without the service's base path; percent-encoded.
    pub fn path(&self) -> &str {
        self.line(&self.path)
    }

    /// The path in the form in which routes are compared with it.
    pub(crate) fn canonical_path(&self) -> &str {
        self.canonical.as_deref().unwrap_or_else(|| self.path())
    }

    /// What follows `?`, percent-encoded.
    pub fn query(&self) -> Option<&str> {
        self.query.as_ref().map(|range| self.line(range))
    }

    /// The first value of the field `name`, in any case. `None` also when it is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        lines::find(&self.text[self.lines..], name)
    }

    /// All header fields. Built when this is first called.
    pub fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| lines::to_map(&self.text[self.lines..]))
    }

    /// Names and values of all header lines in their order; names are in lower case.
    pub(crate) fn header_lines(&self) -> impl Iterator<Item = (&str, &[u8])> {
        lines::read(&self.text[self.lines..])
    }

    /// Remembers which part of the path matched which parameter of the route.
    ///
    /// `values` are parts of [`Head::canonical_path`] as it is now.
    pub(crate) fn parameters_of<'path>(
        &self,
        values: impl Iterator<Item = (&'static str, &'path str)>,
    ) -> Vec<(&'static str, Range<usize>)> {
        let base = self.canonical_path().as_ptr().addr();
        values
            .map(|(name, value)| {
                let start = value.as_ptr().addr() - base;
                (name, start..start + value.len())
            })
            .collect()
    }

    pub(super) fn set_route(
        &mut self,
        route: Option<&'static Matched>,
        parameters: Vec<(&'static str, Range<usize>)>,
    ) {
        self.route = route;
        self.parameters = parameters;
    }

    pub(super) fn route(&self) -> Option<&'static Matched> {
        self.route
    }

    /// The path of the route that the request has matched, as it was added to the router: with
    /// parameters such as `{id}`, and with the prefixes of nested routers. `None` in a fallback.
    pub fn matched_path(&self) -> Option<&'static str> {
        self.route.map(|route| &*route.path)
    }

    /// Values that [middleware](super::Middleware) has added to the request, by their types.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    pub(super) fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// Names and values, percent-encoded, of the route's parameters in the order of the path.
    pub(crate) fn parameters(&self) -> impl ExactSizeIterator<Item = (&'static str, &str)> {
        let path = self.canonical_path();
        self.parameters.iter().map(|(name, range)| (*name, &path[range.clone()]))
    }

    /// Method, target, header fields and extensions in the types of the `http` crate. Values share the memory of the text.
    #[cfg(feature = "tower")]
    pub(crate) fn into_http(self) -> Result<(Method, Uri, HeaderMap, Extensions)> {
        let text = Bytes::from(self.text);
        let target = self.path.start..self.query.map_or(self.path.end, |query| query.end);
        let uri = Uri::from_maybe_shared(text.slice(target))?;
        let headers = match self.headers.into_inner() {
            Some(headers) => headers,
            None => lines::to_shared_map(&text.slice(self.lines..)),
        };
        Ok((self.method, uri, headers, self.extensions))
    }

    /// A part of the request line, which `parse` found to be UTF-8.
    fn line(&self, range: &Range<usize>) -> &str {
        std::str::from_utf8(&self.text[range.clone()]).unwrap_or_default()
    }
}

/// Without header fields: they may hold secrets.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", &self.method)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The host is tested with the same heads.
    #[test]
    fn heads_are_read_as_the_contract_says() {
        let vectors = include_str!("../../../../tests/vectors/requests.json");
        let vectors: Vec<Value> = serde_json::from_str(vectors).unwrap();
        for vector in &vectors {
            let head = Head::parse(vector["packed"].as_str().unwrap().into()).unwrap();
            let field = |(name, value)| json!([name, std::str::from_utf8(value).unwrap()]);
            let read = json!({
                "about": vector["about"],
                "packed": vector["packed"],
                "method": head.method().as_str(),
                "path": head.path(),
                "query": head.query(),
                "headers": head.header_lines().map(field).collect::<Value>(),
            });
            assert_eq!(read, *vector);
        }
    }

    /// What the host takes is what the SDK writes.
    #[test]
    fn header_lines_are_written_as_the_contract_says() {
        let vectors = include_str!("../../../../tests/vectors/header-lines.json");
        let vectors: Vec<Value> = serde_json::from_str(vectors).unwrap();
        for fields in vectors.iter().filter_map(|vector| vector["headers"].as_array()) {
            let mut text = Vec::new();
            for field in fields {
                let (name, value) = (field[0].as_str().unwrap(), field[1].as_str().unwrap());
                assert!(lines::write(&mut text, name, value.as_bytes()), "{field}");
            }

            let field = |(name, value)| json!([name, std::str::from_utf8(value).unwrap()]);
            assert_eq!(lines::read(&text).map(field).collect::<Vec<_>>(), *fields);
        }
    }
}
