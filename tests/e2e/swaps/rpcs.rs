//! RPCs and health checks that outlive a version.

use prost::Message;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::swap;
use crate::support::grpc::{Client, Request};
use crate::support::probe::{CHAT, Chunk, ECHO, EchoReply, Empty, SET_SERVING, ServingRequest};
use crate::support::probe::{chunk, echo};
use crate::support::{Host, Line, Service, guests};

fn service() -> Service {
    Service::new(guests::STREAMS, "grpc:0")
}

fn connect(host: &Host) -> Client {
    Client::connect(host.wait_until("the port of kind `grpc`", |log| {
        let line = log.iter().find(|line: &&Line| line.has("address"))?;
        line.text("address").rsplit_once(':')?.1.parse().ok()
    }))
}

#[test]
fn a_stream_goes_on_and_the_next_rpc_on_its_connection_is_new() {
    let service = service();
    let host = Host::start(&service);
    let mut client = connect(&host);
    let mut rpcs = client.open_all(vec![Request::new(CHAT), Request::new(ECHO).bytes(Vec::new())]);
    let [chat, late] = &mut rpcs[..] else { unreachable!("two were opened") };
    chat.send(&chunk(b"before"));
    assert!(chat.next().is_some());

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    chat.send(&chunk(b"after"));
    let echoed = chat.next().expect("the stream goes on");
    assert_eq!(Chunk::decode(echoed.data.as_slice()).expect("a chunk").data, b"after");
    // Its headers came before the swap, its message comes after it.
    late.send(&echo(b"late"));
    late.finish();
    let answer = late.try_answer().expect("an answer");
    assert_eq!(answer.reply::<EchoReply>().data, b"late");
    chat.finish();
    assert_eq!(chat.try_answer().expect("an end").code(), 0);
    host.wait_for("version-stopped");
    host.stop();
}

#[test]
fn who_watches_the_health_goes_on_watching() {
    let service = service();
    let host = Host::start(&service);
    let mut client = connect(&host);
    let mut other = connect(&host);
    let asking = HealthCheckRequest { service: "probe.Probe".to_owned() };
    let mut watch = client.open(Request::new("/grpc.health.v1.Health/Watch").message(&asking));
    watch.finish();
    let mut next = || {
        let message = watch.next().expect("a status");
        HealthCheckResponse::decode(message.data.as_slice()).expect("a status").status
    };
    assert_eq!(next(), 1);
    let request = ServingRequest { service: "probe.Probe".to_owned(), serving: false };
    other.unary(SET_SERVING, &request).reply::<Empty>();
    assert_eq!(next(), 2);

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    // The new version has not said anything yet, and what the old one said is over.
    assert_eq!(next(), 1);
    host.wait_for("version-stopped");
    other.unary(SET_SERVING, &request).reply::<Empty>();
    assert_eq!(next(), 2);
    watch.cancel();
    host.stop();
}
