//! The HTTP/1.1 connections to an address: one per exchange at a time, kept for later ones.

use std::sync::Arc;

use http::{Request, Response};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::select;

use super::super::body::{RequestBody, TransportBody};
use super::super::connector::ConnectError;
use super::super::error::TransportFault;
use super::super::idle::IdleConnections;
use super::super::lease::{LeasedConnection, Load};
use super::super::transport::SendError;
use super::Endpoint;

impl Endpoint {
    pub(super) async fn send_http1(
        self: &Arc<Self>,
        idle: &Arc<IdleConnections>,
        request: Request<RequestBody>,
    ) -> Result<Response<TransportBody>, SendError> {
        let load = Load::new(&self.load);
        let mut sender = match idle.take() {
            Some(sender) => sender,
            None => match self.open_http1(idle).await {
                Ok(sender) => sender,
                Err(error) => return Err(self.not_connected(error, request)),
            },
        };
        match sender.try_send_request(request).await {
            Ok(response) => {
                let connection = LeasedConnection::Http1(sender, idle.clone());
                Ok(self.response(response, load, connection))
            }
            Err(error) => Err(self.send_failed(error)),
        }
    }

    pub(super) async fn open_http1(
        &self,
        idle: &Arc<IdleConnections>,
    ) -> Result<http1::SendRequest<RequestBody>, ConnectError> {
        let opened = async {
            let stream = self.config.connector.connect(self.address).await?;
            let handshake = http1::handshake(TokioIo::new(stream)).await;
            handshake.map_err(|error| ConnectError::new(TransportFault::Connect, error))
        };
        let opened = opened.await;
        self.note_opened(&opened);
        let (sender, connection) = opened?;
        let closing = self.config.tasks.closing();
        let idle = idle.clone();
        self.config.tasks.spawn(async move {
            let mut connection = std::pin::pin!(connection);
            select! {
                _ended = &mut connection => (),
                () = closing => {
                    // It ends with its last exchange.
                    idle.close();
                    let _ended = connection.await;
                }
            }
        });
        Ok(sender)
    }
}
