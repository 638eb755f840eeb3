//! A request: its head and its body.
//! Deliberately knows nothing about extraction.

use super::{Body, Head};

/// A request as it arrived. As an extractor it must be the last.
#[derive(Debug)]
pub struct Request {
    head: Head,
    body: Body,
}

impl Request {
    pub(crate) fn new(head: Head, body: Body) -> Self {
        Self { head, body }
    }

    /// Method, target and header fields.
    pub fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    /// The body.
    pub fn into_body(self) -> Body {
        self.body
    }

    /// Head and body.
    pub fn into_parts(self) -> (Head, Body) {
        (self.head, self.body)
    }
}
