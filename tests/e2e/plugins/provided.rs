//! Interfaces that plug-ins provide and services import: the values that cross, and every way to fail.
//! Does not know hooks.

use std::thread;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{get, plugin};
use crate::support::guests::{self, Guest};
use crate::support::http::{self, Client};
use crate::support::{Host, Line, Service};

const SETTINGS: &str =
    "[features.flags.settings]\nowner = 'core'\nflags = { new = true, old = false }\n";

/// The provider under the name `flags`, with keys of the host.
fn flags(keys: &str) -> String {
    plugin("flags", guests::PLUGIN_FLAGS, &format!("{keys}\n{SETTINGS}"))
}

/// A service that imports what the provider provides, with these tables.
fn uses(tables: &str) -> Service {
    let tables = format!("[log]\nlevel = 'debug'\n{tables}");
    Service::new(guests::USES_FLAGS, "http:0, native").tables(&tables)
}

/// What the service got for the flag `name`.
#[track_caller]
fn flag(host: &Host, name: &str) -> Value {
    let response = get(host, &format!("/flag/{name}"), "x-request-id: abc\r\n");
    assert_eq!(response.status, 200, "{response:?}");
    super::json(&response)
}

/// The error that the service got for the flag `name`.
#[track_caller]
fn error(host: &Host, name: &str) -> (String, String) {
    let outcome = flag(host, name);
    let text = |key: &str| outcome["error"][key].as_str().unwrap_or_default().to_owned();
    (text("kind"), text("message"))
}

#[track_caller]
fn does_not_start(service: &Service, expected: &Expect) {
    let stopped = Host::launch(Host::command(service)).ended();
    let first = stopped.log.iter().position(|line| line.level() == "FATAL");
    let tail = &stopped.log[first.expect("it says why it does not start")..];
    let outline = crate::support::log::outline(tail);
    expected.assert_eq(&format!("{outline}status {}\n", stopped.status.unwrap_or(-1)));
}

#[test]
fn the_service_calls_the_plug_in() {
    let host = Host::start(&uses(&flags("")));

    assert_eq!(
        [flag(&host, "new"), flag(&host, "old")],
        [json!({"ok": true}), json!({"ok": false})]
    );
    let description = super::json(&http::get(host.port(), "/description/new"));
    let expected = json!({ "name": "new", "enabled": true, "asked": 2, "owner": "core" });
    assert_eq!(description, expected);
    // A plain function, and a list of texts.
    let asked = super::json(&http::get(host.port(), "/asked"));
    assert_eq!(asked, json!(["new", "old", "new"]));
    let own = host.wait_for("asked for a flag");
    assert_eq!((own.text("feature"), own.text("request_id")), ("flags", "abc"));
    host.stop();
}

#[test]
fn values_of_every_type_cross_in_both_directions() {
    let host = Host::start(&uses(&flags("")));

    let both = super::json(&http::get(host.port(), "/give-back"));

    let [there, back] = [&both[0], &both[1]].map(|text| text.as_str().expect("it is a text"));
    assert!(there.contains("18446744073709551615"), "{there}");
    let (before, after) = there.split_once("Shape::Named(None)").expect("it is the last shape");
    assert_eq!(
        back,
        format!("{before}Shape::Named(None), Shape::Named(Some(\"one more\")){after}")
    );
    host.stop();
}

#[test]
fn errors_of_the_plug_in_are_the_service_s_to_handle() {
    let host = Host::start(&uses(&flags("")));

    let outcome = flag(&host, "unheard-of");
    let handed_on = http::get(host.port(), "/description/unheard-of");

    let expected = json!({
        "kind": "NotFound", "message": "no flag `unheard-of`", "code": 7, "cause": null,
    });
    assert_eq!(outcome["error"], expected);
    assert_eq!(flag(&host, "fail")["error"]["cause"], "by its settings");
    assert_eq!(handed_on.status, 404);
    assert_eq!(super::json(&handed_on)["message"], "no flag `unheard-of`");
    assert!(host.stop().lines("instance-lost").is_empty());
}

