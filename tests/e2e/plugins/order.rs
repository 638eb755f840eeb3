//! Several features around one service: who sees what, and what one does with the answer of another.
//! Does not know what each of them does alone.

use super::{connect, echoes, get, json, probe_named, probed, received, streams, values};
use crate::support::Host;
use crate::support::grpc::Request;
use crate::support::probe::{CONTEXT, Empty};

const CORS: &str = "[features.http_cors]\nenabled = true\n\
                    allowed_origins = ['https://app.example.org']\n";
/// So few in such a time that none comes back while a test runs.
const TWO_PER_CALLER: &str =
    "[features.rate_limit]\nenabled = true\nrequests = 2\nper = '24h'\nby = 'identity'\n";

#[test]
fn stages_count_and_not_the_order_of_the_tables() {
    let late = probe_named("late", "stage = 'adapt'", "request = 'tell'");
    let early = probe_named("early", "stage = 'identify'", "request = 'identify=ada, set=x-e:1'");
    let host = Host::start(&echoes(&format!("{late}{early}")));

    let response = get(&host, "/head", "");

    assert_eq!(received(&response, "x-saw-caller"), ["ada"]);
    // `host`, `content-length` and what `early` has set.
    assert_eq!(received(&response, "x-saw-headers"), ["3"]);
    host.stop();
}

#[test]
fn responses_pass_in_the_reverse_order() {
    let outer = probe_named("outer", "stage = 'track'", "response = 'append=x-last:outer'");
    let inner = probe_named("inner", "stage = 'encode'", "response = 'append=x-last:inner, log'");
    let host = Host::start(&echoes(&format!("{outer}{inner}")));

    let response = get(&host, "/id", "");

    // Whoever sets a header replaces what is there.
    assert_eq!(values(&response, "x-last"), ["outer"]);
    let own = host.wait_for("probe is asked about a response");
    assert_eq!(own.text("feature"), "inner");
    host.stop();
}

#[test]
fn within_a_stage_needs_decide() {
    let first = probe_named("zeta", "", "request = 'set=x-turn:zeta'");
    let second = probe_named("alpha", "needs = ['zeta']", "request = 'set=x-turn:alpha'");
    let host = Host::start(&echoes(&format!("{second}{first}")));

    assert_eq!(received(&get(&host, "/head", ""), "x-turn"), ["alpha"]);
    host.stop();
}

#[test]
fn who_stands_before_a_refusal_still_sees_the_response() {
    let before = probe_named("before", "stage = 'track'", "response = 'set=x-before:1, tell'");
    let refuses =
        probe_named("refuses", "", "request = 'refuse=ConflictError'\nresponse = 'set=x-own:1'");
    let after = probe_named("after", "needs = ['refuses']", "response = 'set=x-after:1'");
    let tables = format!("{after}{refuses}{before}");
    let (host, rpcs) = (Host::start(&echoes(&tables)), Host::start(&streams(&tables)));

    let response = get(&host, "/head", "");
    let answer = connect(&rpcs).unary(CONTEXT, &Empty {});

    assert_eq!((response.status, response.header("x-saw-status")), (409, Some("409")));
    assert_eq!(response.header("x-before"), Some("1"));
    assert_eq!((response.header("x-own"), response.header("x-after")), (None, None));
    assert_eq!((answer.code(), answer.trailer("x-before")), (10, Some("1")));
    assert_eq!((answer.trailer("x-own"), answer.trailer("x-after")), (None, None));
    assert_eq!(answer.trailer("x-saw-grpc-status"), Some("10"));
    let stopped = host.stop();
    let asked = |name: &str| {
        let lines = stopped.lines("probe stops").into_iter();
        lines
            .filter(|line| line.text("feature") == name)
            .map(|line| line.number("seen"))
            .sum::<u64>()
    };
    assert_eq!([asked("before"), asked("refuses"), asked("after")], [1, 1, 0]);
    rpcs.stop();
}

#[test]
fn pages_of_browsers_may_read_the_refusal_of_a_plug_in() {
    let probe = probe_named("probe", "stage = 'identify'", "request = 'challenge'");
    let host = Host::start(&echoes(&format!("{probe}{CORS}")));
    let origin = "origin: https://app.example.org\r\n";
    let preflight = format!("{origin}access-control-request-method: GET\r\n");

    let refused = get(&host, "/head", origin);
    let preflight = crate::support::http::request(host.port(), "OPTIONS", "/head", &preflight, b"");

    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Probe")));
    let allowed = refused.header("access-control-allow-origin");
    assert_eq!(allowed, Some("https://app.example.org"));
    // `http_cors` answers before anybody has to be known.
    assert_eq!(preflight.status, 204);
    host.stop();
}

#[test]
fn a_limit_counts_for_those_whom_a_plug_in_has_identified() {
    let probe = probe_named("probe", "stage = 'identify'", "");
    let tables = format!("{TWO_PER_CALLER}{probe}");
    let (host, rpcs) = (Host::start(&echoes(&tables)), Host::start(&streams(&tables)));
    let mut client = connect(&rpcs);
    let mut call = |actions: &str| {
        client.call(Request::new(CONTEXT).metadata("x-probe", actions).message(&Empty {})).code()
    };

    let statuses = ["ada", "ada", "bob", "ada", "bob", "bob"]
        .map(|name| probed(&host, "/caller", &format!("identify={name}")));
    let codes = ["ada", "ada", "bob", "ada"].map(|name| call(&format!("identify={name}")));

    assert_eq!(statuses.each_ref().map(|answer| answer.status), [200, 200, 200, 429, 200, 429]);
    assert_eq!(json(&statuses[2])["subject"], "bob");
    assert!(statuses[3].header("retry-after").is_some());
    assert_eq!(codes, [0, 0, 0, 8]);
    host.stop();
    rpcs.stop();
}

#[test]
fn one_that_fails_open_does_not_stand_in_the_way_of_the_next() {
    let limits = "on_failure = 'open'\nneeds = []";
    let broken = probe_named("broken", limits, "request = 'set=x-b:1, panic'\nresponse = 'panic'");
    let well = probe_named("well", "needs = ['broken']", "request = 'set=x-w:1'");
    let host = Host::start(&echoes(&format!("{broken}{well}")));

    let response = get(&host, "/head", "");

    assert_eq!(received(&response, "x-w"), ["1"]);
    assert_eq!(received(&response, "x-b"), [""; 0]);
    host.stop();
}
