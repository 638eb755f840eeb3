//! The contract's error and the SDK's: the same facts in two types.
//! Deliberately only in components: there is no contract in a unit test.

use serde_json::Map;

use super::{ErrorKind, Parts, ServiceError};
use crate::bindings::errors::mikros::service::errors as wit;

impl From<ServiceError> for wit::Error {
    fn from(error: ServiceError) -> Self {
        let Parts { kind, message, code, cause, destination, attributes } = *error.0;
        Self {
            kind: match kind {
                ErrorKind::Internal => wit::Kind::Internal,
                ErrorKind::NotFound => wit::Kind::NotFound,
                ErrorKind::InvalidArguments => wit::Kind::InvalidArguments,
                ErrorKind::PreconditionFailed => wit::Kind::PreconditionFailed,
                ErrorKind::PermissionDenied => wit::Kind::PermissionDenied,
                ErrorKind::Rpc => wit::Kind::Rpc,
                ErrorKind::Custom => wit::Kind::Custom,
            },
            message,
            code,
            cause,
            destination,
            attributes: (!attributes.is_empty()).then(|| {
                serde_json::to_string(&attributes).expect("JSON values are always valid JSON")
            }),
        }
    }
}

impl From<wit::Error> for ServiceError {
    fn from(error: wit::Error) -> Self {
        let kind = match error.kind {
            wit::Kind::Internal => ErrorKind::Internal,
            wit::Kind::NotFound => ErrorKind::NotFound,
            wit::Kind::InvalidArguments => ErrorKind::InvalidArguments,
            wit::Kind::PreconditionFailed => ErrorKind::PreconditionFailed,
            wit::Kind::PermissionDenied => ErrorKind::PermissionDenied,
            wit::Kind::Rpc => ErrorKind::Rpc,
            wit::Kind::Custom => ErrorKind::Custom,
        };
        Self::from_parts(Parts {
            kind,
            message: error.message,
            code: error.code,
            cause: error.cause,
            destination: error.destination,
            // Reading them would add a JSON parser, 70 KiB, to guests that otherwise need none.
            attributes: Map::new(),
        })
    }
}
