//! `types`, ports and the tables of kinds.

use expect_test::expect;

use super::{accepted, explained, rejects, warns, with};
use crate::definition::{Kind, Origin, Port, Position};

fn types(types: &str) -> String {
    with(&[("types", types)], "")
}

#[track_caller]
fn port(text: &str, list: &[(&str, &str)]) -> Port {
    match accepted(text, list).kinds.into_iter().next() {
        Some(Kind::Http(http)) => http.port,
        other => panic!("expected http, found {other:?}"),
    }
}

#[test]
fn kinds_stay_in_the_order_of_the_file() {
    let names =
        |text: &str| accepted(text, &[]).kinds.iter().map(Kind::name).collect::<Vec<_>>().join(" ");

    assert_eq!(names(&types(r#"["native", "http:80"]"#)), "native http");
    assert_eq!(names(&types(r#"["http", "worker"]"#)), "http native");
    assert_eq!(names(&types(r#"["script"]"#)), "script");
}

#[test]
fn a_service_needs_a_kind() {
    rejects(
        &types("[]"),
        &[],
        &expect![[r#"
        service.toml:2:9: `types` must name at least one kind
        help: for example `types = ["http:8080"]`"#]],
    );
    rejects(
        &types(""),
        &[],
        &expect![[r#"
        service.toml:1:1: `types` is missing
        help: add `types = ["http:8080"]`"#]],
    );
    rejects(
        &types("\"http\""),
        &[],
        &expect![[r#"
        service.toml:2:9: `types` must be an array of kinds, found `"http"`
        help: for example `["http:8080"]`"#]],
    );
}

#[test]
fn unknown_kinds_come_with_a_suggestion() {
    rejects(
        &types(r#"["http", "htpp:80", "cron", "HTTP", ""]"#),
        &[],
        &expect![[r#"
            service.toml:2:18: unknown kind `htpp`, expected one of `http`, `grpc`, `native`, `worker`, `script`
            help: did you mean `http`?
            service.toml:2:29: unknown kind `cron`, expected one of `http`, `grpc`, `native`, `worker`, `script`
            service.toml:2:37: unknown kind `HTTP`, expected one of `http`, `grpc`, `native`, `worker`, `script`
            help: did you mean `http`?
            service.toml:2:45: unknown kind ``, expected one of `http`, `grpc`, `native`, `worker`, `script`"#]],
    );
    rejects(
        &types(r#"["http-spec:8080", "cronjob"]"#),
        &[],
        &expect![[r#"
            service.toml:2:10: unknown kind `http-spec`, expected one of `http`, `grpc`, `native`, `worker`, `script`
            help: write `http`: the service routes its requests itself
            service.toml:2:28: unknown kind `cronjob`, expected one of `http`, `grpc`, `native`, `worker`, `script`"#]],
    );
    rejects(
        &types(r#"["http", 5, true]"#),
        &[],
        &expect![[r#"
            service.toml:2:18: `types[1]` must be a string, found the integer `5`
            help: add quotes
            service.toml:2:21: `types[2]` must be a string, found `true`
            help: add quotes"#]],
    );
}

#[test]
fn a_kind_may_be_declared_once() {
    rejects(
        &types(r#"["http:1", "http:2"]"#),
        &[],
        &expect!["service.toml:2:20: kind `http` is declared twice"],
    );
    rejects(
        &types(r#"["worker", "native"]"#),
        &[],
        &expect![[r#"
        service.toml:2:20: kind `native` is declared twice
        help: `worker` is another word for `native`"#]],
    );
}

#[test]
fn a_script_stands_alone() {
    rejects(
        &types(r#"["http", "script:1"]"#),
        &[],
        &expect![[r#"
        service.toml:2:18: kind `script` must be the only kind of a service
        help: make the script a service of its own"#]],
    );
    rejects(
        &types(r#"["script", "worker"]"#),
        &[],
        &expect![[r#"
        service.toml:2:10: kind `script` must be the only kind of a service
        help: make the script a service of its own"#]],
    );
}

#[test]
fn ports_fit_into_16_bits() {
    for bad in ["http:", "http:80:90", "http:-1", "http:70000", "http:+80", "http: 80", "http:x"] {
        let problems = super::parse(&types(&format!("[{bad:?}]")), &[]).expect_err(bad);

        assert_eq!(
            super::listed(&problems),
            format!(
                "service.toml:2:10: a kind may have one port from 0 to 65535, found `\"{bad}\"`\n\
                 help: for example `http:8080`"
            )
        );
    }
}

#[test]
fn a_port_of_a_kind_that_does_not_listen_is_a_warning() {
    warns(
        &types(r#"["native:8080"]"#),
        &[],
        &expect![[r#"
        service.toml:2:10: kind `native` does not listen, its port is ignored
        help: write `native`"#]],
    );
    warns(
        &types(r#"["script:1"]"#),
        &[],
        &expect![[r#"
        service.toml:2:10: kind `script` does not listen, its port is ignored
        help: write `script`"#]],
    );
    rejects(
        &types(r#"["native:x"]"#),
        &[],
        &expect![[r#"
        service.toml:2:10: a kind may have one port from 0 to 65535, found `"native:x"`
        help: for example `http:8080`"#]],
    );
}

#[test]
fn the_port_comes_from_the_strongest_source() {
    let global = ("MIKROS_HTTP_PORT", "9090");
    let own = ("GREETER__MIKROS_HTTP_PORT", "9191");
    let with_port = types(r#"["http:8443"]"#);
    let without = types(r#"["http"]"#);

    assert_eq!(port(&without, &[]), Port { number: 8080, source: Origin::Default });
    assert_eq!(
        port(&without, &[global]),
        Port { number: 9090, source: Origin::Variable("MIKROS_HTTP_PORT".to_owned()) }
    );
    assert_eq!(
        port(&with_port, &[global]),
        Port { number: 8443, source: Origin::File(Position { line: 2, column: 10 }) }
    );
    assert_eq!(
        port(&with_port, &[global, own]),
        Port { number: 9191, source: Origin::Variable("GREETER__MIKROS_HTTP_PORT".to_owned()) }
    );
    assert_eq!(port(&types(r#"["http:0"]"#), &[]).number, 0);
}

#[test]
fn the_source_of_the_port_is_explained() {
    let definition = accepted(&types(r#"["http:8443"]"#), &[]);

    expect!["http.port = 8443 (service.toml:2)"].assert_eq(&explained(&definition, "http.port"));
}

#[test]
fn two_ports_are_a_warning_only_when_they_differ() {
    let text = types(r#"["http:8443"]"#);

    warns(
        &text,
        &[("MIKROS_HTTP_PORT", "9090")],
        &expect![[r#"
        service.toml:2:10: `types` and `MIKROS_HTTP_PORT` set different ports for `http`, 8443 from `types` wins
        help: set `GREETER__MIKROS_HTTP_PORT` to override the file"#]],
    );
    warns(&text, &[("MIKROS_HTTP_PORT", "8443")], &expect![[""]]);
    warns(&text, &[("GREETER__MIKROS_HTTP_PORT", "9090")], &expect![[""]]);
}

#[test]
fn a_table_without_its_kind_is_a_warning_and_still_checked() {
    let native = [("types", r#"["native"]"#)];

    warns(
        &with(&native, "[services.http]\nbase_path = \"/a\"\n"),
        &[],
        &expect![
            "service.toml:8:11: `[services.http]` has no effect: `types` does not name `http`"
        ],
    );
    warns(
        &with(&native, "[runtime.grpc]\nreflection = true\n"),
        &[],
        &expect!["service.toml:8:10: `[runtime.grpc]` has no effect: `types` does not name `grpc`"],
    );
    rejects(
        &with(&native, "[services.http]\nread_timeout = \"x\"\n"),
        &[],
        &expect![[r#"
        service.toml:9:16: `services.http.read_timeout` must be a duration from `1ms` to `24h`, found `"x"`
        help: write an integer and a unit: `ms`, `s`, `m` or `h`"#]],
    );
    let unused = accepted(&with(&native, "[services.http]\n"), &[]);
    assert_eq!(explained(&unused, "services.http"), "");
}

#[test]
fn a_table_of_an_unknown_kind_is_a_problem() {
    rejects(
        &with(&[], "[services.htp]\n[services.http-spec]\n[services.x]\n"),
        &[],
        &expect![[r#"
            service.toml:8:11: unknown kind `htp` in `[services.htp]`
            help: did you mean `http`?
            service.toml:9:11: unknown kind `http-spec` in `[services.http-spec]`
            help: write `http`: the service routes its requests itself
            service.toml:10:11: unknown kind `x` in `[services.x]`"#]],
    );
}

#[test]
fn both_spellings_of_a_table_are_read() {
    let base_path = |rest: &str| match accepted(&with(&[], rest), &[]).kinds.remove(0) {
        Kind::Http(http) => http.base_path,
        other => panic!("expected http, found {other:?}"),
    };

    assert_eq!(base_path("[services.http]\nbase_path = \"/a\"\n"), "/a");
    assert_eq!(base_path("[runtime.http]\nbase_path = \"/b\"\n"), "/b");
}

#[test]
fn two_tables_for_one_kind_are_a_problem() {
    rejects(
        &with(&[], "[services.http]\n[runtime.http]\nport = 1\n"),
        &[],
        &expect![[r#"
        service.toml:9:10: `[services.http]` and `[runtime.http]` are the same table
        help: keep one of them
        service.toml:10:1: unknown key `runtime.http.port`
        help: write the port in `types`, for example `types = ["http:8080"]`"#]],
    );
    rejects(
        &with(&[("types", r#"["native"]"#)], "[services.native]\n[services.worker]\nworkers = 4\n"),
        &[],
        &expect![[r#"
            service.toml:9:11: `[services.native]` and `[services.worker]` are the same table
            help: keep one of them
            service.toml:10:1: unknown key `services.worker.workers`
            help: write `instances` in `[host]`"#]],
    );
}
