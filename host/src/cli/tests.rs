//! Tests of what can be typed.

mod help;

use clap::{CommandFactory, Parser};
use expect_test::{Expect, expect};

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::read(line.split(' '))
}

/// What the user reads about a command line that cannot be understood, and its exit status.
#[track_caller]
fn rejects(line: &str, expected: &Expect) {
    let error = parse(line).expect_err("the command line must be rejected");
    assert_eq!(error.exit_code(), 2);
    expected.assert_eq(&error.to_string());
}

#[test]
fn every_definition_of_an_argument_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn a_run_takes_a_service_and_arguments_for_its_script() {
    let cli = parse("mikros-host run --build services/report -- --month 5").unwrap();

    let Command::Run(run) = cli.command else { panic!("it is a run") };
    assert!(run.build);
    assert_eq!(run.services.given(), [PathBuf::from("services/report")]);
    assert_eq!(run.arguments, ["--month", "5"]);
}

#[test]
fn arguments_need_no_service() {
    let cli = parse("mikros-host run -- --month").unwrap();

    let Command::Run(run) = cli.command else { panic!("it is a run") };
    assert!(run.services.given().is_empty());
    assert_eq!(run.arguments, ["--month"]);
}

#[test]
fn the_log_can_be_set_before_and_after_the_command() {
    let before = parse("mikros-host --log-format text --log-level WARNING run").unwrap();
    let after = parse("mikros-host run --log-format text --log-level warn").unwrap();

    for cli in [before, after] {
        assert_eq!(cli.log.log_format, Some(LogFormat::Text));
        assert_eq!(cli.log.log_level, Some(Level::Warn));
    }
}

#[test]
fn every_level_can_be_typed() {
    for level in Level::ALL {
        let cli = parse(&format!("mikros-host run --log-level {level}")).unwrap();

        assert_eq!(cli.log.log_level, Some(level));
    }
}

