//! The cases that compress messages. A client does not see whether a response came compressed: the test counts bytes
//! on the wire.
//! Deliberately without `client_compressed_streaming`: a call of the SDK compresses all its messages or none.

use mikros_sdk::grpc::{Code, Compression, Request};

use crate::RpcClient;
use crate::cases::{LARGE_REQUEST, LARGE_RESPONSE};
use crate::proto::testing::{
    BoolValue, ResponseParameters, SimpleRequest, SimpleResponse, StreamingOutputCallRequest,
};
use crate::right::{Outcome, Wrong, equal, has_payload, has_status, zeros};

pub(crate) async fn run(client: &RpcClient, name: &str) -> Outcome {
    match name {
        "client_compressed_unary_probe" => client.client_compressed_unary_probe().await,
        "client_compressed_unary" => client.client_compressed_unary().await,
        "server_compressed_unary" => client.server_compressed_unary(true).await,
        "server_uncompressed_unary" => client.server_compressed_unary(false).await,
        "server_compressed_streaming" => client.server_compressed_streaming().await,
        other => Err(Wrong(format!("there is no case `{other}`"))),
    }
}

fn flag(value: bool) -> BoolValue {
    BoolValue { value }
}

impl RpcClient {
    /// Whether the server notices that a request is not compressed, contrary to what it says.
    async fn client_compressed_unary_probe(&self) -> Outcome {
        let outcome = self.unary(true, Compression::Off).await;
        has_status("the probe", outcome, Code::InvalidArgument, None)
    }

    async fn client_compressed_unary(&self) -> Outcome {
        for (is_compressed, compression) in [(true, Compression::On), (false, Compression::Off)] {
            let response = self.unary(is_compressed, compression).await?;
            has_payload("the response", response.payload.as_ref(), LARGE_RESPONSE)?;
        }
        Ok(())
    }

    async fn unary(
        &self,
        expect_compressed: bool,
        compression: Compression,
    ) -> Result<SimpleResponse, mikros_sdk::grpc::Status> {
        let request = Request::new(SimpleRequest {
            expect_compressed: Some(flag(expect_compressed)),
            response_size: LARGE_RESPONSE,
            payload: zeros(LARGE_REQUEST),
            ..Default::default()
        });
        let response = self.test.unary_call(request.with_compression(compression)).await?;
        Ok(response.into_inner())
    }

    async fn server_compressed_unary(&self, is_compressed: bool) -> Outcome {
        let response = self.test.unary_call(SimpleRequest {
            response_compressed: Some(flag(is_compressed)),
            response_size: LARGE_RESPONSE,
            payload: zeros(LARGE_REQUEST),
            ..Default::default()
        });
        let response = response.await?.into_inner();
        has_payload("the response", response.payload.as_ref(), LARGE_RESPONSE)
    }

    async fn server_compressed_streaming(&self) -> Outcome {
        let sizes = [(31415, true), (92653, false)];
        let parameters = sizes.map(|(size, is_compressed)| ResponseParameters {
            size,
            compressed: Some(flag(is_compressed)),
            ..Default::default()
        });
        let request = StreamingOutputCallRequest {
            response_parameters: parameters.to_vec(),
            ..Default::default()
        };
        let mut responses = self.test.streaming_output_call(request).await?.into_inner();
        for (size, _) in sizes {
            let response = responses.message().await?.unwrap_or_default();
            has_payload("a response", response.payload.as_ref(), size)?;
        }
        equal("there are more responses", &responses.message().await?.is_some(), &false)
    }
}
