//! Who the client of a connection is, if it has proved that.

use std::sync::Arc;

use http::Extensions;

use super::{Identity, RequestAnnotations};

/// What is known of the client of a connection by its certificate. An extension of the requests of such connections.
#[derive(Debug, Clone)]
pub(crate) struct PeerIdentity(Arc<RequestAnnotations>);

impl PeerIdentity {
    pub(crate) fn new(identity: Identity) -> Self {
        let identity = Some(Arc::new(identity));
        Self(Arc::new(RequestAnnotations { identity, ..RequestAnnotations::default() }))
    }

    /// Of a request with these extensions.
    pub(crate) fn of(extensions: &Extensions) -> Option<&Arc<RequestAnnotations>> {
        extensions.get().map(|Self(annotations)| annotations)
    }
}
