//! Plug-ins that crash, hang or take too much: what becomes of the request, and that the service goes on.
//! Does not know decisions that break the contract.

use std::thread;
use std::time::Instant;

use super::{connect, echoes, get, json, probe_named, probed, seen, streams};
use crate::support::grpc::{Client as Rpcs, Request};
use crate::support::http::{self, Client};
use crate::support::probe::{CONTEXT, Empty};
use crate::support::{Host, LIMIT};

const UNDECIDED: &str = "feature-failed";
const LOST: &str = "instance-lost";

/// Every way to fail that an instance does not survive, what it is called, and the kind of the loss.
const LOSSES: [(&str, &str, &str); 5] = [
    ("panic", "the plug-in trapped", "trap"),
    ("exit", "the plug-in exited, reporting failure", "exit"),
    ("exhaust", "the plug-in exceeded its memory limit of 16777216 bytes", "out-of-memory"),
    ("spin", "the plug-in did not answer within 300ms", "interrupted"),
    ("block", "the plug-in did not answer within 300ms", "blocked"),
];

fn probe(policy: &str, settings: &str) -> String {
    let keys = format!(
        "on_failure = '{policy}'\n\
         limits = {{ memory = '16MiB', call_timeout = '300ms' }}"
    );
    probe_named("probe", &keys, settings)
}

/// Waits until the plug-in decides again.
#[track_caller]
fn recovers(mut decides: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !decides() {
        assert!(begun.elapsed() < LIMIT, "the plug-in does not come back");
        thread::yield_now();
    }
}

fn changes(host: &Host) -> bool {
    let response = probed(host, "/head", "set=x-a:1");
    response.status == 200 && super::received(&response, "x-a") == ["1"]
}

fn context(client: &mut Rpcs, actions: &str) -> u32 {
    client.call(Request::new(CONTEXT).metadata("x-probe", actions).message(&Empty {})).code()
}

#[test]
fn a_plug_in_that_is_lost_refuses_what_it_was_asked_about() {
    for (act, message, kind) in LOSSES {
        let host = Host::start(&echoes(&probe("closed", "")));
        assert_eq!(probed(&host, "/head", "pass").status, 200);

        let culprit = get(&host, "/head", &format!("x-probe: {act}\r\nx-request-id: culprit\r\n"));

        assert_eq!(culprit.status, 503, "{act}");
        assert_eq!(json(&culprit)["message"], "the service is not available, try again");
        let lost = host.wait_for(LOST);
        assert_eq!((lost.text("feature"), lost.text("error.kind")), ("probe", kind));
        assert_eq!(lost.text("call"), "request-hook.on-request", "{act}");
        assert_eq!(lost.text("request_id"), "culprit", "{act}");
        let line = host.wait_for(UNDECIDED);
        let text = line.text("error.message");
        assert!(text.starts_with(message), "{act}: {text}");
        assert_eq!((line.text("feature"), line.text("request")), ("probe", "refused"));
        recovers(|| changes(&host));
        // The service's own instance is the first one.
        let seen: u32 = seen(&host).parse().expect("a number");
        assert!(seen >= 2, "{act}: {seen}");
        let stopped = host.stop();
        assert_eq!(stopped.lines(LOST).len(), 1, "{act}");
        assert_eq!(stopped.lines("probe starts").len(), 2, "{act}");
    }
}

#[test]
fn a_plug_in_that_is_lost_lets_pass_what_it_was_asked_about() {
    for (act, message, kind) in LOSSES {
        let host = Host::start(&echoes(&probe("open", "")));

        let response = probed(&host, "/head", &format!("set=x-a:1, {act}"));

        assert_eq!(super::received(&response, "x-a"), [""; 0], "{act}");
        assert_eq!(host.wait_for(LOST).text("error.kind"), kind);
        let line = host.wait_for(UNDECIDED);
        assert!(line.text("error.message").starts_with(message), "{act}: {line:?}");
        assert_eq!(line.text("request"), "passed");
        recovers(|| changes(&host));
        host.stop();
    }
}

#[test]
fn rpcs_are_refused_or_pass_alike() {
    for (act, ..) in LOSSES {
        for (policy, code) in [("closed", 14), ("open", 0)] {
            let host = Host::start(&streams(&probe(policy, "")));
            let mut client = connect(&host);

            assert_eq!(context(&mut client, act), code, "{act} {policy}");

            host.wait_for(LOST);
            recovers(|| context(&mut client, "pass") == 0);
            // The refusal is the plug-in's: the code is another one.
            recovers(|| context(&mut client, "refuse=") == 7);
            assert_eq!(host.stop().lines(LOST).len(), 1, "{act} {policy}");
        }
    }
}

