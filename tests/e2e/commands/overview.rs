//! `check` and `inspect`: what is said about a service without running it.
//! Does not know all that can be wrong with one.

use expect_test::{expect, expect_file};
use serde_json::Value;

use super::{check, hello, run};
use crate::support::{Command, Service, guests};

#[test]
fn a_whole_service_has_no_problems() {
    check(
        &run(&hello(), &["check"]),
        &expect![[r#"
        status 0
        --- stdout
        $DIR/service.toml: no problems
        --- stderr
    "#]],
    );
    check(
        &run(&hello(), &["check", "--json"]),
        &expect![[r#"
            status 0
            --- stdout
            {
              "ok": true,
              "problems": [],
              "services": [],
              "in_process": []
            }
            --- stderr
        "#]],
    );
}

#[test]
fn a_check_lists_all_problems() {
    let service = hello().tables("[services.http]\nhealht = false\nidle_timeout = 5");

    check(
        &run(&service, &["check"]),
        &expect![[r#"
            status 2
            --- stdout
            $DIR/service.toml:13:1: unknown key `services.http.healht`
              13 | healht = false
                 | ^^^^^^
              help: did you mean `health`?
            $DIR/service.toml:14:16: `services.http.idle_timeout` must be a duration from `1ms` to `24h`, found the integer `5`
              14 | idle_timeout = 5
                 |                ^
              help: write the unit, for example `"2m"`
            $DIR/service.toml: 2 problems
            --- stderr
        "#]],
    );
    check(
        &run(&service, &["check", "--json"]),
        &expect![[r#"
            status 2
            --- stdout
            {
              "ok": false,
              "problems": [
                {
                  "severity": "error",
                  "path": "$DIR/service.toml",
                  "line": 13,
                  "column": 1,
                  "message": "unknown key `services.http.healht`",
                  "help": "did you mean `health`?"
                },
                {
                  "severity": "error",
                  "path": "$DIR/service.toml",
                  "line": 14,
                  "column": 16,
                  "message": "`services.http.idle_timeout` must be a duration from `1ms` to `24h`, found the integer `5`",
                  "help": "write the unit, for example `\"2m\"`"
                }
              ],
              "services": [],
              "in_process": []
            }
            --- stderr
        "#]],
    );
}

#[test]
fn warnings_do_not_fail_a_check() {
    let service = hello().tables("[services.http]\ncors_strict = true");

    check(
        &run(&service, &["check"]),
        &expect![[r#"
            status 0
            --- stdout
            $DIR/service.toml:13:15: warning: `services.http.cors_strict` has no effect: mistakes in `[features.http_cors]` always keep the service from starting
              13 | cors_strict = true
                 |               ^^^^
            $DIR/service.toml: no problems, 1 warning
            --- stderr
        "#]],
    );
}

#[test]
fn a_check_looks_at_the_component_too() {
    let service = Service::new(guests::IMPORTS_FS, "http:0");

    check(
        &run(&service, &["check", "--json"]),
        &expect![[r#"
            status 2
            --- stdout
            {
              "ok": false,
              "problems": [
                {
                  "severity": "error",
                  "path": "$TARGET/wasm32-wasip2/release/imports_fs.wasm",
                  "line": null,
                  "column": null,
                  "message": "kind `http` is declared in `types`, but the component does not export `mikros:service/http@0.2.0`",
                  "help": "add `http` to `mikros_sdk::export!`, or remove it from `types`"
                },
                {
                  "severity": "error",
                  "path": "$TARGET/wasm32-wasip2/release/imports_fs.wasm",
                  "line": null,
                  "column": null,
                  "message": "the component exports `mikros:service/native@0.2.0`, but kind `native` is not declared in `types`",
                  "help": "add `native` to `types`, or remove it from `mikros_sdk::export!`"
                },
                {
                  "severity": "error",
                  "path": "$TARGET/wasm32-wasip2/release/imports_fs.wasm",
                  "line": null,
                  "column": null,
                  "message": "it imports `wasi:filesystem/types@0.2.6`, `wasi:filesystem/preopens@0.2.6`, which this host does not offer",
                  "help": "it comes from files, for example `std::fs`; a service has no file system: take settings from `service.toml` and embed data with `include_bytes!`"
                }
              ],
              "services": [],
              "in_process": []
            }
            --- stderr
        "#]],
    );
}

#[test]
fn an_inspection_shows_what_a_service_is_made_of() {
    let component = std::fs::read(guests::HELLO_HTTP.component()).expect("it has been built");
    let service = Service::with_component("hello.wasm".as_ref(), "http:0")
        .top("envs = ['TOKEN']")
        .tables("[service]\ngreeting = 'hi'\ntoken = 'TOKEN@env'");
    service.write("hello.wasm", component);

    // From within, so that the length of the path does not matter.
    let command = Command::new(["inspect"]).within(service.directory()).env("TOKEN", "secret");

    expect_file!["inspect.txt"].assert_eq(&command.run().outline());
}

#[test]
fn an_inspection_can_be_read_by_programs() {
    let finished = run(&hello(), &["inspect", "--json"]);

    let document: Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
    assert_eq!(document["name"], "probe");
    assert_eq!(document["kinds"], serde_json::json!([{"kind": "http", "port": 0, "tls": false}]));
    let settings = document["settings"].as_array().expect("settings are a list");
    let memory = settings.iter().find(|one| one["key"] == "host.limits.memory");
    assert_eq!(memory.map(|one| &one["origin"]), Some(&Value::from("default")));
    assert_eq!((finished.status, finished.stderr.as_str()), (0, ""));
}

#[test]
fn what_is_wrong_with_a_plug_in_is_told_beside_what_is_known() {
    let feature = "[features.gate]\nenabled = true\ncomponent = 'gate.wasm'";
    let service = Service::new(guests::ECHOES, "http:0").tables(feature);
    service.write("gate.wasm", "no component");

    let finished = run(&service, &["inspect"]);

    assert!(finished.stdout.contains("features.gate.component"), "{}", finished.stdout);
    assert!(finished.stderr.contains("gate.wasm"), "{}", finished.stderr);
    assert_eq!(finished.status, 2);
}

#[test]
fn what_is_known_without_the_component_is_shown_even_so() {
    let service = Service::with_component("missing.wasm".as_ref(), "native");

    let finished = run(&service, &["inspect"]);

    assert!(finished.stdout.contains("exports     unknown\n"), "{}", finished.stdout);
    assert_eq!(finished.status, 2);
}
