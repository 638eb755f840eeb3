//! What the kinds of errors are called, and the status and code of each: the table of `wit/errors.wit`.
//!
//! Does not know what callers may see of an error.

use http::StatusCode;
use tonic::Code;

use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};

/// One kind of error.
struct ErrorKindRow {
    kind: ErrorKind,
    /// In the contract.
    contract: &'static str,
    /// On the wire and in logs. All Mikros frameworks spell the first seven like this.
    wire: &'static str,
    status: StatusCode,
    code: Code,
}

const fn entry(
    kind: ErrorKind,
    (contract, wire): (&'static str, &'static str),
    status: u16,
    code: Code,
) -> ErrorKindRow {
    match StatusCode::from_u16(status) {
        Ok(status) => ErrorKindRow { kind, contract, wire, status, code },
        Err(_) => panic!("every status of this table is one"),
    }
}

static ALL: [ErrorKindRow; 17] = [
    entry(ErrorKind::Internal, ("internal", "InternalError"), 500, Code::Internal),
    entry(ErrorKind::NotFound, ("not-found", "NotFoundError"), 404, Code::NotFound),
    entry(
        ErrorKind::InvalidArguments,
        ("invalid-arguments", "ValidationError"),
        400,
        Code::InvalidArgument,
    ),
    entry(
        ErrorKind::PreconditionFailed,
        ("precondition-failed", "ConditionError"),
        412,
        Code::FailedPrecondition,
    ),
    entry(
        ErrorKind::PermissionDenied,
        ("permission-denied", "PermissionError"),
        403,
        Code::PermissionDenied,
    ),
    entry(ErrorKind::Rpc, ("rpc", "RPCError"), 500, Code::Unavailable),
    entry(ErrorKind::Custom, ("custom", "CustomError"), 500, Code::Unknown),
    entry(
        ErrorKind::Unauthenticated,
        ("unauthenticated", "UnauthenticatedError"),
        401,
        Code::Unauthenticated,
    ),
    entry(
        ErrorKind::AlreadyExists,
        ("already-exists", "AlreadyExistsError"),
        409,
        Code::AlreadyExists,
    ),
    entry(ErrorKind::Conflict, ("conflict", "ConflictError"), 409, Code::Aborted),
    entry(
        ErrorKind::ResourceExhausted,
        ("resource-exhausted", "ResourceExhaustedError"),
        429,
        Code::ResourceExhausted,
    ),
    entry(ErrorKind::Unavailable, ("unavailable", "UnavailableError"), 503, Code::Unavailable),
    entry(
        ErrorKind::DeadlineExceeded,
        ("deadline-exceeded", "DeadlineExceededError"),
        504,
        Code::DeadlineExceeded,
    ),
    entry(
        ErrorKind::Unimplemented,
        ("unimplemented", "UnimplementedError"),
        501,
        Code::Unimplemented,
    ),
    entry(ErrorKind::Cancelled, ("cancelled", "CancelledError"), 499, Code::Cancelled),
    entry(ErrorKind::OutOfRange, ("out-of-range", "OutOfRangeError"), 400, Code::OutOfRange),
    entry(ErrorKind::DataLoss, ("data-loss", "DataLossError"), 500, Code::DataLoss),
];

fn of(kind: ErrorKind) -> &'static ErrorKindRow {
    ALL.iter().find(|entry| entry.kind == kind).unwrap_or(&ALL[0])
}

/// The name of a kind on the wire and in logs.
pub(crate) fn kind_name(kind: ErrorKind) -> &'static str {
    of(kind).wire
}

/// The kind with this name on the wire.
pub(crate) fn kind_on_wire(wire: &str) -> Option<ErrorKind> {
    ALL.iter().find(|entry| entry.wire == wire).map(|entry| entry.kind)
}

/// The kind with this name in the contract.
pub(crate) fn kind_named(contract: &str) -> Option<ErrorKind> {
    ALL.iter().find(|entry| entry.contract == contract).map(|entry| entry.kind)
}

/// The code of errors of a kind.
pub(crate) fn code_of(kind: ErrorKind) -> Code {
    of(kind).code
}

/// The status of an error: its own if it has a valid one, otherwise that of its kind.
pub(crate) fn status_of(error: &ServiceError) -> StatusCode {
    own_status(error).unwrap_or(of(error.kind).status)
}

/// The status that an error has in place of its kind's, if it is one of an error.
pub(crate) fn own_status(error: &ServiceError) -> Option<StatusCode> {
    error.status.filter(|status| (400..=599).contains(status)).map(StatusCode::from_u16)?.ok()
}

/// The canonical name of a code, as logs have it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_but_ok_has_a_kind() {
        for code in (1..=16).map(Code::from_i32) {
            assert!(ALL.iter().any(|entry| entry.code == code), "{code:?}");
        }
    }

    #[test]
    fn each_kind_stands_in_the_table_under_its_own_name() {
        for entry in &ALL {
            assert_eq!(of(entry.kind).contract, entry.contract);
            assert_eq!(kind_named(entry.contract), Some(entry.kind));
        }
    }

    /// The same table that the SDK is tested with.
    #[test]
    fn the_table_is_the_published_one() {
        let vectors = include_str!("../../../tests/vectors/kinds.json");
        let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
        let table = ALL.iter().map(|entry| {
            serde_json::json!({
                "contract": entry.contract,
                "json": entry.wire,
                "status": entry.status.as_u16(),
                "code": i32::from(entry.code),
            })
        });
        assert_eq!(table.collect::<Vec<_>>(), vectors);
    }
}
