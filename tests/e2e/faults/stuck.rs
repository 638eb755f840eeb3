//! Calls that do not come to an end: the caller is answered in time, and everybody else is served.
//! Does not know calls that fail by themselves.

use expect_test::{Expect, expect};

use super::{ask, service, stack};
use crate::support::http::{self, Client, Response};
use crate::support::{Host, Service, guests};

const LIMITS: &str = "call_timeout = '300ms'";
const LATE: &str = r#"{"kind":"DeadlineExceededError","message":"the service did not answer in time","code":0,"service_name":"probe"}"#;

#[track_caller]
fn is_too_late(response: &Response) {
    assert_eq!((response.status, response.header("content-type")), (504, Some("application/json")));
    assert_eq!(response.text(), LATE);
}

/// Lets a call get stuck, looks at the health meanwhile, and sees the instance replaced.
#[track_caller]
fn is_replaced(path: &str, is_stuck: &str, expected: &Expect) {
    let host = Host::start(&service().limits("call_timeout = '1s'"));
    let mut client = Client::connect(host.port());

    client.request("GET", path, "x-request-id: stuck\r\n", b"");
    host.wait_for(is_stuck);
    let health = http::get(host.port(), "/health");
    let is_answered = !host.log().iter().any(|line| line.name() == "instance-lost");
    let answer = client.response();

    assert_eq!((health.status, is_answered), (200, true));
    is_too_late(&answer);
    let line = host.wait_for("instance-lost");
    let loss = format!("{}: {}", line.text("error.kind"), line.text("error.message"));
    expected.assert_eq(&loss);
    let failed = host.wait_for("request-failed");
    assert_eq!(failed.text("request_id"), "stuck");
    assert_eq!(failed.text("error.message"), "the service did not answer within 1s");
    assert_eq!(http::get(host.port(), "/answered").text(), "1");
    host.stop();
}

#[test]
fn a_call_that_computes_for_ever_is_interrupted() {
    is_replaced(
        "/spin",
        "a call spins",
        &expect!["interrupted: the service computed past its deadline and was interrupted"],
    );
}

/// Waits for the end of an instance that nobody else calls, and for the next one.
#[track_caller]
fn is_replaced_by_itself(host: Host) {
    host.wait_for("a call spins");
    assert_eq!(host.wait_for("instance-lost").text("error.kind"), "interrupted");
    assert_eq!(http::get(host.port(), "/answered").text(), "1");
    host.stop();
}

#[test]
fn what_computes_for_ever_once_it_is_cancelled_is_interrupted_without_another_request() {
    let host = Host::start(&service().limits(LIMITS));

    is_too_late(&http::get(host.port(), "/spin-when-cancelled"));

    is_replaced_by_itself(host);
}

#[test]
fn what_computes_for_ever_once_the_client_has_left_is_interrupted_without_another_request() {
    for path in ["/spin-when-cancelled", "/spin-when-left"] {
        let host = Host::start(&service().limits("call_timeout = '1s'"));
        let mut client = Client::connect(host.port());

        client.get(path);
        host.wait_for("a call waits to spin");
        drop(client);

        is_replaced_by_itself(host);
    }
}

#[test]
fn a_call_that_blocks_the_instance_is_ended() {
    is_replaced(
        "/block",
        "a call blocks",
        &expect![
            "blocked: the service blocked its instance past a deadline, in a call of WASI such as `std::thread::sleep`, and was stopped"
        ],
    );
}

#[test]
fn the_function_that_computes_for_ever_is_named() {
    let host = Host::start(&service().limits(LIMITS));

    is_too_late(&ask(&host, "/spin", "stuck"));

    let line = host.wait_for("instance-lost");
    assert_eq!((line.text("call"), line.text("request_id")), ("http.handle", "stuck"));
    let stack = stack(&line);
    assert!(stack.iter().any(|name| name.starts_with("misbehaves::spin")), "{stack:#?}");
    host.stop();
}

#[test]
fn a_call_that_waits_for_ever_is_cancelled_and_its_instance_stays() {
    let host = Host::start(&service().limits(LIMITS));
    assert_eq!(http::get(host.port(), "/answered").text(), "1");

    is_too_late(&ask(&host, "/wait", "late"));

    host.wait_for("a waiting call was dropped");
    assert_eq!(http::get(host.port(), "/answered").text(), "2");
    let stopped = host.stop();
    assert!(stopped.lines("instance-lost").is_empty());
}

#[test]
fn calls_that_ignore_their_cancellation_cost_the_instance_once_they_hold_every_place() {
    let limits = format!("{LIMITS}\nmax_concurrency = 2");
    let host = Host::start(&Service::new(guests::BARE, "http:0").limits(&limits));

    let mut clients = [(); 2].map(|()| Client::connect(host.port()));
    for client in &mut clients {
        client.get("/ignore-cancellation");
    }
    for client in &mut clients {
        is_too_late(&client.response());
    }

    let line = host.wait_for("instance-lost");
    expect!["every slot is held by a cancelled call that has not returned"]
        .assert_eq(line.text("error.message"));
    assert_eq!(http::get(host.port(), "/fine").status, 200);
    host.stop();
}

#[test]
fn a_call_that_ignores_its_cancellation_is_in_nobodys_way() {
    let limits = format!("{LIMITS}\nmax_concurrency = 2");
    let host = Host::start(&Service::new(guests::BARE, "http:0").limits(&limits));

    is_too_late(&http::get(host.port(), "/ignore-cancellation"));
    let answers = [(); 20].map(|()| http::get(host.port(), "/fine").status);

    assert_eq!(answers, [200; 20]);
    assert!(host.log().iter().all(|line| line.name() != "instance-lost"));
}

#[test]
fn a_call_that_is_stuck_does_not_stop_other_connections_from_being_read() {
    let host = Host::start(&service());
    let mut stuck = Client::connect(host.port());
    let mut other = Client::connect(host.port());
    stuck.get("/spin");
    host.wait_for("a call spins");

    let answers = [(); 10].map(|()| {
        other.get("/health");
        other.response().status
    });
    let was_lost = host.log().iter().any(|line| line.name() == "instance-lost");

    assert_eq!((answers, was_lost), ([200; 10], false));
    assert_eq!(host.stderr(), "");
}

/// Nobody else waits.
#[test]
fn a_stream_that_computes_for_ever_ends_when_its_client_has_left() {
    let host = Host::start(&service().limits(LIMITS));
    let mut client = Client::connect(host.port());

    client.get("/spin-in-a-stream");
    assert_eq!(client.head().status, 200);
    host.wait_for("a call spins");
    drop(client);

    host.wait_for("instance-lost");
    assert_eq!(http::get(host.port(), "/answered").status, 200);
    host.stop();
}

#[test]
fn a_stream_that_computes_for_ever_lasts_until_somebody_waits_in_vain() {
    let host = Host::start(&service().limits(LIMITS));
    let mut client = Client::connect(host.port());

    client.get("/spin-in-a-stream");
    assert_eq!(client.head().status, 200);
    host.wait_for("a call spins");
    // On a busy machine it may come so late that the next instance answers it.
    let neighbour = http::get(host.port(), "/answered").status;
    host.wait_for("instance-lost");

    assert!([200, 503].contains(&neighbour), "{neighbour}");
    assert!(client.chunk().is_ok());
    assert!(client.chunk().is_err(), "the response came to an end");
    assert_eq!(http::get(host.port(), "/answered").status, 200);
    host.stop();
}
