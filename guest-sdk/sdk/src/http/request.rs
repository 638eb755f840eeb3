//! A request: its head and its body.
//! Deliberately knows nothing about extraction.

use ::http::Extensions;

use super::{Body, Head};

/// A request as it arrived. As an extractor it must be the last.
#[derive(Debug)]
pub struct Request {
    head: Head,
    body: Body,
}

impl Request {
    /// Method, target and header fields.
    pub fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    /// Values that [middleware](super::Middleware) has added, by their types; the extractor
    /// [`Extension`](super::Extension) takes them.
    pub fn extensions(&self) -> &Extensions {
        self.head.extensions()
    }

    /// The same, to add values to.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.head.extensions_mut()
    }

    /// The body.
    pub fn into_body(self) -> Body {
        self.body
    }

    /// A request of its parts, for example with another body.
    pub fn from_parts(head: Head, body: Body) -> Self {
        Self { head, body }
    }

    /// Head and body.
    pub fn into_parts(self) -> (Head, Body) {
        (self.head, self.body)
    }
}
