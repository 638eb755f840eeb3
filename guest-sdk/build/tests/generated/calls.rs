//! The generated files with the compiler and in calls: one type serves all of them.

use std::collections::HashMap;

use mikros_sdk::grpc::{Code, ReplyStream, Request, Response, Status, Streaming};
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, StreamExt as _};
use mikros_sdk::testing::{self, Context, GrpcClient};

use all::golden::shop::self_::orders_server::{Orders, OrdersServer};
use all::golden::shop::self_::{Order, order};
use golden::greeter::greeter_server::{Greeter, GreeterServer};
use golden::types::base;
use golden::types::everything::{Choice, Inner};
use golden::types::types_server::{Types, TypesServer};
use golden::types::{Color, Everything};
use plain::Text;
use plain::echo_server::{Echo, EchoServer};
use plain::http_reverse_server::{HttpReverse, HttpReverseServer};
use plain::idle_server::{Idle, IdleServer};
use plain::s_server::{S, SServer};

#[expect(unreachable_pub, reason = "generated code is for other crates")]
pub(crate) mod plain {
    include!("../golden/_.rs");
}

#[expect(clippy::pedantic, unreachable_pub, reason = "generated code is for other crates")]
pub(crate) mod golden {
    pub(crate) mod greeter {
        include!("../golden/golden.greeter.rs");
    }
    pub(crate) mod types {
        pub(crate) mod base {
            include!("../golden/golden.types.base.rs");
        }
        include!("../golden/golden.types.rs");
    }
}

/// As an include file has them.
#[expect(unreachable_pub, reason = "generated code is for other crates")]
mod all {
    include!("../golden/all.rs");
}

struct All;

impl Service for All {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Grpc for All {
    type Services = (
        GreeterServer<Self>,
        TypesServer<Self>,
        EchoServer<Self>,
        HttpReverseServer<Self>,
        IdleServer<Self>,
        SServer<Self>,
        OrdersServer<Self>,
    );
}

mikros_sdk::export!(All: grpc);

type Answer<T> = Result<Response<T>, Status>;

fn greeting(name: &str) -> golden::greeter::Reply {
    golden::greeter::Reply {
        message: format!("Hello {name}"),
        result: golden::greeter::Result::Fine.into(),
        status: Some(golden::greeter::Status {}),
    }
}

impl Greeter for All {
    async fn say_hello(
        &self,
        request: Request<golden::greeter::Request>,
    ) -> Answer<golden::greeter::Reply> {
        Ok(greeting(&request.into_inner().name).into())
    }

    async fn watch(
        &self,
        request: Request<golden::greeter::Request>,
    ) -> Answer<ReplyStream<golden::greeter::Reply>> {
        let name = request.into_inner().name;
        let replies =
            stream::iter(0..3).map(move |number| Ok(greeting(&format!("{name} {number}"))));
        Ok(ReplyStream::new(replies).into())
    }

    async fn gather(
        &self,
        request: Request<Streaming<golden::greeter::Request>>,
    ) -> Answer<golden::greeter::Reply> {
        let mut requests = request.into_inner();
        let mut names = Vec::new();
        while let Some(request) = requests.message().await? {
            names.push(request.name);
        }
        Ok(greeting(&names.join("+")).into())
    }

    async fn chat(
        &self,
        request: Request<Streaming<golden::greeter::Request>>,
    ) -> Answer<ReplyStream<golden::greeter::Reply>> {
        let replies = request.into_inner().map(|request| Ok(greeting(&request?.name)));
        Ok(ReplyStream::new(replies).into())
    }

    async fn say_hi(
        &self,
        _request: Request<golden::greeter::Request>,
    ) -> Answer<golden::greeter::Reply> {
        Err(Status::aborted("nobody says that any more"))
    }
}

impl Types for All {
    async fn everything(&self, request: Request<Everything>) -> Answer<Everything> {
        Ok(request.into_inner().into())
    }

    async fn nothing(&self, _request: Request<()>) -> Answer<()> {
        Ok(Response::new(()))
    }

    async fn name(&self, request: Request<String>) -> Answer<Vec<u8>> {
        Ok(request.into_inner().into_bytes().into())
    }

    async fn count(&self, request: Request<i64>) -> Answer<bool> {
        Ok((request.into_inner() > 0).into())
    }

