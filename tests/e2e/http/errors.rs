//! Errors of the service, on the wire and in the log.
//! Does not know how the service comes to fail.

use expect_test::{Expect, expect};

use crate::support::http;
use crate::support::{Host, Service, guests, http2};

const EVERY_KIND: [&str; 7] = [
    "internal",
    "not-found",
    "invalid-arguments",
    "precondition-failed",
    "permission-denied",
    "rpc",
    "custom",
];

#[test]
fn every_kind_has_its_status_and_the_same_json() {
    let service =
        Service::new(guests::HELLO_HTTP, "http:0").tables("[service]\ngreeting = 'hello'");
    let host = Host::start(&service);

    let answers = EVERY_KIND.map(|kind| {
        let answer = http::get(host.port(), &format!("/errors/{kind}"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        format!("{} {}\n", answer.status, answer.text())
    });

    expect![[r#"
        500 {"kind":"InternalError","message":"got an internal error","cause":"the disk is gone","code":0,"service_name":"probe"}
        404 {"kind":"NotFoundError","message":"there is no such item","code":0,"service_name":"probe"}
        400 {"kind":"ValidationError","message":"`age` must be positive","code":0,"service_name":"probe","attributes":{"field":"age"}}
        412 {"kind":"ConditionError","message":"the account is closed","code":0,"service_name":"probe"}
        403 {"kind":"PermissionError","message":"only owners may do this","code":0,"service_name":"probe"}
        500 {"kind":"RPCError","message":"the ledger does not answer","code":0,"service_name":"probe","destination":"ledger"}
        500 {"kind":"CustomError","message":"out of luck","code":13,"service_name":"probe"}
    "#]]
    .assert_eq(&answers.concat());
    host.stop();
}

#[test]
fn kinds_beyond_the_seven_have_the_status_of_the_published_table() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));
    let vectors = include_str!("../../vectors/kinds.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).expect("JSON");

    for vector in &vectors {
        let name = vector["json"].as_str().expect("a name");
        let answer = http::get(host.port(), &format!("/error/of/{name}"));

        assert_eq!(Some(u64::from(answer.status)), vector["status"].as_u64(), "{name}");
        assert!(answer.text().starts_with(&format!(r#"{{"kind":"{name}","message":"as you "#)));
    }
    host.stop();
}

#[test]
fn an_error_has_its_own_status_a_time_to_wait_and_violations() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));

    let answer = http::get(host.port(), "/error/refined");

    assert_eq!((answer.status, answer.header("retry-after")), (422, Some("2")));
    expect![[r#"{"kind":"ValidationError","message":"two fields are wrong","code":0,"service_name":"probe","field_violations":[{"field":"name","description":"must not be empty"},{"field":"items[2].amount","description":"must be a number"}]}"#]]
        .assert_eq(answer.text());
    host.stop();
}

#[test]
fn a_status_that_is_none_of_an_error_is_dropped_and_reported() {
    let host = Host::start(&Service::new(guests::BARE, "http:0"));

    let answer = http::get(host.port(), "/error-with-status-200");

    assert_eq!(answer.status, 500);
    let stopped = host.stop();
    let warning = "the status of an error is not 400 to 599, leaving it out";
    let [line] = stopped.lines("error-invalid")[..] else { panic!("{}", stopped.outline()) };
    assert_eq!((line.level(), line.msg()), ("WARN", warning));
}

#[test]
fn errors_are_the_same_on_http_2() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));

    let old = http::get(host.port(), "/error");
    let new = http2::Client::connect(host.port()).get("/error");

    assert_eq!((old.status, old.text()), (new.status, new.text()));
    assert_eq!(new.header("content-type"), Some("application/json"));
    host.stop();
}

#[track_caller]
fn answers(variables: &[(&str, &str)], path: &str, expected: &Expect) {
    let service = Service::new(guests::ECHOES, "http:0");
    let command = variables
        .iter()
        .fold(Host::command(&service), |command, (name, value)| command.env(name, value));
    let host = Host::running(&service, command);

    let answer = http::get(host.port(), path);

    assert_eq!(answer.status, 500);
    expected.assert_eq(answer.text());
    host.stop();
}

#[test]
fn fields_can_be_hidden() {
    answers(
        &[],
        "/error",
        &expect![[
            r#"{"kind":"RPCError","message":"the ledger does not answer","cause":"connection refused","code":7,"service_name":"probe","destination":"ledger","attributes":{"attempt":2}}"#
        ]],
    );
    answers(
        &[("MIKROS_HIDE_RESPONSE_FIELDS", "cause,destination")],
        "/error",
        &expect![[
            r#"{"kind":"RPCError","message":"the ledger does not answer","code":7,"service_name":"probe","attributes":{"attempt":2}}"#
        ]],
    );
    answers(
        &[("MIKROS_HIDE_RESPONSE_FIELDS", "message,service_name,attributes,destination,cause")],
        "/error",
        &expect![[r#"{"kind":"RPCError","code":7}"#]],
    );
}

#[test]
fn the_cause_of_an_internal_error_is_told_in_development_only() {
    for deployment in ["local", "dev", "test"] {
        answers(
            &[("MIKROS_SERVICE_DEPLOY", deployment)],
            "/secret-error",
            &expect![[
                r#"{"kind":"InternalError","message":"got an internal error","cause":"the password of the database is wrong","code":0,"service_name":"probe"}"#
            ]],
        );
    }
    for deployment in ["prod", "stage", "production"] {
        answers(
            &[("MIKROS_SERVICE_DEPLOY", deployment)],
            "/secret-error",
            &expect![[
                r#"{"kind":"InternalError","message":"got an internal error","code":0,"service_name":"probe"}"#
            ]],
        );
    }
}

#[test]
fn an_error_is_logged_with_everything() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));

    http::request(host.port(), "GET", "/error", "x-request-id: seven\r\n", b"");
    http::request(host.port(), "GET", "/secret-error", "x-request-id: eight\r\n", b"");
    host.wait_for_count("request-failed", 2);

    let stopped = host.stop();
    expect![[r#"
        ERROR request failed error.kind="RPCError" error.code=7 error.message="the ledger does not answer" error.cause="connection refused" error.destination="ledger" error.attributes={"attempt":2} http.status=500 duration_us=$US request_id="seven" http.method="GET" http.path="/error"
        ERROR request failed error.kind="InternalError" error.code=0 error.message="got an internal error" error.cause="the password of the database is wrong" http.status=500 duration_us=$US request_id="eight" http.method="GET" http.path="/secret-error"
    "#]]
    .assert_eq(&crate::support::log::outline(stopped.lines("request-failed")));
}

#[test]
fn errors_of_the_service_are_logged_whatever_the_definition_says() {
    let host = Host::start(
        &Service::new(guests::ECHOES, "http:0").tables("[log]\ndisplay_errors = false"),
    );

    let answer = http::get(host.port(), "/secret-error");

    assert_eq!(answer.status, 500);
    let line = host.wait_for("request-failed");
    assert_eq!(line.level(), "ERROR");
    host.stop();
}

/// Otherwise anybody who can send a request could fill the log.
#[test]
fn what_clients_ask_for_in_vain_leaves_no_line() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));
    let before = host.log().len();
    let large = "content-length: 100000000\r\n";

    let statuses = [
        http::get(host.port(), "/favicon.ico").status,
        http::request(host.port(), "DELETE", "/health", "", b"").status,
        http::request(host.port(), "PUT", "/error", "", b"").status,
        http::get(host.port(), "/typed/none").status,
        http::request(host.port(), "POST", "/typed/1", large, b"").status,
    ];

    assert!(statuses.iter().all(|status| (400..500).contains(status)), "{statuses:?}");
    let stopped = host.stop();
    assert_eq!(stopped.log[before].name(), "service-stopping", "{}", stopped.outline());
}

