//! From an address to an open connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::error::{BoxError, TransportFault};

/// Why there is no connection. All calls that have waited for it share one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub(super) struct ConnectError {
    pub(super) fault: TransportFault,
    cause: Arc<dyn std::error::Error + Send + Sync>,
}

impl ConnectError {
    pub(super) fn new(fault: TransportFault, cause: impl Into<BoxError>) -> Self {
        Self { fault, cause: Arc::from(cause.into()) }
    }
}

#[derive(Debug)]
pub(super) struct Connector {
    pub(super) timeout: Duration,
}

impl Connector {
    pub(super) async fn connect(&self, address: SocketAddr) -> Result<TcpStream, ConnectError> {
        let connecting = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let late = |_| Err(io::Error::from(io::ErrorKind::TimedOut));
        let connected = timeout(self.timeout, connecting).await.unwrap_or_else(late);
        connected.map_err(|error| ConnectError::new(TransportFault::Connect, error))
    }
}
