//! Files that are no plug-in, and what the commands say of those that are.
//! Does not know settings.

use std::fs;

use expect_test::{Expect, expect};

use super::{echoes, plugin, probe};
use crate::support::guests::{self, Guest};
use crate::support::{Command, Host, Service, mask};

/// A service with a plug-in that is this file beside `service.toml`.
fn made_of(bytes: impl AsRef<[u8]>) -> Service {
    let service = named("plug-in.wasm");
    service.write("plug-in.wasm", bytes);
    service
}

fn named(path: &str) -> Service {
    echoes(&format!("[features.odd]\nenabled = true\ncomponent = '{path}'\n"))
}

#[track_caller]
fn does_not_start(service: &Service, expected: &Expect) {
    let stopped = Host::launch(Host::command(service)).ended();
    let first = stopped.log.iter().position(|line| line.level() == "FATAL");
    let tail = &stopped.log[first.expect("it says why it does not start")..];
    let outline = crate::support::log::outline(tail);
    expected.assert_eq(&format!("{outline}status {}\n", stopped.status.unwrap_or(-1)));
}

/// What a command prints, without numbers that builds change.
fn said(service: &Service, command: &[&str]) -> (i32, String) {
    let mut line = Command::new(command);
    line.arguments([service.path()]);
    let finished = line.run();
    (finished.status, mask(&(finished.stdout + &finished.stderr)))
}

#[test]
fn a_component_that_is_not_there() {
    does_not_start(
        &named("missing.wasm"),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="cannot read component `$DIR/missing.wasm`: No such file or directory (os error 2)" error.help="build it with `mikros-host build`, or put there what was built elsewhere"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn a_component_that_is_a_service() {
    does_not_start(
        &echoes(&plugin("odd", guests::HELLO_HTTP, "")),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/hello_http.wasm` does not fit `service.toml`:\n  it is no plug-in: it exports `mikros:service/http@0.2.0`, `mikros:service/lifecycle@0.2.0`\n    help: it is a service: name it in `[host] component`"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn a_service_that_is_a_plug_in() {
    let service = Service::new(guests::PLUGIN_PROBE, "http:0");
    does_not_start(
        &service,
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/plugin_probe.wasm` does not fit `service.toml`:\n  it was built for another host: it exports `mikros:plugin/lifecycle@0.2.0`, `mikros:plugin/request-hook@0.2.0`, `mikros:plugin/response-hook@0.2.0`, and nothing of `mikros:service`\n    help: it is a plug-in: name it in `[features.<name>] component`, and a service in `[host] component`"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn a_component_that_is_something_else() {
    does_not_start(
        &made_of("#!/bin/sh\n"),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/plug-in.wasm` is a text, expected a WebAssembly component" error.help="let `[host] component` name the `.wasm` file of a `wasm32-wasip2` build"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
    does_not_start(
        &made_of(""),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/plug-in.wasm` is empty" error.help="the file is not complete: build it again with `mikros-host build`"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn a_component_that_is_cut_off() {
    let whole = fs::read(guests::PLUGIN_PROBE.component()).expect("the component is there");
    let half = made_of(&whole[..whole.len() / 2]);

    let stopped = Host::launch(Host::command(&half)).ended();

    let fatal = stopped.lines("service-aborted")[0];
    let message = mask(fatal.text("error.message"));
    assert!(message.contains("`$DIR/plug-in.wasm` is truncated"), "{message}");
    assert_eq!(stopped.status, Some(1));
}

#[test]
fn a_plug_in_that_wants_what_plug_ins_may_not_have() {
    for guest in [guests::IMPORTS_FS, guests::IMPORTS_NET] {
        let service = echoes(&plugin("odd", guest, ""));
        let stopped = Host::launch(Host::command(&service)).ended();
        assert_eq!(stopped.status, Some(1), "{guest:?}");
        assert!(!stopped.lines("service-aborted").is_empty(), "{guest:?}");
    }
}

#[test]
fn one_that_is_disabled_may_be_missing() {
    let tables = "[features.odd]\nenabled = false\ncomponent = 'missing.wasm'\n";
    Host::start(&echoes(tables)).stop();
}

/// Every way in which the component of a feature can be wrong, and a word that says so.
fn broken() -> Vec<(Service, &'static str)> {
    let whole = fs::read(guests::PLUGIN_PROBE.component()).expect("the component is there");
    let with = |guest: Guest| echoes(&plugin("odd", guest, ""));
    vec![
        (named("missing.wasm"), "No such file"),
        (made_of(&whole[..whole.len() / 2]), "is truncated"),
        (with(guests::HELLO_HTTP), "it is no plug-in"),
        (with(guests::PLUGIN_MUTE), "it cannot provide"),
    ]
}

#[test]
fn check_and_doctor_find_what_run_would() {
    for (service, word) in broken() {
        for command in [&["check"][..], &["doctor"]] {
            let (status, text) = said(&service, command);
            assert!(text.contains(word), "{command:?} on {word}: {status} {text}");
            assert_ne!(status, 0, "{command:?} on {word}: {text}");
        }
    }
}

#[test]
fn inspect_names_the_file_whatever_is_in_it() {
    for (service, _) in broken() {
        let (status, text) = said(&service, &["inspect"]);
        assert_eq!(status, 2, "{text}");
        assert!(text.contains("features    odd at stage adapt, component "), "{text}");
    }
}

#[test]
fn a_plug_in_that_is_well_has_no_problems() {
    let service = echoes(&probe(""));

    assert_eq!(said(&service, &["check"]), (0, "$DIR/service.toml: no problems\n".to_owned()));
    let (status, text) = said(&service, &["inspect"]);
    assert_eq!(status, 0);
    assert!(text.contains("plugin_probe.wasm"), "{text}");
    let (_, text) = said(&service, &["doctor"]);
    assert!(text.contains("probe"), "{text}");
}
