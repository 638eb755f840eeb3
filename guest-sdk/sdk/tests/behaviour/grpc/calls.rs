//! Calls with encoded messages, as the host makes them. The generated code is written by hand here.

use std::cell::Cell;
use std::future::{Future, pending, ready};
use std::time::Duration;

use mikros_sdk::__private::rpc::{
    ProtoService, StreamingCall, StreamingReply, UnaryCall, UnaryReply,
};
use mikros_sdk::grpc::{
    Code, Compression, Metadata, Reply, ReplyStream, Request, Response, Status, Streaming,
};
use mikros_sdk::prelude::{Grpc, Result, Service};
use mikros_sdk::stream::{self, StreamExt as _};
use mikros_sdk::testing::{self, CallBuilder, Context, GrpcClient, Replies};

/// Numbers cross as `google.protobuf.UInt32Value`.
#[derive(Default)]
struct Numbers {
    dropped: Cell<u32>,
}

impl Service for Numbers {
    async fn on_start() -> Result<Self> {
        Ok(Self::default())
    }
}

impl Grpc for Numbers {
    type Services = Served;
}

struct Served;

impl ProtoService for Served {
    type Service = Numbers;
    const NAME: &'static str = "test.Numbers";
    const DESCRIPTORS: &'static [u8] = b"";

    async fn unary(service: &'static Numbers, call: UnaryCall) -> Result<UnaryReply, Status> {
        match call.method() {
            "Describe" => call.answer(Numbers::describe).await,
            "Wait" => call.answer(|request| service.wait(request)).await,
            _ => Err(call.unimplemented()),
        }
    }

    async fn streaming(
        service: &'static Numbers,
        call: StreamingCall,
    ) -> Result<StreamingReply, Status> {
        match call.method() {
            "Sum" => call.client_streaming(Numbers::sum).await,
            "Count" => call.server_streaming(Numbers::count).await,
            "Double" => call.bidirectional(|request| ready(Ok(service.double(request)))).await,
            _ => Err(call.unimplemented()),
        }
    }
}

/// Counts that it was dropped before its end.
struct Guard(&'static Numbers);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.dropped.set(self.0.dropped.get() + 1);
    }
}

impl Numbers {
    /// What a method sees of its call.
    async fn describe(request: Request<u32>) -> Result<Response<String>, Status> {
        let text = format!(
            "{} {} compressed={} remaining={:?} id={:?} x={:?}",
            request.method(),
            request.get_ref(),
            request.is_compressed(),
            request.remaining(),
            mikros_sdk::request_id(),
            request.metadata().get("x")
        );
        let mut response = Response::new(text).with_compression(Compression::On);
        response.metadata_mut().insert("x-before", "1")?;
        response.trailers_mut().insert("x-after", "2")?;
        Ok(response)
    }

    fn wait(
        &'static self,
        _request: Request<u32>,
    ) -> impl Future<Output = Result<Response<()>, Status>> {
        let guard = Guard(self);
        async move {
            let _guard = guard;
            pending().await
        }
    }

    async fn sum(request: Request<Streaming<u32>>) -> Result<Response<u32>, Status> {
        let mut numbers = request.into_inner();
        let (mut sum, mut compressed) = (0, 0);
        while let Some(received) = numbers.received().await? {
            sum += received.message;
            compressed += u32::from(received.is_compressed);
        }
        Ok(Response::new(sum * 10 + compressed))
    }

    /// Counts to a number; ten is too far.
    async fn count(request: Request<u32>) -> Result<Response<ReplyStream<u32>>, Status> {
        let replies = stream::iter(0..request.into_inner()).map(|number| match number {
            10.. => Err(Status::out_of_range("ten is too far")),
            1 => Ok(Reply::new(number).with_compression(Compression::Off)),
            _ => Ok(Reply::new(number)),
        });
        let replies = ReplyStream::from_replies(replies).with_trailers(async {
            let mut trailers = Metadata::new();
            trailers.insert("x-late", "2")?;
            Ok(trailers)
        });
        let mut response = Response::new(replies).with_compression(Compression::On);
        response.metadata_mut().insert("x-before", "0")?;
        response.trailers_mut().insert("x-early", "1")?;
        Ok(response)
    }

    fn double(&'static self, request: Request<Streaming<u32>>) -> Response<ReplyStream<u32>> {
        let guard = Guard(self);
        let doubled = request.into_inner().then(move |number| {
            let _guard = &guard;
            async move {
                match number? {
                    0 => pending().await,
                    number => Ok(number * 2),
                }
            }
        });
        Response::new(ReplyStream::new(doubled))
    }
}

/// Runs `body` with a client.
fn run<T>(body: impl AsyncFnOnce(GrpcClient<Numbers>) -> T) -> T {
    Context::new().run(async { body(testing::grpc().await.expect("the service starts")).await })
}

fn call(client: &GrpcClient<Numbers>, method: &str) -> CallBuilder<Numbers> {
    client.call(&format!("/test.Numbers/{method}"))
}

