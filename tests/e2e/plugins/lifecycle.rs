//! When plug-ins start and end, beside the steps of the service, and what their ends do to its exit status.
//! Does not know starts that fail.

use std::time::{Duration, Instant};

use super::{probe_named, probed};
use crate::support::http::Client;
use crate::support::{Host, Line, Service, Signal, guests};

/// Steps of plug-ins and of the service, in the order of the log.
pub(super) fn course(log: &[Line]) -> Vec<String> {
    let steps = log.iter().filter_map(|line| {
        let word = match line.msg() {
            "probe starts" => "starts",
            "probe stops" => "stops",
            "on-start begins" => return Some("service starts".to_owned()),
            "on-finish begins" => return Some("service finishes".to_owned()),
            _ => return None,
        };
        Some(format!("{} {word}", line.text("feature")))
    });
    steps.collect()
}

/// A service that logs its steps, with three plug-ins: `one`, which `two` needs, which `three` needs. The
/// tables stand in another order. `settings` are those of `two`.
pub(super) fn three(settings: &str) -> Service {
    three_with(["", settings, ""])
}

pub(super) fn three_with([one, two, three]: [&str; 3]) -> Service {
    let tables = [
        probe_named("three", "needs = ['two']", three),
        probe_named("one", "", one),
        probe_named("two", "needs = ['one']", two),
    ];
    Service::new(guests::STARTS, "http:0").tables(&tables.concat())
}

#[test]
fn features_start_before_the_service_and_end_after_it() {
    let host = Host::start(&three(""));

    let stopped = host.stop();

    let expected = [
        "one starts",
        "two starts",
        "three starts",
        "service starts",
        "service finishes",
        "three stops",
        "two stops",
        "one stops",
    ];
    assert_eq!(course(&stopped.log), expected);
    let line = |name: &str| stopped.log.iter().position(|line| line.name() == name);
    assert!(line("features-starting") < line("probe starts"));
    let resources = stopped.lines("service-resources")[0];
    let features = resources.get("features").and_then(|features| features.as_object());
    let names: Vec<_> = features.expect("it names them").keys().collect();
    assert_eq!(names, ["one", "two", "three"]);
}

#[test]
fn an_end_that_fails_is_told_by_the_exit_status_and_skips_nothing() {
    for (act, reason) in [("fail", "told to fail"), ("panic", "the plug-in trapped: ")] {
        let host = Host::start(&three(&format!("stop = '{act}'")));

        host.signal(Signal::TERM);
        let stopped = host.ended();

        assert_eq!(stopped.status, Some(1), "{act}");
        let course = course(&stopped.log);
        assert_eq!(course[5..], ["three stops", "two stops", "one stops"], "{act}");
        let line = stopped.lines("feature-stop-failed")[0];
        assert_eq!((line.level(), line.text("feature")), ("ERROR", "two"));
        assert_eq!(line.msg(), "a feature did not stop cleanly");
        assert!(line.text("error.message").contains(reason), "{line:?}");
        assert_eq!(stopped.lines("service-stopped")[0].number("exit.status"), 1);
    }
}

#[test]
fn an_end_that_hangs_is_cut_off() {
    for act in ["wait", "spin", "block"] {
        let service = three(&format!("stop = '{act}'")).host("shutdown_timeout = '500ms'");
        let host = Host::start(&service);
        let begun = Instant::now();

        host.signal(Signal::TERM);
        let stopped = host.ended();

        assert_eq!(stopped.status, Some(1), "{act}");
        let course = course(&stopped.log);
        assert_eq!(course[5..], ["three stops", "two stops", "one stops"], "{act}");
        let late = stopped.lines("feature-stop-failed");
        assert_eq!((late.len(), late[0].text("feature")), (1, "two"), "{act}");
        // It is not the service that is late.
        assert!(stopped.lines("shutdown-timed-out").is_empty(), "{act}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{act}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_request_in_flight_is_decided_about_before_the_end() {
    let host = Host::start(&three(""));
    let mut client = Client::connect(host.port());
    client.request("GET", "/act/return", "x-probe: log, sleep=300\r\n", b"");
    host.wait_for("probe is asked");

    host.signal(Signal::TERM);

    assert_eq!(client.response().status, 204);
    let stopped = host.ended();
    assert_eq!(stopped.status, Some(0));
    assert_eq!(
        course(&stopped.log)[4..],
        ["service finishes", "three stops", "two stops", "one stops"]
    );
}

/// Three plug-ins, the first of which is lost and does `act` when it starts again.
fn lost(act: &str) -> Host {
    let host = Host::start(&three_with([&format!("start_again = '{act}'"), "", ""]));
    // All of them read the header, and `one` is the first to do so.
    assert_eq!(probed(&host, "/act/return", "mark, panic").status, 503, "{act}");
    let line = host.wait_for("instance-lost");
    assert_eq!(line.text("feature"), "one");
    host
}

#[test]
fn an_instance_that_is_lost_is_not_asked_to_stop() {
    let host = lost("fail");
    let line = host.wait_for("instance-start-failed");
    assert_eq!(line.text("feature"), "one");
    assert_eq!(line.text("error.message"), "`start` failed: told to fail: by its settings");

    let stopped = host.stop();

    let ends: Vec<_> =
        course(&stopped.log).into_iter().filter(|step| step.ends_with("stops")).collect();
    assert_eq!(ends, ["three stops", "two stops"]);
    assert!(stopped.lines("feature-stop-failed").is_empty());
}

#[test]
fn an_instance_that_does_not_come_back_does_not_hold_up_the_end() {
    for act in ["wait", "spin", "block"] {
        let host = lost(act);
        host.wait_until("the next instance to start", |log| {
            let starts = |line: &&Line| line.msg() == "probe starts";
            (log.iter().filter(starts).count() == 4).then_some(())
        });

        let stopped = host.stop();

        assert!(stopped.lines("instance-start-failed").is_empty(), "{act}");
        assert!(stopped.lines("feature-stop-failed").is_empty(), "{act}");
    }
}

#[test]
fn a_second_signal_does_not_wait_for_the_end_of_a_plug_in() {
    let host = Host::start(&three("stop = 'wait'"));
    host.signal(Signal::TERM);
    host.wait_until("the end of the second plug-in to begin", |log| {
        let is_it = |line: &&Line| line.msg() == "probe stops" && line.text("feature") == "two";
        log.iter().find(is_it).map(drop)
    });

    let stopped = host.forced(Signal::INT);

    assert_eq!(stopped.status, Some(130));
    assert_eq!(stopped.lines("service-killed").len(), 1);
}

#[test]
fn a_script_has_plug_ins_too() {
    let tables = probe_named("probe", "", "");
    let service = Service::new(guests::SCRIPTS, "script").tables(&tables);

    let stopped = Host::run(&service, [""; 0]);

    let order = ["probe starts", "run begins", "on-finish begins", "probe stops"];
    let order = order.map(|name| stopped.log.iter().position(|line| line.name() == name));
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{order:?}");
    assert_eq!(stopped.status, Some(0));
}
