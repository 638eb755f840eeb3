//! Generated clients in all shapes, against services of the test in place of others.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use expect_test::expect;
use mikros_sdk::grpc::{
    Channel, Code, Metadata, ReplyStream, Request, Response, Status, Streaming,
};
use mikros_sdk::stream::{self, StreamExt as _};
use mikros_sdk::task::join_all;
use mikros_sdk::testing::{CallContext, Context};
use mikros_sdk::{ErrorKind, Result, ServiceError};

use super::calls::golden::greeter;
use super::calls::plain::Text;
use super::calls::plain::echo_client::EchoClient;
use super::calls::plain::echo_server::{Echo, EchoServer};
use greeter::greeter_client::GreeterClient;
use greeter::greeter_server::{Greeter, GreeterServer};

type Answer<T> = Result<Response<T>, Status>;

#[derive(Default)]
struct Fake {
    /// Set when a stream of replies is dropped.
    dropped: Rc<Cell<bool>>,
}

struct Drops(Rc<Cell<bool>>);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

fn named(name: &str) -> greeter::Request {
    greeter::Request { name: name.to_owned() }
}

fn reply(message: impl Into<String>) -> greeter::Reply {
    greeter::Reply { message: message.into(), ..greeter::Reply::default() }
}

fn trailers() -> Metadata {
    let mut trailers = Metadata::new();
    trailers.insert("x-cost", "7").expect("it is allowed");
    trailers
}

impl Greeter for Fake {
    async fn say_hello(&self, request: Request<greeter::Request>) -> Answer<greeter::Reply> {
        let timeout = request.timeout();
        let metadata = request.metadata().clone();
        match &*request.into_inner().name {
            "nobody" => Err(ServiceError::not_found("nobody is there").with_code(42).into()),
            "busy" => Err(Status::resource_exhausted("not today").with_details([1, 2])),
            "slow" => {
                mikros_sdk::sleep(Duration::from_mins(1)).await;
                Ok(reply("late").into())
            }
            name => {
                let region = metadata.get("x-region").unwrap_or("nowhere");
                let caller = metadata.service_context().next();
                let mut response =
                    Response::new(reply(format!("{name} {region} {timeout:?} {caller:?}")));
                response.metadata_mut().insert("x-first", "1")?;
                *response.trailers_mut() = trailers();
                Ok(response)
            }
        }
    }

    async fn watch(
        &self,
        request: Request<greeter::Request>,
    ) -> Answer<ReplyStream<greeter::Reply>> {
        let name = request.into_inner().name;
        let drops = Drops(Rc::clone(&self.dropped));
        let replies = stream::iter(0..3).then(move |number| {
            let _ = &drops;
            let name = name.clone();
            async move {
                mikros_sdk::sleep(Duration::from_secs(1)).await;
                match (&*name, number) {
                    ("fails", 1) => Err(ServiceError::conflict("that was enough").into()),
                    _ => Ok(reply(format!("{name} {number}"))),
                }
            }
        });
        Ok(ReplyStream::new(replies).with_trailers(async { Ok(trailers()) }).into())
    }

    async fn gather(
        &self,
        request: Request<Streaming<greeter::Request>>,
    ) -> Answer<greeter::Reply> {
        let mut requests = request.into_inner();
        let mut names = Vec::new();
        while let Some(request) = requests.message().await? {
            names.push(request.name);
        }
        Ok(reply(names.join("+")).into())
    }

    async fn chat(
        &self,
        request: Request<Streaming<greeter::Request>>,
    ) -> Answer<ReplyStream<greeter::Reply>> {
        let replies = request.into_inner().map(|request| Ok(reply(request?.name)));
        Ok(ReplyStream::new(replies).into())
    }

    async fn say_hi(&self, _request: Request<greeter::Request>) -> Answer<greeter::Reply> {
        Err(Status::aborted("nobody says that any more"))
    }
}

impl Echo for Fake {
    async fn say(&self, request: Request<Text>) -> Answer<Text> {
        Ok(request.into_inner().into())
    }
}

fn context() -> Context {
    Context::new().name("bff").grpc_client::<GreeterServer<_>>("user", Fake::default())
}

/// Runs `body` with a client; a failure fails the test.
#[track_caller]
fn run<T>(body: impl AsyncFnOnce(GreeterClient) -> Result<T, Status>) -> T {
    let outcome = context().run(async { body(GreeterClient::connect("user").await?).await });
    outcome.expect("the call is answered")
}