#[test]
fn the_version_names_everything_that_has_to_fit() {
    let error = parse("mikros-host --version").unwrap_err();

    assert_eq!(error.exit_code(), 0);
    expect![[r"
        mikros-host 0.2.0 (contract mikros:service@0.2.0, wasmtime 48.0.8)
    "]]
    .assert_eq(&error.to_string());
}

#[test]
fn the_version_of_wasmtime_is_the_one_that_is_built_in() {
    let manifest = include_str!("../../../Cargo.toml");

    assert!(manifest.contains(&format!("\nwasmtime = {{ version = \"={WASMTIME}\",")));
}

#[test]
fn a_mistyped_command_is_answered_with_the_nearest_one() {
    rejects(
        "mikros-host inspcet",
        &expect![[r"
            error: unrecognized subcommand 'inspcet'

              tip: a similar subcommand exists: 'inspect'

            Usage: mikros-host [OPTIONS] <COMMAND>

            For more information, try '--help'.
        "]],
    );
}

#[test]
fn an_unknown_option_is_refused() {
    rejects(
        "mikros-host check --jsno",
        &expect![[r"
        error: unexpected argument '--jsno' found

          tip: a similar argument exists: '--json'

        Usage: mikros-host check --json [SERVICE_TOML]...

        For more information, try '--help'.
    "]],
    );
}

#[test]
fn an_unknown_level_is_answered_with_all_levels() {
    rejects(
        "mikros-host run --log-level verbose",
        &expect![[r"
        error: invalid value 'verbose' for '--log-level <LEVEL>'
          [possible values: debug, internal, info, warn, error, fatal]

        For more information, try '--help'.
    "]],
    );
}

#[test]
fn kinds_can_be_listed_as_one_likes() {
    for typed in ["http,grpc:0,worker", "http, grpc:0, native", "http --kind grpc:0,native"] {
        let typed = typed.split(" --kind ").flat_map(|kinds| ["--kind", kinds]);
        let line = ["mikros-host", "new", "hello"].into_iter().chain(typed);

        let Command::New(new) = Cli::try_parse_from(line).unwrap().command else {
            panic!("it is new")
        };

        let kinds: Vec<_> = new.sketch.kinds.iter().map(|kind| (kind.name, kind.port)).collect();
        let expected =
            [(KindName::Http, None), (KindName::Grpc, Some(0)), (KindName::Native, None)];
        assert_eq!(kinds, expected);
    }
}

#[test]
fn a_new_service_has_kinds_and_ports() {
    let cli = parse("mikros-host new hello --kind http:0 --kind native --product Matrix").unwrap();

    let Command::New(new) = cli.command else { panic!("it is new") };
    let kinds: Vec<_> = new.sketch.kinds.iter().map(|kind| (kind.name, kind.port)).collect();
    assert_eq!(new.name.as_deref(), Some("hello"));
    assert_eq!(kinds, [(KindName::Http, Some(0)), (KindName::Native, None)]);
    assert_eq!(new.sketch.product.as_deref(), Some("Matrix"));
}

#[test]
fn an_impossible_kind_is_told_with_the_reason() {
    let kinds = [
        "gprc",
        "HTTP",
        "http-spec",
        "",
        "http:",
        "http:+80",
        "http:65536",
        "worker:80",
        "\u{1b}[B",
    ];
    let reasons = kinds.map(|kind| parse_kind(kind).expect_err("it must be refused") + "\n");

    expect![[r"
        unknown kind `gprc`, expected one of `http`, `grpc`, `native`, `cronjob`, `script`; did you mean `grpc`?
        unknown kind `HTTP`, expected one of `http`, `grpc`, `native`, `cronjob`, `script`; did you mean `http`?
        unknown kind `http-spec`, expected one of `http`, `grpc`, `native`, `cronjob`, `script`; write `http`: the service routes its requests itself
        a kind is missing
        a port is a number from 0 to 65535, found ``
        a port is a number from 0 to 65535, found `+80`
        a port is a number from 0 to 65535, found `65536`
        kind `worker` does not listen, write it without a port
        unknown kind `\u{1b}[B`, expected one of `http`, `grpc`, `native`, `cronjob`, `script`
    "]]
    .assert_eq(&reasons.concat());
    rejects(
        "mikros-host new hello --kind gprc",
        &expect![[r"
            error: invalid value 'gprc' for '--kind <KIND[:PORT]>': unknown kind `gprc`, expected one of `http`, `grpc`, `native`, `cronjob`, `script`; did you mean `grpc`?

            For more information, try '--help'.
        "]],
    );
}

#[test]
fn several_services_come_before_the_arguments_of_a_script() {
    for typed in ["run a b -- c", "run --config a --config b -- c"] {
        let typed = format!("mikros-host {typed}");
        let Command::Run(run) = Cli::try_parse_from(typed.split(' ')).unwrap().command else {
            panic!("{typed}");
        };

        assert_eq!(run.services.given(), ["a", "b"].map(PathBuf::from));
        assert_eq!(run.arguments, ["c"]);
    }
    assert!(Cli::try_parse_from(["mikros-host", "test", "a", "b"]).is_err());
}

#[test]
fn the_path_can_be_given_as_the_other_frameworks_want_it() {
    for command in ["run", "dev", "test", "build", "check", "doctor", "inspect"] {
        for arguments in [&["--config", "a.toml"][..], &["--config=a.toml"], &["a.toml"]] {
            let typed = [&["mikros-host", command], arguments].concat();
            let command_line = Cli::try_parse_from(typed).unwrap().command;
            let given = match &command_line {
                Command::Run(run) => run.services.given(),
                Command::Dev(dev) => dev.services.given(),
                Command::Test(test) => test.service.given(),
                Command::Build(build) => build.services.given(),
                Command::Check(check) => check.services.given(),
                Command::Doctor(doctor) => doctor.services.given(),
                Command::Inspect(inspect) => inspect.services.given(),
                _ => panic!("{command}"),
            };

            assert_eq!(given, [PathBuf::from("a.toml")], "{command} {arguments:?}");
        }
    }
    assert!(Cli::try_parse_from(["mikros-host", "run", "--config", "a", "b"]).is_err());
}

#[test]
fn arguments_of_a_service_go_behind_a_separator() {
    rejects(
        "mikros-host test one two",
        &expect![[r"
            error: unexpected argument 'two' found

              tip: to pass 'two' as a value, use '-- two'

            Usage: mikros-host test [OPTIONS] [SERVICE_TOML] [-- <ARGS>...]

            For more information, try '--help'.
        "]],
    );
    // In the same words as clap's own.
    rejects(
        "mikros-host dev one --month 5",
        &expect![[r"
            error: unexpected argument '--month' found

              tip: to pass '--month' as a value, use '-- --month'

            Usage: mikros-host dev <SERVICE_TOML>... [-- <ARGS>...]

            For more information, try '--help'.
        "]],
    );
}
