//! Services whose methods are implemented by types of their own, as in tonic, and streams that borrow from them.

use std::cell::RefCell;

use mikros_sdk::grpc::{
    AsPart, BoxReplyStream, Code, InterceptedService, Interceptor, ReplyStream, Request, Response,
    Status, Streaming,
};
use mikros_sdk::prelude::{Grpc, Result, Service};
use mikros_sdk::stream::{self, StreamExt as _};
use mikros_sdk::testing::{self, Context};

use crate::calls::golden::greeter::greeter_server::{Greeter, GreeterServer};
use crate::calls::golden::greeter::{Reply, Request as Named};
use crate::calls::plain::Text;
use crate::calls::plain::echo_server::{Echo, EchoServer};

type Answer<T> = Result<Response<T>, Status>;

/// What all calls of an instance share. It knows nothing of the service that it is a part of.
#[derive(Default)]
struct MyGreeter {
    names: RefCell<Vec<String>>,
    farewells: [&'static str; 2],
}

impl MyGreeter {
    fn reply(message: &str) -> Reply {
        Reply { message: message.to_owned(), ..Reply::default() }
    }
}

impl Greeter for MyGreeter {
    async fn say_hello(&self, request: Request<Named>) -> Answer<Reply> {
        self.names.borrow_mut().push(request.into_inner().name);
        Ok(Self::reply(&self.names.borrow().join("+")).into())
    }

    async fn watch(&self, request: Request<Named>) -> Answer<BoxReplyStream<'_, Reply>> {
        let name = request.into_inner().name;
        let farewells = self.farewells.iter();
        let replies = farewells.map(move |word| Ok(Self::reply(&format!("{word} {name}"))));
        Ok(BoxReplyStream::new(stream::iter(replies)).into())
    }

    async fn gather(&self, request: Request<Streaming<Named>>) -> Answer<Reply> {
        let mut requests = request.into_inner();
        while let Some(request) = requests.message().await? {
            self.names.borrow_mut().push(request.name);
        }
        Ok(Self::reply(&self.names.borrow().join("+")).into())
    }

    async fn chat(&'static self, request: Request<Streaming<Named>>) -> Answer<ReplyStream<Reply>> {
        let replies = request
            .into_inner()
            .map(|request| Ok(Self::reply(&format!("{} {}", self.farewells[0], request?.name))));
        Ok(ReplyStream::new(replies).into())
    }

    async fn say_hi(&self, _request: Request<Named>) -> Answer<Reply> {
        Err(Status::aborted("nobody says that any more"))
    }
}

struct Hello {
    greeter: MyGreeter,
    token: &'static str,
}

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        let greeter = MyGreeter { farewells: ["Bye", "Farewell"], ..MyGreeter::default() };
        Ok(Self { greeter, token: "secret" })
    }
}

impl AsPart<MyGreeter> for Hello {
    fn as_part(&self) -> &MyGreeter {
        &self.greeter
    }
}

impl Grpc for Hello {
    type Services = (GreeterServer<MyGreeter>, InterceptedService<EchoServer<Self>, Authenticated>);
}

impl Echo for Hello {
    async fn say(&self, request: Request<Text>) -> Answer<Text> {
        Ok(request.into_inner().into())
    }
}

struct Authenticated;

impl Interceptor<Hello> for Authenticated {
    async fn intercept(service: &Hello, request: Request<()>) -> Result<Request<()>, Status> {
        if request.metadata().get("x-token") == Some(service.token) {
            Ok(request)
        } else {
            Err(Status::unauthenticated("the token is wrong"))
        }
    }
}

fn named(name: &str) -> Named {
    Named { name: name.to_owned() }
}

#[test]
fn calls_share_the_part_that_implements_their_methods() {
    let shared = Context::new().run(async {
        let client = testing::grpc::<Hello>().await?;
        for name in ["Ada", "Bob"] {
            let call = client.call("/golden.greeter.Greeter/SayHello");
            call.unary::<Reply>(&named(name)).await?;
        }
        let gather = client.call("/golden.greeter.Greeter/Gather");
        gather.streaming::<_, Reply, _>([named("Eve")]).await?.collect().await
    });

    assert_eq!(shared.expect("it is answered")[0].message, "Ada+Bob+Eve");
}

#[test]
fn a_stream_may_borrow_from_what_implements_the_method() {
    for (path, expected) in [
        ("/golden.greeter.Greeter/Watch", &["Bye Ada", "Farewell Ada"][..]),
        ("/golden.greeter.Greeter/Chat", &["Bye Ada"]),
    ] {
        let replies = Context::new().run(async {
            let client = testing::grpc::<Hello>().await?;
            client.call(path).streaming::<_, Reply, _>([named("Ada")]).await?.collect().await
        });

        let replies = replies.expect("it is answered");
        let messages: Vec<_> = replies.iter().map(|reply| &*reply.message).collect();
        assert_eq!(messages, expected);
    }
}

#[test]
fn an_interceptor_is_for_one_service_of_several() {
    Context::new().run(async {
        let client = testing::grpc::<Hello>().await.expect("it starts");
        let text = Text { text: "hi".to_owned() };

        let refused = client.call("/Echo/Say").unary::<Text>(&text).await.unwrap_err();
        let answered = client.call("/Echo/Say").metadata("x-token", "secret");
        let answered = answered.unary::<Text>(&text).await.expect("it may pass");
        let other = client.call("/golden.greeter.Greeter/SayHello");
        let other = other.unary::<Reply>(&named("Ada")).await.expect("nobody asks");

        assert_eq!(refused.code(), Code::Unauthenticated);
        assert_eq!((answered.get_ref(), &*other.get_ref().message), (&text, "Ada"));
    });
}
