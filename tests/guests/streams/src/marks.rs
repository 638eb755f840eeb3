//! The interceptor of the service: what it makes of the metadata `x-colour`.
//! Does not know which method is called.

use std::time::Duration;

use mikros_sdk::ServiceError;
use mikros_sdk::grpc::{Interceptor, Request, Status};

use super::Streams;

/// What a method finds in the extensions of a request that has been marked.
#[derive(Clone)]
pub(crate) struct Mark(pub(crate) String);

/// Hands the value of `x-colour` on as a [`Mark`] in place of the metadata, and refuses `red`.
pub(crate) struct Marking;

impl Interceptor<Streams> for Marking {
    async fn intercept(
        _service: &Streams,
        mut request: Request<()>,
    ) -> Result<Request<()>, Status> {
        let Some(mark) = request.metadata().get("x-colour").map(ToOwned::to_owned) else {
            return Ok(request);
        };
        // As one that asks somebody else.
        mikros_sdk::sleep(Duration::from_millis(1)).await;
        if mark == "red" {
            let method = request.method();
            return Err(ServiceError::permission_denied(format!("`{method}` is not red")).into());
        }
        request.metadata_mut().remove("x-colour");
        request.extensions_mut().insert(Mark(mark));
        Ok(request)
    }
}
