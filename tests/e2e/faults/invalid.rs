//! Responses that break the contract: the call fails, the instance lives on.
//! Does not know other failures.

use expect_test::{Expect, expect};

use super::is_internal;
use crate::support::http;
use crate::support::{Host, Service, guests};

#[track_caller]
fn refuses(guest: guests::Guest, paths: &[&str], expected: &Expect) {
    let host = Host::start(&Service::new(guest, "http:0"));

    for path in paths {
        let headers = format!("x-request-id: {path}\r\n");
        is_internal(&http::request(host.port(), "GET", path, &headers, b""));
    }

    host.wait_for_count("request-failed", paths.len());
    let stopped = host.stop();
    assert!(stopped.lines("instance-lost").is_empty());
    let reasons = stopped.lines("request-failed").into_iter().map(|line| {
        format!("{} {}\n", line.text("request_id"), line.text("error.message").escape_default())
    });
    expected.assert_eq(&reasons.collect::<String>());
}

#[test]
fn a_status_that_is_none_is_refused() {
    refuses(
        guests::BARE,
        &["/status-0", "/status-100", "/status-65535"],
        &expect![[r#"
            /status-0 the service returned an invalid response: its status is 0, expected 200 to 599
            /status-100 the service returned an invalid response: its status is 100, expected 200 to 599
            /status-65535 the service returned an invalid response: its status is 65535, expected 200 to 599
        "#]],
    );
    refuses(
        guests::MISBEHAVES,
        &["/status/199", "/status/600"],
        &expect![[r#"
            /status/199 the service returned an invalid response: its status is 199, expected 200 to 599
            /status/600 the service returned an invalid response: its status is 600, expected 200 to 599
        "#]],
    );
}

#[test]
fn header_lines_that_are_none_are_refused() {
    refuses(
        guests::BARE,
        &["/no-colon", "/no-end", "/no-name", "/split", "/nul"],
        &expect![[r#"
            /no-colon the service returned an invalid response: the header line `content-type` has no colon
            /no-end the service returned an invalid response: a header line does not end with CR LF
            /no-name the service returned an invalid response: the header line `: 1` is malformed
            /split the service returned an invalid response: the header line `x-one: 1\nx-two: 2` is malformed
            /nul the service returned an invalid response: the header line `x-one: \u{0}` is malformed
        "#]],
    );
}

#[test]
fn fields_of_the_connection_are_the_hosts() {
    refuses(
        guests::MISBEHAVES,
        &[
            "/header/connection",
            "/header/Transfer-Encoding",
            "/header/upgrade",
            "/header/keep-alive",
        ],
        &expect![[r#"
            /header/connection the service returned an invalid response: the header `connection` is the host\'s to set
            /header/Transfer-Encoding the service returned an invalid response: the header `transfer-encoding` is the host\'s to set
            /header/upgrade the service returned an invalid response: the header `upgrade` is the host\'s to set
            /header/keep-alive the service returned an invalid response: the header `keep-alive` is the host\'s to set
        "#]],
    );
}

/// More than the host's own map of them can hold.
#[test]
fn too_many_header_fields_are_refused() {
    refuses(
        guests::MISBEHAVES,
        &["/headers/33000"],
        &expect![[r#"
        /headers/33000 the service returned an invalid response: it has too many headers
    "#]],
    );
}

#[test]
fn a_length_that_is_not_the_bodys_is_refused() {
    refuses(
        guests::BARE,
        &["/short", "/long"],
        &expect![[r#"
            /short the service returned an invalid response: its `content-length` is \"4\", its body has 5 bytes
            /long the service returned an invalid response: its `content-length` is \"4000\", its body has 5 bytes
        "#]],
    );
}

#[test]
fn a_right_response_is_taken_from_a_guest_without_the_sdk() {
    let host = Host::start(&Service::new(guests::BARE, "http:0"));

    let answer = http::get(host.port(), "/fine");

    assert_eq!((answer.status, answer.text()), (200, "hello"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    host.stop();
}
