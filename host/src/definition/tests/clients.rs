//! `[clients.<name>]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use expect_test::expect;
use tonic::Code;

use super::{accepted, explained, rejects, variables, warns, with};
use crate::definition::client::{
    AddressClass, Certificate, CircuitBreaker, ClientTls, ClientTransport, Compression, KeepAlive,
    LoadBalancing, OutlierEjection, Protocol, Retries, Roots,
};
use crate::definition::{Client, Definition, Egress};

pub(super) const NAMESPACE: (&str, &str) = ("MIKROS_COUPLED_NAMESPACE", "svc.cluster.local");

/// A file with one client, whose first key stands in line 9.
pub(super) fn file(table: &str) -> String {
    with(&[], &format!("[clients.orders]\n{table}\n"))
}

#[track_caller]
pub(super) fn client(table: &str, list: &[(&str, &str)]) -> Client {
    accepted(&file(table), list).clients.remove(0)
}

/// A client with defaults but for its place.
fn plain(name: &str, host: &str, port: u16) -> Client {
    Client {
        name: name.to_owned(),
        host: host.to_owned(),
        port,
        protocol: Protocol::Grpc,
        transport: ClientTransport::Auto,
        tls: None,
        timeout: Duration::from_secs(30),
        connect_timeout: Duration::from_secs(5),
        retries: Retries {
            attempts: 3,
            backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(1),
            codes: vec![Code::Unavailable],
            statuses: vec![502, 503, 504],
            budget: 20,
            max_buffer: 64 << 10,
            all_methods: false,
        },
        circuit_breaker: None,
        outlier_ejection: None,
        max_concurrency: 1024,
        load_balancing: LoadBalancing::RoundRobin,
        resolve_interval: Duration::from_secs(30),
        keep_alive: KeepAlive {
            interval: Some(Duration::from_mins(5)),
            timeout: Duration::from_secs(10),
        },
        compression: Compression::Off,
        max_response: 4 << 20,
        egress: Egress::Closed,
        allow: Vec::new(),
    }
}

#[test]
fn clients_are_read_in_the_order_of_the_file() {
    let text = with(
        &[],
        "[clients.orders]\nhost = \"orders.internal\"\nport = 7071\n[clients.UserService]\n",
    );

    let clients = accepted(&text, &[NAMESPACE]).clients;

    let orders = plain("orders", "orders.internal", 7071);
    let user = plain("UserService", "user-service.svc.cluster.local", 7070);
    assert_eq!(clients, [orders, user]);
}

#[test]
fn every_key_reaches_its_field() {
    let client = client(
        "host = \"10.0.0.1\"\nport = 1\nprotocol = \"http\"\ntransport = \"network\"\ntimeout = \"2s\"\n\
         connect_timeout = \"3s\"\nmax_concurrency = 4\nload_balancing = \"least_loaded\"\n\
         resolve_interval = \"5s\"\nkeepalive_interval = \"never\"\nkeepalive_timeout = \"6s\"\n\
         allow = [\"link_local\", \"metadata\"]\n\
         [clients.orders.tls]\nroots_file = \"ca.pem\"\nsystem_roots = true\ncertificate = \"a.pem\"\n\
         key = \"/etc/a.key\"\nserver_name = \"orders\"\n\
         [clients.orders.retries]\nattempts = 2\nbackoff = \"7ms\"\nmax_backoff = \"8ms\"\n\
         statuses = [500]\nbudget = 9\nmax_buffer = \"10B\"\nall_methods = true\n\
         [clients.orders.circuit_breaker]\nfailures = 11\nopen_for = \"12s\"\n\
         [clients.orders.outlier_ejection]\nfailures = 13\neject_for = \"14s\"\nmax_ejected = 15",
        &[],
    );

    let expected = Client {
        protocol: Protocol::Http,
        transport: ClientTransport::Network,
        tls: Some(ClientTls {
            roots: Roots::Both(PathBuf::from("ca.pem")),
            certificate: Some(Certificate {
                certificate: PathBuf::from("a.pem"),
                key: PathBuf::from("/etc/a.key"),
            }),
            server_name: Some("orders".to_owned()),
        }),
        timeout: Duration::from_secs(2),
        connect_timeout: Duration::from_secs(3),
        retries: Retries {
            attempts: 2,
            backoff: Duration::from_millis(7),
            max_backoff: Duration::from_millis(8),
            codes: vec![Code::Unavailable],
            statuses: vec![500],
            budget: 9,
            max_buffer: 10,
            all_methods: true,
        },
        circuit_breaker: Some(CircuitBreaker { failures: 11, open_for: Duration::from_secs(12) }),
        outlier_ejection: Some(OutlierEjection {
            failures: 13,
            eject_for: Duration::from_secs(14),
            max_ejected: 15,
        }),
        max_concurrency: 4,
        load_balancing: LoadBalancing::LeastLoaded,
        resolve_interval: Duration::from_secs(5),
        keep_alive: KeepAlive { interval: None, timeout: Duration::from_secs(6) },
        max_response: 4 << 20,
        allow: vec![AddressClass::LinkLocal, AddressClass::Metadata],
        ..plain("orders", "10.0.0.1", 1)
    };
    assert_eq!(client, expected);
}

