//! A call is the same in one process and over the network: each test here is written once and run both ways, with the
//! same result. The called service is named `peer`.

use std::time::Instant;

use expect_test::{Expect, expect};

use super::{named, port, start};
use crate::support::http::{self, Client};
use crate::support::{Host, LIMIT, Service, guests, without_numbers};

/// Nobody listens there. As long as the ports of others, so that they can be masked alike.
const NOWHERE: u16 = 65_535;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    InProcess,
    Network,
}

/// A service that calls, and one that is peer.
struct Pair {
    host: Host,
    /// Its own process, if it has one.
    peer: Option<Host>,
}

/// What the two are.
struct Setup {
    caller: Service,
    peer: Service,
    /// `grpc` or `http`.
    protocol: &'static str,
    /// Further keys of the client.
    keys: &'static str,
}

impl Setup {
    /// Over gRPC.
    fn rpc() -> Self {
        Self {
            caller: Service::new(guests::RPC_CLIENT, "http:0"),
            peer: Service::new(guests::STREAMS, "grpc:0"),
            protocol: "grpc",
            keys: "",
        }
    }

    /// Over HTTP.
    fn http() -> Self {
        Self {
            caller: Service::new(guests::CALLS, "http:0"),
            peer: Service::new(guests::ECHOES, "http:0"),
            protocol: "http",
            keys: "",
        }
    }

    fn start(self, transport: Transport) -> Pair {
        let Self { caller, peer, protocol, keys } = self;
        let peer = named("peer", peer);
        let table = |port: u16, transport: &str| {
            format!(
                "[clients.peer]\nhost = '127.0.0.1'\nport = {port}\nprotocol = '{protocol}'\n\
                 transport = '{transport}'\nretries = false\n{keys}\n"
            )
        };
        match transport {
            Transport::InProcess => {
                let caller = caller.tables(&table(NOWHERE, "auto"));
                Pair { host: start(&[&caller, &peer], 2), peer: None }
            }
            Transport::Network => {
                let peer = Host::start(&peer);
                let caller = caller.tables(&table(port(&peer, "peer"), "network"));
                Pair { host: Host::start(&caller), peer: Some(peer) }
            }
        }
    }
}

impl Pair {
    fn port(&self) -> u16 {
        port(&self.host, "probe")
    }

    /// Status and body of the response to a GET with these header lines.
    fn get(&self, path: &str, headers: &str) -> String {
        let response = http::request(self.port(), "GET", path, headers, b"");
        without_numbers(&format!("{} {}", response.status, response.text()))
    }

    /// Waits until the called service says that so many RPCs were dropped and none is left.
    fn wait_for_dropped(&self, count: u32) {
        self.wait_for_visits(&format!("{count} 0"));
    }

    /// Waits until it says that so many were dropped, and so many are not done.
    fn wait_for_visits(&self, wanted: &str) {
        let deadline = Instant::now() + LIMIT;
        let wanted = format!("200 {wanted}");
        let mut last = String::new();
        while last != wanted {
            assert!(Instant::now() < deadline, "waited in vain for `{wanted}`: `{last}`");
            last = self.get("/probe/cancelled", "");
        }
    }

    /// Waits for a line of the called service.
    fn wait_for(&self, name: &str) {
        self.peer.as_ref().unwrap_or(&self.host).wait_for(name);
    }

    fn stop(self) {
        self.host.stop();
        if let Some(peer) = self.peer {
            peer.stop();
        }
    }
}

/// Two tests of each function.
macro_rules! both_ways {
    ($($test:ident)*) => {
        mod in_one_process {
            $(
                #[test]
                fn $test() {
                    super::$test(super::Transport::InProcess);
                }
            )*
        }

        mod over_the_network {
            $(
                #[test]
                fn $test() {
                    super::$test(super::Transport::Network);
                }
            )*
        }
    };
}

both_ways! {
    every_shape_arrives
    metadata_is_filtered_the_same
    fields_over_http_are_filtered_the_same
    bodies_over_http_stream
    messages_are_compressed_as_the_client_says
    errors_and_statuses_arrive
    a_call_ends_at_its_timeout
    the_deadline_of_the_caller_bounds_the_call
    a_call_that_is_dropped_is_cancelled
    a_stream_that_is_left_is_cancelled
    a_request_over_http_that_is_dropped_is_cancelled
    the_health_of_the_service_is_seen_and_does_not_stop_calls
    a_service_at_capacity_refuses
    a_message_that_is_too_large_is_refused
    a_response_that_is_too_large_is_refused
}

