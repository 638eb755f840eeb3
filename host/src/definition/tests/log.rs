//! `[log]` and `[tests]`.

use expect_test::expect;

use super::{accepted, rejects, warns, with};
use crate::definition::{Log, StackTrace};
use crate::telemetry::Level;

fn table(rest: &str) -> String {
    with(&[], &format!("[log]\n{rest}\n"))
}

fn log(rest: &str) -> Log {
    accepted(&table(rest), &[]).log
}

#[test]
fn defaults_are_applied() {
    let expected = Log {
        level: Level::Info,
        stack_trace: StackTrace::Structured,
        attributes: Vec::new(),
        max_line: 16 * 1024,
        local_timestamp: true,
        display_errors: true,
    };

    assert_eq!(accepted(&with(&[], ""), &[]).log, expected);
}

#[test]
fn every_level_can_be_set() {
    for level in Level::ALL {
        assert_eq!(log(&format!("level = \"{}\"", level.name())).level, level);
    }
    assert_eq!(log("level = \"warning\"").level, Level::Warn);
}

#[test]
fn lines_have_a_longest_length_within_bounds() {
    assert_eq!(log("max_line = '1MiB'").max_line, 1 << 20);
    rejects(
        &table("max_line = '4095B'"),
        &[],
        &expect![[r#"
            service.toml:9:12: `log.max_line` must be a size from `4KiB` to `1MiB`, found `"4095B"`
            help: for example `"64KiB"`"#]],
    );
}

#[test]
fn an_unknown_level_is_a_problem() {
    rejects(
        &table("level = \"inof\""),
        &[],
        &expect![[r#"
        service.toml:9:9: `log.level` must be one of `debug`, `internal`, `info`, `warn`, `warning`, `error`, `fatal`, found `"inof"`
        help: did you mean `info`?"#]],
    );
    rejects(
        &table("level = \"INFO\""),
        &[],
        &expect![[r#"
        service.toml:9:9: `log.level` must be one of `debug`, `internal`, `info`, `warn`, `warning`, `error`, `fatal`, found `"INFO"`
        help: did you mean `info`?"#]],
    );
    rejects(
        &table("level = 3"),
        &[],
        &expect![[r#"
        service.toml:9:9: `log.level` must be one of `debug`, `internal`, `info`, `warn`, `warning`, `error`, `fatal`, found the integer `3`
        help: for example `"debug"`"#]],
    );
}

#[test]
fn both_spellings_of_the_stack_trace_are_read() {
    assert_eq!(log("error_stack_trace = \"default\"").stack_trace, StackTrace::Default);
    assert_eq!(log("error_stack_trace = \"disabled\"").stack_trace, StackTrace::Disabled);
    assert_eq!(log("error_stack_trace = \"structured\"").stack_trace, StackTrace::Structured);
    assert_eq!(log("error_stacktrace = true").stack_trace, StackTrace::Default);
    assert_eq!(log("error_stacktrace = false").stack_trace, StackTrace::Disabled);
    rejects(
        &table("error_stacktrace = true\nerror_stack_trace = \"default\""),
        &[],
        &expect![[r#"
            service.toml:9:20: `log.error_stacktrace` and `log.error_stack_trace` say the same thing
            help: remove the older `error_stacktrace`"#]],
    );
}

#[test]
fn attributes_are_strings_in_the_order_of_the_file() {
    let log = log("[log.attributes]\nteam = \"core\"\n\"a.b\" = \"\"\nalpha = \"x\"");

    let pairs = [("team", "core"), ("a.b", ""), ("alpha", "x")];
    assert_eq!(log.attributes, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    rejects(
        &table("attributes = { a = 1, b = \"x\", c = { d = \"y\" } }"),
        &[],
        &expect![[r#"
            service.toml:9:20: `log.attributes.a` must be a string, found the integer `1`
            help: add quotes
            service.toml:9:36: `log.attributes.c` must be a string, found a table"#]],
    );
    rejects(
        &table("attributes = \"team\""),
        &[],
        &expect![[r#"
        service.toml:9:14: `log.attributes` must be a table of strings, found `"team"`
        help: write `[log.attributes]`"#]],
    );
}

#[test]
fn switches_are_booleans() {
    let log = log("local_timestamp = false\ndisplay_errors = false");

    assert!(!log.local_timestamp);
    assert!(!log.display_errors);
    rejects(
        &table("local_timestamp = \"false\"\ndisplay_errors = 0"),
        &[],
        &expect![[r#"
        service.toml:9:19: `log.local_timestamp` must be `true` or `false`, found `"false"`
        help: remove the quotes
        service.toml:10:18: `log.display_errors` must be `true` or `false`, found the integer `0`
        help: for example `false`"#]],
    );
}

#[test]
fn the_table_for_tests_is_checked() {
    accepted(&with(&[], "[tests]\nexecute_lifecycle = true\ndiscard_log_messages = false\n"), &[]);
    warns(
        &with(&[], "[tests]\nexecute_lifecycle = false\n"),
        &[],
        &expect![
            "service.toml:9:21: `tests.execute_lifecycle = false` has no effect: the service always goes through its lifecycle"
        ],
    );
    rejects(
        &with(&[], "[tests]\nexecute_lifecycle = 1\ndiscard_log_message = false\n"),
        &[],
        &expect![[r#"
            service.toml:9:21: `tests.execute_lifecycle` must be `true` or `false`, found the integer `1`
            help: for example `true`
            service.toml:10:1: unknown key `tests.discard_log_message`
            help: did you mean `discard_log_messages`?"#]],
    );
}
