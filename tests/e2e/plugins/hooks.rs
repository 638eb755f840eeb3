//! What plug-ins decide about requests over HTTP, and about their responses.
//! Does not know decisions that break the contract, nor RPCs.

use serde_json::{Value, json};

use super::{connect, echoes, get, json, probe, probed, received, seen, streams, values};
use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests, http2};

#[test]
fn a_request_that_passes_is_as_it_was() {
    let host = Host::start(&echoes(&probe("")));

    let response = http::request(host.port(), "POST", "/head?full=1", "x-a: 1\r\nx-a: 2\r\n", b"");

    let seen = json(&response);
    assert_eq!((&seen["method"], &seen["query"]), (&json!("POST"), &json!("full=1")));
    assert_eq!(received(&response, "x-a"), ["1", "2"]);
    assert_eq!(received(&response, "host"), ["localhost"]);
    assert_eq!(received(&response, "content-length"), ["0"]);
    host.stop();
}

#[test]
fn changes_are_what_the_service_sees() {
    let host = Host::start(&echoes(&probe("")));
    let actions = "set=x-a:new, append=x-a:more, remove=x-b, set=x-c:c, remove=x-absent";

    let response =
        get(&host, "/head", &format!("x-a: 1\r\nx-a: 2\r\nx-b: 3\r\nx-probe: {actions}\r\n"));

    assert_eq!(received(&response, "x-a"), ["new", "more"]);
    assert_eq!(received(&response, "x-b"), [""; 0]);
    assert_eq!(received(&response, "x-c"), ["c"]);
    assert_eq!(received(&response, "x-probe"), [actions]);
    // The next one is not changed by it.
    assert_eq!(received(&get(&host, "/head", "x-b: 4\r\n"), "x-c"), [""; 0]);
    host.stop();
}

#[test]
fn a_hook_sees_the_request_as_the_client_has_made_it() {
    let host = Host::start(&echoes(&probe("request = 'tell'")));
    let id = "x-request-id: abc\r\n";

    let response = get(&host, "/head?full=1", id);

    let told = |name: &str| received(&response, name).concat();
    assert_eq!(told("x-saw-method"), "GET");
    assert_eq!((told("x-saw-path").as_str(), told("x-saw-query").as_str()), ("/head", "full=1"));
    assert_eq!(told("x-saw-transport"), "http");
    assert!(told("x-saw-peer").starts_with("127.0.0.1:"), "{response:?}");
    assert_eq!((told("x-saw-id").as_str(), told("x-saw-caller").as_str()), ("abc", "none"));
    // `host`, `content-length` and `x-request-id`.
    assert_eq!((told("x-saw-headers").as_str(), told("x-saw-requests").as_str()), ("3", "1"));
    let response = http2::Client::connect(host.port()).get("/head");
    assert_eq!(received(&response, "x-saw-headers"), ["1"]);
    host.stop();
}

#[test]
fn a_refusal_is_worded_as_an_error_of_the_service() {
    let host = Host::start(&echoes(&probe("")));

    let plain = probed(&host, "/head", "refuse=");
    let teapot = probed(&host, "/head", "refuse=:418");
    let challenge = probed(&host, "/nowhere", "challenge");

    assert_eq!((plain.status, plain.header("x-refused")), (403, Some("yes")));
    assert_eq!(plain.header("content-type"), Some("application/json"));
    let expected = json!({
        "kind": "PermissionError", "message": "refused by the probe", "code": 0,
        "cause": "told to", "service_name": "probe",
    });
    assert_eq!(json(&plain), expected);
    assert_eq!((teapot.status, json(&teapot)), (418, expected));
    assert_eq!((challenge.status, challenge.header("www-authenticate")), (401, Some("Probe")));
    assert_eq!(json(&challenge)["message"], "who are you?");
    assert_eq!(seen(&host), "0");
    host.stop();
}

