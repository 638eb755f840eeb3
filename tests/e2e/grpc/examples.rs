//! The examples that serve gRPC.

use prost::Message;

use super::connect;
use crate::support::grpc::Request;
use crate::support::http::{self, Client as Http};
use crate::support::{Host, Service, guests};

/// `HelloRequest` and `HelloReply`.
#[derive(Clone, PartialEq, Message)]
struct Text {
    #[prost(string, tag = "1")]
    text: String,
}

/// `HellosRequest`.
#[derive(Clone, PartialEq, Message)]
struct Hellos {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "2")]
    times: u32,
}

/// `AddRequest` and `Count`.
#[derive(Clone, PartialEq, Message)]
struct Number {
    #[prost(uint64, optional, tag = "1")]
    value: Option<u64>,
}

fn text(text: &str) -> Text {
    Text { text: text.to_owned() }
}

#[test]
fn the_greeter_greets_in_every_shape() {
    for guest in [guests::GREETER_GRPC, guests::TONIC_GRPC] {
        greets_in_every_shape(guest);
    }
}

fn greets_in_every_shape(guest: guests::Guest) {
    let host = Host::start(&Service::new(guest, "grpc:0"));
    let mut client = connect(&host);
    let greeter = |method: &str| Request::new(&format!("/helloworld.Greeter/{method}"));

    let one = client.call(greeter("SayHello").message(&text("Ada")));
    assert_eq!(one.reply::<Text>().text, "Hello Ada");
    let again = Hellos { name: "Ada".to_owned(), times: 2 };
    let again = client.call(greeter("SayHellos").message(&again));
    assert_eq!((again.code(), again.messages.len()), (0, 2));
    let both = |method| greeter(method).message(&text("Ada")).message(&text("Bob"));
    let all = client.call(both("SayHelloToAll"));
    assert_eq!(all.reply::<Text>().text, "Hello Ada and Bob");
    let each = client.call(both("Chat"));
    let each: Vec<_> = each.messages.iter().map(|one| one.decode::<Text>().text).collect();
    assert_eq!(each, ["Hello Ada", "Hello Bob"]);
    host.stop();
}

#[test]
fn what_grpc_counts_http_shows() {
    let host = Host::start(&Service::new(guests::HYBRID_GRPC_HTTP, "grpc:0, http:0"));
    let mut client = connect(&host);

    let count = client.unary("/counter.Counter/Add", &Number { value: Some(3) });
    assert_eq!(count.reply::<Number>().value, Some(3));
    assert_eq!(http::get(host.port(), "/").text(), r#"{"count":3}"#);
    let mut http = Http::connect(host.port());
    http.request("POST", "/?amount=2", "", b"");
    assert_eq!(http.response().text(), r#"{"count":5}"#);
    assert_eq!(
        client.unary("/counter.Counter/Get", &Number::default()).reply::<Number>().value,
        Some(5)
    );
    host.stop();
}
