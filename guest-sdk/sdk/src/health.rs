//! What health checks report about the service. The host answers the checks.

use crate::imports;

/// Says whether `service` serves: the full name of a gRPC service, or the empty string for the
/// whole, which the health check of `http` tells as well. Other names are added to what the gRPC
/// health check knows.
///
/// Until it is said, everything serves. It counts for all instances, the last word wins, and it
/// lasts longer than an instance that is lost. While the service starts and stops nothing serves,
/// whatever was said.
///
/// ```
/// use mikros_sdk::health;
///
/// // The database is gone: send no work until it is back.
/// health::set_serving("", false);
/// ```
///
/// # Panics
///
/// With a name of more than 256 bytes, or more than 1024 names.
pub fn set_serving(service: &str, serving: bool) {
    imports::set_serving(service, serving);
}
