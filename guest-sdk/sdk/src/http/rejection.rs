//! Why an extractor could not take its part from a request.
//! Deliberately collects: one answer tells everything that is wrong with a request.

use std::fmt;

use serde::Serialize;

use super::{IntoResponse, Response};
use crate::error::ServiceError;

/// Why an extractor could not take its part from a request.
#[derive(Debug)]
pub enum Rejection {
    /// Something in the request is wrong. The other extractors are tried as well, and the request is
    /// answered 400 with all that was found.
    Fields(Vec<FieldError>),
    /// Nothing else matters: the request is answered with this error.
    Error(ServiceError),
    /// Nothing else matters: this is the answer.
    Response(Box<Response>),
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where it is.
    pub location: Location,
    /// Which field it is, empty for all of the location. For nested ones a path such as
    /// `items[0].name`.
    pub name: String,
    /// What is wrong with it.
    pub message: String,
}

/// A part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// A parameter of the route.
    Path,
    /// The query.
    Query,
    /// The header fields.
    Header,
    /// The body.
    Body,
}

impl FieldError {
    /// One thing that is wrong.
    pub fn new(location: Location, name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { location, name: name.into(), message: message.into() }
    }

    /// Where it is, as callers are told: the field of a body, and `query.limit` of a query.
    fn place(&self) -> String {
        let location = match self.location {
            Location::Path => "path",
            Location::Query => "query",
            Location::Header => "header",
            Location::Body => return self.name.clone(),
        };
        if self.name.is_empty() { location.to_owned() } else { format!("{location}.{}", self.name) }
    }
}

impl From<FieldError> for Rejection {
    fn from(field: FieldError) -> Self {
        Self::Fields(vec![field])
    }
}

impl From<ServiceError> for Rejection {
    fn from(error: ServiceError) -> Self {
        Self::Error(error)
    }
}

/// What the request is answered with when this is all that is wrong.
impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Self::Fields(fields) => {
                let error = ServiceError::invalid_arguments("request validation failed");
                let violated = |error: ServiceError, field: FieldError| {
                    error.with_violation(field.place(), field.message)
                };
                fields.into_iter().fold(error, violated).into_response()
            }
            Self::Error(error) => error.into_response(),
            Self::Response(response) => *response,
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = match self.location {
            Location::Path => "path",
            Location::Query => "query",
            Location::Header => "header",
            Location::Body => "body",
        };
        write!(f, "{location} `{}`: {}", self.name, self.message)
    }
}

/// The field errors of all extractors of one request.
#[derive(Default)]
pub(super) struct Collected(Vec<FieldError>);

impl Collected {
    /// The value of an extractor, or `None` when its errors were noted and the others shall be tried.
    pub(super) fn keep<T>(
        &mut self,
        extracted: Result<T, Rejection>,
    ) -> Result<Option<T>, Rejection> {
        match extracted {
            Ok(value) => Ok(Some(value)),
            Err(Rejection::Fields(fields)) => {
                self.0.extend(fields);
                Ok(None)
            }
            Err(rejection) => Err(rejection),
        }
    }

    pub(super) fn into_rejection(self) -> Rejection {
        Rejection::Fields(self.0)
    }
}
