//! The response to an RPC, by how it went.

use std::sync::Arc;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response};
use tokio::time::sleep_until;
use tonic::Status;

use super::encoding::{ACCEPT_ENCODING, ACCEPTED, ENCODING};
use super::reply::{GrpcBody, MessageEncoder, Stream};
use super::rpc::Rpc;
use super::status;
use crate::call::grpc::{StreamedResponse, UnaryResponse};
use crate::call::metadata;
use crate::call::{Deadline, Fault};
use crate::dispatch::pump::Pump;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

impl GrpcBody {
    /// An answer without messages.
    pub(super) fn failure(status: &Status) -> Response<Self> {
        let mut response = Response::new(Self::empty());
        *response.headers_mut() = status::failure(status);
        response.headers_mut().insert(CONTENT_TYPE, GRPC);
        response
    }
}

impl Rpc {
    pub(super) fn deadline(&self) -> Option<Deadline> {
        self.timeout.map(|limit| Deadline { at: self.begun + limit, limit })
    }

    /// An answer without messages.
    pub(super) fn trailers_only(&self, status: &Status) -> Response<GrpcBody> {
        self.log_end(status.code());
        let mut response = GrpcBody::failure(status);
        let headers = std::mem::take(response.headers_mut());
        *response.headers_mut() = self.stamped(headers);
        response
    }

    pub(super) fn failed(&self, fault: &Fault) -> Response<GrpcBody> {
        self.trailers_only(&self.fault(fault))
    }

    pub(super) fn unknown_encoding(&self, name: &str) -> Response<GrpcBody> {
        let message = format!("messages in the encoding `{name}` are not supported");
        let mut response = self.trailers_only(&Status::unimplemented(message));
        response.headers_mut().insert(ACCEPT_ENCODING, ACCEPTED);
        response
    }

    /// The head of an answer with messages.
    fn head(metadata: &[u8], encoder: MessageEncoder) -> Result<HeaderMap, Fault> {
        let mut headers = metadata::unpack(metadata)?;
        headers.insert(CONTENT_TYPE, GRPC);
        if let Some(encoding) = encoder.encoding {
            headers.insert(ENCODING, encoding.name());
            headers.insert(ACCEPT_ENCODING, ACCEPTED);
        }
        Ok(headers)
    }

    pub(super) fn whole(
        &self,
        response: UnaryResponse,
        encoder: MessageEncoder,
    ) -> Response<GrpcBody> {
        let UnaryResponse { metadata, message, trailers } = response;
        let heads = Self::head(&metadata, encoder)
            .and_then(|head| metadata::unpack(&trailers).map(|trailers| (head, trailers)));
        let (head, trailers) = match heads {
            Ok(heads) => heads,
            Err(fault) => return self.failed(&fault),
        };
        let framed = match encoder.frame(message) {
            Ok(framed) => framed,
            Err(status) => return self.trailers_only(&self.too_large(status)),
        };
        self.log_end(tonic::Code::Ok);
        let trailers = self.stamped(status::success(trailers));
        let mut response = Response::new(GrpcBody::whole(framed, trailers));
        *response.headers_mut() = head;
        response
    }

    pub(super) fn streamed(
        self,
        response: StreamedResponse,
        encoder: MessageEncoder,
        pump: Pump<Status>,
    ) -> Response<GrpcBody> {
        let StreamedResponse { metadata, messages, fault } = response;
        let head = match Self::head(&metadata, encoder) {
            Ok(head) => head,
            Err(fault) => return self.failed(&fault),
        };
        let deadline = self.deadline().map(|deadline| Box::pin(sleep_until(deadline.at)));
        let stream =
            Stream { messages, fault, encoder, pump, deadline, rpc: Arc::new(self), rest: None };
        let mut response = Response::new(GrpcBody::streamed(stream));
        *response.headers_mut() = head;
        response
    }
}