#[test]
fn keys_of_grpc_reach_their_fields() {
    let client = client(
        "compression = \"zstd\"\nretries.codes = [\"aborted\", \"data_loss\"]",
        &[NAMESPACE],
    );

    assert_eq!(client.compression, Compression::Zstd);
    assert_eq!(client.retries.codes, [Code::Aborted, Code::DataLoss]);
}

#[test]
fn tables_can_be_switches() {
    let on = client(
        "tls = true\nretries = true\ncircuit_breaker = true\noutlier_ejection = true",
        &[NAMESPACE],
    );
    let off = client(
        "tls = \"TLS@env\"\nretries = false\ncircuit_breaker = false\noutlier_ejection = false",
        &[NAMESPACE, ("TLS", "false")],
    );

    let tls = ClientTls { roots: Roots::System, certificate: None, server_name: None };
    assert_eq!(on.tls, Some(tls));
    assert_eq!((on.retries.attempts, off.retries.attempts), (3, 1));
    let breaker = CircuitBreaker { failures: 5, open_for: Duration::from_secs(10) };
    assert_eq!((on.circuit_breaker, off.circuit_breaker), (Some(breaker), None));
    let ejection =
        OutlierEjection { failures: 5, eject_for: Duration::from_secs(30), max_ejected: 50 };
    assert_eq!((on.outlier_ejection, off.outlier_ejection), (Some(ejection), None));
    assert_eq!(off.tls, None);
}

#[test]
fn a_client_without_a_place_is_where_the_environment_says() {
    let place = |table: &str, list: &[(&str, &str)]| {
        let client = client(table, list);
        format!("{}:{}", client.host, client.port)
    };
    let port = ("MIKROS_COUPLED_PORT", "9000");
    let own = ("GREETER__MIKROS_COUPLED_NAMESPACE", "own");

    assert_eq!(place("", &[NAMESPACE, port]), "orders.svc.cluster.local:9000");
    assert_eq!(place("", &[NAMESPACE, own]), "orders.own:7070");
    assert_eq!(place("", &[("MIKROS_COUPLED_NAMESPACE", "localhost")]), "localhost:7070");
    assert_eq!(place("port = 5", &[NAMESPACE, port]), "orders.svc.cluster.local:5");
    assert_eq!(place("host = \"a\"", &[NAMESPACE, port]), "a:9000");
    assert_eq!(place("host = \"a\"\nprotocol = \"http\"", &[port]), "a:80");
    assert_eq!(place("host = \"a\"\nprotocol = \"http\"\ntls = true", &[port]), "a:443");
}

