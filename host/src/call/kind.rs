//! What the kinds of errors are called, and the status and code of each: the table of `wit/errors.wit`.
//!
//! Does not know what callers may see of an error.

use http::StatusCode;
use tonic::Code;

use crate::bindings::errors::{Error as ServiceError, Kind};

/// One kind of error.
struct Facts {
    kind: Kind,
    /// In the contract.
    contract: &'static str,
    /// On the wire and in logs. All Mikros frameworks spell the first seven like this.
    wire: &'static str,
    status: StatusCode,
    code: Code,
}

const fn facts(
    kind: Kind,
    (contract, wire): (&'static str, &'static str),
    status: u16,
    code: Code,
) -> Facts {
    match StatusCode::from_u16(status) {
        Ok(status) => Facts { kind, contract, wire, status, code },
        Err(_) => panic!("every status of this table is one"),
    }
}

static ALL: [Facts; 17] = [
    facts(Kind::Internal, ("internal", "InternalError"), 500, Code::Internal),
    facts(Kind::NotFound, ("not-found", "NotFoundError"), 404, Code::NotFound),
    facts(
        Kind::InvalidArguments,
        ("invalid-arguments", "ValidationError"),
        400,
        Code::InvalidArgument,
    ),
    facts(
        Kind::PreconditionFailed,
        ("precondition-failed", "ConditionError"),
        412,
        Code::FailedPrecondition,
    ),
    facts(
        Kind::PermissionDenied,
        ("permission-denied", "PermissionError"),
        403,
        Code::PermissionDenied,
    ),
    facts(Kind::Rpc, ("rpc", "RPCError"), 500, Code::Unavailable),
    facts(Kind::Custom, ("custom", "CustomError"), 500, Code::Unknown),
    facts(
        Kind::Unauthenticated,
        ("unauthenticated", "UnauthenticatedError"),
        401,
        Code::Unauthenticated,
    ),
    facts(Kind::AlreadyExists, ("already-exists", "AlreadyExistsError"), 409, Code::AlreadyExists),
    facts(Kind::Conflict, ("conflict", "ConflictError"), 409, Code::Aborted),
    facts(
        Kind::ResourceExhausted,
        ("resource-exhausted", "ResourceExhaustedError"),
        429,
        Code::ResourceExhausted,
    ),
    facts(Kind::Unavailable, ("unavailable", "UnavailableError"), 503, Code::Unavailable),
    facts(
        Kind::DeadlineExceeded,
        ("deadline-exceeded", "DeadlineExceededError"),
        504,
        Code::DeadlineExceeded,
    ),
    facts(Kind::Unimplemented, ("unimplemented", "UnimplementedError"), 501, Code::Unimplemented),
    facts(Kind::Cancelled, ("cancelled", "CancelledError"), 499, Code::Cancelled),
    facts(Kind::OutOfRange, ("out-of-range", "OutOfRangeError"), 400, Code::OutOfRange),
    facts(Kind::DataLoss, ("data-loss", "DataLossError"), 500, Code::DataLoss),
];

fn of(kind: Kind) -> &'static Facts {
    ALL.iter().find(|facts| facts.kind == kind).unwrap_or(&ALL[0])
}

/// The name of a kind on the wire and in logs.
pub fn kind_name(kind: Kind) -> &'static str {
    of(kind).wire
}

/// The kind with this name in the contract.
pub fn kind_named(contract: &str) -> Option<Kind> {
    ALL.iter().find(|facts| facts.contract == contract).map(|facts| facts.kind)
}

/// The code of errors of a kind.
pub fn code_of(kind: Kind) -> Code {
    of(kind).code
}

/// The status of an error: its own if it has a valid one, otherwise that of its kind.
pub fn status_of(error: &ServiceError) -> StatusCode {
    own_status(error).unwrap_or(of(error.kind).status)
}

/// The status that an error has in place of its kind's, if it is one of an error.
pub fn own_status(error: &ServiceError) -> Option<StatusCode> {
    error.status.filter(|status| (400..=599).contains(status)).map(StatusCode::from_u16)?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_but_ok_has_a_kind() {
        for code in (1..=16).map(Code::from_i32) {
            assert!(ALL.iter().any(|facts| facts.code == code), "{code:?}");
        }
    }

    #[test]
    fn each_kind_stands_in_the_table_under_its_own_name() {
        for facts in &ALL {
            assert_eq!(of(facts.kind).contract, facts.contract);
            assert_eq!(kind_named(facts.contract), Some(facts.kind));
        }
    }

    /// The same table that the SDK is tested with.
    #[test]
    fn the_table_is_the_published_one() {
        let vectors = include_str!("../../../tests/vectors/kinds.json");
        let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
        let table = ALL.iter().map(|facts| {
            serde_json::json!({
                "contract": facts.contract,
                "json": facts.wire,
                "status": facts.status.as_u16(),
                "code": i32::from(facts.code),
            })
        });
        assert_eq!(table.collect::<Vec<_>>(), vectors);
    }
}
