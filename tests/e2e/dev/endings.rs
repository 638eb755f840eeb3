//! How `dev` ends, also while it builds.
//! Does not know keys.

use super::{Dev, hanging, project, runs, set_mark, vanish};
use crate::support::Signal;
use crate::support::http::Client;

#[test]
fn a_signal_ends_a_first_build_with_all_it_has_started() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let service = project();
        set_mark(&service, "hang");
        let dev = Dev::start(&service);
        dev.shows("hangs", 1);
        let processes = hanging(&service);
        assert!(processes.iter().all(|process| runs(*process)));

        let said = dev.stopped_by(signal);

        assert_eq!(said, "hangs\n");
        vanish(&processes);
    }
}

#[test]
fn a_service_is_stopped_in_order_while_its_next_version_is_built() {
    let service = project();
    let mut dev = Dev::serving(&service);
    set_mark(&service, "hang");
    dev.shows("hangs", 1);
    let processes = hanging(&service);
    dev.serves("version1");

    dev.process.signal(Signal::TERM);
    let status = dev.process.wait();

    assert_eq!(status.code(), Some(0));
    vanish(&processes);
    let log = dev.process.stdout().concat();
    assert!(log.contains("on-finish begins"), "{log}");
}

#[test]
fn a_signal_during_a_swap_ends_both_versions() {
    let service = project().tables("[service]\non_start = 'return'");
    let mut dev = Dev::serving(&service);
    service.edit("'return'", "'wait'");
    dev.logs("on-start begins", 2);
    dev.serves("version1");

    dev.process.signal(Signal::TERM);
    let status = dev.process.wait();

    assert_eq!(status.code(), Some(0));
    let log = dev.process.stdout().concat();
    assert_eq!(log.matches("on-finish begins").count(), 1, "{log}");
    assert_eq!(dev.process.stderr().lines().count(), 2, "{}", dev.process.stderr());
}

#[test]
fn a_change_does_not_hold_up_the_end() {
    let service = project();
    let mut dev = Dev::serving(&service);
    let mut client = Client::connect(dev.port());
    client.get("/wait/500");
    dev.logs("waiting begins", 1);

    dev.process.signal(Signal::TERM);
    dev.logs("service-stopping", 1);
    set_mark(&service, "version2");

    assert_eq!(client.response().text(), "v1.0.0 version1");
    assert_eq!(dev.process.wait().code(), Some(0));
    let said = dev.process.stderr();
    assert_eq!(said.matches("built").count(), 1, "{said}");
    let waits = "stopping, 1 request in flight · Ctrl-C again ends it\n";
    assert!(said.ends_with(waits), "{said}");
}

#[test]
fn a_second_signal_ends_service_and_build_at_once() {
    let service = project();
    let mut dev = Dev::serving(&service);
    let mut client = Client::connect(dev.port());
    client.get("/wait/60000");
    dev.logs("waiting begins", 1);
    set_mark(&service, "hang");
    dev.shows("hangs", 1);
    let processes = hanging(&service);

    dev.process.signal(Signal::TERM);
    dev.logs("service-stopping", 1);
    let status = dev.process.wait_and_signal(Signal::TERM);

    assert_eq!(status.code(), Some(143));
    vanish(&processes);
}
