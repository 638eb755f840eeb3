//! Interceptors: what they see, hand on and refuse. The generated code is written by hand here.

use std::time::Duration;

use mikros_sdk::__private::rpc::{
    ProtoService, StreamingCall, StreamingReply, UnaryCall, UnaryReply,
};
use mikros_sdk::grpc::{
    Code, InterceptedService, Interceptor, Request, Response, Status, Streaming,
};
use mikros_sdk::prelude::{Grpc, Service, ServiceError};
use mikros_sdk::testing::{self, Context, Replies};

struct Greeter {
    token: &'static str,
}

impl Service for Greeter {
    async fn on_start() -> Result<Self, ServiceError> {
        Ok(Self { token: "secret" })
    }
}

impl Grpc for Greeter {
    type Services = InterceptedService<InterceptedService<Served, Named>, Authenticated>;
}

struct Served;

impl ProtoService for Served {
    type Service = Greeter;
    const NAME: &'static str = "test.Greeter";
    const DESCRIPTORS: &'static [u8] = b"";

    async fn unary(_service: &'static Greeter, call: UnaryCall) -> Result<UnaryReply, Status> {
        call.answer(async |request: Request<u32>| {
            let user = request.extensions().get::<User>().map_or("", |user| user.0);
            let text = format!("{} {user} {}", request.get_ref(), request.is_compressed());
            Ok(Response::new(text))
        })
        .await
    }

    async fn streaming(
        _service: &'static Greeter,
        call: StreamingCall,
    ) -> Result<StreamingReply, Status> {
        call.client_streaming(async |request: Request<Streaming<u32>>| {
            let user = request.extensions().get::<User>().map_or("", |user| user.0);
            let metadata = request.metadata().get("x-token").is_some();
            Ok(Response::new(format!("{user} {metadata}")))
        })
        .await
    }
}

#[derive(Clone)]
struct User(&'static str);

/// Comes first, and lets nobody behind it see the token.
struct Authenticated;

impl Interceptor<Greeter> for Authenticated {
    async fn intercept(
        service: &'static Greeter,
        mut request: Request<()>,
    ) -> Result<Request<()>, Status> {
        if request.metadata().get("x-token") != Some(service.token) {
            return Err(Status::unauthenticated(request.method()));
        }
        request.metadata_mut().remove("x-token");
        request.extensions_mut().insert(User("nobody"));
        // It may wait for others, which a check of a token usually does.
        mikros_sdk::sleep(Duration::from_secs(1)).await;
        Ok(request)
    }
}

struct Named;

impl Interceptor<Greeter> for Named {
    async fn intercept(
        _service: &'static Greeter,
        mut request: Request<()>,
    ) -> Result<Request<()>, Status> {
        assert!(request.extensions().get::<User>().is_some(), "the outer one comes first");
        request.extensions_mut().insert(User("Ada"));
        Ok(request)
    }
}

#[test]
fn an_interceptor_hands_on_what_it_has_found_out() {
    Context::new().run(async {
        let client = testing::grpc::<Greeter>().await.expect("it starts");

        let call = client.call("/test.Greeter/Say").metadata("x-token", "secret");
        let answer = call.compressed().unary::<String>(&7_u32).await;
        let call = client.call("/test.Greeter/Gather").metadata("x-token", "secret");
        let streamed: Result<Replies<String>, Status> = call.streaming([1_u32]).await;
        let mut streamed = streamed.expect("it may pass");

        assert_eq!(answer.expect("it may pass").into_inner(), "7 Ada true");
        let streamed = streamed.message().await.expect("it may pass");
        assert_eq!(streamed.as_deref(), Some("Ada false"));
    });
}

#[test]
fn an_interceptor_refuses_a_call_before_its_message_is_read() {
    Context::new().run(async {
        let client = testing::grpc::<Greeter>().await.expect("it starts");

        let status = client.call("/test.Greeter/Say").unary_bytes(vec![0xff]).await.unwrap_err();

        assert_eq!((status.code(), status.message()), (Code::Unauthenticated, "/test.Greeter/Say"));
    });
}
