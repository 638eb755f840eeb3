//! A guest that tries with `clients` what no service should. The host answers each attempt, keeps serving another
//! service of the same process, and stops in order. What is tried is written in `tests/guests/hostile-calls`.

use expect_test::expect;

use super::client;
use crate::several::{named, port, start};
use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests, without_numbers};

/// Nobody listens there.
const NOWHERE: u16 = 1;

/// How much larger the process may be after an attack: the memory of the guests, and some of the host's.
const GROWTH: usize = 192 * 1024 * 1024;

/// How much larger it may become when the same is tried again.
const LEAK: usize = 32 * 1024 * 1024;

/// A hostile service, those that it calls, and one that has nothing to do with it.
struct Siege {
    host: Host,
    /// The services that it calls, if they are not in the same process.
    peers: Vec<Host>,
}

fn peers() -> [Service; 2] {
    let limits = "max_concurrency = 1000\nmemory = '64MiB'";
    let web = Service::new(guests::ECHOES, "http:0").limits(limits);
    let peer = Service::new(guests::STREAMS, "grpc:0").limits(limits);
    [named("web", web), named("peer", peer)]
}

/// The hostile service, which calls others at these ports, and the bystander.
fn hostile(web: u16, peer: u16) -> [Service; 2] {
    let tables = client("web", "http", web, "") + &client("peer", "grpc", peer, "");
    let limits = "memory = '128MiB'\nmax_concurrency = 64\ncall_timeout = '20s'";
    let hostile = Service::new(guests::HOSTILE_CALLS, "http:0").limits(limits).tables(&tables);
    let bystander = Service::new(guests::STARTS, "http:0");
    [named("hostile", hostile), named("bystander", bystander)]
}

impl Siege {
    fn in_one_process() -> Self {
        let ([web, peer], [hostile, bystander]) = (peers(), hostile(NOWHERE, NOWHERE));
        Self { host: start(&[&hostile, &bystander, &web, &peer], 4), peers: Vec::new() }
    }

    fn over_the_network() -> Self {
        let peers = peers().map(|service| Host::start(&service));
        let [web, peer] = &peers;
        let [hostile, bystander] = hostile(port(web, "web"), port(peer, "peer"));
        Self { host: start(&[&hostile, &bystander], 2), peers: peers.into() }
    }

    /// What the guest says of its attempts; the bystander serves during and after them.
    #[track_caller]
    fn attack(&self, path: &str) -> String {
        let mut client = Client::connect(port(&self.host, "hostile"));
        client.get(path);
        self.bystander_serves();
        let response = client.response();
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        self.bystander_serves();
        response.text().to_owned()
    }

    #[track_caller]
    fn bystander_serves(&self) {
        assert_eq!(http::get(port(&self.host, "bystander"), "/act/return").status, 204);
    }

    /// Neither side has panicked, lost an instance, or written to stderr.
    #[track_caller]
    fn stop(self) {
        // Those that call end first.
        for host in [self.host].into_iter().chain(self.peers) {
            let stopped = host.stop();
            assert!(stopped.lines("instance-lost").is_empty(), "{}", stopped.outline());
        }
    }
}

/// What the process takes of memory, in bytes.
fn resident(host: &Host) -> usize {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", host.id()));
    let statm = statm.expect("Linux tells");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("it is a number") * 4096
}

