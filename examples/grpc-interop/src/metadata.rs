//! The metadata that a client wants back.
//! Deliberately knows nothing about messages.

use mikros_sdk::grpc::{Metadata, Response, Status};

const INITIAL: &str = "x-grpc-test-echo-initial";
const TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// Sends back what was received under the two names of the tests.
pub(crate) fn echo<T>(
    received: &Metadata,
    mut response: Response<T>,
) -> Result<Response<T>, Status> {
    for value in received.get_all(INITIAL) {
        response.metadata_mut().append(INITIAL, value)?;
    }
    for value in received.get_all_bin(TRAILING) {
        response.trailers_mut().append_bin(TRAILING, value)?;
    }
    Ok(response)
}
