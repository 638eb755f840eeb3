//! Kinds that are not built in.

use expect_test::expect;

use super::extensions::{Timer, accepted, catalogue, rejects};
use super::{explained, listed, parse_with, with};
use crate::definition::{CustomKind, Definition, HumanDuration, Kind, Origin, Port, Position};

fn types(types: &str, rest: &str) -> String {
    with(&[("types", types)], rest)
}

#[track_caller]
fn custom<'d>(definition: &'d Definition, name: &str) -> &'d CustomKind {
    let kind = definition.kinds.iter().find(|kind| kind.name() == name);
    match kind {
        Some(Kind::Custom(custom)) => custom,
        other => panic!("expected a custom kind, found {other:?}"),
    }
}

#[test]
fn a_kind_has_settings_of_its_own_type() {
    for table in ["services", "runtime"] {
        let rest = format!("[{table}.timer]\nevery = \"5s\"\n");

        let definition = accepted(&types("[\"http\", \"timer\"]", &rest), &[]);

        let timer = custom(&definition, "timer");
        assert_eq!(timer.port, None);
        let settings = timer.settings.0.downcast_ref::<Timer>().unwrap();
        let every = HumanDuration(std::time::Duration::from_secs(5));
        assert_eq!(*settings, Timer { every, at_once: false });
        assert_eq!(timer.places.of("every").line, 9);
        assert_eq!(
            explained(&definition, &format!("{table}.timer")),
            format!("{table}.timer.every = \"5s\" (service.toml:9)")
        );
    }
}

