//! The cases of the gRPC project's interoperability test descriptions. Names, sizes, and what is demanded are theirs.
//! Deliberately without those that compress messages; `compression` has them.

use std::time::Duration;

use mikros_sdk::channel::mpsc;
use mikros_sdk::grpc::{Code, Request, Streaming};
use mikros_sdk::prelude::{Path, Result};
use mikros_sdk::stream;
use mikros_sdk::task::FutureExt as _;

use crate::proto::testing::{
    EchoStatus, Empty, ResponseParameters, SimpleRequest, StreamingInputCallRequest,
    StreamingOutputCallRequest, StreamingOutputCallResponse,
};
use crate::right::{
    INITIAL, Outcome, TRAILING, Wrong, echoes_metadata, equal, has_payload, has_status, zeros,
};
use crate::{RpcClient, compression};

pub(crate) const LARGE_REQUEST: usize = 271_828;
pub(crate) const LARGE_RESPONSE: i32 = 314_159;

const REQUEST_SIZES: [usize; 4] = [27182, 8, 1828, 45904];
const RESPONSE_SIZES: [i32; 4] = [31415, 9, 2653, 58979];

const STATUS_MESSAGE: &str = "test status message";
const SPECIAL_STATUS_MESSAGE: &str =
    "\t\ntest with whitespace\r\nand Unicode BMP \u{263a} and non-BMP \u{1f608}\t\n";

const SOAK_ITERATIONS: usize = 100;

/// Says `passed`, or what is wrong.
pub(crate) async fn run(client: &'static RpcClient, Path(name): Path<String>) -> Result<String> {
    let outcome = match name.as_str() {
        "empty_unary" => client.empty_unary().await,
        "large_unary" => client.large_unary().await,
        "client_streaming" => client.client_streaming().await,
        "server_streaming" => client.server_streaming().await,
        "ping_pong" => client.ping_pong().await,
        "empty_stream" => client.empty_stream().await,
        "status_code_and_message" => client.status_code_and_message().await,
        "special_status_message" => client.echoes_status(SPECIAL_STATUS_MESSAGE).await,
        "custom_metadata" => client.custom_metadata().await,
        "unimplemented_method" => client.unimplemented_method().await,
        "unimplemented_service" => client.unimplemented_service().await,
        "timeout_on_sleeping_server" => client.timeout_on_sleeping_server().await,
        "cancel_after_begin" => client.cancel_after_begin().await,
        "cancel_after_first_response" => client.cancel_after_first_response().await,
        "deadline_after_first_response" => client.deadline_after_first_response().await,
        "rpc_soak" => client.rpc_soak().await,
        other => compression::run(client, other).await,
    };
    Ok(outcome.map_or_else(|Wrong(reason)| reason, |()| "passed".to_owned()))
}

/// A request of a conversation that asks for one response.
fn ping(size: usize, response_size: i32) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        response_parameters: vec![ResponseParameters { size: response_size, ..Default::default() }],
        payload: zeros(size),
        ..Default::default()
    }
}

fn status(message: &str) -> EchoStatus {
    EchoStatus { code: Code::Unknown.number(), message: message.to_owned() }
}

