//! Unit tests without a host: the cases of the interoperability tests that need no wire.

use std::time::Duration;

use mikros_sdk::grpc::{Code, Compression};
use mikros_sdk::testing::{self, CallBuilder, Context};

use super::proto::{Payload, ResponseParameters};
use super::*;

/// Runs `body` with a call of `method`.
fn call<T>(method: &str, body: impl AsyncFnOnce(CallBuilder<Interop>) -> T) -> T {
    Context::new().run(async {
        let client = testing::grpc::<Interop>().await.expect("the service starts");
        body(client.call(&format!("/grpc.testing.TestService/{method}"))).await
    })
}

fn zeros(size: usize) -> Payload {
    Payload { r#type: 0, body: vec![0; size] }
}

fn asking_for(sizes: &[i32]) -> StreamingOutputCallRequest {
    let parameters = |size: &i32| ResponseParameters { size: *size, ..Default::default() };
    StreamingOutputCallRequest {
        response_parameters: sizes.iter().map(parameters).collect(),
        ..Default::default()
    }
}

fn sizes(replies: Vec<StreamingOutputCallResponse>) -> Vec<usize> {
    replies.into_iter().map(|reply| reply.payload.map_or(0, |payload| payload.body.len())).collect()
}

#[test]
fn empty_unary() {
    let response = call("EmptyCall", async |call| call.unary::<Empty>(&Empty {}).await);

    assert_eq!(response.expect("it is answered").into_inner(), Empty {});
}

#[test]
fn large_unary() {
    let request = SimpleRequest {
        response_size: 314_159,
        payload: Some(zeros(271_828)),
        ..Default::default()
    };

    let response = call("UnaryCall", async |call| call.unary::<SimpleResponse>(&request).await);

    let response = response.expect("it is answered").into_inner();
    assert_eq!(response.payload, Some(zeros(314_159)));
}

#[test]
fn client_streaming() {
    let requests = [27182, 8, 1828, 45904].map(|size| StreamingInputCallRequest {
        payload: Some(zeros(size)),
        expect_compressed: None,
    });

    let replies = call("StreamingInputCall", async |call| {
        call.streaming::<_, StreamingInputCallResponse, _>(requests).await?.collect().await
    });

    let expected = StreamingInputCallResponse { aggregated_payload_size: 74922 };
    assert_eq!(replies.expect("it is answered"), [expected]);
}

#[test]
fn server_streaming() {
    let replies = call("StreamingOutputCall", async |call| {
        call.streaming([asking_for(&[31415, 9, 2653, 58979])]).await?.collect().await
    });

    assert_eq!(sizes(replies.expect("it is answered")), [31415, 9, 2653, 58979]);
}

#[test]
fn ping_pong() {
    let replies = call("FullDuplexCall", async |call| {
        let requests = [[31415], [9], [2653], [58979]].map(|size| asking_for(&size));
        call.streaming(requests).await?.collect().await
    });

    assert_eq!(sizes(replies.expect("it is answered")), [31415, 9, 2653, 58979]);
}

#[test]
fn half_duplex_answers_in_order() {
    let replies = call("HalfDuplexCall", async |call| {
        call.streaming([asking_for(&[1, 2]), asking_for(&[3])]).await?.collect().await
    });

    assert_eq!(sizes(replies.expect("it is answered")), [1, 2, 3]);
}

#[test]
fn empty_stream() {
    let replies = call("FullDuplexCall", async |call| {
        let requests: [StreamingOutputCallRequest; 0] = [];
        call.streaming::<_, StreamingOutputCallResponse, _>(requests).await?.collect().await
    });

    assert_eq!(replies.expect("it is answered"), []);
}

#[test]
fn status_code_and_message() {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    let response_status = Some(EchoStatus { code: 2, message: message.to_owned() });
    let unary = SimpleRequest { response_status: response_status.clone(), ..Default::default() };
    let streaming = StreamingOutputCallRequest { response_status, ..asking_for(&[1]) };

    let unary = call("UnaryCall", async |call| call.unary::<SimpleResponse>(&unary).await);
    let streaming = call("FullDuplexCall", async |call| {
        call.streaming::<_, StreamingOutputCallResponse, _>([streaming]).await?.collect().await
    });

    for status in [unary.expect_err("it fails"), streaming.expect_err("it fails")] {
        assert_eq!((status.code(), status.message()), (Code::Unknown, message));
    }
}

#[test]
fn custom_metadata() {
    let (initial, trailing) = ("test_initial_metadata_value", [0xab, 0xab, 0xab]);
    let with_metadata = |call: CallBuilder<Interop>| {
        call.metadata("x-grpc-test-echo-initial", initial)
            .metadata_bin("x-grpc-test-echo-trailing-bin", &trailing)
    };

    let unary = call("UnaryCall", async |call| {
        with_metadata(call).unary::<SimpleResponse>(&SimpleRequest::default()).await
    });
    let duplex = call("FullDuplexCall", async |call| {
        let request = asking_for(&[1]);
        let call = with_metadata(call);
        let mut replies = call.streaming::<_, StreamingOutputCallResponse, _>([request]).await?;
        replies.collect().await?;
        Ok::<_, Status>((replies.metadata().clone(), replies.trailers().clone()))
    });

    let unary = unary.expect("it is answered");
    let unary = (unary.metadata().clone(), unary.trailers().clone());
    for (metadata, trailers) in [unary, duplex.expect("it is answered")] {
        assert_eq!(metadata.get("x-grpc-test-echo-initial"), Some(initial));
        assert_eq!(
            trailers.get_bin("x-grpc-test-echo-trailing-bin").as_deref(),
            Some(&trailing[..])
        );
    }
}

#[test]
fn unimplemented_method_and_service() {
    let known = call("UnimplementedCall", async |call| call.unary::<Empty>(&Empty {}).await);
    let unknown = call("NoSuchCall", async |call| call.unary::<Empty>(&Empty {}).await);
    let service = Context::new().run(async {
        let client = testing::grpc::<Interop>().await.expect("the service starts");
        let path = "/grpc.testing.UnimplementedService/UnimplementedCall";
        client.call(path).unary::<Empty>(&Empty {}).await
    });

    for outcome in [known, unknown, service] {
        assert_eq!(outcome.expect_err("it fails").code(), Code::Unimplemented);
    }
}

#[test]
fn timeout_on_sleeping_server() {
    let mut request = asking_for(&[31415]);
    request.response_parameters[0].interval_us = 1_000_000;

    let replies = call("FullDuplexCall", async |call| {
        let call = call.timeout(Duration::from_millis(1));
        call.streaming::<_, StreamingOutputCallResponse, _>([request]).await?.collect().await
    });

    assert_eq!(replies.expect_err("it fails").code(), Code::DeadlineExceeded);
}

#[test]
fn client_compressed_unary() {
    let request =
        SimpleRequest { expect_compressed: Some(BoolValue { value: true }), ..Default::default() };

    let probe = call("UnaryCall", async |call| call.unary::<SimpleResponse>(&request).await);
    let compressed =
        call("UnaryCall", async |call| call.compressed().unary::<SimpleResponse>(&request).await);

    assert_eq!(probe.expect_err("it fails").code(), Code::InvalidArgument);
    compressed.expect("it is answered");
}

#[test]
fn client_compressed_streaming() {
    let request = StreamingInputCallRequest {
        payload: Some(zeros(27182)),
        expect_compressed: Some(BoolValue { value: true }),
    };

    let probe = call("StreamingInputCall", async |call| {
        call.streaming::<_, StreamingInputCallResponse, _>([request]).await.map(|_replies| ())
    });

    assert_eq!(probe.expect_err("it fails").code(), Code::InvalidArgument);
}

#[test]
fn server_compressed_unary() {
    for (asked, expected) in [(true, Compression::On), (false, Compression::Off)] {
        let request = SimpleRequest {
            response_compressed: Some(BoolValue { value: asked }),
            ..Default::default()
        };

        let response = call("UnaryCall", async |call| call.unary::<SimpleResponse>(&request).await);

        assert_eq!(response.expect("it is answered").compression(), expected);
    }
}

#[test]
fn server_compressed_streaming() {
    let mut request = asking_for(&[31415, 92653]);
    request.response_parameters[0].compressed = Some(BoolValue { value: true });
    request.response_parameters[1].compressed = Some(BoolValue { value: false });

    let sent = call("StreamingOutputCall", async |call| {
        let mut replies = call.streaming::<_, StreamingOutputCallResponse, _>([request]).await?;
        let mut sent = Vec::new();
        while let Some((_, compression)) = replies.sent().await? {
            sent.push(compression);
        }
        Ok::<_, Status>(sent)
    });

    assert_eq!(sent.expect("it is answered"), [Compression::On, Compression::Off]);
}

#[test]
fn a_size_without_sense_is_refused() {
    for response_size in [-1, i32::MAX] {
        let request = SimpleRequest { response_size, ..Default::default() };

        let response = call("UnaryCall", async |call| call.unary::<SimpleResponse>(&request).await);

        assert_eq!(response.expect_err("it fails").code(), Code::InvalidArgument);
    }
}
