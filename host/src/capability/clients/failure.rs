//! Why a call to another service failed, as guests are told.

use bytes::Bytes;

use super::outgoing::Ended;
use crate::bindings::clients::{Failure, OriginError, Reason, Status};
use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};
use crate::call::error::service_error;
use crate::call::{metadata, remote_error};
use crate::client::ClientError;
use crate::text::on_one_line;

/// What the host itself has to say.
pub(super) fn of_host(error: ServiceError) -> Failure {
    let reason = Reason::Error(OriginError { error, origin: None });
    Failure { reason, trailers: Bytes::new() }
}

/// The end of a response for a guest that has left it.
pub(super) fn left() -> ServiceError {
    service_error(ErrorKind::Cancelled, "the response is no longer read")
}

/// How an RPC failed.
pub(super) fn rpc(client: &str, ended: Ended) -> Failure {
    match ended {
        Ended::Failed(ClientError::Status { status, .. }) => of_status(&status),
        other => of_host(plain(client, other)),
    }
}

fn of_status(status: &tonic::Status) -> Failure {
    let read = remote_error::from_status(status.message(), status.details());
    let reason = read.map_or_else(
        || {
            Reason::Status(Status {
                code: i32::from(status.code()).unsigned_abs(),
                message: status.message().to_owned(),
                details: Bytes::copy_from_slice(status.details()),
            })
        },
        Reason::Error,
    );
    Failure { reason, trailers: metadata::pack_response(status.metadata().as_ref()) }
}

/// The same without what only gRPC has. What it says of the network is in the cause, which callers of this service
/// see only where the deployment allows.
pub(super) fn plain(client: &str, ended: Ended) -> ServiceError {
    let error = match ended {
        Ended::Cancelled => service_error(
            ErrorKind::Cancelled,
            format!("the call to the service `{client}` was cancelled"),
        ),
        Ended::Failed(error) => {
            let (kind, message) = match &error {
                ClientError::DeadlineExceeded { .. } => {
                    (ErrorKind::DeadlineExceeded, "did not respond in time")
                }
                ClientError::Status { .. } => (ErrorKind::Rpc, "failed"),
                ClientError::Aborted { .. } => (ErrorKind::Cancelled, "was no longer needed"),
                _ => (ErrorKind::Unavailable, "is unavailable"),
            };
            let message = format!("the service `{client}` {message}");
            ServiceError { cause: Some(on_one_line(&error)), ..service_error(kind, message) }
        }
    };
    ServiceError { destination: Some(client.to_owned()), ..error }
}
