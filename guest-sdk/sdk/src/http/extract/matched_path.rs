//! Extracts the path of the route.
//! Deliberately not the path of the request, which the head has.

use std::fmt;

use super::{FromHead, OptionalFromHead, Rejection};
use crate::error::ServiceError;
use crate::http::Head;

/// The path of the route that the request has matched, such as `/items/{id}`; for logs and metrics.
///
/// It is as it was added to the router, with the prefixes of nested routers. A fallback has none, which is
/// the service's fault, 500; `Option<MatchedPath>` is `None` there, and in a layer around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MatchedPath(&'static str);

impl MatchedPath {
    /// The path as text.
    pub fn as_str(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for MatchedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<S> FromHead<S> for MatchedPath {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
        head.matched_path().map(Self).ok_or_else(|| {
            ServiceError::internal("a fallback has no route, take an `Option<MatchedPath>`").into()
        })
    }
}

impl<S> OptionalFromHead<S> for MatchedPath {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Option<Self>, Rejection> {
        Ok(head.matched_path().map(Self))
    }
}
