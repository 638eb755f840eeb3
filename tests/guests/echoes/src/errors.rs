//! Errors with everything an error can have.
//! Deliberately knows nothing about which of it callers see.

use std::time::Duration;

use mikros_sdk::ErrorKind;
use mikros_sdk::prelude::*;

pub(super) async fn full() -> Result<()> {
    Err(ServiceError::rpc("ledger", "the ledger does not answer")
        .with_code(7)
        .with_cause("connection refused")
        .with_attribute("attempt", 2))
}

/// Of the kind that JSON calls so.
pub(super) async fn of_kind(Path(name): Path<String>) -> Result<()> {
    let kind = ErrorKind::from_name(&name).or_not_found("there is no such kind")?;
    Err(ServiceError::of_kind(kind, "as you like it"))
}

/// With all that an error may have beside its kind.
pub(super) async fn refined() -> Result<()> {
    Err(ServiceError::invalid_arguments("two fields are wrong")
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
        .with_retry_after(Duration::from_millis(1500))
        .with_violation("name", "must not be empty")
        .with_violation("items[2].amount", "must be a number"))
}

pub(super) async fn secret() -> Result<()> {
    Err(ServiceError::internal("the password of the database is wrong"))
}
