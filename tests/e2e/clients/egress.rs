//! Only what is declared can be reached.

use expect_test::expect;

use super::{client, failed};
use crate::support::{Host, Service, guests};

#[test]
fn a_client_that_is_not_declared_names_the_lines_to_add() {
    let tables = client("web", "http", 1, "");
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(&tables));

    let (status, undeclared) = failed(&host, "/rpc/connect?client=orders");
    expect![[r#"500 {"kind":"InternalError","message":"the client `orders` is not declared","cause":"add a table `[clients.orders]` with `host`, `port`, and `protocol = \"grpc\"` to service.toml","code":0,"service_name":"probe","destination":"orders"}"#]].assert_eq(&format!("{status} {undeclared}"));

    let (_, mistyped) = failed(&host, "/rpc/connect?client=wev");
    let cause = mistyped["cause"].as_str().unwrap_or_default();
    assert!(cause.starts_with("did you mean `web`? Or add a table `[clients.wev]`"), "{mistyped}");

    let (status, other) = failed(&host, "/rpc/connect?client=web");
    expect![[r#"500 {"kind":"InternalError","message":"the client `web` is declared for the protocol `http`","cause":"set `protocol = \"grpc\"` in `[clients.web]` of service.toml","code":0,"service_name":"probe","destination":"web"}"#]].assert_eq(&format!("{status} {other}"));
    host.stop();
}

#[test]
fn a_guest_cannot_choose_the_host() {
    let tables = client("web", "http", 1, "");
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(&tables));

    let (status, error) = failed(&host, "/web/host");

    assert_eq!(status, 500);
    assert!(error["message"].as_str().unwrap_or_default().contains("`host`"), "{error}");
    host.stop();
}