#[test]
fn a_method_sees_its_call_and_answers_more_than_a_message() {
    let response = run(async |client| {
        let call = call(&client, "Describe").metadata("X", "y").request_id("7").compressed();
        call.timeout(Duration::from_secs(3)).unary::<String>(&5_u32).await
    });

    let response = response.expect("it is answered");
    assert_eq!(response.compression(), Compression::On);
    assert_eq!(response.metadata().get("x-before"), Some("1"));
    assert_eq!(response.trailers().get("x-after"), Some("2"));
    assert_eq!(
        response.into_inner(),
        r#"/test.Numbers/Describe 5 compressed=true remaining=Some(3s) id=Some("7") x=Some("y")"#
    );
}

#[test]
fn a_method_that_nobody_waits_for_is_dropped() {
    let (status, dropped) = run(async |client| {
        let waiting = call(&client, "Wait").timeout(Duration::from_secs(1));
        let status = waiting.unary::<()>(&5_u32).await.expect_err("it waits for ever");
        (status, client.service().dropped.get())
    });

    assert_eq!((status.code(), dropped), (Code::DeadlineExceeded, 1));
}

#[test]
fn every_message_of_a_stream_tells_whether_it_was_compressed() {
    let (plain, compressed) = run(async |client| {
        let plain: Replies<u32> = call(&client, "Sum").streaming([1_u32, 2]).await?;
        let compressed = call(&client, "Sum").compressed().streaming([1_u32, 2]).await?;
        Ok::<_, Status>((plain, compressed))
    })
    .expect("both are answered");

    let sums = run(async |_client| ({ plain }.collect().await, { compressed }.collect().await));

    assert_eq!((sums.0.ok(), sums.1.ok()), (Some(vec![30]), Some(vec![32])));
}

#[test]
fn a_client_that_breaks_off_fails_the_method() {
    let outcome = run(async |client| {
        let messages = stream::iter([Ok(vec![8, 1]), Err(Status::cancelled("gone"))]);
        call(&client, "Sum").streaming_from::<u32>(messages).await.map(|_replies| ())
    });

    assert_eq!(outcome.expect_err("the rest is missing").code(), Code::Cancelled);
}

#[test]
fn a_broken_message_of_a_stream_is_an_invalid_argument() {
    let outcome = run(async |client| {
        let messages = stream::iter([Ok(vec![8, 1]), Ok(vec![8])]);
        call(&client, "Sum").streaming_from::<u32>(messages).await.map(|_replies| ())
    });

    assert_eq!(outcome.expect_err("the second is cut off").code(), Code::InvalidArgument);
}

#[test]
fn a_method_that_takes_one_message_gets_exactly_one() {
    for count in [0_usize, 2] {
        let outcome = run(async |client| {
            let messages = vec![1_u32; count];
            call(&client, "Count").streaming::<_, u32, _>(messages).await.map(|_replies| ())
        });

        assert_eq!(outcome.expect_err("not one").code(), Code::Unimplemented, "{count}");
    }
}

#[test]
fn a_stream_has_metadata_at_both_ends_and_compression_in_between() {
    run(async |client| {
        let mut replies: Replies<u32> = call(&client, "Count").streaming([3_u32]).await?;
        assert_eq!(replies.metadata().get("x-before"), Some("0"));

        let mut sent = Vec::new();
        while let Some(reply) = replies.sent().await? {
            assert!(replies.trailers().is_empty(), "trailers come last");
            sent.push(reply);
        }

        let (on, off) = (Compression::On, Compression::Off);
        assert_eq!(sent, [(0, on), (1, off), (2, on)]);
        assert_eq!(replies.trailers().get("x-early"), Some("1"));
        assert_eq!(replies.trailers().get("x-late"), Some("2"));
        Ok::<_, Status>(())
    })
    .expect("it is answered");
}

#[test]
fn a_stream_that_fails_ends_with_its_status() {
    run(async |client| {
        let mut replies: Replies<u32> = call(&client, "Count").streaming([20_u32]).await?;
        let status = replies.collect().await.expect_err("it is too far");
        assert_eq!((status.code(), status.message()), (Code::OutOfRange, "ten is too far"));
        assert_eq!(replies.message().await?, None, "nothing follows a status");
        Ok::<_, Status>(())
    })
    .expect("it is answered");
}

#[test]
fn a_stream_that_nobody_waits_for_is_dropped() {
    run(async |client| {
        let call = call(&client, "Double").timeout(Duration::from_secs(1));
        let mut replies: Replies<u32> = call.streaming([4_u32, 0]).await?;

        assert_eq!(replies.message().await?, Some(8));
        assert_eq!(client.service().dropped.get(), 0);
        let status = replies.message().await.expect_err("it waits for ever");
        assert_eq!(status.code(), Code::DeadlineExceeded);
        assert_eq!(client.service().dropped.get(), 1);
        Ok::<_, Status>(())
    })
    .expect("it is answered");
}