#[test]
fn it_can_be_called_outside_of_requests() {
    let host =
        Host::start(&uses(&format!("{}[service]\non_start = 'new'\nnative = 'old'", flags(""))));

    host.wait_for_count("flag asked for", 2);
    let stopped = host.stop();

    let told = |line: &Line| (line.text("step").to_owned(), line.get("enabled").cloned());
    let told: Vec<_> = stopped.lines("flag asked for").into_iter().map(told).collect();
    let step = |step: &str, enabled: bool| (step.to_owned(), Some(json!(enabled)));
    let expected = [
        step("on-start", true),
        step("native", false),
        // Features end after the service.
        step("the end of native", false),
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_error_in_on_start_keeps_the_service_from_starting() {
    let service = uses(&format!("{}[service]\non_start = 'unheard-of'", flags("")));
    does_not_start(
        &service,
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`on-start` failed: no flag `unheard-of`"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn a_disabled_feature_is_an_error_and_no_trap() {
    let disabled = flags("").replace("enabled = true", "enabled = false");
    let host = Host::start(&uses(&disabled));

    let expected = ("PreconditionFailed".to_owned(), "feature `flags` is disabled".to_owned());
    assert_eq!(error(&host, "new"), expected);
    assert_eq!(http::get(host.port(), "/description/new").status, 412);
    // The plain function, whose error is a text.
    let asked = http::get(host.port(), "/asked");
    assert_eq!(asked.status, 500, "{asked:?}");
    assert!(host.stop().lines("instance-lost").is_empty());
}

#[test]
fn a_provider_that_is_lost_is_an_error() {
    for (act, reason) in [
        ("panic", "it crashed"),
        ("exhaust", "it crashed"),
        ("spin", "it did not answer within 300ms"),
        ("block", "it did not answer within 300ms"),
    ] {
        let limits = "limits = { memory = '16MiB', call_timeout = '300ms' }";
        let host = Host::start(&uses(&flags(limits)));

        let (kind, message) = error(&host, act);

        assert_eq!(kind, "Internal", "{act}");
        assert_eq!(message, format!("feature `flags` failed: {reason}"), "{act}");
        let lost = host.wait_for("instance-lost");
        assert_eq!((lost.text("feature"), lost.text("request_id")), ("flags", "abc"));
        // It comes back, with nothing of what it knew.
        assert_eq!(flag(&host, "new"), json!({"ok": true}), "{act}");
        assert_eq!(super::json(&http::get(host.port(), "/asked")), json!(["new"]));
        assert_eq!(host.stop().lines("instance-lost").len(), 1, "{act}");
    }
}

#[test]
fn a_provider_that_takes_too_long_is_an_error() {
    let host = Host::start(&uses(&flags("limits.call_timeout = '300ms'")));

    let (kind, message) = error(&host, "wait");

    let expected = "feature `flags` failed: it did not answer within 300ms";
    assert_eq!((kind.as_str(), message.as_str()), ("Internal", expected));
    let line = host.wait_for("feature-failed");
    assert_eq!(line.msg(), "feature did not answer");
    assert_eq!((line.text("feature"), line.text("request_id")), ("flags", "abc"));
    assert_eq!(line.text("error.message"), "the plug-in did not answer within 300ms");
    assert_eq!(flag(&host, "new"), json!({"ok": true}));
    assert!(host.stop().lines("instance-lost").is_empty());
}

#[test]
fn other_requests_go_on_while_one_waits_for_the_provider() {
    let host = Host::start(&uses(&flags("limits.call_timeout = '60s'")));
    let mut waiting = Client::connect(host.port());
    waiting.get("/flag/wait");
    host.wait_for("asked for a flag");

    let port = host.port();
    let others = [(); 8].map(|()| thread::spawn(move || http::get(port, "/flag/new").status));
    assert_eq!(others.map(|other| other.join().expect("it is answered")), [200; 8]);

    // The service gives up with its client.
    drop(waiting);
    host.stop();
}

#[test]
fn a_service_that_runs_out_of_time_does_not_wait_for_the_provider() {
    let service = uses(&flags("limits.call_timeout = '60s'")).limits("call_timeout = '300ms'");
    let host = Host::start(&service);

    assert_eq!(http::get(host.port(), "/flag/wait").status, 504);
    assert_eq!(flag(&host, "new"), json!({"ok": true}));
    host.stop();
}

#[test]
fn what_nobody_provides_is_an_error_that_names_both() {
    does_not_start(
        &uses(""),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/uses_flags.wasm` does not fit `service.toml`:\n  it imports `acme:flags/flags@0.1.0`, which this host does not offer\n    help: it comes from a library of the service, or a feature: one that provides it has to stand in `service.toml`, `[features.<name>] component = \"..\"`, or be part of this host"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn what_two_provide_is_an_error_that_names_both() {
    let second = flags("").replace("features.flags", "features.other");
    does_not_start(
        &uses(&format!("{}{second}", flags(""))),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/uses_flags.wasm` does not fit `service.toml`:\n  features `flags` and `other` both provide `acme:flags/flags@0.1.0`, which it imports\n    help: disable one of the two features"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn what_is_provided_with_another_type_is_an_error() {
    does_not_start(
        &uses(&plugin("other", guests::PLUGIN_OTHER_FLAGS, "")),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/uses_flags.wasm` does not fit `service.toml`:\n  it imports `acme:flags/flags@0.1.0#is-enabled`, which feature `other` provides with another type or not at all\n    help: build the service and the plug-in with the same WIT"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn what_is_provided_in_part_is_an_error() {
    let settings = "[features.fewer.settings]\non = ['new']";
    does_not_start(
        &uses(&plugin("fewer", guests::FLAGS, settings)),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/uses_flags.wasm` does not fit `service.toml`:\n  it imports `acme:flags/flags@0.1.0#describe`, which feature `fewer` provides with another type or not at all\n    help: build the service and the plug-in with the same WIT"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn what_cannot_be_provided_is_an_error() {
    does_not_start(
        &uses(&plugin("mute", guests::PLUGIN_MUTE, "")),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/plugin_mute.wasm` does not fit `service.toml`:\n  it cannot provide `acme:mute/mute@0.1.0#forget`: it cannot tell of a failure: let it return `result<.., error>` with `error` of `mikros:service/errors`, or `result<.., string>`\n    help: change the function in the WIT of the interface, and build the plug-in and all services that use it again\n  it cannot provide `acme:mute/mute@0.1.0#count`: it cannot tell of a failure: let it return `result<.., error>` with `error` of `mikros:service/errors`, or `result<.., string>`\n    help: change the function in the WIT of the interface, and build the plug-in and all services that use it again\n  it cannot provide `acme:mute/mute@0.1.0#number`: it cannot tell of a failure: let it return `result<.., error>` with `error` of `mikros:service/errors`, or `result<.., string>`\n    help: change the function in the WIT of the interface, and build the plug-in and all services that use it again\n  it cannot provide `acme:mute/mute@0.1.0#pour`: a handle, a stream or a future is in it, which cannot cross\n    help: change the function in the WIT of the interface, and build the plug-in and all services that use it again"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn what_is_provided_for_nobody_is_a_warning() {
    let unused = |guest: Guest| plugin("flags", guest, SETTINGS);
    let service = Service::new(guests::ECHOES, "http:0").tables(&unused(guests::PLUGIN_FLAGS));
    let host = Host::start(&service);

    let line = host.wait_for("feature-unused");
    let message = "a feature has no effect: the service imports nothing that it provides";
    assert_eq!((line.level(), line.msg(), line.text("feature")), ("WARN", message, "flags"));
    assert_eq!(line.text("provides"), "acme:flags/flags@0.1.0");
    assert_eq!(http::get(host.port(), "/id").status, 200);
    host.stop();
}
