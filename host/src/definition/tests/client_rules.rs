//! `[clients.<name>]`: what is not accepted, and what is said of it.

use expect_test::expect;

use super::clients::{NAMESPACE, client, file};
use super::{rejects, with};

#[test]
fn malformed_clients_are_problems() {
    rejects(
        &with(&[], "[clients.orders]\nhost = \"\"\nport = 0\ntls = 5\n[clients]\nbilling = 5\n"),
        &[],
        &expect![[r#"
            service.toml:9:8: `clients.orders.host` must not be empty
            service.toml:10:8: `clients.orders.port` must be an integer from 1 to 65535, found the integer `0`
            help: for example `7070`
            service.toml:11:7: `clients.orders.tls` must be `true`, `false` or a table, found the integer `5`
            help: for example `true`
            service.toml:13:11: `clients.billing` must be a table, found the integer `5`
            help: write `[clients.billing]`"#]],
    );
    rejects(
        &file(
            "hots = \"x\"\nport = 65536\ntls = { root_file = 'a' }\nretries.codes = ['UNAVAILABLE', 'no']",
        ),
        &[],
        &expect![[r#"
            service.toml:9:1: unknown key `clients.orders.hots`
            help: did you mean `host`?
            service.toml:10:8: `clients.orders.port` must be an integer from 1 to 65535, found the integer `65536`
            help: for example `7070`
            service.toml:11:9: unknown key `clients.orders.tls.root_file`
            help: did you mean `roots_file`?
            service.toml:12:18: `clients.orders.retries.codes[0]` must be one of `cancelled`, `unknown`, `invalid_argument`, `deadline_exceeded`, `not_found`, `already_exists`, `permission_denied`, `resource_exhausted`, `failed_precondition`, `aborted`, `out_of_range`, `unimplemented`, `internal`, `unavailable`, `data_loss`, `unauthenticated`, found `"UNAVAILABLE"`
            help: did you mean `unavailable`?
            service.toml:12:33: `clients.orders.retries.codes[1]` must be one of `cancelled`, `unknown`, `invalid_argument`, `deadline_exceeded`, `not_found`, `already_exists`, `permission_denied`, `resource_exhausted`, `failed_precondition`, `aborted`, `out_of_range`, `unimplemented`, `internal`, `unavailable`, `data_loss`, `unauthenticated`, found `"no"`"#]],
    );
    rejects(
        &file(
            "retries = { attempts = 0, statuses = [200], budget = 101 }\nresolve_interval = \"10ms\"\n\
             circuit_breaker = { failures = 0 }\nallow = [\"localhost\"]\nprotocol = \"rest\"",
        ),
        &[NAMESPACE],
        &expect![[r#"
            service.toml:9:24: `clients.orders.retries.attempts` must be an integer from 1 to 10, found the integer `0`
            help: for example `2`
            service.toml:9:38: `clients.orders.retries.statuses` is only for `protocol = "http"`, and this client has `"grpc"`
            help: write `codes`, or `protocol = "http"`
            service.toml:9:39: `clients.orders.retries.statuses[0]` must be an integer from 400 to 599, found the integer `200`
            service.toml:9:54: `clients.orders.retries.budget` must be an integer from 0 to 100, found the integer `101`
            help: for example `10`
            service.toml:10:20: `clients.orders.resolve_interval` must be a duration from `1s` to `24h`, found `"10ms"`
            help: for example `"10s"`
            service.toml:11:32: `clients.orders.circuit_breaker.failures` must be an integer from 1 to 1000, found the integer `0`
            help: for example `10`
            service.toml:12:10: `clients.orders.allow[0]` must be one of `loopback`, `link_local`, `unique_local`, `metadata`, found `"localhost"`
            service.toml:13:12: `clients.orders.protocol` must be one of `grpc`, `http`, found `"rest"`
            help: for example `"http"`"#]],
    );
}

#[test]
fn a_host_is_no_url_and_no_group() {
    for (host, expected) in [
        (
            "http://orders:7071/x",
            expect![[r#"
            service.toml:9:8: `clients.orders.host` must be a host name or an IP address, found `"http://orders:7071/x"`
            help: write `host = "orders"` and `port = 7071`"#]],
        ),
        (
            "https://orders",
            expect![[r#"
            service.toml:9:8: `clients.orders.host` must be a host name or an IP address, found `"https://orders"`
            help: write `host = "orders"` and `tls = true`"#]],
        ),
        (
            "[::1]",
            expect![[r#"
            service.toml:9:8: `clients.orders.host` must be a host name or an IP address, found `"[::1]"`
            help: write `host = "::1"`"#]],
        ),
        (
            "orders:7071",
            expect![[r#"
            service.toml:9:8: `clients.orders.host` must be a host name or an IP address, found `"orders:7071"`
            help: write `host = "orders"` and `port = 7071`"#]],
        ),
        (
            "or ders",
            expect![[
                r#"service.toml:9:8: `clients.orders.host` must be a host name or an IP address, found `"or ders"`"#
            ]],
        ),
        (
            "127.1",
            expect![[
                r#"service.toml:9:8: `clients.orders.host` must be a host name or an IP address, found `"127.1"`"#
            ]],
        ),
        (
            "0.0.0.0",
            expect![[
                r#"service.toml:9:8: `clients.orders.host` must be the address of one machine, found `"0.0.0.0"`"#
            ]],
        ),
    ] {
        rejects(&file(&format!("host = \"{host}\"")), &[], &expected);
    }
    rejects(
        &file("host = \"HOST@env\""),
        &[("HOST", "http://secret")],
        &expect![
            "service.toml:9:8: `clients.orders.host` must be a host name or an IP address, found the value of `HOST`"
        ],
    );
    for host in ["::1", "10.0.0.1", "user_service", "orders.internal."] {
        assert_eq!(client(&format!("host = \"{host}\""), &[]).host, host);
    }
}

#[test]
fn names_are_part_of_addresses() {
    rejects(
        &with(&[], "[clients.\"a.b\"]\n[clients.\"\"]\n[clients.\"-a\"]\n"),
        &[NAMESPACE],
        &expect![[r#"
            service.toml:8:10: the name of a client must consist of letters, digits, `_` and, inside, `-`, found `a.b`
            help: for example `[clients.orders]`
            service.toml:9:10: the name of a client must consist of letters, digits, `_` and, inside, `-`, found ``
            help: for example `[clients.orders]`
            service.toml:10:10: the name of a client must consist of letters, digits, `_` and, inside, `-`, found `-a`
            help: for example `[clients.orders]`"#]],
    );
    rejects(
        &with(&[], "[clients.user_service]\n[clients.orders]\n[clients.UserService]\n"),
        &[NAMESPACE],
        &expect![[r#"
            service.toml:10:10: `[clients.UserService]` and `[clients.user_service]` are the same client: both names mean `user-service`
            help: keep one of them"#]],
    );
}

#[test]
fn certificates_and_keys_belong_together() {
    rejects(
        &file("tls.certificate = \"a.pem\""),
        &[NAMESPACE],
        &expect![[r#"
        service.toml:9:19: `clients.orders.tls.certificate` needs `clients.orders.tls.key`
        help: add `key` to `[clients.orders.tls]`, or remove `certificate`"#]],
    );
    rejects(
        &file("tls = { key = \"a.key\" }"),
        &[NAMESPACE],
        &expect![[r#"
        service.toml:9:15: `clients.orders.tls.key` needs `clients.orders.tls.certificate`
        help: add `certificate` to `[clients.orders.tls]`, or remove `key`"#]],
    );
    rejects(
        &file("tls = { system_roots = false, server_name = \"https://a\" }"),
        &[NAMESPACE],
        &expect![[r#"
            service.toml:9:24: `clients.orders.tls.system_roots = false` needs `clients.orders.tls.roots_file`
            help: without both, no certificate of the service can be valid
            service.toml:9:45: `clients.orders.tls.server_name` must be a host name or an IP address, found `"https://a"`
            help: write `server_name = "a"`"#]],
    );
    let tls = "tls = { roots_file = \"a\", system_roots = false }";
    assert!(client(tls, &[NAMESPACE]).tls.is_some());
}

#[test]
fn keys_of_the_other_protocol_are_problems() {
    rejects(
        &file("protocol = \"http\"\ncompression = \"off\"\nretries.codes = []"),
        &[NAMESPACE],
        &expect![[r#"
            service.toml:10:15: `clients.orders.compression` is only for `protocol = "grpc"`, and this client has `"http"`
            help: remove it
            service.toml:11:17: `clients.orders.retries.codes` is only for `protocol = "grpc"`, and this client has `"http"`
            help: write `statuses`"#]],
    );
    rejects(
        &file("[clients.orders.retries]\nstatuses = [503]\nall_methods = false"),
        &[NAMESPACE],
        &expect![[r#"
            service.toml:10:12: `clients.orders.retries.statuses` is only for `protocol = "http"`, and this client has `"grpc"`
            help: write `codes`, or `protocol = "http"`
            service.toml:11:15: `clients.orders.retries.all_methods` is only for `protocol = "http"`, and this client has `"grpc"`
            help: remove it"#]],
    );
}

#[test]
fn retries_wait_longer_and_longer() {
    rejects(
        &file("retries = { backoff = \"2s\" }"),
        &[NAMESPACE],
        &expect![
            "service.toml:9:23: `clients.orders.retries.max_backoff` must not be less than `clients.orders.retries.backoff`"
        ],
    );
    rejects(
        &file("retries.max_backoff = \"1ms\""),
        &[NAMESPACE],
        &expect![
            "service.toml:9:23: `clients.orders.retries.max_backoff` must not be less than `clients.orders.retries.backoff`"
        ],
    );
}