#[track_caller]
fn shows(setup: Setup, transport: Transport, path: &str, expected: &Expect) {
    let pair = setup.start(transport);
    expected.assert_eq(&pair.get(path, ""));
    pair.stop();
}

fn every_shape_arrives(transport: Transport) {
    let expected = expect!["200 echo 10, sum $N in 100, pour $N with 50, chat 20"];
    shows(Setup::rpc(), transport, "/probe/shapes", &expected);
}

/// What a client sends of its own, some of which must not go further.
const HEADERS: &str = "x-request-id: an-id\r\nauthorization: Bearer secret\r\ncookie: a=b\r\n\
    traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1\r\n\
    baggage: b=2\r\nservice-context-user: 7\r\nservice-context-caller: edge\r\n\
    keep-alive: timeout=5\r\nproxy-connection: close\r\nte: trailers\r\nx-custom: 1\r\n\
    grpc-timeout: 1n\r\n";

fn metadata_is_filtered_the_same(transport: Transport) {
    let pair = Setup::rpc().start(transport);

    let seen = pair.get("/probe/context", HEADERS);

    expect![[r#"
        200 baggage: b=2
        service-context-caller: probe
        service-context-user: 7
        traceparent: 00-0af$Ncd43dd$Neb211c$Nc-b7ad6b$N-01
        tracestate: a=1
        x-own-bin: AP8
        x-own: 1
        x-request-id: an-id
        request id: an-id
        has a timeout: true
        has time left: true"#]]
    .assert_eq(&seen);
    pair.stop();
}

fn fields_over_http_are_filtered_the_same(transport: Transport) {
    let pair = Setup::http().start(transport);

    let seen = pair.get("/web/get?client=peer&target=/head%3Fa%3D1", HEADERS);

    expect![[r#"200 200 {"method":"GET","path":"/head","query":"a=1","fields":[["x-own","1"],["x-request-id","an-id"],["traceparent","00-0af$Ncd43dd$Neb211c$Nc-b7ad6b$N-01"],["tracestate","a=1"],["baggage","b=2"],["service-context-user","7"],["service-context-caller","probe"],["host","127.0.0.1:$N"]]}"#]].assert_eq(&seen);
    pair.stop();
}

fn bodies_over_http_stream(transport: Transport) {
    let pair = Setup::http().start(transport);

    let echoed = pair.get("/web/post/3000?client=peer&target=/flow&method=POST", "");
    let produced = pair.get("/web/size?client=peer&target=/produce/20", "");
    let broken_off = pair.get("/web/size?client=peer&target=/breaks", "");

    assert_eq!((echoed.as_str(), produced.as_str()), ("200 $N", "200 $N"));
    let prefix = "200 15 the service `peer` is unavailable (client `peer` lost the connection to ";
    assert!(broken_off.starts_with(prefix), "{broken_off}");
    pair.stop();
}

fn messages_are_compressed_as_the_client_says(transport: Transport) {
    for (keys, expected) in [("", "false"), ("compression = 'gzip'", "true")] {
        let pair = Setup { keys, ..Setup::rpc() }.start(transport);

        let ways = ["", "?compression=off", "?compression=on"];
        let compressed = ways.map(|way| pair.get(&format!("/probe/compressed{way}"), ""));

        let of = |is_compressed: &str| format!("200 {is_compressed} of $N bytes");
        assert_eq!(compressed, [of(expected), of("false"), of("true")], "{keys}");
        pair.stop();
    }
}

fn errors_and_statuses_arrive(transport: Transport) {
    let pair = Setup::rpc().start(transport);

    let failures = ["error", "status", "late"].map(|way| pair.get(&format!("/probe/{way}"), ""));

    expect![[r#"
        404 {"kind":"NotFoundError","message":"no such probe","code":42,"service_name":"probe","destination":"peer","attributes":{"owner":"\"ada\""}}
        412 {"kind":"ConditionError","message":"the shop is closed","code":0,"service_name":"probe","destination":"peer"}
        200 2, then 9 enough with 1"#]].assert_eq(&failures.join("\n"));
    pair.stop();
}

fn a_call_ends_at_its_timeout(transport: Transport) {
    let pair = Setup::rpc().start(transport);

    let late = pair.get("/probe/sleep?timeout=200", "");

    assert!(late.starts_with("504 {\"kind\":\"DeadlineExceededError\""), "{late}");
    pair.wait_for_dropped(1);
    pair.stop();
}

fn the_deadline_of_the_caller_bounds_the_call(transport: Transport) {
    let caller = Service::new(guests::RPC_CLIENT, "http:0").limits("call_timeout = '300ms'");
    let pair = Setup { caller, keys: "timeout = '30s'", ..Setup::rpc() }.start(transport);

    let late = pair.get("/probe/sleep", "");

    assert!(late.starts_with("504"), "{late}");
    pair.wait_for_dropped(1);
    pair.stop();
}

fn a_call_that_is_dropped_is_cancelled(transport: Transport) {
    let pair = Setup::rpc().start(transport);

    let mut client = Client::connect(pair.port());
    client.get("/probe/sleep");
    pair.wait_for_visits("0 1");
    client.reset();

    pair.wait_for_dropped(1);
    pair.stop();
}

fn a_stream_that_is_left_is_cancelled(transport: Transport) {
    let pair = Setup::rpc().start(transport);

    assert_eq!(pair.get("/probe/pour", ""), "200 10");

    pair.wait_for_dropped(1);
    pair.stop();
}

fn a_request_over_http_that_is_dropped_is_cancelled(transport: Transport) {
    let pair = Setup::http().start(transport);

    let mut client = Client::connect(pair.port());
    client.get("/web/get?client=peer&target=/wait");
    pair.wait_for("a call waits");
    client.reset();

    pair.wait_for("a waiting call was dropped");
    pair.stop();
}

fn the_health_of_the_service_is_seen_and_does_not_stop_calls(transport: Transport) {
    let pair = Setup::rpc().start(transport);

    assert_eq!(pair.get("/probe/health", ""), "200 1");
    pair.get("/probe/serving?serving=false", "");

    assert_eq!(pair.get("/probe/health", ""), "200 2");
    assert_eq!(pair.get("/probe/pour", ""), "200 10");
    pair.stop();
}

fn a_service_at_capacity_refuses(transport: Transport) {
    let peer = Service::new(guests::STREAMS, "grpc:0").limits("max_concurrency = 1\nmax_queue = 0");
    let pair = Setup { peer, ..Setup::rpc() }.start(transport);
    let mut waiting = Client::connect(pair.port());
    waiting.get("/probe/sleep?timeout=20000");

    // The first call may not have entered yet.
    let refused = loop {
        let response = pair.get("/probe/error", "");
        if !response.contains("no such probe") {
            break response;
        }
    };
    waiting.reset();

    expect![[r#"503 {"kind":"UnavailableError","message":"the service is overloaded, try again","code":0,"service_name":"probe","destination":"peer"}"#]].assert_eq(&refused);
    pair.stop();
}

fn a_message_that_is_too_large_is_refused(transport: Transport) {
    let peer =
        Service::new(guests::STREAMS, "grpc:0").tables("[services.grpc]\nmax_request = '50KiB'");
    let setup = Setup { peer, ..Setup::rpc() };
    let expected = expect![[
        r#"429 {"kind":"ResourceExhaustedError","message":"a message of the request is larger than $N bytes","code":0,"service_name":"probe","destination":"peer"}"#
    ]];
    shows(setup, transport, "/probe/compressed", &expected);
}

fn a_response_that_is_too_large_is_refused(transport: Transport) {
    let setup = Setup { keys: "max_response = '50KiB'", ..Setup::rpc() };
    let expected = expect![[
        r#"400 {"kind":"OutOfRangeError","message":"Error, decoded message length too large: found $N bytes, the limit is: $N bytes","code":0,"service_name":"probe","destination":"peer"}"#
    ]];
    shows(setup, transport, "/probe/compressed", &expected);
}
