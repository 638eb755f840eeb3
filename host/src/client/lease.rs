//! What a response holds until its body has ended: its place in the count of its address, and its connection.
//!
//! Does not know how the connection was opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::client::conn::http1;

use super::body::RequestBody;
use super::endpoint::Endpoint;
use super::error::ClientError;
use super::idle::IdleConnections;
use super::pacing::PeerActivity;

/// Counts an exchange.
#[derive(Debug)]
pub(super) struct Load(Arc<AtomicUsize>);

impl Load {
    pub(super) fn new(load: &Arc<AtomicUsize>) -> Self {
        load.fetch_add(1, Ordering::Relaxed);
        Self(load.clone())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a response holds of its connection.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) load: Load,
    pub(super) connection: LeasedConnection,
}

#[derive(Debug)]
pub(super) enum LeasedConnection {
    /// The next exchange may use it.
    Http1(http1::SendRequest<RequestBody>, Arc<IdleConnections>),
    /// Others use it at the same time. The body of the request wants to know what arrives.
    Http2(PeerActivity),
}

impl Lease {
    /// The body has ended: the next exchange may use the connection.
    pub(super) fn end(self) {
        drop(self.load);
        if let LeasedConnection::Http1(sender, idle) = self.connection
            && !sender.is_closed()
        {
            idle.put(sender);
        }
    }

    /// A part of the body has arrived.
    pub(super) fn note_activity(&self) {
        if let LeasedConnection::Http2(activity) = &self.connection {
            activity.note();
        }
    }

    pub(super) fn broken(&self, error: hyper::Error) -> ClientError {
        self.endpoint.broken(error)
    }
}