#[test]
fn a_plug_in_that_takes_too_long_is_not_lost_for_it() {
    for (policy, status, word) in [("closed", 503, "refused"), ("open", 200, "passed")] {
        let host = Host::start(&echoes(&probe(policy, "")));
        let begun = Instant::now();

        let late = probed(&host, "/head", "sleep=600000");

        assert_eq!(late.status, status);
        assert!(begun.elapsed() < LIMIT);
        let line = host.wait_for(UNDECIDED);
        assert_eq!(line.text("error.message"), "the plug-in did not answer within 300ms");
        assert_eq!((line.level(), line.text("request")), ("ERROR", word));
        assert!(changes(&host));
        let stopped = host.stop();
        assert!(stopped.lines(LOST).is_empty());
        assert_eq!(stopped.lines("probe starts").len(), 1);
    }
}

#[test]
fn a_response_that_cannot_be_decided_about_follows_the_policy_too() {
    for (act, ..) in LOSSES {
        for (policy, status) in [("closed", 500), ("open", 200)] {
            let host = Host::start(&echoes(&probe(policy, "")));

            let headers = format!("reply-x-probe: set=x-a:1, {act}\r\nreply-x-own: 1\r\n");
            let response = get(&host, "/reply", &headers);

            assert_eq!((response.status, response.header("x-a")), (status, None), "{act}");
            let own = (policy == "open").then_some("1");
            assert_eq!(response.header("x-own"), own, "{act} {policy}");
            assert_eq!(host.wait_for(LOST).text("call"), "response-hook.on-response");
            recovers(|| changes(&host));
            host.stop();
        }
    }
}

#[test]
fn other_requests_are_not_harmed_by_a_plug_in_that_spins() {
    let host = Host::start(&echoes(&probe("open", "")));
    let mut waiting = Client::connect(host.port());
    waiting.get("/events");
    assert_eq!(waiting.head().status, 200);
    let mut spinning = Client::connect(host.port());
    spinning.request("GET", "/head", "x-probe: log, spin\r\n", b"");
    host.wait_for("probe is asked");

    // On the same thread and the same instance of the service.
    assert_eq!(http::get(host.port(), "/health").status, 200);
    get(&host, "/permit", "");
    assert!(!waiting.chunk().expect("the stream goes on").is_empty());

    assert_eq!(spinning.response().status, 200);
    drop(waiting);
    host.stop();
}

#[test]
fn a_plug_in_that_breaks_now_and_then_costs_only_those_requests() {
    const CLIENTS: usize = 4;
    const EACH: usize = 25;
    for policy in ["closed", "open"] {
        let host = Host::start(&echoes(&probe(policy, "panic_every = 10")));
        let port = host.port();

        let clients = [(); CLIENTS].map(|()| {
            thread::spawn(move || {
                let mut client = Client::connect(port);
                let ask = || {
                    client.get("/head");
                    client.response().status
                };
                std::iter::repeat_with(ask).take(EACH).collect::<Vec<_>>()
            })
        });
        let statuses = clients.into_iter().flat_map(|client| client.join().expect("all answer"));
        let statuses: Vec<_> = statuses.collect();

        assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
        let served = statuses.iter().filter(|status| **status == 200).count();
        // All that passed have reached the one instance of the service.
        host.wait_for(LOST);
        // The request that asks may itself be the tenth.
        let mut seen = 0;
        recovers(|| {
            probed(&host, "/seen", "pass").text().parse().is_ok_and(|number| {
                seen = number;
                true
            })
        });
        if policy == "open" {
            assert_eq!((served, seen), (CLIENTS * EACH, CLIENTS * EACH));
        }
        // Of some that were refused it was the response that nobody could decide about.
        assert!((served..=CLIENTS * EACH).contains(&seen), "{served} served, {seen} seen");
        host.stop();
    }
}

#[test]
fn the_service_goes_on_without_a_plug_in_that_never_starts_again() {
    for (policy, status, code) in [("closed", 503, 14), ("open", 200, 0)] {
        let tables = probe(policy, "start_again = 'panic'");
        let (host, rpcs) = (Host::start(&echoes(&tables)), Host::start(&streams(&tables)));
        let mut client = connect(&rpcs);

        assert_eq!(probed(&host, "/head", "mark, panic").status, status);
        assert_eq!(context(&mut client, "mark, panic"), code);
        for host in [&host, &rpcs] {
            let failure = host.wait_for_count("instance-start-failed", 2);
            assert_eq!(failure.text("feature"), "probe");
        }
        for _ in 0..3 {
            assert_eq!(probed(&host, "/head", "pass").status, status);
            assert_eq!(context(&mut client, "pass"), code);
        }

        // It is the plug-in that is not well.
        assert_eq!(http::get(host.port(), "/health").status, 200);
        host.stop();
        rpcs.stop();
    }
}

#[test]
fn calls_beyond_what_a_plug_in_takes_wait_for_their_turn() {
    let keys = "limits = { max_concurrency = 1, call_timeout = '10s' }";
    let host = Host::start(&echoes(&probe_named("probe", keys, "request = 'sleep=20'")));
    let port = host.port();

    let clients = [(); 5].map(|()| thread::spawn(move || http::get(port, "/head").status));

    assert_eq!(clients.map(|client| client.join().expect("it is answered")), [200; 5]);
    host.stop();
}