#[test]
fn names_and_protocols_that_are_not_declared_are_refused() {
    let siege = Siege::in_one_process();
    let before = resident(&siege.host);

    let names = siege.attack("/names");
    let protocols = siege.attack("/protocols");

    expect![[r#"
        : Kind::Internal: the client `` is not declared
        orders: Kind::Internal: the client `orders` is not declared
        web\0: Kind::Internal: the client `web\\u{0}` is not declared
        we\"b: Kind::Internal: the client `we\"b` is not declared
        web]\r\n[host: Kind::Internal: the client `web]\\r\\n[host` is not declared
        WEB: Kind::Internal: the client `WEB` is not declared
        ../web: Kind::Internal: the client `../web` is not declared
        127.0.0.1:1: Kind::Internal: the client `127.0.0.1:1` is not declared
        nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn..: Kind::Internal: the client `nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn` is not declared"#]].assert_eq(&names);
    expect![[r#"
        web: Kind::Internal: the client `web` is declared for the protocol `http`
        web: Kind::Internal: the client `web` is declared for the protocol `http`
        peer: Kind::Internal: the client `peer` is declared for the protocol `grpc`
        peer: Kind::Internal: the client `peer` is declared for the protocol `grpc`"#]]
    .assert_eq(&protocols);
    assert!(resident(&siege.host) < before + GROWTH, "{before} {}", resident(&siege.host));
    siege.stop();
}

/// What the guest says of its attempts, which is the same whoever answers them.
#[track_caller]
fn both_ways(path: &str) -> String {
    let outcomes = [Siege::in_one_process(), Siege::over_the_network()].map(|siege| {
        let before = resident(&siege.host);
        let outcome = siege.attack(path);
        assert!(resident(&siege.host) < before + GROWTH, "{before} {}", resident(&siege.host));
        siege.stop();
        outcome
    });
    // Metadata that is far too large ends a connection, if there is one.
    let outcomes = outcomes.map(|outcome| {
        let (huge, others): (Vec<_>, Vec<_>) =
            outcome.lines().partition(|line| line.starts_with("a huge value: "));
        assert!(!huge.concat().contains("made"), "{huge:?}");
        others.join("\n")
    });
    assert_eq!(outcomes[0], outcomes[1], "in one process, and over the network");
    without_numbers(&outcomes[0])
}

#[test]
fn methods_cannot_forge_a_request() {
    expect![[r#"
        : Kind::Internal: `` is not a method
        /: Kind::Internal: `/` is not a method
        /probe.Probe: Kind::Internal: `/probe.Probe` is not a method
        /probe.Probe/: Kind::Internal: `/probe.Probe/` is not a method
        probe.Probe/Echo: Kind::Internal: `probe.Probe/Echo` is not a method
        //Echo: Kind::Internal: `//Echo` is not a method
        /probe.Probe//Echo: Kind::Internal: `/probe.Probe//Echo` is not a method
        /probe.Probe/Echo/More: Kind::Internal: `/probe.Probe/Echo/More` is not a method
        /probe.Probe/Echo?x=1: Kind::Internal: `/probe.Probe/Echo?x=1` is not a method
        /probe.Probe/Echo\r\nx-forged: 1: Kind::Internal: `/probe.Probe/Echo\\r\\nx-forged: 1` is not a method
        /probe.Probe/Echo HTTP/1.1\r\nhost: evil\r\n\r\n: Kind::Internal: `/probe.Probe/Echo HTTP/1.1\\r\\nhost: evil\\r\\n\\r\\n` is not a method
        /probe.Probe/Ec ho: Kind::Internal: `/probe.Probe/Ec ho` is not a method
        /probe.Probe/Echo\0: Kind::Internal: `/probe.Probe/Echo\\u{0}` is not a method
        http://169.254.169.254/probe.Probe/Echo: Kind::Internal: `http://169.254.169.254/probe.Probe/Echo` is not a method
        *: Kind::Internal: `*` is not a method"#]].assert_eq(&both_ways("/methods"));
}

#[test]
fn metadata_cannot_forge_a_request() {
    expect![[r#"
        no colon\r\n: Kind::Internal: the request to another service is malformed: the header line `no colon` has no colon
        x-one: 1: Kind::Internal: the request to another service is malformed: a header line does not end with CR LF
        : 1\r\n: Kind::Internal: the request to another service is malformed: the header line `: 1` is malformed
        x one: 1\r\n: Kind::Internal: the request to another service is malformed: the header line `x one: 1` is malformed
        x-one: 1\nx-two: 2\r\n: Kind::Internal: the request to another service is malformed: the header line `x-one: 1\nx-two: 2` is malformed
        x-one: \0\r\n: Kind::Internal: the request to another service is malformed: the header line `x-one: \0` is malformed
        :authority: evil\r\n: Kind::Internal: the request to another service is malformed: the header line `:authority: evil` is malformed
        :path: /evil\r\n: Kind::Internal: the request to another service is malformed: the header line `:path: /evil` is malformed
        host: evil\r\n: Kind::Internal: the request to another service is malformed: the header `host` is the host\'s to set
        te: gzip\r\n: Kind::Internal: the request to another service is malformed: the header `te` is the host\'s to set
        connection: close\r\n: Kind::Internal: the request to another service is malformed: the header `connection` is the host\'s to set
        transfer-encoding: chunked\r\n: Kind::Internal: the request to another service is malformed: the header `transfer-encoding` is the host\'s to set
        content-type: text/html\r\n: Kind::Internal: the request to another service is malformed: the header `content-type` is the host\'s to set
        content-length: 7\r\n: Kind::Internal: the request to another service is malformed: the header `content-length` is the host\'s to set
        grpc-timeout: $NH\r\n: Kind::Internal: the request to another service is malformed: the header `grpc-timeout` is the host\'s to set
        grpc-encoding: evil\r\n: Kind::Internal: the request to another service is malformed: the header `grpc-encoding` is the host\'s to set
        x-one-bin: !\r\n: Kind::Internal: the request to another service is malformed: the value of `x-one-bin` is not base64"#]].assert_eq(&both_ways("/metadata"));
}

#[test]
fn heads_cannot_forge_a_request() {
    expect![[r#"
        : Kind::Internal: the request to another service is malformed: it has no request line
        \r\n: Kind::Internal: the request to another service is malformed: it has no target
        GET\r\n: Kind::Internal: the request to another service is malformed: it has no target
        GET /head: Kind::Internal: the request to another service is malformed: it has no request line
        GE\tT /head\r\n: Kind::Internal: the request to another service is malformed: its method is not one
        CONNECT internal:22\r\n: Kind::Internal: the request to another service is malformed: its method is not one
        GET head\r\n: Kind::Internal: the request to another service is malformed: its target is not a path
        GET http://169.254.169.254/\r\n: Kind::Internal: the request to another service is malformed: its target is not a path
        OPTIONS *\r\n: Kind::Internal: the request to another service is malformed: its target is not a path
        GET /head HTTP/1.1\r\n: Kind::Internal: the request to another service is malformed: its target is not a path
        GET /head\nx-forged: 1\r\n: Kind::Internal: the request to another service is malformed: its target is not a path
        GET /he ad\r\n: Kind::Internal: the request to another service is malformed: its target is not a path
        GET /head\0\r\n: Kind::Internal: the request to another service is malformed: its target is not a path
        GET /head\r\n\r\nGET /wait\r\n: Kind::Internal: the request to another service is malformed: the header line `` has no colon
        GET /head\r\nhost: evil\r\n: Kind::Internal: the request to another service is malformed: the header `host` is the host\'s to set
        GET /head\r\nHOST: evil\r\n: Kind::Internal: the request to another service is malformed: the header `host` is the host\'s to set
        GET /head\r\n:authority: evil\r\n: Kind::Internal: the request to another service is malformed: the header line `:authority: evil` is malformed
        GET /head\r\ntransfer-encoding: chunked\r\n: Kind::Internal: the request to another service is malformed: the header `transfer-encoding` is the host\'s to set
        GET /head\r\nconnection: upgrade\r\n: Kind::Internal: the request to another service is malformed: the header `connection` is the host\'s to set
        GET /head\r\nupgrade: websocket\r\n: Kind::Internal: the request to another service is malformed: the header `upgrade` is the host\'s to set
        GET /head\r\nte: trailers\r\n: Kind::Internal: the request to another service is malformed: the header `te` is the host\'s to set
        GET /head\r\nkeep-alive: 1\r\n: Kind::Internal: the request to another service is malformed: the header `keep-alive` is the host\'s to set
        GET /head\r\nproxy-connection: 1\r\n: Kind::Internal: the request to another service is malformed: the header `proxy-connection` is the host\'s to set
        GET /head\r\ntrailer: x\r\n: Kind::Internal: the request to another service is malformed: the header `trailer` is the host\'s to set
        GET /head\r\ncontent-length: 5\r\n: Kind::Internal: the request to another service is malformed: its `content-length` is not that of its body
        GET /head\r\ncontent-length: 0\r\ncontent-length: 5\r\n: Kind::Internal: the request to another service is malformed: its `content-length` is not that of its body
        GET /head\r\nx-one: 1\r\n folded\r\n: Kind::Internal: the request to another service is malformed: the header line ` folded` has no colon
        GET /head\r\nx-one : 1\r\n: Kind::Internal: the request to another service is malformed: the header line `x-one : 1` is malformed
        GET /head\r\nx-one: 1\nx-two: 2\r\n: Kind::Internal: the request to another service is malformed: the header line `x-one: 1\nx-two: 2` is malformed
        GET /head\r\nx-one: \0\r\n: Kind::Internal: the request to another service is malformed: the header line `x-one: \0` is malformed
        GET /head\r\nx-one: 1: Kind::Internal: the request to another service is malformed: a header line does not end with CR LF
        a stream with content-length: 5: Kind::Internal: the request to another service is malformed: its `content-length` is not that of its body
        a stream with content-length: 0: Kind::Internal: the request to another service is malformed: its `content-length` is not that of its body
        a stream with content-length: 0\r\ncontent-length: 5: Kind::Internal: the request to another service is malformed: its `content-length` is not that of its body"#]].assert_eq(&both_ways("/heads"));
}

#[test]
fn what_is_too_large_is_refused() {
    expect![[r#"
        a method: Kind::Internal: `/probe.Probe/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` is not a method
        a large value: status 8: the metadata is larger than $N bytes
        fields: Kind::Internal: the request to another service is malformed: it has too many headers
        a method: 431
        a target: Kind::Internal: the request to another service is malformed: its target is not a path
        a value: 431
        fields: Kind::Internal: the request to another service is malformed: it has too many headers"#]].assert_eq(&both_ways("/sizes"));
}

#[test]
fn timeouts_have_no_extremes() {
    for siege in [Siege::in_one_process(), Siege::over_the_network()] {
        let timeouts = siege.attack("/timeouts");

        // The shortest may be over before the call is looked at, or just not yet.
        for line in timeouts.lines() {
            let (timeout, outcome) = line.split_once(": ").expect("it has an outcome");
            let is_late = outcome.starts_with("Kind::DeadlineExceeded: ");
            assert!(outcome == "made" || is_late && timeout.len() == 1, "{timeouts}");
        }
        siege.stop();
    }
}

/// Attacks again and again: what the first ones take is kept for the next ones, so that the process does not grow.
#[track_caller]
fn memory_stays(siege: Siege, path: &str, expected: &str) {
    let before = resident(&siege.host);
    for _ in 0..2 {
        assert_eq!(siege.attack(path), expected);
    }
    let first = resident(&siege.host);

    for _ in 0..4 {
        assert_eq!(siege.attack(path), expected);
    }

    let last = resident(&siege.host);
    assert!(first < before + GROWTH, "{path}: {before}, {first}, {last}");
    assert!(last < first + LEAK, "{path}: {before}, {first}, {last}");
    siege.stop();
}

#[test]
fn thousands_of_calls_that_are_dropped_leave_nothing() {
    memory_stays(Siege::in_one_process(), "/dropped", "dropped 5000");
    memory_stays(Siege::over_the_network(), "/dropped", "dropped 5000");
}

#[test]
fn responses_that_are_never_read_take_no_memory() {
    memory_stays(Siege::in_one_process(), "/unread", "kept 100");
    memory_stays(Siege::over_the_network(), "/unread", "kept 100");
}

#[test]
fn requests_that_never_end_are_dropped_with_their_streams() {
    let expected = "measure: made\nsum: Kind::Cancelled: the service `peer` was no longer needed";
    memory_stays(Siege::in_one_process(), "/endless-requests", expected);
    memory_stays(Siege::over_the_network(), "/endless-requests", expected);
}

#[test]
fn requests_that_are_written_without_an_end_take_what_a_window_holds() {
    let (path, expected) = ("/endless-writes", "40 have not returned");
    memory_stays(Siege::in_one_process(), path, expected);

    // Tasks of the guest keep these calls until their deadline, each with what the other side has not taken: a window.
    let siege = Siege::over_the_network();
    let before = resident(&siege.host);
    for _ in 0..6 {
        assert_eq!(siege.attack(path), expected);
    }
    let last = resident(&siege.host);
    assert!(last < before + GROWTH, "{before}, {last}");
    siege.stop();
}

#[test]
fn handles_can_be_dropped_in_any_order() {
    expect![[r#"
        read $N
        left: Kind::Cancelled: the response is no longer read"#]]
    .assert_eq(&both_ways("/halfway"));
}

#[test]
fn tasks_that_outlive_their_call_do_not_keep_others_from_being_served() {
    for siege in [Siege::in_one_process(), Siege::over_the_network()] {
        let before = resident(&siege.host);

        assert_eq!(siege.attack("/outlive"), "left 20 tasks");
        for _ in 0..50 {
            assert_eq!(siege.attack("/"), "there");
        }

        assert!(resident(&siege.host) < before + GROWTH, "{before} {}", resident(&siege.host));
        siege.stop();
    }
}

#[test]
fn an_attack_that_is_left_ends_with_its_calls() {
    let siege = Siege::in_one_process();

    for path in
        ["/dropped", "/unread", "/endless-requests", "/endless-writes", "/halfway", "/sizes"]
    {
        let mut client = Client::connect(port(&siege.host, "hostile"));
        client.get(path);
        client.reset();
        assert_eq!(siege.attack("/"), "there");
    }

    siege.stop();
}
