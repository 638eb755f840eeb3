//! Only what is declared can be reached.

use expect_test::expect;

use super::{client, failed};
use crate::support::{Host, Service, guests};

#[test]
fn a_client_that_is_not_declared_names_the_lines_to_add() {
    let tables = client("web", "http", 1, "");
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(&tables));

    let (status, undeclared) = failed(&host, "/rpc/connect?client=orders");
    expect![[""]].assert_eq(&format!("{status} {undeclared}"));

    let (status, other) = failed(&host, "/rpc/connect?client=web");
    expect![[""]].assert_eq(&format!("{status} {other}"));
    host.stop();
}
