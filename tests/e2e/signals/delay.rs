//! `[host] drain_delay`: who sends requests hears of the end before it comes.
//! Does not know the drain itself.

use expect_test::expect;

use super::{check, finish, half_way};
use crate::support::http::{self, Client};
use crate::support::{Host, Service, Signal, guests};

/// So long that a test which waits for its end fails.
const FOR_EVER: &str = "drain_delay = '1h'";

fn starts() -> Service {
    Service::new(guests::STARTS, "http:0").host(FOR_EVER)
}

/// Waits until the health check says that the service is about to stop.
fn wait_until_unhealthy(host: &Host) {
    host.wait_for("service-stopping");
    while http::get(host.port(), "/health").status != 503 {}
}

#[test]
fn health_is_denied_while_everything_is_still_answered() {
    let host = Host::start(&starts());
    let mut open = Client::connect(host.port());
    open.get("/act/return");
    assert_eq!(open.response().status, 204);

    host.signal(Signal::TERM);
    wait_until_unhealthy(&host);

    open.get("/health");
    assert_eq!(open.response().status, 503);
    open.get("/act/return");
    let answer = open.response();
    assert_eq!((answer.status, answer.header("connection")), (204, None));
    assert_eq!(http::get(host.port(), "/act/return").status, 204);
    // It takes its time; another signal ends that, and loses nothing.
    let mut last = half_way(&host);
    host.signal_until(Signal::TERM, "service-draining");
    for client in &mut last {
        assert_eq!(finish(client).text(), "11 bytes");
    }
    let stopped = host.ended();
    assert_eq!(stopped.lines("service-draining")[0].number("calls.in_flight"), 8);
    assert_eq!(stopped.status, Some(0), "{}", stopped.outline());
}

#[test]
fn the_drain_follows_when_the_delay_is_over() {
    let host = Host::start(&Service::new(guests::STARTS, "http:0").host("drain_delay = '50ms'"));

    host.signal(Signal::TERM);
    let stopped = host.ended();

    check(
        &stopped,
        0,
        &expect![[r#"
            INFO stopping service signal="SIGTERM" drain_delay="50ms" help="signal again to drain at once"
            INFO draining service calls.in_flight=0 help="send the signal again to stop immediately"
            INFO on-finish begins requests=0
            INFO service stopped
        "#]],
    );
}

#[test]
fn a_person_does_not_wait() {
    let host = Host::start(&starts());

    host.signal(Signal::INT);

    assert_eq!(host.ended().status, Some(0));
}
