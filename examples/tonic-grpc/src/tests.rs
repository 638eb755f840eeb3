//! Unit tests without a host: a method of every shape as a client sees it.

use mikros_sdk::grpc::{
    Code, InterceptedService, Interceptor, Request as RpcRequest, Status as RpcStatus,
};
use mikros_sdk::prelude::{Grpc, Service};
use mikros_sdk::testing::{self, Context, GrpcClient};
use mikros_sdk::tonic::{Served, Serves};

use super::*;

/// What `export_tonic!` makes, with a name.
struct Probe(GreeterServer<Hello>);

impl Service for Probe {
    async fn on_start() -> mikros_sdk::Result<Self> {
        Ok(Self(GreeterServer::new(Hello::default())))
    }
}

impl Serves<GreeterServer<Hello>> for Probe {
    const DESCRIPTORS: &'static [u8] = proto::DESCRIPTORS;

    fn server(&'static self) -> GreeterServer<Hello> {
        self.0.clone()
    }
}

impl Grpc for Probe {
    type Services = InterceptedService<Served<Self, GreeterServer<Hello>>, Placed>;
}

/// One of the SDK in front of a server of tonic.
struct Placed;

impl Interceptor<Probe> for Placed {
    async fn intercept(
        _service: &Probe,
        mut request: RpcRequest<()>,
    ) -> Result<RpcRequest<()>, RpcStatus> {
        if request.metadata().get("x-place") == Some("Bern") {
            request.metadata_mut().insert("x-region", "ch")?;
        }
        Ok(request)
    }
}

/// Starts the service and runs `body` with a client.
fn run<T>(
    body: impl AsyncFnOnce(GrpcClient<Probe>) -> Result<T, RpcStatus>,
) -> Result<T, RpcStatus> {
    Context::new().run(async { body(testing::grpc::<Probe>().await?).await })
}

fn named(name: &str) -> HelloRequest {
    HelloRequest { name: name.to_owned() }
}

fn texts(replies: Vec<HelloReply>) -> Vec<String> {
    replies.into_iter().map(|reply| reply.message).collect()
}

#[test]
fn a_greeting_is_answered_with_metadata() {
    let response = run(async |client| {
        let call = client.call("/helloworld.Greeter/SayHello").metadata("x-region", "eu");
        call.unary::<HelloReply>(&named("Ada")).await
    });

    let response = response.expect("it is answered");
    assert_eq!(response.metadata().get("x-greeted"), Some("1"));
    assert_eq!(response.metadata().get("x-region"), Some("eu"));
    assert_eq!(response.into_inner().message, "Hello Ada");
}

#[test]
fn an_interceptor_of_the_sdk_comes_before_the_server_of_tonic() {
    let response = run(async |client| {
        let call = client.call("/helloworld.Greeter/SayHello").metadata("x-place", "Bern");
        call.unary::<HelloReply>(&named("Ada")).await
    });

    let response = response.expect("it is answered");
    assert_eq!(response.metadata().get("x-region"), Some("ch"));
}

#[test]
fn a_service_error_stays_one_on_its_way_through_tonic() {
    let status = run(async |client| {
        client.call("/helloworld.Greeter/SayHello").unary::<HelloReply>(&named("")).await
    });

    let status = status.expect_err("there is no name");
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "`name` is empty"));
    assert!(status.service_error().is_some());
}

#[test]
fn an_unknown_method_is_unimplemented() {
    let status = run(async |client| {
        client.call("/helloworld.Greeter/Wave").unary::<HelloReply>(&named("Ada")).await
    });

    assert_eq!(status.expect_err("there is none").code(), Code::Unimplemented);
}

#[test]
fn one_is_greeted_again_and_again() {
    let context = Context::new();
    let request = HellosRequest { name: "Ada".to_owned(), times: 3 };

    let replies = context.run(async {
        let client = testing::grpc::<Probe>().await?;
        let call = client.call("/helloworld.Greeter/SayHellos");
        call.streaming::<_, HelloReply, _>([request]).await?.collect().await
    });

    assert_eq!(texts(replies.expect("it is answered")), ["Hello Ada"; 3]);
    assert_eq!(context.elapsed(), Duration::from_millis(200));
}

#[test]
fn many_are_greeted_at_once() {
    let all = run(async |client| {
        let call = client.call("/helloworld.Greeter/SayHelloToAll");
        call.streaming::<_, HelloReply, _>(["Ada", "Bob"].map(named)).await?.collect().await
    });

    assert_eq!(texts(all.expect("it is answered")), ["Hello Ada and Bob"]);
}

#[test]
fn a_chat_that_fails_ends_with_the_status() {
    let (greetings, end) = run(async |client| {
        let call = client.call("/helloworld.Greeter/Chat");
        let mut replies = call.streaming::<_, HelloReply, _>(["Ada", "", "Bob"].map(named)).await?;
        let first = replies.message().await?;
        Ok((first, replies.message().await))
    })
    .expect("it begins");

    assert_eq!(greetings.map(|reply| reply.message).as_deref(), Some("Hello Ada"));
    assert_eq!(end.expect_err("the second has no name").code(), Code::InvalidArgument);
}
