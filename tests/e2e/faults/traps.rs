//! Calls that take their instance with them: what the caller sees, and what the log says.
//! Does not know what comes after that.

use expect_test::{Expect, expect};

use super::{ask, is_internal, misbehaves, stack};
use crate::support::http::{self, Client};
use crate::support::{Host, Line, Service, guests, http2};

const INTERRUPTED: &str = r#"{"kind":"UnavailableError","message":"the service was interrupted, try again","code":0,"service_name":"probe"}"#;

/// The line that reports a loss, without what all lines have and without the stack.
#[track_caller]
fn reports(line: &Line, expected: &Expect) {
    let fields = line
        .fields()
        .into_iter()
        .filter(|field| !["time", "error.stack"].contains(field) && !field.starts_with("service."));
    let text = fields.map(|field| format!("{field}: {}\n", line.get(field).unwrap_or_default()));
    expected.assert_eq(&without_line(&text.collect::<String>()));
}

/// Where in a guest's source a panic is changes with every edit of the guest.
fn without_line(text: &str) -> String {
    match text.split_once("lib.rs:") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
            format!("{before}lib.rs:$LINE:{after}")
        }
        None => text.to_owned(),
    }
}

/// Asks for `path`, which is the end of the instance, then whether the service is there again.
#[track_caller]
fn loses(host: &Host, path: &str) -> Line {
    let culprit = ask(host, path, "culprit");
    let next = http::get(host.port(), "/answered");

    is_internal(&culprit);
    assert_eq!(culprit.header("x-request-id"), Some("culprit"));
    assert_eq!((next.status, next.text()), (200, "1"));
    host.wait_for("instance-lost")
}

#[test]
fn a_panic_is_reported_with_its_text_and_its_place() {
    let host = misbehaves();

    let line = loses(&host, "/panic");

    reports(
        &line,
        &expect![[r#"
            level: "ERROR"
            msg: "instance lost"
            event: "instance-lost"
            error.kind: "trap"
            error.message: "the service trapped: thread '<unnamed>' (1) panicked at tests/guests/misbehaves/src/lib.rs:$LINE:\ncannot go on with number 1"
            call: "http.handle"
            worker: 0
            request_id: "culprit"
            http.method: "GET"
            http.path: "/panic"
        "#]],
    );
    let stack = stack(&line);
    assert!(stack.contains(&"misbehaves::a_function_that_panics"), "{stack:#?}");
    host.stop();
}

#[test]
fn a_panic_after_a_wait_belongs_to_its_request_as_well() {
    let host = misbehaves();

    let line = loses(&host, "/panic-after-a-wait");

    assert_eq!(line.text("request_id"), "culprit");
    assert!(line.text("error.message").ends_with("cannot go on with number 2"));
    assert!(stack(&line).contains(&"misbehaves::a_function_that_panics"));
    host.stop();
}

#[test]
fn memory_beyond_the_limit_is_named() {
    let host = Host::start(&super::service().limits("memory = '16MiB'"));

    let line = loses(&host, "/exhaust");

    reports(
        &line,
        &expect![[r#"
            level: "ERROR"
            msg: "instance lost"
            event: "instance-lost"
            error.kind: "out-of-memory"
            error.message: "the service exceeded its memory limit of 16777216 bytes"
            call: "http.handle"
            worker: 0
            request_id: "culprit"
            http.method: "GET"
            http.path: "/exhaust"
        "#]],
    );
    host.stop();
}

#[test]
fn an_exit_is_named() {
    let host = misbehaves();

    let line = loses(&host, "/exit/0");

    reports(
        &line,
        &expect![[r#"
            level: "ERROR"
            msg: "instance lost"
            event: "instance-lost"
            error.kind: "exit"
            error.message: "the service exited, reporting success"
            call: "http.handle"
            worker: 0
            request_id: "culprit"
            http.method: "GET"
            http.path: "/exit/0"
        "#]],
    );
    host.stop();
}

#[test]
fn a_full_stack_is_named() {
    let host = misbehaves();

    let line = loses(&host, "/overflow");

    reports(
        &line,
        &expect![[r#"
            level: "ERROR"
            msg: "instance lost"
            event: "instance-lost"
            error.kind: "trap"
            error.message: "the service trapped: wasm trap: call stack exhausted"
            call: "http.handle"
            worker: 0
            request_id: "culprit"
            http.method: "GET"
            http.path: "/overflow"
        "#]],
    );
    assert!(stack(&line).contains(&"misbehaves::descend"));
    host.stop();
}

#[test]
fn only_what_was_printed_last_belongs_to_the_panic() {
    let host = misbehaves();

    let line = loses(&host, "/print-and-panic");

    let message = line.text("error.message").to_owned();
    assert!(message.contains("a line right before the panic"), "{message}");
    assert!(message.contains("cannot go on with number 4"), "{message}");
    assert!(!message.contains("a line on std"), "{message}");
    assert_eq!(host.wait_for("a line on stderr").text("stream"), "stderr");
    assert_eq!(host.wait_for("a line on stdout").text("stream"), "stdout");
    host.stop();
}

#[test]
fn a_loss_without_a_stack_is_possible() {
    let tables = "[log]\nerror_stack_trace = 'disabled'";
    let host = Host::start(&Service::new(guests::MISBEHAVES, "http:0").tables(tables));

    let line = loses(&host, "/panic");

    assert!(!line.has("error.stack"));
    host.stop();
}

#[test]
fn a_stack_can_be_one_text() {
    let tables = "[log]\nerror_stack_trace = 'default'";
    let host = Host::start(&Service::new(guests::MISBEHAVES, "http:0").tables(tables));

    let line = loses(&host, "/panic");

    let stack: Vec<_> = line.text("error.stack").lines().collect();
    assert!(stack.contains(&"misbehaves::a_function_that_panics"), "{stack:#?}");
    host.stop();
}

#[test]
fn siblings_of_a_panic_may_try_again() {
    let host = misbehaves();
    let mut siblings = [(); 3].map(|()| Client::connect(host.port()));
    for sibling in &mut siblings {
        sibling.get("/wait");
    }
    host.wait_for_count("a call waits", 3);

    let culprit = ask(&host, "/panic", "culprit");

    is_internal(&culprit);
    for sibling in &mut siblings {
        let answer = sibling.response();
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.text(), INTERRUPTED);
    }
    let line = host.wait_for("instance-lost");
    assert_eq!((line.text("request_id"), line.number("calls.lost")), ("culprit", 3));
    host.stop();
}

#[test]
fn the_streams_of_one_connection_know_culprit_and_siblings() {
    let host = misbehaves();

    let paths = ["/wait", "/panic-after-a-wait", "/wait"];
    let answers = http2::Client::connect(host.port()).get_all(&paths);

    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [503, 500, 503]);
    host.stop();
}

#[test]
fn a_panic_in_a_stream_cuts_the_response_off() {
    let host = misbehaves();
    let mut client = Client::connect(host.port());

    client.request("GET", "/panic-in-a-stream", "x-request-id: culprit\r\n", b"");
    assert_eq!(client.head().status, 200);
    let first = client.chunk().expect("the first piece arrives");
    let second = client.chunk();

    assert_eq!(first, b"the first piece");
    assert!(second.is_err(), "the response came to an end");
    assert_eq!(host.wait_for("instance-lost").text("request_id"), "culprit");
    assert_eq!(host.wait_for("response-cut").text("request_id"), "culprit");
    assert_eq!(http::get(host.port(), "/answered").text(), "1");
    host.stop();
}
