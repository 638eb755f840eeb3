//! `[host.limits]`: what one instance may use, and what happens beyond it.
//! Does not know the limits of messages; those are `malformed`'s.

use expect_test::expect;

use crate::support::frames::{self, Frame};
use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests};

const CANCEL: [u8; 4] = 8_u32.to_be_bytes();

fn gathers(limits: &str) -> Host {
    Host::start(&Service::new(guests::GATHERS, "http:0").limits(limits))
}

/// A connection on which these paths are asked for, in this order, as streams 1, 3, 5, …
fn ask(host: &Host, paths: &[&str]) -> frames::Client {
    let mut client = frames::Client::connect(host.port());
    for (path, stream) in paths.iter().zip((1..).step_by(2)) {
        client.get(stream, path);
    }
    client
}

fn leave(client: &mut frames::Client, streams: &[u32]) {
    for stream in streams {
        client.frame(frames::RST_STREAM, 0, *stream, &CANCEL);
    }
}

/// Whether a response begins with 503.
fn is_refusal(head: &Frame) -> bool {
    head.payload.starts_with(&frames::STATUS_503)
}

#[test]
fn calls_beyond_the_places_wait_and_those_beyond_the_queue_are_refused() {
    let host = gathers("max_concurrency = 2\nmax_queue = 1");

    let mut client = ask(&host, &["/stay"; 4]);
    let refused = client.until(frames::HEADERS);
    host.wait_for_count("a call has entered", 2);
    leave(&mut client, &[1]);
    host.wait_for_count("a call has entered", 3);
    leave(&mut client, &[3, 5]);

    assert!(refused.stream == 7 && is_refusal(&refused), "{refused:?}");
    assert_eq!(http::get(host.port(), "/most").text(), "2");
    drop(client);
    host.stop();
}

