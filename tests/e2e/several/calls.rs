//! A service that calls another one: in one process without a socket, in two over the network, with the same results.
//! The services are the examples `user-bff` and `greeter-grpc`.

use expect_test::expect;

use super::{named, port, start};
use crate::support::http;
use crate::support::{Host, Service, Signal, guests};

/// `greeter-grpc` as in the example.
fn greeter() -> Service {
    named("greeter-grpc", Service::new(guests::GREETER_GRPC, "grpc:0"))
}

/// `user-bff`, which calls the greeter at this port.
fn bff(greeter: u16) -> Service {
    let client = format!("[clients.greeter-grpc]\nhost = '127.0.0.1'\nport = {greeter}\n");
    named("user-bff", Service::new(guests::USER_BFF, "http:0").tables(&client))
}

/// Nobody listens there.
const NOWHERE: u16 = 1;

/// What the README of the example shows, and how an error passes through.
fn greets(port: u16) {
    let shown = [
        "/greetings/Ada",
        "/greetings?name=Ada&name=Bob",
        "/greetings/Ada/again?times=2",
        "/greetings?name=",
    ];
    let shown = shown.map(|path| {
        let response = http::get(port, path);
        format!("{path}: {} {}", response.status, response.text().trim_end())
    });

    expect![[r#"
        /greetings/Ada: 200 Hello Ada
        /greetings?name=Ada&name=Bob: 200 ["Hello Ada","Hello Bob"]
        /greetings/Ada/again?times=2: 200 Hello Ada
        Hello Ada
        /greetings?name=: 400 {"kind":"ValidationError","message":"`name` is empty","code":0,"service_name":"user-bff","destination":"greeter-grpc"}"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn in_one_process_no_socket_is_needed() {
    let (greeter, bff) = (greeter(), bff(NOWHERE));
    let host = start(&[&bff, &greeter], 2);

    greets(port(&host, "user-bff"));

    let stopped = host.stop();
    assert_eq!(stopped.status, Some(0), "{}", stopped.outline());
    // The service that calls ends first.
    let ended = stopped.lines("service-stopped");
    let ended: Vec<_> = ended.iter().map(|line| line.text("service.name")).collect();
    assert_eq!(ended, ["user-bff", "greeter-grpc"]);
}

#[test]
fn in_two_processes_the_results_are_the_same() {
    let greeter = greeter();
    let called = Host::start(&greeter);
    let bff = bff(port(&called, "greeter-grpc"));
    let host = start(&[&bff], 1);

    greets(port(&host, "user-bff"));

    host.stop();
    called.stop();
}

#[test]
fn no_call_fails_while_either_service_is_replaced() {
    let (greeter, bff) = (greeter(), bff(NOWHERE));
    let host = start(&[&bff, &greeter], 2);
    let port = port(&host, "user-bff");

    for round in 1..=3 {
        for service in [&bff, &greeter] {
            let version = |round: usize| format!("version = 'v1.0.{round}'");
            service.edit(&version(round - 1), &version(round));
        }
        host.signal(Signal::HUP);
        let swapped =
            |host: &Host| host.log().iter().filter(|line| line.name() == "swap-completed").count();
        while swapped(&host) < 2 * round {
            let response = http::get(port, "/greetings?name=Ada&name=Bob&name=Eve");
            assert_eq!(response.status, 200, "{}", response.text());
        }
    }

    host.stop();
}