#[test]
fn an_answer_takes_the_place_of_the_service_s() {
    let host = Host::start(&echoes(&probe("")));
    let mut client = Client::connect(host.port());

    client.request("GET", "/head", "x-probe: answer=203:early\r\n", b"");
    let early = client.response();
    // What the host has not read of the body must not be taken for the next request.
    client.request("POST", "/echo", "x-probe: answer=204\r\n", &vec![b'x'; 100_000]);
    let empty = client.response();
    let mut client = Client::connect(host.port());
    client.request("POST", "/echo", "x-probe: pass\r\n", b"late");

    assert_eq!((early.status, early.text()), (203, "early"));
    assert_eq!(early.header("content-length"), Some("5"));
    assert!(early.header("x-request-id").is_some());
    assert_eq!((empty.status, empty.text()), (204, ""));
    assert_eq!(client.response().text(), "late");
    assert_eq!(seen(&host), "1");
    host.stop();
}

#[test]
fn bodies_pass_unseen() {
    let host = Host::start(&echoes(&probe("request = 'set=x-a:1'\nresponse = 'set=x-b:2'")));
    let body: Vec<u8> = (0..300_000_u32).map(|number| number.to_le_bytes()[0]).collect();

    for path in ["/echo", "/flow"] {
        let response = http::request(host.port(), "POST", path, "", &body);
        assert_eq!((response.status, response.header("x-b")), (200, Some("2")), "{path}");
        assert!(response.body == body, "{path}: {} bytes", response.body.len());
    }
    host.stop();
}

#[test]
fn the_service_knows_whom_a_plug_in_has_identified() {
    let host = Host::start(&echoes(&probe("")));

    let ada = probed(&host, "/caller", "identify=ada:editor");
    let bob = probed(&host, "/caller", "identify=ada, identify=bob");
    let nobody = probed(&host, "/caller", "pass");

    let claims = |role: Value| json!({ "role": role });
    assert_eq!(
        json(&ada),
        json!({ "subject": "ada", "scheme": "probe", "claims": claims(json!("editor")) })
    );
    assert_eq!(
        json(&bob),
        json!({ "subject": "bob", "scheme": "probe", "claims": claims(Value::Null) })
    );
    assert_eq!(json(&nobody), Value::Null);
    host.stop();
}

#[test]
fn attributes_are_in_the_lines_of_the_service_and_of_the_host() {
    let settings = "request = 'attribute=tenant:acme, log'\nresponse = 'attribute=size:small, log'";
    let host = Host::start(&echoes(&probe(settings)));

    get(&host, "/id", "x-request-id: abc\r\n");

    let guest = host.wait_for("a request has an id");
    assert_eq!((guest.text("tenant"), guest.text("request_id")), ("acme", "abc"));
    assert!(!guest.has("size"), "{guest:?}");
    let answered = host.wait_for("request-answered");
    assert_eq!((answered.text("tenant"), answered.text("size")), ("acme", "small"));
    // The plug-in's own lines say whose they are, and for which request.
    let own = host.wait_for("probe is asked");
    assert_eq!((own.text("feature"), own.text("request_id")), ("probe", "abc"));
    assert_eq!(own.text("path"), "/id");
    let own = host.wait_for("probe is asked about a response");
    assert_eq!((own.text("feature"), own.text("request_id")), ("probe", "abc"));
    host.stop();
}

#[test]
fn a_response_is_changed_on_its_way_out() {
    let host = Host::start(&echoes(&probe("")));
    let actions = "set=x-a:new, append=x-a:more, remove=x-b, set=x-c:c, tell";

    let response = get(
        &host,
        "/reply",
        &format!("reply-x-a: 1\r\nreply-x-b: 2\r\nreply-x-d: 3\r\nreply-x-probe: {actions}\r\n"),
    );

    assert_eq!(response.status, 200);
    assert_eq!(values(&response, "x-a"), ["new", "more"]);
    assert_eq!((response.header("x-b"), response.header("x-c")), (None, Some("c")));
    assert_eq!((response.header("x-d"), response.header("x-saw-status")), (Some("3"), Some("200")));
    assert_eq!(response.header("x-saw-grpc-status"), Some("none"));
    host.stop();
}

