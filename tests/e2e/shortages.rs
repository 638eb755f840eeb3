//! A machine that does not give the host what it asks for: the host says so, and what serves goes on.
//! Does not know limits of `service.toml`.

use crate::support::{Host, Service, Stopped, guests};
#[cfg(target_os = "linux")]
use crate::support::{Signal, http};

const BUG: &str = "host-panicked";

/// The host ends by itself, well or with a reason, and not as it does when it has a bug.
#[track_caller]
fn ends_in_order(stopped: &Stopped, shortage: &str) {
    let outline = stopped.outline();
    let has_reason = stopped.status == Some(0)
        || !stopped.lines("service-aborted").is_empty()
        || stopped.stderr.starts_with("error: ");
    assert!(has_reason && [Some(0), Some(1)].contains(&stopped.status), "{shortage}: {outline}");
    assert!(
        stopped.lines(BUG).is_empty() && !outline.contains("panicked"),
        "{shortage}: {outline}"
    );
}

#[test]
fn too_few_descriptors_for_a_start_are_a_reason() {
    let service = Service::new(guests::SCRIPT_REPORT, "script");
    // So few that the program itself cannot be loaded are no matter of the host's.
    for descriptors in 5..=20 {
        let limit = format!("-n {descriptors}");
        let stopped = Host::launch(Host::command(&service).limited(&limit)).ended();
        ends_in_order(&stopped, &limit);
    }
}

/// Lets a version with more instances take over while there are ever more descriptors, until it does.
#[cfg(target_os = "linux")]
#[track_caller]
fn survives_swaps(service: &Service, check: impl Fn(&Host)) {
    const REFUSED: &str = "swap-failed";
    const REPLACED: &str = "swap-completed";
    let host = Host::start(service);
    check(&host);
    service.edit("instances = 1", "instances = 3");

    let base = host.descriptors();
    for spare in 1..40_usize {
        host.limit_descriptors(base + spare as u64);
        host.signal(Signal::HUP);
        let replaced = host.wait_until("an outcome of the swap", |log| {
            let count = |name| log.iter().filter(|line| line.name() == name).count();
            (count(REFUSED) + count(REPLACED) == spare).then(|| count(REPLACED) > 0)
        });
        check(&host);
        if replaced {
            break;
        }
    }

    host.wait_for(REFUSED);
    host.wait_for(REPLACED);
    let stopped = host.stop();
    assert!(stopped.lines(BUG).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_swap_with_too_few_descriptors_does_not_cost_the_version_that_serves() {
    let service = Service::new(guests::HELLO_HTTP, "http:0").host("instances = 1");
    let service = service.tables("[service]\ngreeting = 'hi'");

    survives_swaps(&service, |host| {
        assert_eq!(http::get(host.port(), "/health").status, 200);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_swap_with_too_few_descriptors_does_not_cost_a_kind_that_runs() {
    let service = Service::new(guests::CRONJOB, "cronjob").host("instances = 1");

    survives_swaps(&service.tables("[services.cronjob]\ncron = '0 0 1 1 *'"), |_| ());
}

#[cfg(target_os = "linux")]
#[test]
fn the_soft_limit_of_descriptors_is_raised_to_the_hard_one() {
    let service = Service::new(guests::CRONJOB, "cronjob");
    let service = service.tables("[services.cronjob]\ncron = '0 0 1 1 *'");

    let host = Host::running(&service, Host::command(&service).limited("-S -n 64"));

    let limits = std::fs::read_to_string(format!("/proc/{}/limits", host.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words[3], words[4], "{line}");
    assert_ne!(words[3], "64", "{line}");
    host.stop();
}

/// Without a limit each memory of a guest has 4 GiB of addresses to itself.
#[cfg(target_os = "linux")]
#[test]
fn a_service_runs_with_less_address_space_than_memories_have_otherwise() {
    let service = Service::new(guests::HELLO_HTTP, "http:0").host("instances = 2");
    let service = service.tables("[service]\ngreeting = 'hi'");

    let host = Host::running(&service, Host::command(&service).limited("-v 3145728"));

    assert_eq!(http::get(host.port(), "/hello/you").status, 200);
    host.signal(Signal::HUP);
    host.wait_for("swap-completed");
    assert_eq!(http::get(host.port(), "/hello/you").status, 200);
    host.stop();
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_the_system_refuses_is_no_fault_of_the_service() {
    let service = Service::new(guests::HELLO_HTTP, "http:0").host("instances = 16");
    let service = service.tables("[service]\ngreeting = 'hi'");

    let stopped = Host::launch(Host::command(&service).limited("-v 3145728")).ended();

    let line = stopped.lines("service-aborted")[0];
    assert_eq!(line.text("error.kind"), "out-of-address-space", "{}", stopped.outline());
    let reason = "the system refused memory for an instance; its limit of address space is \
                  3221225472 bytes, raise it with `ulimit -v`";
    assert_eq!(line.text("error.message"), reason);
    ends_in_order(&stopped, "address space");
}

#[cfg(target_os = "linux")]
#[test]
fn connections_that_cannot_be_accepted_wait_and_are_two_lines_of_the_log() {
    const BEGINS: &str = "shortage-started";
    const ENDS: &str = "shortage-ended";
    let service = Service::new(guests::HELLO_HTTP, "http:0").host("instances = 2");
    let service = service.tables("[service]\ngreeting = 'hi'\n[log]\nlevel = 'debug'");
    let host = Host::start(&service);
    let free = host.descriptors() + 100;

    host.limit_descriptors(host.descriptors());
    let mut client = http::Client::connect(host.port());
    client.get("/health");
    let attempt = host.wait_for_count("accept-failed", 5);
    assert_eq!(attempt.msg(), "cannot accept a connection, trying again");
    host.limit_descriptors(free);

    assert_eq!(client.response().status, 200);
    host.wait_for(ENDS);
    let stopped = host.stop();
    let [begin] = stopped.lines(BEGINS)[..] else { panic!("{}", stopped.outline()) };
    let [end] = stopped.lines(ENDS)[..] else { panic!("{}", stopped.outline()) };
    assert_eq!((begin.level(), begin.msg()), ("WARN", "cannot accept connections, they wait"));
    assert_eq!((end.level(), end.msg()), ("INFO", "accepting connections again"));
    assert!(begin.text("help").contains(&format!("is {}: raise it", free - 100)), "{begin:?}");
    assert!(end.number("attempts") >= 5 && end.has("duration_ms"), "{end:?}");
}
