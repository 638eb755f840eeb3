//! What is not TOML, and keys that mean nothing.

use expect_test::expect;

use super::{rejects, with};

#[test]
fn what_is_not_closed_is_told_where_it_is_opened() {
    for (text, expected) in [
        ("types = [\"http:8181\"\nversion = \"v1\"\n[host]\na = [1]\n", (1, 9, "[")),
        ("types = [\"http:8181\",\nversion = \"v1\"\n", (1, 9, "[")),
        ("types = [\"http\"\n\n[host]\ncomponent = \"x\"\n", (1, 9, "[")),
        ("types = [\n  \"http\"\n[[service.x]]\na = ']'\n", (1, 9, "[")),
        ("a = [[1, 2\nb = 1\n", (1, 6, "[")),
        ("a = [\n", (1, 5, "[")),
        ("a = { b = 1\n[host]\n", (1, 5, "{")),
        ("a = { b = 1", (1, 5, "{")),
        ("x = 1\n[host\ncomponent = 'x'\n", (2, 1, "[")),
        ("[[service.x]\na = 1\n", (1, 1, "[")),
    ] {
        let problems = super::parse(text, &[]).unwrap_err();

        let (line, column, bracket) = expected;
        let place = problems[0].position.map(|place| (place.line, place.column));
        assert_eq!(place, Some((line, column)), "{text:?} {problems:?}");
        let message = format!("invalid TOML: this `{bracket}` is not closed");
        assert_eq!((problems.len(), &problems[0].message), (1, &message), "{text:?}");
    }
    for (text, column) in [
        ("name = \"greeter\nversion = \"v1\"\n", 8),
        ("name = 'greeter", 8),
        ("name = \"greeter\\\"\n", 8),
        ("name = \"\"\"greeter\nversion = \"v1\"\n", 8),
        ("\"name = 1\n", 1),
    ] {
        let problems = super::parse(text, &[]).unwrap_err();

        let place = problems[0].position.map(|place| (place.line, place.column));
        assert_eq!((problems.len(), place), (1, Some((1, column))), "{text:?} {problems:?}");
        assert_eq!(problems[0].message, "invalid TOML: this string is not closed", "{text:?}");
    }
}

#[test]
fn what_is_closed_is_not_blamed() {
    for (text, place) in [
        ("a = [\n  [1, 2]\n  [3, 4]\n]\n", (3, 3)),
        ("a = [\n  'x'\n  'y'\n]\n", (3, 3)),
        ("a = [1 2]\nb = 1\n", (1, 6)),
        ("a = { b = 1\n  c = 2 }\n", (2, 3)),
        ("[a b]\n", (1, 3)),
        ("a = [1]]\n", (1, 8)),
    ] {
        let problems = super::parse(text, &[]).unwrap_err();

        let found = problems[0].position.map(|place| (place.line, place.column));
        assert_eq!((problems.len(), found), (1, Some(place)), "{text:?} {problems:?}");
        assert!(!problems[0].message.contains("not closed"), "{text:?} {problems:?}");
    }
}

