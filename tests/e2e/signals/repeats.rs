//! More than one signal: the same again in one moment, and the one that ends it at once.
//! Does not know SIGHUP.

use expect_test::expect;

use super::{check, finish, half_way, script, starts, suspend};
use crate::support::http::Client;
use crate::support::{Host, Service, Signal, guests};

#[test]
fn signals_in_one_moment_are_one() {
    for signals in [[Signal::TERM, Signal::INT], [Signal::INT, Signal::TERM]] {
        let host = Host::start(&Service::new(guests::STARTS, "http:0"));
        let mut clients = half_way(&host);

        // What `timeout` of coreutils does, and a terminal whose wrapper passes on what it hears.
        suspend(&host);
        for signal in signals {
            host.signal(signal);
        }
        host.signal(Signal::CONT);
        host.wait_for("service-stopping");
        host.signal(signals[0]);
        let answers: Vec<_> = clients.iter_mut().map(finish).collect();
        let stopped = host.ended();

        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        assert_eq!(stopped.lines("service-stopping").len(), 1);
        assert_eq!(stopped.status, Some(0), "{}", stopped.outline());
    }
}

#[test]
fn a_second_signal_ends_a_service_that_drains() {
    let host = Host::start(&Service::new(guests::STARTS, "http:0"));
    let mut client = Client::connect(host.port());
    client.get("/act/wait");
    host.wait_for("acting begins");

    host.signal(Signal::TERM);
    host.wait_for("service-stopping");
    let stopped = host.forced(Signal::INT);

    check(
        &stopped,
        130,
        &expect![[r#"
            INFO stopping service signal="SIGTERM" calls.in_flight=1 help="send the signal again to stop immediately"
            WARN service stopped by force signal="SIGINT"
        "#]],
    );
}

#[test]
fn a_second_signal_ends_a_service_that_finishes() {
    let service = starts("on_finish", "block");
    let host = Host::start(&service);

    host.signal(Signal::INT);
    host.wait_for("on-finish begins");
    let stopped = host.forced(Signal::TERM);

    check(
        &stopped,
        143,
        &expect![[r#"
        INFO stopping service signal="SIGINT"
        INFO on-finish begins requests=0
        WARN service stopped by force signal="SIGTERM"
    "#]],
    );
}

#[test]
fn a_second_signal_ends_a_script_at_once() {
    let service = script("run = 'spin'");
    let host = Host::launch(Host::command(&service));
    host.wait_for("run begins");

    host.signal(Signal::INT);
    host.wait_for("service-stopping");
    let stopped = host.forced(Signal::TERM);

    check(
        &stopped,
        143,
        &expect![[r#"
        INFO stopping service signal="SIGINT"
        WARN service stopped by force signal="SIGTERM"
    "#]],
    );
}

#[test]
fn a_second_signal_ends_a_cleanup_at_once() {
    let service = script("cleanup = 'wait'");
    let host = Host::launch(Host::command(&service));
    host.wait_for("cleanup begins");

    host.signal(Signal::INT);
    host.wait_for("signal-repeated");
    let stopped = host.forced(Signal::INT);

    check(
        &stopped,
        130,
        &expect![[r#"
            WARN already stopping, the next signal stops the service immediately signal="SIGINT" after="1s"
            WARN service stopped by force signal="SIGINT"
        "#]],
    );
}
