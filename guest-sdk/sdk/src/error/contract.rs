//! The contract's error and the SDK's: the same facts in two types.
//! Deliberately only in components: there is no contract in a unit test.

use std::time::Duration;

use http::StatusCode;
use serde_json::Map;

use super::{ErrorKind, FieldViolation, Parts, ServiceError};
use crate::bindings::errors::mikros::service::errors as wit;
pub(super) use crate::bindings::errors::mikros::service::errors::Kind;

impl From<ServiceError> for wit::Error {
    fn from(error: ServiceError) -> Self {
        let Parts {
            kind,
            message,
            code,
            cause,
            destination,
            status,
            retry_after,
            field_violations,
            attributes,
            // The host adds the name of this service.
            origin: _,
        } = *error.0;
        let violation =
            |FieldViolation { field, description }| wit::FieldViolation { field, description };
        Self {
            kind: kind.into_wit(),
            message,
            code,
            cause,
            destination,
            status: status.map(|status| status.as_u16()),
            // More than 584 years do not fit; nobody will notice that they are cut.
            retry_after: retry_after.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
            field_violations: field_violations.into_iter().map(violation).collect(),
            attributes: (!attributes.is_empty()).then(|| {
                serde_json::to_string(&attributes).expect("JSON values are always valid JSON")
            }),
        }
    }
}

impl From<wit::Error> for ServiceError {
    fn from(error: wit::Error) -> Self {
        let violation =
            |wit::FieldViolation { field, description }| FieldViolation { field, description };
        Self::from_parts(Parts {
            kind: ErrorKind::from_wit(error.kind),
            message: error.message,
            code: error.code,
            cause: error.cause,
            destination: error.destination,
            status: error.status.and_then(|status| StatusCode::from_u16(status).ok()),
            retry_after: error.retry_after.map(Duration::from_nanos),
            field_violations: error.field_violations.into_iter().map(violation).collect(),
            // Reading them would add a JSON parser, 70 KiB, to guests that otherwise need none.
            attributes: Map::new(),
            origin: None,
        })
    }
}