#[test]
fn a_refusal_says_when_to_come_again() {
    let host = gathers("max_concurrency = 1\nmax_queue = 0");
    let mut staying = Client::connect(host.port());
    staying.get("/stay");
    host.wait_for("a call has entered");

    let refused = http::get(host.port(), "/count");
    let health = http::get(host.port(), "/health");

    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(refused.header("content-type"), Some("application/json"));
    expect![[r#"{"kind":"UnavailableError","message":"the service is overloaded, try again","code":0,"service_name":"probe"}"#]]
        .assert_eq(refused.text());
    assert_eq!(health.status, 200);
    drop(staying);
    host.stop();
}

/// A line for each of them would cost most when there is least to spare.
#[test]
fn refusals_are_counted_in_few_lines() {
    let host = gathers("max_concurrency = 1\nmax_queue = 0");
    let mut staying = Client::connect(host.port());
    staying.get("/stay");
    host.wait_for("a call has entered");

    let refused = (0..50).filter(|_| http::get(host.port(), "/count").status == 503).count();
    drop(staying);
    let stopped = host.stop();

    let begun = stopped.lines("requests-refused");
    assert!(refused == 50 && begun[0].number("requests.refused") == 1, "{}", stopped.outline());
    assert_eq!((begun[0].level(), begun[0].number("capacity")), ("WARN", 1));
    assert_eq!(begun[0].msg(), "at capacity, refusing requests");
    let ended = stopped.lines("refusals-ended");
    assert_eq!(ended[0].number("requests.refused"), 50, "{}", stopped.outline());
    assert_eq!(ended[0].msg(), "requests were refused at capacity");
}

#[test]
fn a_full_service_recovers() {
    let host = gathers("max_concurrency = 2\nmax_queue = 2");

    for round in 1..=3 {
        let mut client = ask(&host, &["/stay"; 5]);
        let refused = client.until(frames::HEADERS);
        assert!(refused.stream == 9 && is_refusal(&refused), "{refused:?}");
        host.wait_for_count("a call has entered", 2 * round);
        leave(&mut client, &[1, 3, 5, 7]);
        // The guest needs a moment to notice.
        let mut answers = (0..1000).map(|_| http::get(host.port(), "/count"));
        let answer = answers.find(|answer| answer.status == 200).expect("it recovers");
        assert_eq!(answer.text(), round.to_string());
    }

    host.stop();
}

#[test]
fn a_call_that_has_left_the_queue_makes_room() {
    let host = gathers("max_concurrency = 1\nmax_queue = 1");
    let mut client = ask(&host, &["/stay", "/count"]);
    host.wait_for("a call has entered");

    leave(&mut client, &[3]);
    // Its answer shows that the host has noticed.
    client.get(5, "/health");
    client.until(frames::HEADERS);
    client.get(7, "/count");
    client.get(9, "/count");
    let refused = client.until(frames::HEADERS);
    leave(&mut client, &[1]);
    let answered = client.until(frames::HEADERS);

    assert!(refused.stream == 9 && is_refusal(&refused), "{refused:?}");
    assert!(answered.stream == 7 && !is_refusal(&answered), "{answered:?}");
    drop(client);
    host.stop();
}

#[test]
fn a_connection_with_many_requests_takes_turns_with_others() {
    let host = gathers("max_concurrency = 1\nmax_queue = 4");
    let mut greedy = ask(&host, &[&["/stay"][..], &["/count"; 20]].concat());
    host.wait_for("a call has entered");
    let refused = [(); 16].map(|()| greedy.until(frames::HEADERS).stream);
    assert!(refused.iter().all(|stream| *stream > 9), "{refused:?}");

    let mut modest = Client::connect(host.port());
    modest.get("/count");
    let displaced = greedy.until(frames::HEADERS).stream;
    leave(&mut greedy, &[1]);

    assert_eq!(displaced, 9);
    // After one of the other connection, and before the others of it.
    assert_eq!(modest.response().text(), "2");
    let mut answers = std::iter::repeat_with(|| greedy.until(frames::DATA));
    let counts = [3, 5, 7].map(|stream| answers.find(|answer| answer.stream == stream));
    assert_eq!(counts.map(|answer| answer.unwrap().payload), [b"1", b"3", b"4"]);
    drop(greedy);
    let stopped = host.stop();
    let refused = stopped.lines("refusals-ended")[0].number("requests.refused");
    assert_eq!(refused, 17, "{}", stopped.outline());
}

#[test]
fn a_call_whose_client_has_left_the_queue_does_not_enter() {
    let host = gathers("max_concurrency = 1");
    let mut client = ask(&host, &["/stay", "/count", "/count"]);
    host.wait_for("a call has entered");

    leave(&mut client, &[3, 1]);

    assert_eq!(client.until(frames::DATA).payload, b"1");
    assert_eq!(http::get(host.port(), "/counted").text(), "1");
    drop(client);
    host.stop();
}

#[test]
fn waiting_for_a_place_counts_as_time_of_the_call() {
    let host = gathers("max_concurrency = 1\ncall_timeout = '300ms'");
    let mut client = ask(&host, &["/stay", "/stay", "/stay"]);

    let answers = [(); 3].map(|()| client.until(frames::HEADERS).stream);

    // All have the same deadline, so at most the first two have been inside.
    assert_eq!(answers, [1, 3, 5]);
    let entered = host.log().iter().filter(|line| line.msg() == "a call has entered").count();
    assert!(entered < 3, "{entered} calls have entered");
    drop(client);
    host.stop();
}

#[test]
fn memory_that_is_refused_is_no_fault_by_itself() {
    let service = Service::new(guests::MISBEHAVES, "http:0").limits("memory = '16MiB'");
    let host = Host::start(&service);

    let refused = http::get(host.port(), "/ask-for-too-much");
    let panicked = http::get(host.port(), "/panic");

    assert_eq!((refused.status, panicked.status), (500, 500));
    assert!(refused.text().contains("memory allocation failed"), "{}", refused.text());
    assert_eq!(host.wait_for("instance-lost").text("error.kind"), "trap");
    host.stop();
}

#[test]
fn a_service_that_does_not_fit_into_its_memory_does_not_start() {
    let service = Service::new(guests::GATHERS, "http:0").limits("memory = '1MiB'");

    let stopped = Host::launch(Host::command(&service)).ended();

    let line = stopped.lines("service-aborted")[0];
    expect!["the service exceeded its memory limit of 1048576 bytes"]
        .assert_eq(line.text("error.message"));
    assert_eq!((stopped.status, stopped.stderr.as_str()), (Some(1), ""));
}

#[test]
fn a_service_that_fits_into_its_memory_runs() {
    let service = Service::new(guests::GATHERS, "http:0").limits("memory = '2MiB'");
    let host = Host::start(&service);

    assert_eq!(http::get(host.port(), "/count").text(), "1");
    host.stop();
}