#[test]
fn every_syntax_error_has_a_place() {
    rejects(
        "name = \"greeter\ntypes = [\"http\"\nversion =\n",
        &[],
        &expect![[r#"
            service.toml:1:8: invalid TOML: this string is not closed
            help: add `"` where it ends"#]],
    );
    rejects(
        "name = 1\nname = 2\n[host]\n[host]\n",
        &[],
        &expect![[r#"
        service.toml:2:1: invalid TOML: duplicate key
        service.toml:4:2: invalid TOML: duplicate key"#]],
    );
    rejects(
        "= 1\n",
        &[],
        &expect![
            "service.toml:1:1: invalid TOML: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`"
        ],
    );
    rejects(
        "a = 1\u{0}\n",
        &[],
        &expect![
            "service.toml:1:5: invalid TOML: string values must be quoted, expected literal string"
        ],
    );
    rejects(
        "ä = \"ö\" ü\n",
        &[],
        &expect![
            "service.toml:1:1: invalid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`"
        ],
    );
}

#[test]
fn a_flood_of_syntax_errors_is_cut() {
    let problems = super::parse(&"]\n".repeat(1000), &[]).unwrap_err();

    assert_eq!(problems.len(), 1);
    let duplicates = super::parse(&"a = 1\n".repeat(1000), &[]).unwrap_err();
    assert_eq!(duplicates.len(), 20);
}

#[test]
fn an_empty_file_lists_what_is_needed() {
    rejects(
        "",
        &[],
        &expect![[r#"
            service.toml:1:1: `name` is missing
            help: add `name = "greeter"`
            service.toml:1:1: `version` is missing
            help: add `version = "v1.2.0"`
            service.toml:1:1: `language` is missing
            help: add `language = "rust"`
            service.toml:1:1: `product` is missing
            help: add `product = "Matrix"`
            service.toml:1:1: `types` is missing
            help: add `types = ["http:8080"]`
            service.toml:1:1: `host.component` is missing
            help: add `component = "target/wasm32-wasip2/release/greeter.wasm"` to `[host]`"#]],
    );
}

#[test]
fn line_ends_and_byte_order_marks_of_windows_are_fine() {
    let text = format!("\u{feff}{}", with(&[], "").replace('\n', "\r\n"));

    super::accepted(&text, &[]);
    rejects(
        &with(&[], "\nzzz = 1\n").replace('\n', "\r\n"),
        &[],
        &expect!["service.toml:9:1: unknown key `host.zzz`"],
    );
}

#[test]
fn columns_count_characters() {
    rejects(
        &with(&[("product", "{ ä = \"ö\", zzz = 1 }")], ""),
        &[],
        &expect![
            "service.toml:5:13: invalid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`"
        ],
    );
    rejects(
        &with(&[], "[services.http]\n\"ä\".b = 1\n"),
        &[],
        &expect![[r#"service.toml:9:1: unknown key `services.http."ä"`"#]],
    );
}

#[test]
fn unknown_keys_come_with_a_suggestion() {
    rejects(
        &with(
            &[("langauge", "1"), ("env", "[]"), ("memory", "1"), ("zzz", "1"), ("component", "1")],
            "limit = { memory = 1 }\nlimits.max_quee = 1\n[logs]\nlevel = 1\n[service.x]\n[services.http]\nheaderTimeout = 1\n[tests]\nx = 1\n",
        ),
        &[],
        &expect![[r#"
            service.toml:6:1: unknown key `langauge`
            help: did you mean `language`?
            service.toml:7:1: unknown key `env`
            help: did you mean `envs`?
            service.toml:8:1: unknown key `memory`
            help: did you mean `host.limits.memory`?
            service.toml:9:1: unknown key `zzz`
            service.toml:10:1: unknown key `component`
            help: did you mean `host.component`?
            service.toml:13:1: unknown key `host.limit`
            help: did you mean `limits`?
            service.toml:14:8: unknown key `host.limits.max_quee`
            help: did you mean `max_queue`?
            service.toml:15:2: unknown key `logs`
            help: did you mean `log`?
            service.toml:19:1: unknown key `services.http.headerTimeout`
            help: did you mean `header_timeout`?
            service.toml:21:1: unknown key `tests.x`"#]],
    );
}

#[test]
fn keys_of_the_past_name_their_successor() {
    rejects(
        &with(&[], "[deploy]\nport = 1\n[http]\nport = 1\n"),
        &[],
        &expect![[r#"
        service.toml:8:2: unknown key `deploy`
        help: write the table of the kind, for example `[services.http]`
        service.toml:10:2: unknown key `http`
        help: write `[services.http]`"#]],
    );
}

#[test]
fn what_this_version_does_not_have_is_told() {
    rejects(
        &with(&[], "[tracing]\nx = 1\n[metrics]\n[services.http.tls]\ncert = 'x'\n"),
        &[],
        &expect![[r#"
            service.toml:8:2: unknown key `tracing`
            help: remove it: this version has no tracing yet
            service.toml:10:2: unknown key `metrics`
            help: remove it: this version has no metrics yet
            service.toml:11:16: `services.http.tls.certificate` is missing
            help: add `certificate` to `[services.http.tls]`, the path of a PEM file
            service.toml:11:16: `services.http.tls.key` is missing
            help: add `key` to `[services.http.tls]`, the path of a PEM file
            service.toml:12:1: unknown key `services.http.tls.cert`"#]],
    );
}

#[test]
fn a_quoted_key_with_dots_is_no_path() {
    rejects(
        &with(
            &[("\"host.component\"", "\"x\"")],
            "\"limits.memory\" = \"64MiB\"\n[\"log.attributes\"]\n[services.\"http.health\"]\n",
        ),
        &[],
        &expect![[r#"
            service.toml:6:1: unknown key `"host.component"`
            help: remove the quotes
            service.toml:9:1: unknown key `host."limits.memory"`
            help: remove the quotes
            service.toml:10:2: unknown key `"log.attributes"`
            help: remove the quotes
            service.toml:11:11: unknown kind `http.health` in `[services."http.health"]`
            help: remove the quotes"#]],
    );
    rejects(
        &with(&[("\"*\"", "1"), ("\"\"", "1")], ""),
        &[],
        &expect![[r#"
            service.toml:6:1: unknown key `"*"`
            service.toml:7:1: unknown key `""`"#]],
    );
}

#[test]
fn tables_must_be_tables() {
    rejects(
        &with(
            &[
                ("log", "5"),
                ("tests", "[]"),
                ("features", "true"),
                ("clients", "\"x\""),
                ("services", "1"),
            ],
            "limits = 5\n[[runtime]]\n",
        ),
        &[],
        &expect![[r#"
            service.toml:6:7: `log` must be a table, found the integer `5`
            help: write `[log]`
            service.toml:7:9: `tests` must be a table, found an array
            help: write `[tests]`
            service.toml:8:12: `features` must be a table, found `true`
            help: write `[features]`
            service.toml:9:11: `clients` must be a table, found `"x"`
            help: write `[clients]`
            service.toml:10:12: `services` must be a table, found the integer `1`
            help: write `[services]`
            service.toml:13:10: `host.limits` must be a table, found the integer `5`
            help: write `[host.limits]`
            service.toml:14:1: `runtime` must be a table, found an array
            help: write `[runtime]`"#]],
    );
    rejects(
        &with(&[], "[services]\nhttp = 1\nnative = []\n"),
        &[],
        &expect![[r#"
        service.toml:9:8: `services.http` must be a table, found the integer `1`
        help: write `[services.http]`
        service.toml:10:10: `services.native` must be a table, found an array
        help: write `[services.native]`"#]],
    );
}

#[test]
fn user_text_in_messages_is_short_and_harmless() {
    rejects(
        &with(&[("version", &format!("\"{}\"", "x".repeat(500)))], ""),
        &[],
        &expect![[r#"
        service.toml:3:11: `version` must be a version such as `v1.2.3`, found `"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`
        help: for example `"v1.2.0"`"#]],
    );
    rejects(
        &with(&[("version", "\"a\\nb\\u001b[31m\"")], "\"z\\u0007\" = 1\n"),
        &[],
        &expect![[r#"
            service.toml:3:11: `version` must be a version such as `v1.2.3`, found `"a\nb\u{1b}[31m"`
            help: for example `"v1.2.0"`
            service.toml:8:1: unknown key `host."z\u{7}"`"#]],
    );
}

#[test]
fn nesting_has_a_limit() {
    let limit = "tables and arrays must not nest deeper than 64 levels";
    let path = vec!["a"; 78].join(".");
    let inline = format!("{{ {path} = ").repeat(78);
    let closing = " }".repeat(78);
    for (line, deep) in [
        (9, format!("x = {}", "[".repeat(5000))),
        (9, format!("x = {}", "{a=".repeat(5000))),
        (9, format!("{path} = 1")),
        (9, format!("x = {{ {path} = 1 }}")),
        (8, format!("[service.{path}]")),
        (8, format!("[[service.{path}]]\n{path} = {inline}1{closing}")),
    ] {
        let text = if deep.starts_with('[') { deep } else { format!("[service]\n{deep}") };
        let problems = super::parse(&with(&[], &text), &[]).unwrap_err();

        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].message, limit);
        assert_eq!(problems[0].position.map(|position| position.line), Some(line));
    }
}

#[test]
fn many_shallow_tables_are_no_depth() {
    let dots = "[1.5, 2.5, { a.b.c = 1.5 }],\n".repeat(200);
    let keys = (0..200).map(|index| format!("a.b{index}.c = 1.5")).collect::<Vec<_>>();
    let tables = (0..200).map(|index| format!("[service.t{index}.a.b]")).collect::<Vec<_>>();
    let (keys, tables) = (keys.join("\n"), tables.join("\n"));

    let text = with(&[], &format!("[service]\n{keys}\nlist = [\n{dots}]\n{tables}\n"));

    assert_eq!(super::accepted(&text, &[]).settings.table.len(), 202);
}

#[test]
fn a_file_of_garbage_does_not_take_long() {
    let started = std::time::Instant::now();
    for garbage in [
        format!("[service]\nlist = [{}]\n", "nan,".repeat(200_000)),
        format!(
            "[service]\nx = {{ {} }}\n",
            (0..80_000).map(|n| format!("k{n}=1,")).collect::<Vec<_>>().concat()
        ),
        format!("{} = 1\n", "x".repeat(1 << 20)),
        "k = \u{1}".repeat(100_000),
        "[".repeat(1 << 20),
    ] {
        let problems = super::parse(&garbage, &[]).unwrap_err();

        assert!(problems.len() <= 1000);
    }
    assert!(started.elapsed().as_secs() < 60, "took {:?}", started.elapsed());
}
