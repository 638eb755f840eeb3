//! More of requests at a time than an instance has memory for: some of them wait, and no instance is lost.
//! Does not know the limits of a single request.

use bytes::Bytes;
use http_body_util::Full;

use crate::support::grpc::{self, Request};
use crate::support::probe::{Chunk, ECHO, EchoRequest, Mode, SUM, echo};
use crate::support::{Host, Line, Service, guests, http, http2};

const MIB: usize = 1 << 20;
/// What the instances of these tests have: a quarter of what is sent to them together.
const LIMITS: &str = "memory = '32MiB'\ncall_timeout = '60s'";
/// Requests at a time, of a mebibyte each.
const MANY: usize = 128;

fn echoes() -> Host {
    Host::start(&Service::new(guests::ECHOES, "http:0").limits(LIMITS))
}

fn probe() -> (Host, grpc::Client) {
    let host = Host::start(&Service::new(guests::STREAMS, "grpc:0").limits(LIMITS));
    let port = host.wait_until("the port of kind `grpc`", |log| {
        let line = log.iter().find(|line: &&Line| line.has("address"))?;
        line.text("address").rsplit_once(':')?.1.parse().ok()
    });
    (host, grpc::Client::connect(port))
}

/// Ends the service, which has lost no instance.
#[track_caller]
fn ends_whole(host: Host) {
    let stopped = host.stop();
    assert!(stopped.lines("instance-lost").is_empty(), "{}", stopped.outline());
}

/// Each of its own connection, so that each can wait.
#[test]
fn bodies_that_do_not_fit_together_wait_for_each_other() {
    let host = echoes();
    let port = host.port();
    let upload = move |_| {
        std::thread::spawn(move || {
            let mut client = http::Client::connect(port);
            client.request("POST", "/keep", "", &vec![7; MIB]);
            client.response()
        })
    };

    let clients: Vec<_> = (0..MANY).map(upload).collect();

    for client in clients {
        let answer = client.join().unwrap();
        assert_eq!((answer.status, answer.text()), (200, "1048576"));
    }
    ends_whole(host);
}

/// What is unread of one keeps the others away, so that some have to go.
#[test]
fn bodies_on_one_connection_that_do_not_fit_together_are_answered_or_refused() {
    let host = echoes();
    let mut client = http2::Client::connect(host.port());
    let body = Bytes::from(vec![7; MIB]);
    let request = |_| {
        let request = ::http::Request::post("http://localhost/keep").body(Full::new(body.clone()));
        request.expect("the address is valid")
    };

    let answers = client.ask_all((0..MANY).map(request).collect());

    let (kept, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| (answer.status, answer.text()) == (200, "1048576"));
    let is_refusal = |answer: &&http::Response| {
        (answer.status, answer.header("retry-after")) == (503, Some("1"))
    };
    assert!(!kept.is_empty() && refused.iter().all(is_refusal), "{refused:?}");
    ends_whole(host);
}

#[test]
fn messages_that_do_not_fit_together_wait_for_each_other() {
    let (host, mut client) = probe();
    let asked = EchoRequest { sleep_ms: 50, ..echo(&vec![7; MIB]) };

    let answers =
        client.call_all((0..MANY / 2).map(|_| Request::new(ECHO).message(&asked)).collect());

    let wrong = answers.iter().find(|answer| answer.code() != 0);
    assert!(wrong.is_none(), "{wrong:?}");
    ends_whole(host);
}

#[test]
fn streams_that_do_not_fit_together_are_answered_or_refused() {
    const UNAVAILABLE: u32 = 14;
    let (host, mut client) = probe();
    let kept = Chunk { data: vec![7; MIB / 16], mode: Mode::Keep.into(), ..Chunk::default() };
    let request = |_| (0..16).fold(Request::new(SUM), |request, _| request.message(&kept));

    let answers = client.call_all((0..MANY).map(request).collect());

    let (kept, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.code() == 0);
    let is_refusal = |answer: &&grpc::Answer| answer.code() == UNAVAILABLE;
    assert!(!kept.is_empty() && refused.iter().all(is_refusal), "{refused:?}");
    ends_whole(host);
}
