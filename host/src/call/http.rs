//! An HTTP request and its response as they pass between a connection and a guest.

use std::sync::Arc;

use bytes::Bytes;

use super::stream::{Hold, Streamed};
use crate::bindings::errors::Error as ServiceError;

/// A request that the host has checked.
#[derive(Debug)]
pub(crate) struct HttpRequest {
    /// Request line and header lines, as `wit/http.wit` describes them.
    pub head: Bytes,
    pub body: HttpBody,
}

/// What the guest answered, not yet checked.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub status: u16,
    /// Header lines, as `wit/http.wit` describes them.
    pub headers: Bytes,
    pub body: HttpBody,
}

/// A body in either direction.
#[derive(Debug)]
pub(crate) enum HttpBody {
    None,
    Whole(Bytes),
    Streamed {
        body: StreamedBytes,
        /// How many bytes it has, if that is known before.
        length: Option<u64>,
    },
}

impl HttpBody {
    /// Tells whether the guest has room for more of it; `None` for what enters whole.
    pub(crate) fn hold(&self) -> Option<Arc<Hold>> {
        match self {
            Self::Streamed { body, .. } => Some(body.hold.clone()),
            Self::None | Self::Whole(_) => None,
        }
    }
}

/// A body of which chunks arrive over time.
pub(crate) type StreamedBytes = Streamed<Bytes, Result<(), ServiceError>>;