#[track_caller]
fn failure_of(name: &str) -> Status {
    run(async |client| Ok(client.say_hello(named(name)).await.err())).expect("it fails")
}

#[test]
fn a_message_or_a_request_is_answered_with_metadata_and_trailers() {
    run(async |client| {
        let response = client.say_hello(named("Ada")).await?;
        assert_eq!(response.metadata().get("x-first"), Some("1"));
        assert_eq!(response.trailers(), &trailers());
        assert_eq!(response.into_inner().message, r#"Ada nowhere None Some(("caller", "bff"))"#);

        let mut request = Request::new(named("Bob"));
        request.metadata_mut().insert("x-region", "eu")?;
        request.set_timeout(Duration::from_millis(200));
        let response = client.say_hello(request).await?;
        assert!(response.get_ref().message.starts_with("Bob eu Some(200ms)"), "{response:?}");
        Ok(())
    });
}

#[test]
fn streams_flow_in_all_shapes() {
    run(async |client| {
        let mut replies = client.watch(named("Ada")).await?.into_inner();
        let mut texts = Vec::new();
        while let Some(reply) = replies.message().await? {
            texts.push(reply.message);
        }
        assert_eq!(texts, ["Ada 0", "Ada 1", "Ada 2"]);
        assert_eq!(replies.trailers().await?, trailers());

        let names = || stream::iter(["Ada", "Bob"].map(named));
        assert_eq!(client.gather(names()).await?.into_inner().message, "Ada+Bob");

        let replies = client.chat(Request::new(names())).await?.into_inner();
        let texts: Vec<_> = replies.map(|reply| reply.map(|reply| reply.message)).collect().await;
        assert_eq!(texts.into_iter().collect::<Result<Vec<_>, _>>()?, ["Ada", "Bob"]);
        Ok(())
    });
}

#[test]
fn trailers_are_read_past_messages_that_are_left() {
    let trailing = run(async |client| {
        let mut replies = client.watch(named("Ada")).await?.into_inner();
        replies.message().await?;
        replies.trailers().await
    });
    assert_eq!(trailing, trailers());
}

#[test]
fn an_error_of_a_mikros_service_keeps_its_kind_and_its_origin() {
    let status = failure_of("nobody");
    assert_eq!((status.code(), status.origin()), (Code::NotFound, Some("user")));

    let error = ServiceError::from(status);
    assert_eq!((error.kind(), error.code()), (ErrorKind::NotFound, 42));
    assert_eq!((error.origin(), error.destination()), (Some("user"), Some("user")));
    assert_eq!(error.message(), "nobody is there");
}

#[test]
fn any_other_status_keeps_its_details() {
    let status = failure_of("busy");
    assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, "not today"));
    assert_eq!((status.details(), status.origin()), (&[1, 2][..], Some("user")));

    let error = ServiceError::from(status);
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert_eq!((error.origin(), error.destination()), (Some("user"), Some("user")));
}

#[test]
fn a_failure_in_the_middle_is_one_of_the_stream() {
    run(async |client| {
        let mut replies = client.watch(named("fails")).await?.into_inner();
        assert!(replies.message().await?.is_some());
        let status = replies.message().await.expect_err("the second one fails");
        assert_eq!((status.code(), status.origin()), (Code::Aborted, Some("user")));
        assert!(replies.message().await?.is_none(), "it has ended");
        Ok(())
    });
}

#[test]
fn a_call_ends_at_its_timeout_or_with_the_call_that_made_it() {
    let context = context();
    context.run(async {
        let client = GreeterClient::connect("user").await.expect("it is declared");
        let mut request = Request::new(named("slow"));
        request.set_timeout(Duration::from_secs(2));
        let status = client.say_hello(request).await.expect_err("it is late");
        assert_eq!((status.code(), status.origin()), (Code::DeadlineExceeded, None));
        assert_eq!(ServiceError::from(status).destination(), Some("user"));
        assert_eq!(context.elapsed(), Duration::from_secs(2));

        let call = CallContext::new().timeout(Duration::from_secs(3));
        let outcome = call.run(client.say_hello(named("slow"))).await;
        assert!(!matches!(outcome, Some(Ok(_))), "{outcome:?}");
        assert_eq!(context.elapsed(), Duration::from_secs(5));
    });
}

