//! Errors as callers see them: one JSON object, the same for what the service returns and for what
//! the host has to say itself.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};
use crate::call::Fault;
use crate::call::error::{RETRY_DELAY, field_violations, retryable, service_error};
pub(super) use crate::call::error::{attributes, fault_attributes, log_attributes};
use crate::call::kind::{kind_name, status_of};
use crate::definition::ErrorField;

/// What callers may see of errors.
#[derive(Debug, Clone)]
pub(crate) struct ErrorRules {
    /// In kebab-case; the field `service_name`.
    pub service_name: String,
    /// Source: `MIKROS_HIDE_RESPONSE_FIELDS`.
    pub hidden: BTreeSet<ErrorField>,
    /// Whether callers see what led to an error. Source: `MIKROS_SERVICE_DEPLOY`.
    pub shows_causes: bool,
}

/// The JSON object of an error, in the order of its fields. `code` is always there, because clients
/// in circulation need it.
#[derive(Debug, Serialize)]
struct Wire<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    code: i32,
    #[serde(skip_serializing_if = "str::is_empty")]
    service_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_violations: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<&'a Value>,
}

/// An error that is about to be answered.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) error: ServiceError,
}

impl Problem {
    /// What the service returned.
    pub(super) fn returned(error: ServiceError) -> Self {
        Self { status: status_of(&error), error }
    }

    /// Something that the host says itself.
    pub(super) fn own(status: StatusCode, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { status, error: service_error(kind, message) }
    }

    /// Something that the client should try again.
    fn passing(message: &str) -> Self {
        Self::returned(retryable(ErrorKind::Unavailable, message, RETRY_DELAY))
    }

    /// The one place where a fault becomes a status. Details stay in the log.
    pub(super) fn fault(fault: &Fault) -> Self {
        match fault {
            Fault::Trapped(_)
            | Fault::OutOfMemory { .. }
            | Fault::Exited { .. }
            | Fault::Interrupted
            | Fault::Blocked
            | Fault::Unresponsive
            | Fault::InvalidResponse(_) => {
                Self::returned(service_error(ErrorKind::Internal, "got an internal error"))
            }
            Fault::DeadlineExceeded { .. } => Self::returned(service_error(
                ErrorKind::DeadlineExceeded,
                "the service did not answer in time",
            )),
            Fault::InstanceLost => Self::passing("the service was interrupted, try again"),
            Fault::Unavailable | Fault::OutOfAddressSpace { .. } => {
                Self::passing("the service is not available, try again")
            }
            Fault::Saturated | Fault::QueueTimeout { .. } => {
                Self::passing("the service is overloaded, try again")
            }
            Fault::Stopping | Fault::CutOff => Self::passing("the service is stopping, try again"),
        }
    }

    /// The body of the response.
    pub(super) fn json(&self, rules: &ErrorRules) -> Bytes {
        let shown = |field| !rules.hidden.contains(&field);
        let error = &self.error;
        let shows_cause = shown(ErrorField::Cause) && rules.shows_causes;
        let attributes = attributes(error);
        let has_violations =
            !error.field_violations.is_empty() && shown(ErrorField::FieldViolations);
        let wire = Wire {
            kind: kind_name(error.kind),
            message: if shown(ErrorField::Message) { &error.message } else { "" },
            cause: error.cause.as_deref().filter(|cause| shows_cause && !cause.is_empty()),
            code: error.code,
            service_name: if shown(ErrorField::ServiceName) { &rules.service_name } else { "" },
            destination: error.destination.as_deref().filter(|_| shown(ErrorField::Destination)),
            field_violations: has_violations.then(|| field_violations(error)),
            attributes: attributes.as_ref().filter(|_| shown(ErrorField::Attributes)),
        };
        serde_json::to_vec(&wire).expect("strings and numbers always serialize").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::errors::FieldViolation;
    use expect_test::{Expect, expect};

    fn rules(hidden: &[ErrorField]) -> ErrorRules {
        ErrorRules {
            service_name: "greeter".to_owned(),
            hidden: hidden.iter().copied().collect(),
            shows_causes: true,
        }
    }

    fn full_error() -> ServiceError {
        ServiceError {
            kind: ErrorKind::Rpc,
            message: "cannot ask".to_owned(),
            code: 7,
            cause: Some("connection refused".to_owned()),
            destination: Some("users".to_owned()),
            status: None,
            retry_after: None,
            field_violations: vec![FieldViolation {
                field: "user.id".to_owned(),
                description: "is no number".to_owned(),
            }],
            attributes: Some(r#"{"attempt":2}"#.to_owned()),
        }
    }

    #[track_caller]
    fn check(error: ServiceError, rules: &ErrorRules, expected: &Expect) {
        let json = Problem::returned(error).json(rules);
        expected.assert_eq(std::str::from_utf8(&json).unwrap());
    }

    #[test]
    fn all_fields_stand_in_a_fixed_order() {
        check(
            full_error(),
            &rules(&[]),
            &expect![[
                r#"{"kind":"RPCError","message":"cannot ask","cause":"connection refused","code":7,"service_name":"greeter","destination":"users","field_violations":[{"field":"user.id","description":"is no number"}],"attributes":{"attempt":2}}"#
            ]],
        );
    }

    #[test]
    fn every_field_but_kind_and_code_can_be_hidden() {
        use ErrorField::{Attributes, Cause, Destination, FieldViolations, Message, ServiceName};
        check(
            full_error(),
            &rules(&[Attributes, Cause, Destination, FieldViolations, Message, ServiceName]),
            &expect![[r#"{"kind":"RPCError","code":7}"#]],
        );
    }

    #[test]
    fn the_cause_of_an_internal_error_stays_inside_in_production() {
        let rules = ErrorRules { shows_causes: false, ..rules(&[]) };
        let internal = ServiceError { kind: ErrorKind::Internal, ..full_error() };
        check(
            internal,
            &rules,
            &expect![[
                r#"{"kind":"InternalError","message":"cannot ask","code":7,"service_name":"greeter","destination":"users","field_violations":[{"field":"user.id","description":"is no number"}],"attributes":{"attempt":2}}"#
            ]],
        );
    }

    #[test]
    fn attributes_that_are_no_object_are_left_out() {
        let error = ServiceError { attributes: Some("[1]".to_owned()), ..full_error() };
        check(
            error,
            &rules(&[]),
            &expect![[
                r#"{"kind":"RPCError","message":"cannot ask","cause":"connection refused","code":7,"service_name":"greeter","destination":"users","field_violations":[{"field":"user.id","description":"is no number"}]}"#
            ]],
        );
    }
}
