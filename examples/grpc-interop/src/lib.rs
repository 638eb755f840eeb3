//! The server of the gRPC interoperability tests: `grpc.testing.TestService` as their description demands it.

mod metadata;
mod replies;

#[cfg(test)]
mod tests;

use mikros_sdk::grpc::{ReplyStream, Request, Response, Status, Streaming};
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, StreamExt as _, TryStreamExt as _};
use proto::test_service_server::{TestService, TestServiceServer};
use proto::{
    BoolValue, EchoStatus, Empty, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
    StreamingInputCallResponse, StreamingOutputCallRequest, StreamingOutputCallResponse,
};

#[expect(clippy::pedantic, reason = "generated code")]
pub mod proto {
    //! What the build script has made of `proto/`.
    mikros_sdk::include_proto!("grpc.testing");
}

struct Interop;

impl Service for Interop {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

/// Without `UnimplementedService`, which no server serves.
impl Grpc for Interop {
    type Services = TestServiceServer<Self>;
}

type Replies = Result<Response<ReplyStream<StreamingOutputCallResponse>>, Status>;

impl TestService for Interop {
    async fn empty_call(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        check_compression(request.get_ref().expect_compressed, request.is_compressed())?;
        check_status(request.get_ref().response_status.as_ref())?;
        let (received, _extensions, asked) = request.into_parts();
        let payload = Some(replies::payload(asked.response_size)?);
        let response = Response::new(SimpleResponse { payload, ..SimpleResponse::default() });
        let compression = replies::compression(asked.response_compressed);
        metadata::echo(&received, response.with_compression(compression))
    }

    async fn cacheable_unary_call(
        &'static self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let mut response = self.unary_call(request).await?;
        response.metadata_mut().insert("cache-control", "max-age=60, public")?;
        Ok(response)
    }

    async fn streaming_output_call(&self, request: Request<StreamingOutputCallRequest>) -> Replies {
        let (received, _extensions, asked) = request.into_parts();
        let replies = ReplyStream::from_replies(replies::replies(asked));
        metadata::echo(&received, Response::new(replies))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut requests = request.into_inner();
        let mut size: i32 = 0;
        while let Some(received) = requests.received().await? {
            check_compression(received.message.expect_compressed, received.is_compressed)?;
            let length = received.message.payload.map_or(0, |payload| payload.body.len());
            let sum = i32::try_from(length).ok().and_then(|length| size.checked_add(length));
            size = sum.ok_or_else(|| Status::out_of_range("the sum does not fit its field"))?;
        }
        Ok(Response::new(StreamingInputCallResponse { aggregated_payload_size: size }))
    }

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Replies {
        let (received, _extensions, requests) = request.into_parts();
        let replies = requests.map_ok(replies::replies).try_flatten();
        metadata::echo(&received, Response::new(ReplyStream::from_replies(replies)))
    }

    async fn half_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Replies {
        let (received, _extensions, mut requests) = request.into_parts();
        let mut kept = Vec::new();
        while let Some(request) = requests.message().await? {
            kept.push(request);
        }
        let replies = stream::iter(kept).flat_map(replies::replies);
        metadata::echo(&received, Response::new(ReplyStream::from_replies(replies)))
    }

    async fn unimplemented_call(
        &self,
        _request: Request<Empty>,
    ) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("`UnimplementedCall` is not implemented, as the tests demand"))
    }
}

/// Fails when a message came otherwise than the client says it should.
fn check_compression(expected: Option<BoolValue>, is_compressed: bool) -> Result<(), Status> {
    match expected {
        Some(expected) if expected.value != is_compressed => {
            let found = if is_compressed { "compressed" } else { "not compressed" };
            Err(Status::invalid_argument(format!("the message is {found}")))
        }
        _ => Ok(()),
    }
}

/// Fails with the status that the client asks for.
fn check_status(status: Option<&EchoStatus>) -> Result<(), Status> {
    match status {
        Some(EchoStatus { code, message }) if *code != 0 => {
            let code = mikros_sdk::grpc::Code::from_number(*code);
            let code = code.or_invalid_arguments("`response_status.code` is no code of gRPC")?;
            Err(Status::new(code, message))
        }
        _ => Ok(()),
    }
}

mikros_sdk::export!(Interop: grpc);