#[test]
fn what_a_kind_misses_is_told_where_it_is_named() {
    rejects(
        &types("[\"timer\"]", ""),
        &[],
        &expect![[r#"
        service.toml:2:10: `services.timer.every` is missing
        help: add `every` to `[services.timer]`"#]],
    );
    rejects(
        &types("[\"timer\"]", "[services.timer]\n"),
        &[],
        &expect![[r#"
        service.toml:8:11: `services.timer.every` is missing
        help: add `every` to `[services.timer]`"#]],
    );
    rejects(
        &types("[\"timer\"]", "[runtime.timer]\nevery = 5\nat_onec = true\n[services.timer]\n"),
        &[],
        &expect![[r#"
            service.toml:8:10: `[services.timer]` and `[runtime.timer]` are the same table
            help: keep one of them
            service.toml:9:9: `runtime.timer.every` must be a duration such as `30s`, found the integer `5`
            help: write the unit, for example `"30s"`
            service.toml:10:1: unknown key `runtime.timer.at_onec`
            help: did you mean `at_once`?
            service.toml:11:11: `services.timer.every` is missing
            help: add `every` to `[services.timer]`"#]],
    );
    rejects(
        &types("[\"timer\"]", "[services]\ntimer = 5\n"),
        &[],
        &expect![[r#"
        service.toml:9:9: `services.timer` must be a table, found the integer `5`
        help: write `[services.timer]`"#]],
    );
}

#[test]
fn the_port_is_that_of_the_file_or_the_default() {
    let port = |types: &str, list: &[(&str, &str)]| {
        let definition = accepted(&self::types(types, ""), list);
        custom(&definition, "socket").port.clone()
    };
    let default = Port { number: 9000, source: Origin::Default };

    assert_eq!(port("[\"socket\"]", &[]), Some(default.clone()));
    assert_eq!(port("[\"socket\"]", &[("MIKROS_SOCKET_PORT", "1")]), Some(default));
    let file = Port { number: 81, source: Origin::File(Position { line: 2, column: 10 }) };
    assert_eq!(port("[\"socket:81\"]", &[]), Some(file));
    let definition = accepted(&types("[\"socket:0\"]", ""), &[]);
    expect!["socket.port = 0 (service.toml:2)"].assert_eq(&explained(&definition, "socket"));
}

#[test]
fn no_two_kinds_have_the_same_port() {
    rejects(
        &types("[\"http:9000\", \"grpc:7070\", \"socket\", \"native\"]", ""),
        &[],
        &expect![[r#"
            service.toml:2:36: kinds `http` and `socket` have the same port 9000
            help: for example `socket:9001`"#]],
    );
    rejects(
        &types("[\"http:1\", \"grpc:1\", \"socket:1\"]", ""),
        &[],
        &expect![[r#"
        service.toml:2:20: kinds `http` and `grpc` have the same port 1
        help: for example `grpc:2`
        service.toml:2:30: kinds `http` and `socket` have the same port 1
        help: for example `socket:2`"#]],
    );
    accepted(&types("[\"http:0\", \"grpc:0\", \"socket:0\"]", ""), &[]);
}

#[test]
fn a_port_of_a_kind_that_does_not_listen_is_a_warning() {
    let definition = accepted(&types("[\"timer:80\"]", "[services.timer]\nevery = \"1s\"\n"), &[]);

    expect![[r#"
        service.toml:2:10: kind `timer` does not listen, its port is ignored
        help: write `timer`"#]]
    .assert_eq(&listed(&definition.warnings));
}

#[test]
fn a_script_stands_alone() {
    rejects(
        &types("[\"script\", \"cronjob\"]", ""),
        &[],
        &expect![[r#"
        service.toml:2:10: kind `script` must be the only kind of a service
        help: make the script a service of its own"#]],
    );
    rejects(
        &types("[\"cronjob\", \"cronjob\"]", ""),
        &[],
        &expect!["service.toml:2:21: kind `cronjob` is declared twice"],
    );
}

#[test]
fn registered_kinds_are_suggested() {
    rejects(
        &types("[\"timr\", \"zzz\"]", "[services.sokcet]\n[services.zzz]\n"),
        &[],
        &expect![[r#"
            service.toml:2:10: unknown kind `timr`, expected one of `http`, `grpc`, `native`, `worker`, `script`, `timer`, `socket`, `cronjob`
            help: did you mean `timer`?
            service.toml:2:18: unknown kind `zzz`, expected one of `http`, `grpc`, `native`, `worker`, `script`, `timer`, `socket`, `cronjob`
            service.toml:8:11: unknown kind `sokcet` in `[services.sokcet]`
            help: did you mean `socket`?
            service.toml:9:11: unknown kind `zzz` in `[services.zzz]`"#]],
    );
    accepted(&types("[\"cronjob\"]", ""), &[]);
}

#[test]
fn a_table_without_its_kind_is_a_warning_and_still_checked() {
    let text = types("[\"http\"]", "[services.timer]\nevery = \"1s\"\n");
    let definition = accepted(&text, &[]);

    expect!["service.toml:8:11: `[services.timer]` has no effect: `types` does not name `timer`"]
        .assert_eq(&listed(&definition.warnings));
    assert_eq!(explained(&definition, "services.timer"), "");
    rejects(
        &text.replace("\"1s\"", "\"1\""),
        &[],
        &expect![[r#"
        service.toml:9:9: `services.timer.every` must be a duration such as `30s`, found `"1"`
        help: write an integer and a unit: `ms`, `s`, `m` or `h`"#]],
    );
}

#[test]
fn settings_of_a_kind_may_come_from_variables() {
    let text = types("[\"timer\"]", "[services.timer]\nevery = \"EVERY@env\"\n");

    accepted(&text, &[("EVERY", "1s")]);
    rejects(
        &text,
        &[("EVERY", "hunter2")],
        &expect![
            "service.toml:9:9: `services.timer.every` must be a duration such as `30s`, found the value of `EVERY`"
        ],
    );
    let problems = parse_with(catalogue(), &text, &[]).unwrap_err();
    expect![[r#"
        service.toml:9:9: environment variable `EVERY` is not set
        help: set `EVERY`, or `GREETER__EVERY` for this service only"#]]
    .assert_eq(&listed(&problems));
}
