//! `/loglevel`: read, set, for a time, for one of several services.

use super::{ADMIN, admin_port, eventually, json, misbehaves, put_level};
use crate::support::http;
use crate::support::{Command, Host, Service, guests};

/// The level of each service's log.
fn levels(port: u16) -> serde_json::Value {
    json(&http::get(port, "/loglevel"))
}

/// Waits until the level of `service` is this.
fn wait_for(port: u16, service: &str, level: &str) {
    eventually(level, || (levels(port)[service] == level).then_some(()));
}

fn echoes() -> Service {
    Service::new(guests::ECHOES, "http:0").tables(ADMIN)
}

/// Lets the guest write a line of level `info` that has this id.
fn write_line(port: u16, id: &str) {
    let answer = http::request(port, "GET", "/id", &format!("x-request-id: {id}\r\n"), b"");
    assert_eq!(answer.status, 200);
}

#[test]
fn a_level_decides_which_lines_are_written_until_it_is_taken_back() {
    let host = Host::start(&echoes());
    let port = admin_port(&host);
    assert_eq!(levels(port)["probe"], "info");

    assert_eq!(put_level(port, r#"{"level": "error"}"#).status, 202);
    wait_for(port, "probe", "error");
    write_line(host.port(), "unseen");
    assert_eq!(put_level(port, r#"{"level": null}"#).status, 202);
    wait_for(port, "probe", "info");
    write_line(host.port(), "seen");

    let line = host.wait_for("a request has an id");
    assert_eq!(line.text("request_id"), "seen");
    host.stop();
}

#[test]
fn a_level_with_a_time_gives_way_to_that_of_the_definition() {
    let host = Host::start(&echoes());
    let port = admin_port(&host);

    assert_eq!(put_level(port, r#"{"level": "error"}"#).status, 202);
    wait_for(port, "probe", "error");
    assert_eq!(put_level(port, r#"{"level": "warn", "for": "100ms"}"#).status, 202);

    wait_for(port, "probe", "info");
    write_line(host.port(), "seen");
    assert_eq!(host.wait_for("a request has an id").text("request_id"), "seen");
    host.stop();
}

#[test]
fn one_of_two_services_can_be_chosen() {
    let (one, two) = (echoes(), echoes());
    one.edit("name = 'probe'", "name = 'one'");
    two.edit("name = 'probe'", "name = 'two'");
    let mut command = Command::new(["run"]);
    command.arguments([one.path(), two.path()]);
    let host = Host::launch(command);
    host.wait_for_count("service-running", 2);
    let port = admin_port(&host);

    assert_eq!(put_level(port, r#"{"level": "debug", "service": "two"}"#).status, 202);

    wait_for(port, "two", "debug");
    assert_eq!(levels(port)["one"], "info");
    assert_eq!(put_level(port, r#"{"level": "debug", "service": "three"}"#).status, 404);
    host.stop();
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let host = Host::start(&misbehaves(ADMIN));
    let port = admin_port(&host);

    for body in [
        "",
        "debug",
        "{}]",
        r#"{"level": "loud"}"#,
        r#"{"level": 5}"#,
        r#"{"level": "debug", "for": "25h"}"#,
        r#"{"level": "debug", "for": "soon"}"#,
        r#"{"level": "debug", "for": "-5m"}"#,
        r#"{"level": "debug", "sevice": "probe"}"#,
    ] {
        let answer = put_level(port, body);
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert!(json(&answer)["error"].is_string(), "{body}: {answer:?}");
    }
    assert_eq!(put_level(port, &" ".repeat(5000)).status, 413);
    assert_eq!(levels(port)["probe"], "info");
    host.stop();
}
