//! What a problem shows of the file: which part is marked, and how the line is made fit to be shown.

use expect_test::{Expect, expect};

use super::{FILE, parse, with};
use crate::definition::LoadError;
use crate::definition::document::Place;
use crate::definition::snippet::Snippet;

/// The text about a definition that is wrong.
#[track_caller]
fn shows(text: &str, list: &[(&str, &str)], expected: &Expect) {
    let problems = parse(text, list).expect_err("the definition must be rejected");
    expected.assert_eq(&LoadError::Invalid { path: FILE.into(), problems }.to_string());
}

#[test]
fn carets_mark_what_has_to_be_edited() {
    shows(
        &with(
            &[("types", r#"["http:8080", "htpp"]"#), ("prot", "1"), ("name", "''")],
            "instances = \"many\"\nlimits.memory = { max = 1 }\nlimits.\"max queue\" = 5\n\
             [log]\n[services.htpp]\nport = 5\n[features.cache]\nenabled = 'yes'\n",
        ),
        &[],
        &expect![[r#"
            invalid service definition
              service.toml:1:8: `name` must not be empty
                1 | name = ''
                  |        ^^
              service.toml:2:23: unknown kind `htpp`, expected one of `http`, `grpc`, `native`, `worker`, `script`
                2 | types = ["http:8080", "htpp"]
                  |                       ^^^^^^
                help: did you mean `http`?
              service.toml:6:1: unknown key `prot`
                6 | prot = 1
                  | ^^^^
              service.toml:9:13: `host.instances` must be an integer from 1 to 1024, or `"auto"`, found `"many"`
                9 | instances = "many"
                  |             ^^^^^^
                help: for example `"auto"`
              service.toml:10:17: `host.limits.memory` must be a size from `1MiB` to `4GiB`, found a table
                10 | limits.memory = { max = 1 }
                   |                 ^^^^^^^^^^^
                help: for example `"64MiB"`
              service.toml:11:8: unknown key `host.limits."max queue"`
                11 | limits."max queue" = 5
                   |        ^^^^^^^^^^^
                help: did you mean `max_queue`?
              service.toml:13:11: unknown kind `htpp` in `[services.htpp]`
                13 | [services.htpp]
                   |           ^^^^
                help: did you mean `http`?
              service.toml:16:11: `features.cache.enabled` must be `true` or `false`, found `"yes"`
                16 | enabled = 'yes'
                   |           ^^^^^"#]],
    );
}

#[test]
fn of_a_value_on_several_lines_the_first_is_shown() {
    shows(
        &with(&[("version", "[\n  1,\n]"), ("product", "\"\"\"\nMatrix\n\"\"\"")], "log = 5\n"),
        &[],
        &expect![[r#"
            invalid service definition
              service.toml:3:11: `version` must be a version such as `v1.2.3`, found an array
                3 | version = [
                  |           ^
                help: for example `"v1.2.0"`
              service.toml:12:1: unknown key `host.log`
                12 | log = 5
                   | ^^^"#]],
    );
}

#[test]
fn what_is_missing_is_told_with_the_table_it_belongs_to() {
    shows(
        "types = ['native']\n[host]\n",
        &[],
        &expect![[r#"
        invalid service definition
          service.toml:1:1: `name` is missing
            help: add `name = "greeter"`
          service.toml:1:1: `version` is missing
            help: add `version = "v1.2.0"`
          service.toml:1:1: `language` is missing
            help: add `language = "rust"`
          service.toml:1:1: `product` is missing
            help: add `product = "Matrix"`
          service.toml:2:2: `host.component` is missing
            2 | [host]
              |  ^^^^
            help: add `component = "target/wasm32-wasip2/release/greeter.wasm"` to `[host]`"#]],
    );
}

#[test]
fn an_error_at_the_end_of_the_file_is_shown_there() {
    shows(
        "name = \"greeter",
        &[],
        &expect![[r#"
            invalid service definition
              service.toml:1:8: invalid TOML: this string is not closed
                1 | name = "greeter
                  |        ^
                help: add `"` where it ends"#]],
    );
    shows(
        "types = [\"http\"\n",
        &[],
        &expect![[r#"
            invalid service definition
              service.toml:1:9: invalid TOML: this `[` is not closed
                1 | types = ["http"
                  |         ^
                help: add `]`"#]],
    );
    shows(
        "\u{feff}nmae =\r\n",
        &[],
        &expect![[r#"
        invalid service definition
          service.toml:1:7: invalid TOML: string values must be quoted, expected literal string
            1 | nmae =
              |       ^"#]],
    );
}

#[test]
fn carriage_returns_are_no_part_of_a_line() {
    let text = with(&[("product", "5")], "").replace('\n', "\r\n");

    shows(
        &text,
        &[],
        &expect![[r#"
        invalid service definition
          service.toml:5:11: `product` must be a string, found the integer `5`
            5 | product = 5
              |           ^
            help: for example `"Matrix"`"#]],
    );
}

#[test]
fn the_value_of_a_variable_is_never_shown() {
    let text = with(&[("version", "\"SECRET@env\"")], "address = \"SECRET@env\"\n");

    shows(
        &text,
        &[("SECRET", "hunter2")],
        &expect![[r#"
        invalid service definition
          service.toml:3:11: `version` must be a version such as `v1.2.3`, found the value of `SECRET`
            3 | version = "SECRET@env"
              |           ^^^^^^^^^^^^
            help: for example `"v1.2.0"`
          service.toml:8:11: `host.address` must be an IP address, found the value of `SECRET`
            8 | address = "SECRET@env"
              |           ^^^^^^^^^^^^
            help: for example `"127.0.0.1"`"#]],
    );
}

/// Shows the line with the part between `«` and `»` marked.
#[track_caller]
fn marks(line: &str, expected: &Expect) {
    let (before, rest) = line.split_once('«').expect("the mark begins");
    let (marked, after) = rest.split_once('»').expect("the mark ends");
    let place = Place { start: before.len(), end: before.len() + marked.len() };
    let snippet = Snippet::new(7, &format!("{before}{marked}{after}"), place);
    let lines = snippet.map(|snippet| snippet.lines().join("\n"));
    expected.assert_eq(&lines.unwrap_or_default());
}

#[test]
fn carets_stand_below_what_is_marked() {
    marks(
        "«prot» = 'http:8080' # why",
        &expect![[r#"
        7 | prot = 'http:8080' # why
          | ^^^^"#]],
    );
    marks(
        "port = «'http'»",
        &expect![[r#"
        7 | port = 'http'
          |        ^^^^^^"#]],
    );
}

#[test]
fn an_empty_part_is_marked_where_it_would_be() {
    marks(
        "name = 'a«»",
        &expect![[r#"
        7 | name = 'a
          |          ^"#]],
    );
}

#[test]
fn a_blank_line_shows_nothing() {
    marks(" \t«» ", &expect![""]);
}

#[test]
fn wide_characters_and_marks_take_the_columns_they_take() {
    marks(
        "\tname = '世界 x\u{301}', «'🦀 grün'»",
        &expect![[r#"
            7 |     name = '世界 x́', '🦀 grün'
              |                      ^^^^^^^^^"#]],
    );
}

#[test]
fn nothing_reaches_the_terminal_that_would_move_its_cursor() {
    marks(
        "a = '\u{1b}[2J\u{202e}' «\u{7}» # \u{9b}31m\r",
        &expect![[r#"
        7 | a = '\u{1b}[2J\u{202e}' \u{7} # \u{9b}31m\r
          |                         ^^^^^"#]],
    );
}

#[test]
fn a_long_line_is_cut_around_the_carets() {
    let (before, after) = ("b".repeat(1000), "a".repeat(1000));
    marks(
        &format!("{before}«marked»{after}"),
        &expect![[r#"
            7 | …bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbmarkedaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
              |                                          ^^^^^^"#]],
    );
    marks(
        &format!("k = «'{}'» {after}", "世".repeat(1000)),
        &expect![[r#"
            7 | k = '世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世…
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"#]],
    );
}

#[test]
fn a_flood_of_marks_that_take_no_column_is_cut() {
    let snippet = Snippet::new(1, &format!("a{}", "\u{301}".repeat(100_000)), Place::FILE);

    let [line, _] = snippet.unwrap().lines();

    assert!(line.chars().count() < 120, "{line}");
}
