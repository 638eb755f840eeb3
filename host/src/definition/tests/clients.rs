//! `[clients.<name>]`.

use expect_test::expect;

use super::{accepted, rejects, warns, with};
use crate::definition::Client;

#[test]
fn clients_are_read_in_the_order_of_the_file() {
    let text =
        with(&[], "[clients.orders]\nhost = \"orders.internal\"\nport = 7070\n[clients.\"a.b\"]\n");

    let orders = Client {
        name: "orders".to_owned(),
        host: Some("orders.internal".to_owned()),
        port: Some(7070),
    };
    let bare = Client { name: "a.b".to_owned(), host: None, port: None };
    assert_eq!(accepted(&text, &[]).clients, [orders, bare]);
}

#[test]
fn clients_without_effect_are_not_taken_silently() {
    warns(
        &with(&[], "[clients.orders]\nport = 7070\n"),
        &[],
        &expect![
            "service.toml:8:10: `[clients.orders]` has no effect: this version connects no clients"
        ],
    );
}

#[test]
fn malformed_clients_are_problems() {
    rejects(
        &with(&[], "[clients.orders]\nhost = \"\"\nport = 0\ntls = true\n[clients]\nbilling = 5\n"),
        &[],
        &expect![[r#"
            service.toml:9:8: `clients.orders.host` must not be empty
            service.toml:10:8: `clients.orders.port` must be an integer from 1 to 65535, found the integer `0`
            help: for example `7070`
            service.toml:11:1: unknown key `clients.orders.tls`
            service.toml:13:11: `clients.billing` must be a table, found the integer `5`
            help: write `[clients.billing]`"#]],
    );
    rejects(
        &with(&[], "[clients.orders]\nhots = \"x\"\nport = 65536\n"),
        &[],
        &expect![[r#"
        service.toml:9:1: unknown key `clients.orders.hots`
        help: did you mean `host`?
        service.toml:10:8: `clients.orders.port` must be an integer from 1 to 65535, found the integer `65536`
        help: for example `7070`"#]],
    );
}
