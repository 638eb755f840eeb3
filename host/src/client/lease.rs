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
    /// Over HTTP/1.1, what the next exchange may use.
    pub(super) connection: Option<(http1::SendRequest<RequestBody>, Arc<IdleConnections>)>,
    pub(super) load: Load,
}

impl Lease {
    /// The body has ended: the next exchange may use the connection.
    pub(super) fn end(self) {
        drop(self.load);
        let Some((sender, idle)) = self.connection else { return };
        if !sender.is_closed() {
            idle.put(sender);
        }
    }

    pub(super) fn broken(&self, error: hyper::Error) -> ClientError {
        self.endpoint.broken(error)
    }
}
