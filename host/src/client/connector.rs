//! From an address to an open connection: TCP, then TLS if the client has it.
//!
//! Does not know names, but for the one that the service must prove.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::error::{BoxError, TransportFault};
use super::settings;
use super::tls::Tls;
use crate::text::on_one_line;

/// Why there is no connection. All calls that have waited for it share one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", on_one_line(&**cause))]
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
    timeout: Duration,
    tls: Option<Tls>,
}

impl Connector {
    pub(super) fn new(settings: &settings::Client) -> Self {
        let tls = settings.tls.as_ref().map(|tls| Tls::new(settings, tls));
        Self { timeout: settings.connect_timeout, tls }
    }

    pub(super) async fn connect(&self, address: SocketAddr) -> Result<Connection, ConnectError> {
        let mut fault = TransportFault::Connect;
        let connecting = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let Some(tls) = &self.tls else { return Ok(Connection::Plain(stream)) };
            fault = TransportFault::Tls;
            let stream = tls.handshake(stream).await?;
            Ok(Connection::Tls(Box::new(stream)))
        };
        let late = |_| Err(io::Error::from(io::ErrorKind::TimedOut));
        let connected = timeout(self.timeout, connecting).await.unwrap_or_else(late);
        connected.map_err(|error| ConnectError::new(fault, error))
    }
}

#[derive(Debug)]
pub(super) enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