/// All responses that are still to come.
async fn rest(
    responses: &mut Streaming<StreamingOutputCallResponse>,
) -> Result<usize, mikros_sdk::grpc::Status> {
    let mut count = 0;
    while responses.message().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

async fn next(responses: &mut Streaming<StreamingOutputCallResponse>, size: i32) -> Outcome {
    let response = responses.message().await?;
    let response = response.ok_or_else(|| Wrong("the stream has ended early".to_owned()))?;
    has_payload("a response of the stream", response.payload.as_ref(), size)
}

impl RpcClient {
    async fn empty_unary(&self) -> Outcome {
        let response = self.test.empty_call(Empty {}).await?;
        equal("the response", response.get_ref(), &Empty {})
    }

    async fn large_unary(&self) -> Outcome {
        let request = SimpleRequest {
            response_size: LARGE_RESPONSE,
            payload: zeros(LARGE_REQUEST),
            ..Default::default()
        };
        let response = self.test.unary_call(request).await?;
        has_payload("the response", response.get_ref().payload.as_ref(), LARGE_RESPONSE)
    }

    async fn client_streaming(&self) -> Outcome {
        let requests = REQUEST_SIZES
            .map(|size| StreamingInputCallRequest { payload: zeros(size), ..Default::default() });
        let response = self.test.streaming_input_call(stream::iter(requests)).await?;
        equal("aggregated_payload_size", &response.get_ref().aggregated_payload_size, &74922)
    }

    async fn server_streaming(&self) -> Outcome {
        let parameters =
            RESPONSE_SIZES.map(|size| ResponseParameters { size, ..Default::default() });
        let request = StreamingOutputCallRequest {
            response_parameters: parameters.to_vec(),
            ..Default::default()
        };
        let mut responses = self.test.streaming_output_call(request).await?.into_inner();
        for size in RESPONSE_SIZES {
            next(&mut responses, size).await?;
        }
        equal("responses after the last", &rest(&mut responses).await?, &0)
    }

    async fn ping_pong(&self) -> Outcome {
        let (requests, receiver) = mpsc::unbounded();
        // The head of the response may come with the first message.
        send(&requests, ping(REQUEST_SIZES[0], RESPONSE_SIZES[0]));
        let mut responses = self.test.full_duplex_call(receiver).await?.into_inner();
        next(&mut responses, RESPONSE_SIZES[0]).await?;
        for at in 1..REQUEST_SIZES.len() {
            send(&requests, ping(REQUEST_SIZES[at], RESPONSE_SIZES[at]));
            next(&mut responses, RESPONSE_SIZES[at]).await?;
        }
        drop(requests);
        equal("responses after the last", &rest(&mut responses).await?, &0)
    }

    async fn empty_stream(&self) -> Outcome {
        let mut responses = self.test.full_duplex_call(stream::empty()).await?.into_inner();
        equal("responses", &rest(&mut responses).await?, &0)
    }

    async fn status_code_and_message(&self) -> Outcome {
        self.echoes_status(STATUS_MESSAGE).await?;
        let request = StreamingOutputCallRequest {
            response_status: Some(status(STATUS_MESSAGE)),
            ..Default::default()
        };
        let outcome = match self.test.full_duplex_call(stream::iter([request])).await {
            Ok(responses) => rest(&mut responses.into_inner()).await,
            Err(status) => Err(status),
        };
        has_status("FullDuplexCall", outcome, Code::Unknown, Some(STATUS_MESSAGE))
    }

    async fn echoes_status(&self, message: &str) -> Outcome {
        let request =
            SimpleRequest { response_status: Some(status(message)), ..Default::default() };
        let outcome = self.test.unary_call(request).await;
        has_status("UnaryCall", outcome, Code::Unknown, Some(message))
    }

    async fn custom_metadata(&self) -> Outcome {
        let request = SimpleRequest {
            response_size: LARGE_RESPONSE,
            payload: zeros(LARGE_REQUEST),
            ..Default::default()
        };
        let response = self.test.unary_call(with_metadata(request)?).await?;
        has_payload("UnaryCall", response.get_ref().payload.as_ref(), LARGE_RESPONSE)?;
        echoes_metadata("UnaryCall", response.metadata(), response.trailers())?;

        let requests = stream::iter([ping(LARGE_REQUEST, LARGE_RESPONSE)]);
        let response = self.test.full_duplex_call(with_metadata(requests)?).await?;
        let initial = response.metadata().clone();
        let mut responses = response.into_inner();
        next(&mut responses, LARGE_RESPONSE).await?;
        equal("FullDuplexCall: further responses", &rest(&mut responses).await?, &0)?;
        echoes_metadata("FullDuplexCall", &initial, &responses.trailers().await?)
    }

    async fn unimplemented_method(&self) -> Outcome {
        let outcome = self.test.unimplemented_call(Empty {}).await;
        has_status("UnimplementedCall", outcome, Code::Unimplemented, None)
    }

    async fn unimplemented_service(&self) -> Outcome {
        let outcome = self.unimplemented.unimplemented_call(Empty {}).await;
        has_status("UnimplementedCall", outcome, Code::Unimplemented, None)
    }

    async fn timeout_on_sleeping_server(&self) -> Outcome {
        let (requests, receiver) = mpsc::unbounded();
        send(
            &requests,
            StreamingOutputCallRequest { payload: zeros(REQUEST_SIZES[0]), ..Default::default() },
        );
        let mut request = Request::new(receiver);
        request.set_timeout(Duration::from_millis(1));
        let outcome = match self.test.full_duplex_call(request).await {
            Ok(responses) => rest(&mut responses.into_inner()).await,
            Err(status) => Err(status),
        };
        has_status("FullDuplexCall", outcome, Code::DeadlineExceeded, None)?;
        self.goes_on().await
    }

    /// A client of the SDK cancels by dropping: there is nobody left to get a status.
    async fn cancel_after_begin(&self) -> Outcome {
        let call = self.test.streaming_input_call(stream::pending());
        // Polls it once, then drops it.
        equal("the call has returned", &call.now_or_never().is_some(), &false)?;
        self.goes_on().await
    }

    async fn cancel_after_first_response(&self) -> Outcome {
        let (requests, receiver) = mpsc::unbounded();
        send(&requests, ping(REQUEST_SIZES[0], RESPONSE_SIZES[0]));
        let mut responses = self.test.full_duplex_call(receiver).await?.into_inner();
        next(&mut responses, RESPONSE_SIZES[0]).await?;
        drop(responses);
        // The stream of requests never ends, so that nothing else ends the call.
        std::mem::forget(requests);
        self.goes_on().await
    }

    /// Not of the descriptions: there the deadline has passed before the server has seen the call.
    async fn deadline_after_first_response(&self) -> Outcome {
        let (requests, receiver) = mpsc::unbounded();
        send(&requests, ping(REQUEST_SIZES[0], RESPONSE_SIZES[0]));
        let mut request = Request::new(receiver);
        request.set_timeout(Duration::from_secs(2));
        let mut responses = self.test.full_duplex_call(request).await?.into_inner();
        next(&mut responses, RESPONSE_SIZES[0]).await?;
        let outcome = rest(&mut responses).await;
        has_status("FullDuplexCall", outcome, Code::DeadlineExceeded, None)?;
        std::mem::forget(requests);
        self.goes_on().await
    }

    async fn rpc_soak(&self) -> Outcome {
        for _ in 0..SOAK_ITERATIONS {
            self.large_unary().await?;
        }
        Ok(())
    }

    /// The connection is still good for other calls; the descriptions do not ask for it.
    async fn goes_on(&self) -> Outcome {
        self.empty_unary().await
    }
}

fn send(
    requests: &mpsc::UnboundedSender<StreamingOutputCallRequest>,
    request: StreamingOutputCallRequest,
) {
    // Fails when the call has ended, which its responses say.
    let _ = requests.unbounded_send(request);
}

fn with_metadata<T>(message: T) -> Outcome<Request<T>> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(INITIAL.0, INITIAL.1)?;
    request.metadata_mut().insert_bin(TRAILING.0, TRAILING.1)?;
    Ok(request)
}
