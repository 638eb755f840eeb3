//! The example as it is run: a host of one's own, its kind, and a service that handles messages.
//! Does not know the ways of the spool: these are tested beside the code.

#[path = "../../../tests/e2e/support/hangups.rs"]
mod hangups;
#[path = "../../../tests/examples/host.rs"]
mod host;

use std::fs;
use std::path::Path;

use host::{Host, Scene, Signal};

const BINARY: &str = env!("CARGO_BIN_EXE_kind-rust");
const SERVICE: &str = "kind-rust-service";

const LAMP: &str = r#"{"item": "lamp", "quantity": 2, "total": 4000}"#;
const BOAT: &str = r#"{"item": "boat", "quantity": 1, "total": 4000}"#;
/// Makes the service panic.
const NOTHING: &str = r#"{"item": "chair", "quantity": 0, "total": 4000}"#;

const BOOKED: &str = r#""msg":"order booked""#;
const HANDLED: &str = r#""msg":"message handled""#;
const FAILED: &str = r#""msg":"message failed, it will be handled again""#;
const DEAD: &str = r#""msg":"message became a dead letter""#;

/// A scene with both directories, and with times that suit a test.
fn scene(test: &str, changes: &[(&str, &str)]) -> Scene {
    let times = [(r#"retry_delay = "2s""#, "retry_delay = \"50ms\"\npoll_interval = \"20ms\"")];
    let scene = Scene::new(test, SERVICE, &[&times, changes].concat());
    for directory in ["orders", "dead-orders"] {
        fs::create_dir(scene.path(directory)).expect("the target directory can be written");
    }
    scene
}

/// Sends a message as producers do: complete when it gets its name.
fn send(scene: &Scene, id: &str, body: &str) {
    let half = scene.path("orders").join(format!(".{id}"));
    fs::write(&half, body).expect("the directory can be written");
    fs::rename(half, scene.path("orders").join(id)).expect("the directory can be written");
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("the directory can be read");
    let names = entries.map(|entry| entry.expect("it can be read").file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// How many lines have all these parts.
fn count(log: &[String], parts: &[&str]) -> usize {
    log.iter().filter(|line| parts.iter().all(|part| line.contains(part))).count()
}

#[test]
fn messages_are_handled_and_gone() {
    let scene = scene("handles", &[]);
    send(&scene, "order-1", LAMP);
    let mut host = Host::start(BINARY, &scene);
    host.wait_for(&[r#""kind":"consumer""#, r#""consumer.concurrency":4"#]);
    host.wait_for(&[HANDLED, r#""request_id":"order-1""#]);

    send(&scene, "order-2", LAMP);
    host.wait_for(&[HANDLED, r#""request_id":"order-2""#]);

    let log = host.stop();
    assert_eq!(count(&log, &[BOOKED]), 2);
    // Lines of the guest carry the id of its message.
    assert_eq!(count(&log, &[BOOKED, r#""request_id":"order-2""#]), 1);
    assert_eq!(count(&log, &[r#""msg":"orders are closed""#]), 1);
    assert!(names(&scene.path("orders")).is_empty());
    assert!(names(&scene.path("dead-orders")).is_empty());
}

#[test]
fn a_message_that_fails_is_tried_again_and_becomes_a_dead_letter() {
    let scene = scene("fails", &[]);
    send(&scene, "order-1", BOAT);
    let mut host = Host::start(BINARY, &scene);
    let dead = host.wait_for(&[DEAD]);

    let log = host.stop();

    assert!(dead.contains("there is no such item"), "{dead}");
    assert!(dead.contains(r#""consumer.attempt":3"#), "{dead}");
    assert_eq!(count(&log, &[FAILED]), 2);
    for attempt in ["1", "2", "3"] {
        let attempt = format!(r#""attempt":{attempt}"#);
        assert_eq!(count(&log, &[r#""msg":"packing""#, &attempt]), 1, "{log:#?}");
    }
    assert!(names(&scene.path("orders")).is_empty());
    let letter = fs::read_to_string(scene.path("dead-orders").join("order-1"));
    assert_eq!(letter.expect("it is there"), BOAT);
}

#[test]
fn a_guest_that_panics_loses_no_message() {
    let scene = scene("panics", &[]);
    for (id, body) in [("order-1", NOTHING), ("order-2", LAMP), ("order-3", LAMP)] {
        send(&scene, id, body);
    }
    let mut host = Host::start(BINARY, &scene);

    host.wait_for(&[DEAD]);
    host.signal(Signal::TERM);
    let (_, log, _) = host.ended();

    // What was inside with it was given back and handled by another instance, or has been before.
    let left = names(&scene.path("orders")).len();
    assert_eq!(count(&log, &[HANDLED]) + left, 2, "{log:#?}");
    assert_eq!(names(&scene.path("dead-orders")), ["order-1"]);
    let letter = fs::read_to_string(scene.path("dead-orders").join("order-1"));
    assert_eq!(letter.expect("it is there"), NOTHING);
    assert!(count(&log, &[r#""event":"instance-lost""#]) >= 3, "{log:#?}");
}

#[test]
fn a_stop_waits_for_what_was_begun() {
    let scene = scene("stops", &[("concurrency = 4", "concurrency = 1")]);
    let slow = LAMP.replace('}', r#", "packing_ms": 1000}"#);
    send(&scene, "order-1", &slow);
    send(&scene, "order-2", LAMP);
    let mut host = Host::start(BINARY, &scene);
    host.wait_for(&[r#""msg":"packing""#]);

    let log = host.stop();

    assert_eq!(count(&log, &[HANDLED, r#""request_id":"order-1""#]), 1);
    assert_eq!(count(&log, &[BOOKED]), 1, "{log:#?}");
    assert_eq!(names(&scene.path("orders")), ["order-2"]);
}

#[test]
fn both_versions_of_a_swap_leave_each_other_their_messages() {
    let scene = scene("swaps", &[]);
    send(&scene, "order-1", &LAMP.replace('}', r#", "packing_ms": 1000}"#));
    hangups::let_programs_hear_them();
    let mut host = Host::start(BINARY, &scene);
    host.wait_for(&[r#""msg":"packing""#]);
    let path = scene.path("service.toml");
    let text = fs::read_to_string(&path).expect("it is there");
    fs::write(path, text.replace("v0.1.0", "v0.2.0")).expect("the directory can be written");

    host.signal(Signal::HUP);
    host.wait_for(&[r#""event":"swap-completed""#]);
    send(&scene, "order-2", LAMP);
    host.wait_for(&[HANDLED]);
    host.wait_for(&[HANDLED]);

    let log = host.stop();
    // The first one is the old version's, which has it while the new one looks for messages.
    for (id, version) in [("order-1", "v0.1.0"), ("order-2", "v0.2.0")] {
        let (id, version) = (format!(r#""request_id":"{id}""#), format!(r#":"{version}""#));
        assert_eq!(count(&log, &[BOOKED, &id]), 1, "{log:#?}");
        assert_eq!(count(&log, &[BOOKED, &id, &version]), 1, "{log:#?}");
    }
    assert!(names(&scene.path("orders")).is_empty());
}

#[test]
fn messages_that_are_too_large_are_not_handled() {
    let scene = scene("large", &[("retries = 2", "retries = 2\nmax_size = \"20B\"")]);
    send(&scene, "order-1", LAMP);
    let mut host = Host::start(BINARY, &scene);
    let dead = host.wait_for(&[DEAD]);

    let log = host.stop();

    assert!(dead.contains("it is larger than `max_size`"), "{dead}");
    assert_eq!(count(&log, &[r#""msg":"packing""#]), 0);
    assert_eq!(names(&scene.path("dead-orders")), ["order-1"]);
}

#[test]
fn what_cannot_work_keeps_the_service_from_starting() {
    let missing = scene("missing", &[(r#""orders""#, r#""nowhere""#)]);
    let (status, log, stderr) = Host::start(BINARY, &missing).ended();

    assert_eq!(status, Some(1), "{stderr}");
    let told = ["service.toml:12:13: kind `consumer` did not start: cannot use the directory"];
    assert_eq!(count(&log, &told), 1, "{log:#?}");

    let same = scene("same", &[(r#""dead-orders""#, r#""orders""#)]);
    let (status, log, stderr) = Host::start(BINARY, &same).ended();

    assert_eq!((status, log), (Some(2), Vec::new()), "{stderr}");
    assert!(stderr.contains("must be another directory than `directory`"), "{stderr}");
    assert!(stderr.contains("service.toml:13:"), "{stderr}");
}
