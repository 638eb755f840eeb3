//! State that is lost on its way: the new version serves all the same, and the log says why, once.
//! Does not know how it should have arrived.

use expect_test::{Expect, expect};

use super::{add, count, counting, lines, replace, said};
use crate::support::http::Client;
use crate::support::log::Line;
use crate::support::{Host, Service, Signal, guests};

/// Lets the hand-over fail by the setting `what`; the new version then serves without the state.
#[track_caller]
fn fails(what: &str, expected: &Expect) -> Vec<Line> {
    let service = counting(what).host("start_timeout = '800ms'").limits("call_timeout = '4s'");
    let host = Host::start(&service);
    add(&host, 2);
    let mut client = Client::connect(host.port());

    replace(&service, &host);
    client.get("/count");

    assert_eq!(client.response().text(), "v2.0.0 0 of 0");
    host.wait_until("the kind `native` of the new version", |log| {
        (!lines(log, "v2.0.0", "native begins").is_empty()).then_some(())
    });
    host.wait_for("version-stopped");
    add(&host, 1);
    assert_eq!(count(&host), "v2.0.0 1 of 0");
    let log = host.stop().log;
    expected.assert_eq(&said(&log));
    // Also where an instance takes the place of one that `receive` has lost.
    assert_eq!(lines(&log, "v2.0.0", "native begins").len(), 1);
    log
}

#[test]
fn a_state_that_is_refused_by_the_one_that_gives_it() {
    fails(
        "give = 'fail'",
        &expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.give" error.message="told to fail: by its settings"
    "#]],
    );
}

#[test]
fn a_trap_in_give() {
    fails(
        "give = 'panic'",
        &expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.give" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic"
    "#]],
    );
}

#[test]
fn a_give_that_never_returns() {
    fails(
        "give = 'wait'",
        &expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.give" error.message="the service did not answer within 800ms"
    "#]],
    );
}

#[test]
fn a_give_that_computes_for_ever() {
    fails(
        "give = 'spin'",
        &expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.give" error.message="the service did not answer within 800ms"
    "#]],
    );
}

#[test]
fn a_give_that_blocks() {
    fails(
        "give = 'block'",
        &expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.give" error.message="the service did not answer within 800ms"
    "#]],
    );
}

#[test]
fn a_state_that_is_refused_by_the_one_that_receives_it() {
    fails(
        "receive = 'fail'",
        &expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.receive" error.message="told to fail: by its settings"
    "#]],
    );
}

#[test]
fn a_trap_in_receive() {
    let log = fails(
        "receive = 'panic'",
        &expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.receive" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic"
    "#]],
    );

    let lost: Vec<_> = log.iter().filter(|line| line.name() == "instance-lost").collect();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].text("call"), "handover.receive");
}

#[test]
fn a_receive_that_never_returns() {
    fails(
        "receive = 'wait'",
        &expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.receive" error.message="the service did not answer within 800ms"
    "#]],
    );
}

#[test]
fn a_receive_that_computes_for_ever() {
    fails(
        "receive = 'spin'",
        &expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.receive" error.message="the service did not answer within 800ms"
    "#]],
    );
}

#[test]
fn nothing_to_hand_over_is_no_failure() {
    fails("nothing = true", &expect![[""]]);
}

#[test]
fn an_instance_that_is_lost_takes_with_it_what_it_has_received() {
    let service = counting("receive = 'panic'\ntakes = 1");
    service.edit("instances = 1", "instances = 3");
    let host = Host::start(&service);
    add(&host, 60);
    service.edit("instances = 3", "instances = 1");

    replace(&service, &host);

    assert_eq!(count(&host), "v2.0.0 0 of 0");
    let log = host.stop().log;
    // One was received, one was too much, one was left.
    assert_eq!(lines(&log, "v2.0.0", "receive begins").len(), 2);
    expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=0 call="handover.receive" error.message="the instance was lost while it worked for another call"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=1 call="handover.receive" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" worker=2 call="handover.receive" error.message="the instance was lost while it worked for another call"
    "#]].assert_eq(&said(&log));
}

#[test]
fn a_component_that_exports_only_one_half_does_not_start() {
    let service = Service::new(guests::GIVES_ONLY, "native");

    let ended = Host::launch(Host::command(&service)).ended();

    assert_eq!(ended.status, Some(1));
    let why = ended.lines("service-aborted")[0].text("error.message").to_owned();
    expect!["the service trapped: `mikros:service/handover@0.2.0` has no function `receive`"]
        .assert_eq(&why);
}

#[test]
fn a_stop_does_not_wait_for_a_state() {
    let service = counting("give = 'wait'");
    let host = Host::start(&service);
    replace(&service, &host);
    host.wait_for("give begins");
    let mut client = Client::connect(host.port());
    client.get("/count");

    host.signal(Signal::TERM);

    assert_eq!(client.response().text(), "v2.0.0 0 of 0");
    let stopped = host.ended();
    assert_eq!(stopped.status, Some(0));
    assert_eq!(stopped.lines("on-finish begins").len(), 2);
    assert_eq!(lines(&stopped.log, "v2.0.0", "native begins").len(), 0);
    expect![[r#"
        WARN state was not handed over, the new version starts without it from.version="v1.0.0" to.version="v2.0.0" error.message="the service is stopping"
    "#]].assert_eq(&said(&stopped.log));
}
