//! Unit tests without a host: a fake stands in for the other service.

use mikros_sdk::ServiceError;
use mikros_sdk::grpc::{ReplyStream, Response, Status};
use mikros_sdk::prelude::StatusCode;
use mikros_sdk::stream;
use mikros_sdk::testing::{self, Client, Context};
use proto::greeter_server::{Greeter, GreeterServer};

use super::*;

struct FakeGreeter;

impl Greeter for FakeGreeter {
    async fn say_hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloReply>, Status> {
        match &*request.into_inner().name {
            "nobody" => Err(ServiceError::invalid_arguments("there is nobody").into()),
            "slow" => {
                mikros_sdk::sleep(PATIENCE * 2).await;
                Ok(HelloReply::default().into())
            }
            name => {
                mikros_sdk::sleep(PATIENCE / 2).await;
                Ok(HelloReply { message: format!("Hi {name}") }.into())
            }
        }
    }

    async fn say_hellos(
        &self,
        request: Request<HellosRequest>,
    ) -> Result<Response<ReplyStream<HelloReply>>, Status> {
        let HellosRequest { name, times } = request.into_inner();
        let replies =
            (0..times).map(move |number| Ok(HelloReply { message: format!("{name} {number}") }));
        Ok(ReplyStream::new(stream::iter(replies)).into())
    }

    async fn say_hello_to_all(
        &self,
        _requests: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<HelloReply>, Status> {
        Err(Status::unimplemented("the service does not call this"))
    }

    async fn chat(
        &self,
        _requests: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<ReplyStream<HelloReply>>, Status> {
        Err(Status::unimplemented("the service does not call this"))
    }
}

fn context() -> Context {
    Context::new().grpc_client::<GreeterServer<_>>("greeter-grpc", FakeGreeter)
}

/// Starts the service and runs `body` with a client.
fn run<T>(context: &Context, body: impl AsyncFnOnce(Client<Bff>) -> T) -> T {
    let outcome = context.run(async { Ok::<_, ServiceError>(body(testing::http().await?).await) });
    outcome.expect("the service starts")
}

#[test]
fn a_greeting_is_that_of_the_other_service() {
    run(&context(), async |bff| {
        bff.get("/greetings/Ada").send().await.assert_status(StatusCode::OK).assert_text("Hi Ada");
    });
}

#[test]
fn many_are_greeted_at_the_same_time() {
    let context = context();

    run(&context, async |bff| {
        let reply = bff.get("/greetings?name=Ada&name=Bob&name=Eve").send().await;
        reply.assert_status(StatusCode::OK).assert_text(r#"["Hi Ada","Hi Bob","Hi Eve"]"#);
    });

    assert_eq!(context.elapsed(), PATIENCE / 2);
}

#[test]
fn a_stream_is_passed_on() {
    run(&context(), async |bff| {
        let reply = bff.get("/greetings/Ada/again?times=2").send().await;
        assert_eq!(reply.text().await.expect("the stream ends well"), "Ada 0\nAda 1\n");
    });
}

#[test]
fn an_error_of_the_other_service_keeps_its_kind() {
    run(&context(), async |bff| {
        let text = bff.get("/greetings/nobody").send().await;
        text.assert_status(StatusCode::BAD_REQUEST).assert_text(
            r#"{"kind":"ValidationError","message":"there is nobody","code":0,"service_name":"test","destination":"greeter-grpc"}"#,
        );
    });
}

#[test]
fn a_page_does_not_wait_for_ever() {
    run(&context(), async |bff| {
        let reply = bff.get("/greetings/slow").send().await;
        reply.assert_status(StatusCode::GATEWAY_TIMEOUT);
    });
}