#[test]
fn whoever_debugs_sees_why_a_client_was_refused_and_how_long_it_took() {
    let service = Service::new(guests::ECHOES, "http:0").tables("[log]\nlevel = 'debug'");
    let host = Host::start(&service);

    http::request(host.port(), "DELETE", "/health", "x-request-id: one\r\n", b"");
    let stopped = host.stop();

    expect![[r#"
        DEBUG request failed error.kind="ValidationError" error.code=0 error.message="method DELETE is not allowed here" http.status=405 duration_us=$US request_id="one" http.method="DELETE" http.path="/health"
    "#]]
    .assert_eq(&crate::support::log::outline(stopped.lines("request-failed")));
}

/// The contract says that such attributes are dropped, with a warning.
#[test]
fn attributes_that_are_no_json_object_are_dropped_and_reported() {
    let host = Host::start(&Service::new(guests::BARE, "http:0"));

    let answer = http::get(host.port(), "/attributes");

    assert_eq!(answer.status, 500);
    expect![[r#"{"kind":"CustomError","message":"out of luck","code":3,"service_name":"probe"}"#]]
        .assert_eq(answer.text());
    let stopped = host.stop();
    let warning = "the attributes of an error are no JSON object, leaving them out";
    let [line] = stopped.lines("error-invalid")[..] else { panic!("{}", stopped.outline()) };
    assert_eq!((line.level(), line.msg()), ("WARN", warning));
}
