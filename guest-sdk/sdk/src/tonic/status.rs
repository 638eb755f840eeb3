//! Statuses of tonic and of the SDK.
//! Deliberately keeps a service error what it is on its way through tonic, so that the host words it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use ::http::{Extensions, HeaderMap, StatusCode};
use ::tonic::metadata::MetadataMap;

use crate::error::ServiceError;
use crate::grpc::{Code, Metadata, Status};
use crate::tower::BoxError;

/// A service error inside of a `tonic::Status`.
#[derive(Debug)]
struct Source(ServiceError);

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for Source {}

/// The code of its kind and its message. The host gets the error itself, and makes of it what it makes of those of
/// other services; in the middle of a stream only code and message arrive.
impl From<ServiceError> for ::tonic::Status {
    fn from(error: ServiceError) -> Self {
        to_tonic(&error.into())
    }
}

/// The same code, message, details and metadata.
impl From<Status> for ::tonic::Status {
    fn from(status: Status) -> Self {
        to_tonic(&status)
    }
}

/// The same code, message, details and metadata; a service error that it was made of is that again.
#[diagnostic::do_not_recommend]
impl From<::tonic::Status> for Status {
    fn from(status: ::tonic::Status) -> Self {
        of_tonic(&status)
    }
}

pub(super) fn to_tonic(status: &Status) -> ::tonic::Status {
    let metadata = MetadataMap::from_headers(status.metadata().to_headers());
    let mut converted = ::tonic::Status::with_details_and_metadata(
        ::tonic::Code::from_i32(status.code().number()),
        status.message(),
        status.details().to_vec().into(),
        metadata,
    );
    if let Some(error) = status.service_error() {
        converted.set_source(Arc::new(Source(error.clone())));
    }
    converted
}

/// How an error of a server becomes a status; tonic's own never fail in this way, layers may.
pub(super) fn of_error(error: impl Into<BoxError>) -> Status {
    of_tonic(&::tonic::Status::from_error(error.into()))
}

fn of_tonic(status: &::tonic::Status) -> Status {
    let metadata = Metadata::from_headers(&status.metadata().clone().into_headers());
    let source = status.source().and_then(|source| source.downcast_ref::<Source>());
    let converted = if let Some(Source(error)) = source {
        Status::from(error.clone())
    } else {
        let code = Code::from_number(status.code() as i32).unwrap_or(Code::Unknown);
        Status::new(code, status.message()).with_details(status.details())
    };
    converted.with_metadata(metadata)
}

/// How an RPC ended.
pub(super) type Outcome = Result<Metadata, Status>;

/// What a response without messages says of its end, if it says anything: it has no trailers of its own.
pub(super) fn of_head(
    http: StatusCode,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Option<Outcome> {
    let Some(outcome) = of_trailers(headers) else {
        return if http.is_success() { None } else { Some(Err(of_http(http))) };
    };
    Some(outcome.map_err(|status| {
        // Where tonic leaves the status that it has written. Whoever has written another one since means that.
        let original = extensions.get::<::tonic::Status>().map(of_tonic);
        original.filter(|original| original.code() == status.code()).unwrap_or(status)
    }))
}

/// What trailers say; `None` if that is nothing.
pub(super) fn of_trailers(trailers: &HeaderMap) -> Option<Outcome> {
    let status = ::tonic::Status::from_header_map(trailers)?;
    Some(if status.code() == ::tonic::Code::Ok {
        Ok(Metadata::from_headers(trailers))
    } else {
        Err(of_tonic(&status))
    })
}

/// What clients of gRPC make of a response that is none of it.
fn of_http(http: StatusCode) -> Status {
    let code = match http.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        408 => Code::DeadlineExceeded,
        429 | 502..=504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    Status::new(code, format!("a layer has answered {http}"))
}
