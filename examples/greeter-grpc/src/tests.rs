//! Unit tests without a host: a method of every shape as a client sees it.

use mikros_sdk::grpc::Code;
use mikros_sdk::stream::TryStreamExt as _;
use mikros_sdk::testing::{self, Context, GrpcClient};

use super::*;

/// Starts the service and runs `body` with a client.
fn run<T>(body: impl AsyncFnOnce(GrpcClient<Hello>) -> Result<T, Status>) -> Result<T, Status> {
    Context::new().run(async { body(testing::grpc::<Hello>().await?).await })
}

fn named(name: &str) -> HelloRequest {
    HelloRequest { name: name.to_owned() }
}

fn texts(replies: Vec<HelloReply>) -> Vec<String> {
    replies.into_iter().map(|reply| reply.message).collect()
}

#[test]
fn a_greeting_is_answered_and_counted() {
    let response = run(async |client| {
        client.service().say_hello(Request::new(named("Ada"))).await?;
        client.service().say_hello(Request::new(named("Bob"))).await
    });

    let response = response.expect("it is answered");
    assert_eq!(response.trailers().get("x-greeted"), Some("2"));
    assert_eq!(response.into_inner().message, "Hello Bob");
}

#[test]
fn nobody_cannot_be_greeted() {
    let status = run(async |client| {
        client.call("/helloworld.Greeter/SayHello").unary::<HelloReply>(&named("")).await
    });

    let status = status.expect_err("there is no name");
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "`name` is empty"));
}

#[test]
fn one_is_greeted_again_and_again() {
    let context = Context::new();
    let request = HellosRequest { name: "Ada".to_owned(), times: 3 };

    let replies = context.run(async {
        let client = testing::grpc::<Hello>().await?;
        client.call("/helloworld.Greeter/SayHellos").streaming([request]).await?.collect().await
    });

    assert_eq!(texts(replies.expect("it is answered")), ["Hello Ada"; 3]);
    // Virtual time: the test itself does not wait.
    assert_eq!(context.elapsed(), PAUSE * 2);
}

#[test]
fn many_are_greeted_at_once() {
    let greet = |names: Vec<HelloRequest>| {
        run(async |client| {
            let call = client.call("/helloworld.Greeter/SayHelloToAll");
            call.streaming(names).await?.collect().await
        })
    };

    let all = greet(vec![named("Ada"), named("Bob"), named("Eve")]).map(texts);
    let nobody = greet(vec![]);

    assert_eq!(all.expect("it is answered"), ["Hello Ada, Bob and Eve"]);
    assert_eq!(nobody.expect_err("there is nobody").code(), Code::InvalidArgument);
}

#[test]
fn each_is_greeted_as_soon_as_named() {
    let replies = run(async |client| {
        let requests = Streaming::of([named("Ada"), named("Bob")]);
        let response = client.service().chat(Request::new(requests)).await?;
        response.into_inner().map_ok(|reply| reply.message).try_collect::<Vec<_>>().await
    });

    assert_eq!(replies.expect("it is answered"), ["Hello Ada", "Hello Bob"]);
}