    async fn when(
        &self,
        request: Request<prost_types::Timestamp>,
    ) -> Answer<ReplyStream<prost_types::Any>> {
        let any = prost_types::Any::from_msg(request.get_ref()).or_internal("cannot pack it")?;
        Ok(ReplyStream::new(stream::iter([Ok(any)])).into())
    }

    async fn imported(&self, request: Request<base::Money>) -> Answer<base::Basket> {
        let item = base::basket::Item { name: request.into_inner().currency };
        Ok(base::Basket { items: vec![item] }.into())
    }

    async fn nested(&self, request: Request<base::basket::Item>) -> Answer<Inner> {
        Ok(Inner { r#type: request.into_inner().name.into(), outer: None }.into())
    }

    async fn r#type(&self, request: Request<Everything>) -> Answer<Everything> {
        Ok(Everything { maybe: Some(1), ..request.into_inner() }.into())
    }

    async fn self_(&self, request: Request<Everything>) -> Answer<Everything> {
        Ok(Everything { maybe: Some(2), ..request.into_inner() }.into())
    }
}

impl Echo for All {
    async fn say(&self, request: Request<Text>) -> Answer<Text> {
        Ok(request.into_inner().into())
    }
}

impl HttpReverse for All {
    async fn say(&self, request: Request<Text>) -> Answer<Text> {
        Ok(Text { text: request.into_inner().text.chars().rev().collect() }.into())
    }
}

impl Idle for All {}

impl S for All {
    async fn say(&self, request: Request<Text>) -> Answer<Text> {
        Ok(request.into_inner().into())
    }
}

impl Orders for All {
    async fn place(&self, request: Request<Order>) -> Answer<order::Receipt> {
        let Order { items, how } = request.into_inner();
        let names: Vec<_> = items.into_iter().map(|order::Item { name }| name).collect();
        let how = match how {
            Some(order::How::Courier(name)) => name,
            Some(order::How::Pickup(_)) | None => "nobody".to_owned(),
        };
        Ok(order::Receipt { number: format!("{} by {how}", names.join("+")) }.into())
    }
}

/// Runs `body` with a client; a failure fails the test.
#[track_caller]
fn run<T>(body: impl AsyncFnOnce(GrpcClient<All>) -> Result<T, Status>) -> T {
    let outcome = Context::new().run(async { body(testing::grpc::<All>().await?).await });
    outcome.expect("the call is answered")
}

fn named(name: &str) -> golden::greeter::Request {
    golden::greeter::Request { name: name.to_owned() }
}

#[test]
fn every_shape_is_found_by_its_path() {
    for (path, names, expected) in [
        ("Watch", vec!["Ada"], vec!["Hello Ada 0", "Hello Ada 1", "Hello Ada 2"]),
        ("Gather", vec!["Ada", "Bob"], vec!["Hello Ada+Bob"]),
        ("Chat", vec!["Ada", "Bob"], vec!["Hello Ada", "Hello Bob"]),
    ] {
        let requests: Vec<_> = names.into_iter().map(named).collect();
        let replies: Vec<golden::greeter::Reply> = run(async |client| {
            let call = client.call(&format!("/golden.greeter.Greeter/{path}"));
            call.streaming(requests).await?.collect().await
        });
        let texts: Vec<_> = replies.iter().map(|reply| reply.message.as_str()).collect();
        assert_eq!(texts, expected, "{path}");
    }
    let reply: golden::greeter::Reply = run(async |client| {
        let call = client.call("/golden.greeter.Greeter/SayHello");
        call.unary(&named("Ada")).await.map(Response::into_inner)
    });
    assert_eq!(reply, greeting("Ada"));
}

#[test]
fn types_of_all_sorts_cross() {
    let everything = Everything {
        maybe: Some(0),
        prices: HashMap::from([(
            "tea".to_owned(),
            base::Money { currency: "EUR".to_owned(), units: -3 },
        )]),
        at: Some(prost_types::Timestamp { seconds: 1, nanos: 2 }),
        takes: None,
        free: None,
        name: Some(String::new()),
        colors: vec![Color::Red.into()],
        choice: Some(Choice::Inner(Box::new(Inner { r#type: vec![1], outer: None }))),
    };

    let answers: Vec<Everything> = run(async |client| {
        let mut answers = Vec::new();
        for method in ["Everything", "Type", "Self"] {
            let call = client.call(&format!("/golden.types.Types/{method}"));
            answers.push(call.unary(&everything).await?.into_inner());
        }
        Ok(answers)
    });

    let with = |maybe| Everything { maybe: Some(maybe), ..everything.clone() };
    assert_eq!(answers, [everything.clone(), with(1), with(2)]);
}

#[test]
fn well_known_types_are_those_of_rust() {
    run(async |client| {
        let call = |method| client.call(&format!("/golden.types.Types/{method}"));
        call("Nothing").unary::<()>(&()).await?;
        let name: Vec<u8> = call("Name").unary(&"Ada".to_owned()).await?.into_inner();
        assert_eq!(name, b"Ada");
        assert!(call("Count").unary::<bool>(&1_i64).await?.into_inner());
        Ok(())
    });
}

#[test]
fn methods_of_one_name_in_two_services_are_two() {
    let text = Text { text: "abc".to_owned() };

    let (echoed, reversed): (Text, Text) = run(async |client| {
        let echoed = client.call("/Echo/Say").unary(&text).await?;
        let reversed = client.call("/HTTPReverse/Say").unary(&text).await?;
        Ok((echoed.into_inner(), reversed.into_inner()))
    });

    assert_eq!((echoed.text.as_str(), reversed.text.as_str()), ("abc", "cba"));
}

#[test]
fn a_package_and_a_message_of_one_name_are_one_module() {
    let items = vec![order::Item { name: "tea".to_owned() }];
    let order = Order { items, how: Some(order::How::Courier("Ada".to_owned())) };

    let receipt: order::Receipt = run(async |client| {
        let call = client.call("/golden.Shop.self.Orders/Place");
        call.unary(&order).await.map(Response::into_inner)
    });

    assert_eq!(receipt.number, "tea by Ada");
}

#[test]
fn what_is_not_there_is_unimplemented() {
    for path in [
        "/golden.greeter.Greeter/sayHello",
        "/golden.greeter.Greeter/Say",
        "/golden.greeter/SayHello",
        "/Greeter/SayHello",
        "/Idle/Anything",
        "/a/golden.greeter.Greeter/SayHello",
        "SayHello",
        "/",
        "",
    ] {
        let outcome: Result<Response<()>, Status> =
            run(async |client| Ok(client.call(path).unary(&()).await));
        assert_eq!(outcome.expect_err(path).code(), Code::Unimplemented, "{path}");
        let outcome: Result<_, Status> =
            run(async |client| Ok(client.call(path).streaming::<(), (), _>([()]).await));
        assert_eq!(outcome.expect_err(path).code(), Code::Unimplemented, "{path}");
    }
}

#[test]
fn a_message_that_does_not_decode_names_the_field() {
    // Field 1 is a string of two bytes that are no UTF-8.
    let bytes = vec![0x0a, 2, 0xff, 0xff];

    let outcome = run(async |client| {
        Ok(client.call("/golden.greeter.Greeter/SayHello").unary_bytes(bytes).await)
    });

    let status = outcome.expect_err("the message is broken");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        status.message(),
        "cannot decode the message: Request.name: invalid string value: data is not UTF-8 encoded"
    );
}

#[test]
fn the_component_declares_its_services() {
    use mikros_sdk::__private::rpc::{
        Declaration, declarations, descriptors, descriptors_length, names, names_length,
    };
    use mikros_sdk::prost::Message as _;
    use mikros_sdk::prost_types::{FileDescriptorProto, FileDescriptorSet};
    const ALL: &[Declaration] = declarations::<All>();
    static NAMES: [u8; names_length(ALL)] = names(ALL);
    static DESCRIPTORS: [u8; descriptors_length(ALL)] = descriptors(ALL);

    assert_eq!(
        std::str::from_utf8(&NAMES),
        Ok(
            "golden.greeter.Greeter\ngolden.types.Types\nEcho\nHTTPReverse\nIdle\nS\ngolden.Shop.self.Orders\n"
        )
    );
    let set = FileDescriptorSet::decode(&DESCRIPTORS[..]);
    let set = set.expect("sets that follow each other are one");
    let names: Vec<_> = set.file.iter().map(FileDescriptorProto::name).collect();
    assert_eq!(names.iter().filter(|name| **name == "plain.proto").count(), 4);
    assert!(names.contains(&"base.proto") && names.contains(&"greeter.proto"), "{names:?}");
}
