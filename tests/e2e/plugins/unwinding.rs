//! Starts that do not come to their end: what has started is ended again, the last one first.
//! Does not know what is said about a start that fails.

use std::time::{Duration, Instant};

use super::lifecycle::{course, three, three_with};
use crate::support::{Host, Service, Signal, Stopped};

fn ended(service: &Service) -> Stopped {
    Host::launch(Host::command(service)).ended()
}

/// Starts it and sends SIGTERM once the second plug-in starts.
fn interrupted(service: &Service) -> Host {
    let host = Host::launch(Host::command(service));
    host.wait_for_count("probe starts", 2);
    host.signal(Signal::TERM);
    host
}

#[test]
fn a_start_that_fails_ends_what_had_started() {
    for act in ["fail", "panic", "exit"] {
        let stopped = ended(&three_with(["", "", &format!("start = '{act}'")]));

        assert_eq!(stopped.status, Some(1), "{act}");
        let expected = ["one starts", "two starts", "three starts", "two stops", "one stops"];
        assert_eq!(course(&stopped.log), expected, "{act}");
    }
}

#[test]
fn a_start_that_hangs_ends_what_had_started() {
    for act in ["wait", "spin", "block"] {
        let service = three_with(["", "", &format!("start = '{act}'")]);
        let begun = Instant::now();

        let stopped = ended(&service.host("start_timeout = '500ms'"));

        assert_eq!(stopped.status, Some(1), "{act}");
        let expected = ["one starts", "two starts", "three starts", "two stops", "one stops"];
        assert_eq!(course(&stopped.log), expected, "{act}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{act}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_service_that_does_not_start_ends_its_features() {
    for act in ["fail", "panic"] {
        let service = three("").tables(&format!("[service]\non_start = '{act}'"));

        let stopped = ended(&service);

        assert_eq!(stopped.status, Some(1), "{act}");
        assert_eq!(
            course(&stopped.log)[3..],
            ["service starts", "three stops", "two stops", "one stops"],
            "{act}"
        );
    }
}

#[test]
fn a_port_that_is_taken_ends_the_features() {
    let socket = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0));
    let socket = socket.expect("there is a free port");
    let port = socket.local_addr().expect("it is bound").port();
    let service = three("");
    service.edit("'http:0'", &format!("'http:{port}'"));

    let stopped = ended(&service);

    assert_eq!(stopped.status, Some(1));
    let expected =
        ["one starts", "two starts", "three starts", "three stops", "two stops", "one stops"];
    assert_eq!(course(&stopped.log), expected);
}

#[test]
fn an_end_that_fails_does_not_keep_the_others_from_ending() {
    for stop in ["fail", "panic", "wait", "spin", "block"] {
        let service = three_with(["", &format!("stop = '{stop}'"), "start = 'fail'"]);

        let stopped = ended(&service.host("shutdown_timeout = '500ms'"));

        assert_eq!(stopped.status, Some(1), "{stop}");
        assert_eq!(course(&stopped.log)[3..], ["two stops", "one stops"], "{stop}");
    }
}

#[test]
fn a_signal_during_the_start_of_a_plug_in_unwinds() {
    for act in ["wait", "spin", "block"] {
        let service = three(&format!("start = '{act}'"));
        let begun = Instant::now();

        let stopped = interrupted(&service).ended();

        assert_eq!(stopped.status, Some(0), "{act}: {:?}", stopped.log);
        assert_eq!(course(&stopped.log), ["one starts", "two starts", "one stops"], "{act}");
        // Not after `shutdown_timeout`, nor after `start_timeout`.
        assert!(begun.elapsed() < Duration::from_secs(20), "{act}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_second_signal_during_the_start_of_a_plug_in_ends_at_once() {
    let service = three_with(["stop = 'wait'", "start = 'wait'", ""]);

    let host = interrupted(&service);
    host.wait_for("service-stopping");
    let stopped = host.forced(Signal::INT);

    assert_eq!(stopped.status, Some(130));
}