#[test]
fn responses_are_seen_whoever_has_made_them() {
    let host = Host::start(&echoes(&probe("response = 'tell'")));
    let mut client = Client::connect(host.port());
    let big = "x".repeat(70_000);

    for (headers, path, status) in [
        ("", "/id", 200),
        ("", "/nowhere", 404),
        ("", "/error", 500),
        ("x-probe: identify=ada\r\n", "/id", 200),
    ] {
        client.request("GET", path, headers, b"");
        let response = client.response();
        assert_eq!(response.status, status, "{path}");
        assert_eq!(response.header("x-saw-status"), Some(&*status.to_string()), "{path}");
        let caller = if headers.is_empty() { "none" } else { "ada" };
        assert_eq!(response.header("x-saw-caller"), Some(caller), "{path}");
    }
    // The host's own errors are no exception.
    client.send(format!("GET /id HTTP/1.1\r\nhost: localhost\r\nx-big: {big}\r\n\r\n"));
    let response = client.response();
    assert_eq!((response.status, response.header("x-saw-status")), (431, Some("431")));
    host.stop();
}

#[test]
fn a_hook_of_its_own_answer_sees_only_what_comes_after_it() {
    // Its own answer does not pass its response hook again.
    let host = Host::start(&echoes(&probe("response = 'set=x-served:yes'")));

    let refused = probed(&host, "/id", "refuse=");
    let served = probed(&host, "/id", "pass");

    assert_eq!((refused.status, refused.header("x-served")), (403, None));
    assert_eq!((served.status, served.header("x-served")), (200, Some("yes")));
    host.stop();
}

#[test]
fn the_health_check_is_never_asked_about() {
    let tables = probe("request = 'panic'\nresponse = 'panic'");
    let host = Host::start(&echoes(&tables));
    let rpcs = Host::start(&streams(&tables));

    for _ in 0..3 {
        assert_eq!(http::get(host.port(), "/health").status, 200);
    }
    assert_eq!(connect(&rpcs).unary(HEALTH, &super::rpcs::health_request()).code(), 0);

    assert!(host.stop().lines("instance-lost").is_empty());
    assert!(rpcs.stop().lines("instance-lost").is_empty());
}

const HEALTH: &str = "/grpc.health.v1.Health/Check";

#[test]
fn a_client_that_leaves_is_no_longer_thought_about() {
    let tables = probe("");
    let host = Host::start(&echoes(&tables));
    let mut client = Client::connect(host.port());
    client.request("GET", "/head", "x-probe: log, sleep=600000\r\n", b"");
    host.wait_for("probe is asked");

    client.reset();

    // The end of the host would wait for the call otherwise, and for the service's deadline.
    assert_eq!(probed(&host, "/head", "pass").status, 200);
    let stopped = host.stop();
    assert!(stopped.lines("feature-failed").is_empty());
}

#[test]
fn a_service_without_its_plug_in_enabled_pays_no_attention() {
    let tables = probe("request = 'refuse='").replace("enabled = true", "enabled = false");
    let host = Host::start(&echoes(&tables));

    let response = probed(&host, "/head", "set=x-a:1");

    assert_eq!(received(&response, "x-a"), [""; 0]);
    let resources = host.wait_for("service-resources");
    assert!(!resources.has("features"), "{resources:?}");
    assert!(host.stop().lines("probe starts").is_empty());
}

#[test]
fn every_instance_of_the_service_has_one_of_the_plug_in() {
    let service = Service::new(guests::ECHOES, "http:0").host("instances = 3");
    let host = Host::start(&service.tables(&probe("")));

    host.wait_for_count("probe starts", 3);
    for _ in 0..20 {
        assert_eq!(probed(&host, "/head", "pass").status, 200);
    }

    let stopped = host.stop();
    let asked = stopped.lines("probe stops").into_iter().map(|line| line.number("seen"));
    let asked: Vec<_> = asked.collect();
    assert_eq!((asked.len(), asked.iter().sum::<u64>()), (3, 20), "{asked:?}");
}

#[test]
fn fields_of_the_host_cannot_be_written_by_a_plug_in() {
    let host = Host::start(&echoes(&probe("")));

    for field in ["request_id", "service.name", "http.path", "feature"] {
        let response = get(&host, "/head", &format!("x-probe: attribute={field}:forged\r\n"));

        assert_eq!(response.status, 503, "{field}");
    }
    let line = host.wait_for("feature-failed");
    assert_eq!(line.msg(), "feature could not decide");
    let reason = line.text("error.message");
    assert!(reason.ends_with("the log field `request_id` is the host's to set"), "{reason}");
    host.stop();
}