#[test]
fn a_guessed_place_is_a_warning() {
    warns(
        &file("port = 7071"),
        &[],
        &expect![[r#"
        service.toml:8:10: `[clients.orders]` has no `host`, and `MIKROS_COUPLED_NAMESPACE` is not set: calls go to `localhost:7071`
        help: write `host = "localhost"`, or set `MIKROS_COUPLED_NAMESPACE`"#]],
    );
    warns(&file("host = \"localhost\""), &[], &expect![[""]]);
    warns(&file(""), &[("MIKROS_COUPLED_NAMESPACE", "localhost")], &expect![[""]]);
    assert_eq!(client("", &[]).allow, [AddressClass::Loopback]);
}

#[test]
fn the_environment_matters_only_to_clients_that_need_it() {
    let bad = [("MIKROS_COUPLED_NAMESPACE", "a b"), ("MIKROS_COUPLED_PORT", "0")];

    assert_eq!(client("host = \"a\"\nport = 1", &bad), plain("orders", "a", 1));
    assert_eq!(client("host = \"a\"\nprotocol = \"http\"", &bad).port, 80);
    rejects(
        &file(""),
        &bad,
        &expect![[r#"
        environment: `MIKROS_COUPLED_NAMESPACE` must be a DNS suffix
        help: unset it for the default `localhost`
        environment: `MIKROS_COUPLED_PORT` must be a port from 1 to 65535
        help: unset it for the default `7070`"#]],
    );
}

#[test]
fn the_timeout_of_calls_is_that_of_the_service() {
    let text = with(&[], "limits.call_timeout = \"5s\"\n[clients.orders]\n");

    let definition = accepted(&text, &[NAMESPACE]);

    assert_eq!(definition.clients[0].timeout, Duration::from_secs(5));
}

#[test]
fn files_are_relative_to_the_file() {
    let text = file("tls = { roots_file = \"ca.pem\" }");
    let variables = variables(&[NAMESPACE]).into();
    let definition = Definition::parse(Path::new("app/service.toml"), &text, &variables).unwrap();

    let tls = definition.clients[0].tls.as_ref().unwrap();
    assert_eq!(tls.roots, Roots::File(PathBuf::from("app/ca.pem")));
}

#[test]
fn every_value_that_counts_is_explained() {
    let grpc = accepted(&file("tls = true\ncircuit_breaker = {}"), &[NAMESPACE]);
    let http = accepted(&file("host = \"a\"\nprotocol = \"http\"\nretries = false"), &[]);

    expect![[r#"
        clients.orders.host = orders.svc.cluster.local (MIKROS_COUPLED_NAMESPACE)
        clients.orders.port = 7070 (default)
        clients.orders.timeout = 30s (default)
        clients.orders.protocol = grpc (default)
        clients.orders.transport = auto (default)
        clients.orders.tls = true (service.toml:9)
        clients.orders.connect_timeout = 5s (default)
        clients.orders.retries.attempts = 3 (default)
        clients.orders.retries.backoff = 50ms (default)
        clients.orders.retries.max_backoff = 1s (default)
        clients.orders.retries.codes = unavailable (default)
        clients.orders.retries.budget = 20 (default)
        clients.orders.retries.max_buffer = 64KiB (default)
        clients.orders.circuit_breaker.failures = 5 (default)
        clients.orders.circuit_breaker.open_for = 10s (default)
        clients.orders.outlier_ejection = false (default)
        clients.orders.max_concurrency = 1024 (default)
        clients.orders.load_balancing = round_robin (default)
        clients.orders.resolve_interval = 30s (default)
        clients.orders.keepalive_interval = 5m (default)
        clients.orders.keepalive_timeout = 10s (default)
        clients.orders.compression = off (default)
        clients.orders.max_response = 4MiB (default)
        clients.orders.allow = "" (default)"#]]
    .assert_eq(&explained(&grpc, "clients."));
    expect![[r#"
        clients.orders.port = 80 (default)
        clients.orders.timeout = 30s (default)
        clients.orders.host = a (service.toml:9)
        clients.orders.protocol = http (service.toml:10)
        clients.orders.transport = auto (default)
        clients.orders.tls = false (default)
        clients.orders.connect_timeout = 5s (default)
        clients.orders.retries = false (service.toml:11)
        clients.orders.circuit_breaker = false (default)
        clients.orders.outlier_ejection = false (default)
        clients.orders.max_concurrency = 1024 (default)
        clients.orders.load_balancing = round_robin (default)
        clients.orders.resolve_interval = 30s (default)
        clients.orders.keepalive_interval = 5m (default)
        clients.orders.keepalive_timeout = 10s (default)
        clients.orders.allow = "" (default)"#]]
    .assert_eq(&explained(&http, "clients."));
}
