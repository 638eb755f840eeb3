//! `rate_limit`: who asks too often is refused, over HTTP and gRPC alike, and everybody else is not.
//! Does not know how long limits take to recover: no test waits for that.

use std::thread;

use super::{echoes, probe, refusal, rpc_port};
use crate::support::grpc;
use crate::support::http::{self, Client};
use crate::support::probe::{CONTEXT, ECHO, EchoReply, Empty, echo};
use crate::support::{Host, Service, Signal, http2};

/// So few in such a time that none comes back while a test runs.
fn limited(service: impl Fn(&str) -> Service, rule: &str) -> Service {
    service(&format!("[features.rate_limit]\nenabled = true\nper = '24h'\n{rule}"))
}

#[test]
fn who_asks_too_often_is_told_when_to_come_back() {
    let host = Host::start(&limited(echoes, "requests = 2"));
    let port = host.port();

    let answers = [0; 3].map(|_| http::get(port, "/seen"));

    assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 200, 429]);
    let refused = &answers[2];
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((43_000..=43_200).contains(&wait), "{wait}");
    assert!(refused.text().contains("\"message\":\"too many requests\""), "{refused:?}");
    assert!(refused.header("x-request-id").is_some());
    host.stop();
}

#[test]
fn the_health_check_is_not_limited() {
    let host = Host::start(&limited(echoes, "requests = 1"));

    for _ in 0..5 {
        assert_eq!(http::get(host.port(), "/health").status, 200);
    }
    assert_eq!(http::get(host.port(), "/id").status, 200);
    assert_eq!(http::get(host.port(), "/id").status, 429);
    host.stop();
}

#[test]
fn a_limit_holds_exactly_for_many_connections_and_instances() {
    const ALLOWED: usize = 50;
    let service = limited(echoes, &format!("requests = {ALLOWED}")).host("instances = 3");
    let host = Host::start(&service);
    let port = host.port();

    let clients = (0..8).map(|number| {
        thread::spawn(move || {
            if number % 2 == 0 {
                let mut client = http2::Client::connect(port);
                let answers = client.get_all(&["/id"; 20]);
                return answers.into_iter().map(|answer| answer.status).collect();
            }
            let mut client = Client::connect(port);
            let answers = (0..20).map(|_| {
                client.get("/id");
                client.response().status
            });
            answers.collect::<Vec<_>>()
        })
    });
    let clients: Vec<_> = clients.collect();
    let statuses: Vec<_> =
        clients.into_iter().flat_map(|client| client.join().expect("all are answered")).collect();

    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), ALLOWED);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 8 * 20 - ALLOWED);
    host.stop();
}

#[test]
fn limits_begin_anew_with_each_version() {
    let service = limited(echoes, "requests = 1");
    let host = Host::start(&service);
    let ask = || http::get(host.port(), "/id").status;

    assert_eq!([ask(), ask()], [200, 429]);
    service.edit("v1.0.0", "v2.0.0");
    host.signal(Signal::HUP);
    host.wait_for("swap-completed");

    assert_eq!([ask(), ask()], [200, 429]);
    host.stop();
}

#[test]
fn clients_behind_a_trusted_proxy_are_told_apart() {
    let from = |port, header: &str| {
        http::request(port, "GET", "/id", &format!("x-forwarded-for: {header}\r\n"), b"").status
    };
    let host = Host::start(&limited(echoes, "requests = 1\ntrusted_proxies = ['127.0.0.0/8']"));
    let port = host.port();

    assert_eq!(from(port, "203.0.113.1"), 200);
    assert_eq!(from(port, "203.0.113.2"), 200);
    assert_eq!(from(port, "203.0.113.1"), 429);
    // What stands before the proxy's own word may be made up.
    assert_eq!(from(port, "198.51.100.7, 203.0.113.1"), 429);
    host.stop();

    let host = Host::start(&limited(echoes, "requests = 1"));
    assert_eq!(from(host.port(), "203.0.113.1"), 200);
    assert_eq!(from(host.port(), "203.0.113.2"), 429);
    host.stop();
}

#[test]
fn rules_count_what_their_routes_match() {
    let rules = "requests = 4\n\
                 [[features.rate_limit.rules]]\n\
                 by = 'route'\nrequests = 1\nper = '24h'\nroutes = ['POST /echo']\n\
                 [[features.rate_limit.rules]]\n\
                 by = 'header:x-tenant'\nrequests = 1\nper = '24h'\nroutes = ['/head']";
    let host = Host::start(&limited(echoes, rules));
    let ask = |method, path, headers| http::request(host.port(), method, path, headers, b"").status;

    assert_eq!(ask("POST", "/echo", ""), 200);
    assert_eq!(ask("POST", "/echo", ""), 429);
    assert_eq!(ask("GET", "/head", "x-tenant: a\r\n"), 200);
    assert_eq!(ask("GET", "/head", "x-tenant: b\r\n"), 200);
    // The first rule counts all of them, also those that another one refuses.
    assert_eq!(ask("GET", "/id", ""), 429);
    host.stop();
}

#[test]
fn rpcs_are_refused_in_their_own_words() {
    let rule = "requests = 2\nroutes = ['/probe.Probe/Echo']";
    let host = Host::start(&limited(probe, rule));
    let mut client = grpc::Client::connect(rpc_port(&host));

    for _ in 0..2 {
        let reply: EchoReply = client.unary(ECHO, &echo(b"hello")).reply();
        assert_eq!(reply.data, b"hello");
    }
    let refused = client.unary(ECHO, &echo(b"hello"));

    assert_eq!((refused.http_status, refused.code()), (200, 8));
    // With `google.rpc.RetryInfo`.
    assert!(refused.trailer("grpc-status-details-bin").is_some());
    assert_eq!(client.unary(CONTEXT, &Empty {}).code(), 0);
    host.stop();
}

#[test]
fn settings_that_cannot_work_stop_the_start() {
    for (settings, expected) in [
        ("requests = 10", "features.rate_limit.per` must be there"),
        ("requests = 1\nper = '25h'", "features.rate_limit.per` must be between"),
        (
            "requests = 1\nper = '1s'\nby = 'ip'",
            "features.rate_limit.by` must be `client`, `identity`, `route`",
        ),
        (
            "requests = 1\nper = '1s'\ntrusted_proxies = ['lb']",
            "trusted_proxies[0]` must be a network such as",
        ),
    ] {
        let refused = refusal(&format!("[features.rate_limit]\nenabled = true\n{settings}"));
        assert!(refused.contains(expected), "{refused}");
    }
}
