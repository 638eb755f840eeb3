//! State that outlives the version that made it.
//! Does not know what other guests make of their state.

mod failures;

use expect_test::expect;

use super::swap;
use crate::support::http::{self, Client};
use crate::support::log::{self, Line};
use crate::support::{Host, Service, guests};

const HANDED_OVER: &str = "state-handed-over";
const NOT_HANDED_OVER: &str = "handover-failed";

/// The guest that counts; `settings` are lines of its table `[service]`.
fn counting(settings: &str) -> Service {
    let service = Service::new(guests::HANDS_OVER, "http:0, native").host("instances = 1");
    service.tables(&format!("[service]\n{settings}"))
}

fn count(host: &Host) -> String {
    http::get(host.port(), "/count").text().to_owned()
}

fn add(host: &Host, times: usize) {
    for _ in 0..times {
        assert_eq!(http::request(host.port(), "POST", "/count", "", b"").status, 200);
    }
}

/// Lets `v2.0.0` take over from `v1.0.0`; does not wait for the state.
fn replace(service: &Service, host: &Host) {
    service.edit("v1.0.0", "v2.0.0");
    swap(host, 1);
}

/// What the host says of the state.
fn said(log: &[Line]) -> String {
    let about = |line: &&Line| [HANDED_OVER, NOT_HANDED_OVER].contains(&line.name());
    log::outline(log.iter().filter(about))
}

/// The lines of `version` of this [`name`](Line::name).
fn lines<'a>(log: &'a [Line], version: &str, name: &str) -> Vec<&'a Line> {
    let is_it = |line: &&Line| line.name() == name && line.text("service.version") == version;
    log.iter().filter(is_it).collect()
}