#[test]
fn a_stream_that_is_dropped_is_cancelled() {
    let fake = Fake::default();
    let dropped = Rc::clone(&fake.dropped);
    let context = Context::new().grpc_client::<GreeterServer<_>>("user", fake);

    let outcome = context.run(async {
        let client = GreeterClient::connect("user").await?;
        let mut replies = client.watch(named("Ada")).await?.into_inner();
        replies.message().await?;
        assert!(!dropped.get());
        drop(replies);
        Ok::<_, Status>(dropped.get())
    });

    assert!(outcome.expect("the call is answered"));
}

#[test]
fn hundreds_of_calls_are_in_flight_at_a_time() {
    let context = context();
    let answered = context.run(async {
        let client = GreeterClient::connect("user").await.expect("it is declared");
        let calls = (0..500).map(|_| client.say_hello(named("slow")));
        join_all(calls).await.into_iter().flatten().count()
    });

    assert_eq!(answered, 500);
    assert_eq!(context.elapsed(), Duration::from_mins(1));
}

#[test]
fn several_services_share_a_channel_with_its_interceptors() {
    let context = context().grpc_client::<EchoServer<_>>("user", Fake::default());
    let outcome = context.run(async {
        let channel = Channel::connect("user").await?;
        let channel = channel.with_interceptor(|mut request: Request<()>| {
            if request.method() == "/Echo/Say" {
                return Err(Status::permission_denied("no echo"));
            }
            request.metadata_mut().insert("x-region", "us")?;
            Ok(request)
        });
        let (users, echo) = (GreeterClient::new(channel.clone()), EchoClient::new(channel));
        let greeting = users.say_hello(named("Ada")).await?.into_inner().message;
        let refused = echo.say(Text { text: "x".to_owned() }).await;
        Ok::<_, Status>((greeting, refused))
    });

    let (greeting, refused) = outcome.expect("it is answered");
    assert!(greeting.starts_with("Ada us"), "{greeting}");
    assert_eq!(refused.expect_err("it is refused").code(), Code::PermissionDenied);
}

#[test]
fn a_service_that_the_other_one_has_not_is_unimplemented() {
    let outcome = context().run(async {
        let echo = EchoClient::connect("user").await?;
        echo.say(Text::default()).await
    });

    let status = outcome.expect_err("only the greeter is there");
    assert_eq!((status.code(), status.origin()), (Code::Unimplemented, Some("user")));
}

#[test]
fn a_client_that_is_not_declared_does_not_connect() {
    let error = Context::new().run(GreeterClient::connect("user")).expect_err("there is none");
    assert!(error.cause().unwrap_or_default().contains("no client `user`"), "{error:?}");
}

#[test]
fn rpcs_that_are_called_as_what_a_client_has_itself_are_renamed() {
    let out = super::directory("own");
    let proto = "syntax = \"proto3\"; package own; message M {}
        service Own { rpc Connect(M) returns (M); rpc New(stream M) returns (M); }";
    std::fs::write(out.join("own.proto"), proto).expect("the file can be written");

    let builder =
        mikros_sdk_build::configure().build_server(false).client_attribute("Own", "#[own]");
    let builder = builder.client_mod_attribute("Own", "#[module]");
    builder
        .out_dir(&out)
        .emit_rerun_if_changed(false)
        .compile_protos(&[out.join("own.proto")], &[&out])
        .expect("it compiles");

    let code = std::fs::read_to_string(out.join("own.rs")).expect("it is generated");
    let signatures = code.lines().map(str::trim);
    let kept = ["#[own", "#[mod", "pub mod", "pub struct", "pub async fn", "pub fn"];
    let signatures: Vec<_> =
        signatures.filter(|line| kept.iter().any(|begin| line.starts_with(begin))).collect();
    expect![[r#"
        pub struct M {}
        #[module]
        pub mod own_client {
        #[own]
        pub struct OwnClient(::mikros_sdk::grpc::Channel);
        pub async fn connect(
        pub fn new(channel: ::mikros_sdk::grpc::Channel) -> Self {
        pub async fn connect_(
        pub async fn new_(
    "#]]
    .assert_eq(&(signatures.join("\n") + "\n"));
}

/// axum and others demand that the futures of handlers are `Send`.
#[test]
fn calls_may_be_made_by_handlers_of_other_frameworks() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    run(async |client| {
        let calls = async {
            let mut replies = client.watch(named("Ada")).await?.into_inner();
            replies.message().await?;
            client.gather(stream::iter([named("Ada")])).await
        };
        is_send(calls).await
    });
}
