//! Only what is declared can be reached.

use expect_test::expect;

use super::{client, failed};
use crate::support::{Host, Service, guests};

#[test]
fn a_client_that_is_not_declared_names_the_lines_to_add() {
    let tables = client("web", "http", 1, "");
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(&tables));

    let (status, undeclared) = failed(&host, "/rpc/connect?client=orders");
    expect![[r#"500 {"kind":"InternalError","message":"the client `orders` is not declared","cause":"add to service.toml: [clients.orders] protocol = \"grpc\"","code":0,"service_name":"probe","destination":"orders"}"#]].assert_eq(&format!("{status} {undeclared}"));

    let (status, other) = failed(&host, "/rpc/connect?client=web");
    expect![[r#"500 {"kind":"InternalError","message":"the client `web` is declared for the protocol `http`","cause":"set in service.toml: [clients.web] protocol = \"grpc\"","code":0,"service_name":"probe","destination":"web"}"#]].assert_eq(&format!("{status} {other}"));
    host.stop();
}