#[test]
fn the_state_is_there_before_the_first_request() {
    let service = counting("");
    let host = Host::start(&service);
    add(&host, 3);

    replace(&service, &host);
    assert_eq!(count(&host), "v2.0.0 3 of 1");
    add(&host, 1);
    service.edit("v2.0.0", "v3.0.0");
    swap(&host, 2);

    assert_eq!(count(&host), "v3.0.0 4 of 1");
    let log = host.stop().log;
    expect![[r#"
        INFO state handed over from.version="v1.0.0" to.version="v2.0.0" instances=1 bytes=8
        INFO state handed over from.version="v2.0.0" to.version="v3.0.0" instances=1 bytes=8
    "#]]
    .assert_eq(&said(&log));
    let given = lines(&log, "v1.0.0", "give begins");
    assert_eq!(given[0].text("successor"), "v2.0.0");
    let received = lines(&log, "v2.0.0", "receive begins");
    assert_eq!((received[0].text("name"), received[0].text("version")), ("probe", "v1.0.0"));
}

#[test]
fn the_steps_of_both_versions_have_an_order() {
    let service = counting("");
    let host = Host::start(&service);
    host.wait_for("native begins");

    replace(&service, &host);
    host.wait_for("version-stopped");

    let log = host.stop().log;
    let steps = ["on-start begins", "give begins", "receive begins", "native begins"];
    let steps = [&steps[..], &["native ends", "on-finish begins", HANDED_OVER]].concat();
    let course: Vec<_> = log.iter().filter(|line| steps.contains(&line.name())).collect();
    let course: Vec<_> =
        course.iter().map(|l| format!("{} {}", l.text("service.version"), l.name())).collect();
    let position =
        |step: &str| course.iter().position(|s| s == step).unwrap_or_else(|| panic!("{course:?}"));
    let order = [
        "v2.0.0 on-start begins",
        "v1.0.0 give begins",
        "v2.0.0 receive begins",
        "v2.0.0 state-handed-over",
        "v2.0.0 native begins",
    ];
    assert!(order.is_sorted_by_key(|step| position(step)), "{course:#?}");
    let end = ["v2.0.0 state-handed-over", "v1.0.0 native ends", "v1.0.0 on-finish begins"];
    assert!(end.is_sorted_by_key(|step| position(step)), "{course:#?}");
    assert_eq!(lines(&log, "v2.0.0", "native begins").len(), 1);
}

#[test]
fn requests_wait_until_the_state_is_there() {
    let service = counting("give_takes = 400");
    let host = Host::start(&service);
    add(&host, 1);

    replace(&service, &host);
    host.wait_for("give begins");
    let mut waiting: Vec<_> = (0..8).map(|_| Client::connect(host.port())).collect();
    for client in &mut waiting {
        client.request("POST", "/count", "", b"");
    }

    for client in &mut waiting {
        let answer = client.response();
        assert_eq!(answer.status, 200);
        let text = answer.text();
        assert!(text.starts_with("v2.0.0 ") && text.ends_with(" of 1"), "{text}");
    }
    assert_eq!(count(&host), "v2.0.0 9 of 1");
    host.stop();
}

#[test]
fn requests_wait_in_all_instances() {
    let service = counting("give_takes = 400");
    service.edit("instances = 1", "instances = 2");
    let host = Host::start(&service);
    add(&host, 4);

    replace(&service, &host);
    host.wait_for("give begins");
    let mut waiting: Vec<_> = (0..16).map(|_| Client::connect(host.port())).collect();
    for client in &mut waiting {
        client.request("POST", "/count", "", b"");
    }

    for client in &mut waiting {
        let answer = client.response();
        assert_eq!(answer.status, 200);
        assert!(answer.text().ends_with(" of 1"), "{}", answer.text());
    }
    let log = host.stop().log;
    let counts = lines(&log, "v2.0.0", "on-finish begins");
    assert_eq!(counts.iter().map(|line| line.number("count")).sum::<u64>(), 20);
}

#[test]
fn a_request_in_flight_counts() {
    let service = counting("");
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    client.request("POST", "/slow/400", "", b"");
    host.wait_for("adding begins");

    replace(&service, &host);

    assert_eq!(count(&host), "v2.0.0 1 of 1");
    assert_eq!(client.response().text(), "v1.0.0 1 of 0");
    host.stop();
}

#[test]
fn what_takes_longer_than_a_swap_may_wait_goes_on() {
    let service = counting("");
    let host = Host::start(&service);
    let mut streaming = Client::connect(host.port());
    streaming.get("/drip");
    assert_eq!(streaming.head().status, 200);
    let mut slow = Client::connect(host.port());
    slow.request("POST", "/slow/2500", "", b"");
    host.wait_for("adding begins");

    replace(&service, &host);

    // What is added after the state was given is not part of it.
    assert_eq!(count(&host), "v2.0.0 0 of 1");
    assert_eq!(slow.response().text(), "v1.0.0 1 of 0");
    assert_eq!(streaming.chunk().expect("the stream goes on"), b"drop");
    drop(streaming);
    host.wait_for("version-stopped");
    assert_eq!(count(&host), "v2.0.0 0 of 1");
    host.stop();
}

#[test]
fn a_state_may_be_large() {
    let service = counting("ballast = 16777216").limits("memory = '256MiB'");
    let host = Host::start(&service);
    add(&host, 2);

    replace(&service, &host);

    assert_eq!(count(&host), "v2.0.0 2 of 1");
    let log = host.stop().log;
    let received = lines(&log, "v2.0.0", "receive begins")[0];
    assert_eq!(received.number("bytes"), 16_777_224);
    assert_eq!(received.get("is_whole"), Some(&true.into()));
}

/// Hands over between so many instances; returns the counts of old and new instances with the states
/// that these have received, and what the host said.
fn between(old: usize, new: usize) -> (Vec<u64>, Vec<(u64, u64)>, String) {
    let service = counting("");
    service.edit("instances = 1", &format!("instances = {old}"));
    let host = Host::start(&service);
    add(&host, 60);

    service.edit(&format!("instances = {old}"), &format!("instances = {new}"));
    replace(&service, &host);
    host.wait_for("version-stopped");

    let log = host.stop().log;
    let of = |version| {
        let lines = lines(&log, version, "on-finish begins");
        lines.iter().map(|l| (l.number("count"), l.number("received"))).collect::<Vec<_>>()
    };
    let old = of("v1.0.0").into_iter().map(|(count, _)| count).collect();
    (old, of("v2.0.0"), said(&log))
}

#[test]
fn fewer_instances_receive_several_states() {
    let (old, mut new, said) = between(3, 2);

    assert_eq!((old.len(), old.iter().sum::<u64>()), (3, 60));
    new.sort_by_key(|(_, received)| *received);
    assert_eq!(new.iter().map(|(_, received)| *received).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(new.iter().map(|(count, _)| count).sum::<u64>(), 60);
    expect![[r#"
        INFO state handed over from.version="v1.0.0" to.version="v2.0.0" instances=3 bytes=24
    "#]]
    .assert_eq(&said);
}

#[test]
fn more_instances_leave_some_without_a_state() {
    let (old, mut new, said) = between(2, 3);

    assert_eq!((old.len(), old.iter().sum::<u64>()), (2, 60));
    new.sort_by_key(|(_, received)| *received);
    assert_eq!(new.iter().map(|(_, received)| *received).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(new.iter().map(|(count, _)| count).sum::<u64>(), 60);
    expect![[r#"
        INFO state handed over from.version="v1.0.0" to.version="v2.0.0" instances=2 bytes=16
    "#]]
    .assert_eq(&said);
}

#[test]
fn an_instance_that_replaces_a_lost_one_is_fresh() {
    let service = counting("");
    let host = Host::start(&service);
    add(&host, 2);
    replace(&service, &host);
    assert_eq!(count(&host), "v2.0.0 2 of 1");

    assert_eq!(http::get(host.port(), "/act/panic").status, 500);

    assert_eq!(count(&host), "v2.0.0 0 of 0");
    assert_eq!(host.stop().lines("receive begins").len(), 1);
}

#[test]
fn both_versions_have_to_take_part() {
    let service = counting("");
    let own = guests::HANDS_OVER.component().display().to_string();
    let other = guests::VERSIONS.component().display().to_string();
    let host = Host::start(&service);
    add(&host, 2);

    service.edit(&own, &other);
    replace(&service, &host);
    assert_eq!(http::get(host.port(), "/who").text(), "v2.0.0 unmarked");
    service.edit(&other, &own);
    service.edit("v2.0.0", "v3.0.0");
    swap(&host, 2);

    assert_eq!(count(&host), "v3.0.0 0 of 0");
    let log = host.stop().log;
    assert_eq!(said(&log), "");
    assert!(log.iter().all(|line| line.msg() != "give begins"));
}

#[test]
fn a_state_goes_on_to_the_version_after_the_next() {
    let service = counting("give_takes = 300");
    let host = Host::start(&service);
    add(&host, 5);

    replace(&service, &host);
    host.wait_for("give begins");
    service.edit("v2.0.0", "v3.0.0");
    swap(&host, 2);

    assert_eq!(count(&host), "v3.0.0 5 of 1");
    host.wait_for_count("version-stopped", 2);
    let log = host.stop().log;
    expect![[r#"
        INFO state handed over from.version="v1.0.0" to.version="v2.0.0" instances=1 bytes=8
        INFO state handed over from.version="v2.0.0" to.version="v3.0.0" instances=1 bytes=8
    "#]]
    .assert_eq(&said(&log));
}
