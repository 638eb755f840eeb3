//! How deep calls between services of this process are nested.

use http::Extensions;

/// How many calls of services within this process have led to a request. An extension of requests that have come
/// through some.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallDepth(pub u8);

impl CallDepth {
    /// What a call within a call can be at most: a service that calls itself without an end comes to one.
    pub(crate) const MOST: Self = Self(8);

    /// Of a call that is made for a request of this depth.
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Of a request with these extensions.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }
}
