//! Errors with everything an error can have.
//! Deliberately knows nothing about which of it callers see.

use mikros_sdk::prelude::*;

pub(super) async fn full() -> Result<()> {
    Err(ServiceError::rpc("ledger", "the ledger does not answer")
        .with_code(7)
        .with_cause("connection refused")
        .with_attribute("attempt", 2))
}

pub(super) async fn secret() -> Result<()> {
    Err(ServiceError::internal("the password of the database is wrong"))
}
