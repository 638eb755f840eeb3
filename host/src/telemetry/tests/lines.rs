//! How lines look.
//!
//! Knows nothing of slow or broken outputs.

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;

const JSON: Format = Format::Json;
/// What a record becomes: level, message, attributes, context.
type LineFields<'a> = (Level, &'a str, &'a [(&'a str, Value)], &'a [(&'a str, Value)]);

fn render(format: Format, fixed: &[(&str, &str)], said: &[LineFields<'_>]) -> String {
    let output = Output::new(Answer::TakeAll);
    let (logger, flush) = start(format, fixed, &output);
    for (level, message, own, context) in said {
        logger.log(*level, message, &attributes(own), &attributes(context));
    }
    assert_eq!(flush.finish(PATIENCE).lost, 0);
    output.text()
}

#[track_caller]
fn check(format: Format, fixed: &[(&str, &str)], said: LineFields<'_>, expected: &Expect) {
    expected.assert_eq(&render(format, fixed, &[said]));
}

#[test]
fn fields_come_in_a_fixed_order() {
    check(
        JSON,
        &[("service.name", "greeter"), ("service.type", "http"), ("team", "blue")],
        (
            Level::Info,
            "service is running",
            &[
                ("zone", json!("b")),
                ("area", json!(7)),
                ("nested", json!({"b": [1, null], "a": 0.5})),
            ],
            &[("request.id", json!("r-1")), ("retried", json!(false))],
        ),
        &expect![[r#"
            {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"service is running","service.name":"greeter","service.type":"http","team":"blue","zone":"b","area":7,"nested":{"b":[1,null],"a":0.5},"request.id":"r-1","retried":false}
        "#]],
    );
}

#[test]
fn a_repeated_key_loses_no_value_but_that_of_a_fixed_field() {
    check(
        JSON,
        &[("service.name", "first"), ("team", "blue"), ("service.name", "greeter")],
        (
            Level::Info,
            "m",
            &[("a", json!(1)), ("team", json!("red")), ("b", json!(2))],
            &[("c", json!(3)), ("a", json!("context"))],
        ),
        &expect![[r#"
            {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"m","service.name":"greeter","team":"red","attributes.a":1,"b":2,"c":3,"a":"context"}
        "#]],
    );
}

#[test]
fn the_context_keeps_its_names() {
    let own = [("a", json!(1)), ("b", json!(2))];
    let context = [("a", json!("context"))];
    check(
        JSON,
        &[],
        (Level::Info, "m", &own, &context),
        &expect![[r#"
        {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"m","attributes.a":1,"b":2,"a":"context"}
    "#]],
    );
    check(
        TEXT,
        &[],
        (Level::Info, "m", &own, &context),
        &expect![[r"
        13:48:46.350 INFO  m  attributes.a=1 b=2 a=context
    "]],
    );
}

#[test]
fn attributes_cannot_replace_what_belongs_to_the_line() {
    check(
        JSON,
        &[("level", "fixed")],
        (
            Level::Error,
            "real",
            &[("time", json!("1970")), ("level", json!("DEBUG")), ("msg", json!("fake"))],
            &[("attributes.time", json!("context"))],
        ),
        &expect![[r#"
            {"time":"2026-11-22T13:48:46.350431041Z","level":"ERROR","msg":"real","attributes.level":"DEBUG","attributes.time":"context","attributes.msg":"fake"}
        "#]],
    );
}

#[test]
fn a_line_of_the_host_has_its_event_after_the_message() {
    let attributes = attributes(&[("event", json!("mine")), ("kind", json!("http"))]);
    let lines = |format| {
        let output = Output::new(Answer::TakeAll);
        let (logger, flush) = start(format, &[("service.name", "greeter")], &output);
        let running = logger.event(Event::ServiceRunning);
        running.log(Level::Info, "service is running", &none(), &none());
        running.log(Level::Info, "m", &attributes, &none());
        running.log(Level::Info, "m", &none(), &attributes);
        assert_eq!(flush.finish(PATIENCE).lost, 0);
        output.text()
    };

    expect![[r#"
        {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"service is running","event":"service-running","service.name":"greeter"}
        {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"m","event":"service-running","service.name":"greeter","attributes.event":"mine","kind":"http"}
        {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"m","event":"service-running","service.name":"greeter","attributes.event":"mine","kind":"http"}
    "#]].assert_eq(&lines(JSON));
    expect![[r"
        13:48:46.350 INFO  service is running
        13:48:46.350 INFO  m  attributes.event=mine kind=http
        13:48:46.350 INFO  m  attributes.event=mine kind=http
    "]]
    .assert_eq(&lines(TEXT));
}

#[test]
fn a_service_may_name_an_attribute_event() {
    check(
        JSON,
        &[],
        (Level::Info, "m", &[("event", json!("order-created"))], &[]),
        &expect![[r#"
            {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"m","event":"order-created"}
        "#]],
    );
    // One that all lines have would be in those of the host too.
    check(
        JSON,
        &[("event", "all")],
        (Level::Info, "m", &[], &[]),
        &expect![[r#"
            {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"m","attributes.event":"all"}
        "#]],
    );
}

#[test]
fn a_message_that_is_json_stays_a_string() {
    check(
        JSON,
        &[],
        (Level::Info, r#"{"kind":7}"#, &[], &[]),
        &expect![[r#"
        {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"{\"kind\":7}"}
    "#]],
    );
    check(
        JSON,
        &[],
        (Level::Info, "123", &[], &[]),
        &expect![[r#"
        {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"123"}
    "#]],
    );
}

const HOSTILE: &str =
    "a\nb\r\n\t\"q\"\\ \0\x1b[2J \u{7f} \u{9b}31m \u{85}\u{2028}\u{202e}\u{2066} ü€𝄞";

#[test]
fn hostile_text_stays_in_its_json_string() {
    let said: LineFields<'_> = (
        Level::Info,
        HOSTILE,
        &[(HOSTILE, json!(HOSTILE)), ("in", json!([{ HOSTILE: HOSTILE }]))],
        &[],
    );

    let line = render(JSON, &[(HOSTILE, "fixed")], &[said]);

    expect![[r#"
        {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"a\nb\r\n\t\"q\"\\ \u0000\u001b[2J \u007f \u009b31m \u0085\u2028\u202e\u2066 ü€𝄞","a\nb\r\n\t\"q\"\\ \u0000\u001b[2J \u007f \u009b31m \u0085\u2028\u202e\u2066 ü€𝄞":"a\nb\r\n\t\"q\"\\ \u0000\u001b[2J \u007f \u009b31m \u0085\u2028\u202e\u2066 ü€𝄞","in":[{"a\nb\r\n\t\"q\"\\ \u0000\u001b[2J \u007f \u009b31m \u0085\u2028\u202e\u2066 ü€𝄞":"a\nb\r\n\t\"q\"\\ \u0000\u001b[2J \u007f \u009b31m \u0085\u2028\u202e\u2066 ü€𝄞"}]}
    "#]].assert_eq(&line);
    assert_eq!(line.matches(char::is_control).collect::<Vec<_>>(), ["\n"], "one line, no commands");
    let read: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(read["msg"], HOSTILE);
    assert_eq!(read[HOSTILE], HOSTILE);
    assert_eq!(read["in"][0][HOSTILE], HOSTILE);
}

#[test]
fn each_obeyed_character_is_escaped_on_its_own() {
    for character in HOSTILE.chars().filter(|c| c.is_control() || !c.is_alphabetic()) {
        let said: LineFields<'_> = (Level::Info, &format!("a{character}b"), &[], &[]);

        let [json, text] = [JSON, TEXT].map(|format| render(format, &[], &[said]));

        for line in [&json, &text] {
            assert!(!line.trim_end().contains(is_dangerous), "{character:?} in {line:?}");
        }
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["msg"], said.1);
    }
}

/// Written out, so that it does not follow the code it checks.
fn is_dangerous(c: char) -> bool {
    matches!(u32::from(c), 0..=0x1f | 0x7f..=0x9f | 0x2028..=0x202e | 0x2066..=0x2069)
}

#[test]
fn hostile_text_commands_no_terminal() {
    let said: LineFields<'_> = (
        Level::Info,
        HOSTILE,
        &[(HOSTILE, json!(HOSTILE)), ("in", json!([{ HOSTILE: HOSTILE }]))],
        &[],
    );

    let line = render(TEXT, &[], &[said]);

    expect![[r#"
        13:48:46.350 INFO  a\nb\r\n\t"q"\ \u{0}\u{1b}[2J \u{7f} \u{9b}31m \u{85}\u{2028}\u{202e}\u{2066} ü€𝄞  in=[{"a\nb\r\n\t\"q\"\\ \u0000\u001b[2J \u007f \u009b31m \u0085\u2028\u202e\u2066 ü€𝄞":"a\nb\r\n\t\"q\"\\ \u0000\u001b[2J \u007f \u009b31m \u0085\u2028\u202e\u2066 ü€𝄞"}]
            "a\nb\r\n\t\"q\"\\ \u{0}\u{1b}[2J \u{7f} \u{9b}31m \u{85}\u{2028}\u{202e}\u{2066} ü€𝄞":
                a
                b
                \t"q"\ \u{0}\u{1b}[2J \u{7f} \u{9b}31m \u{85}\u{2028}\u{202e}\u{2066} ü€𝄞
    "#]].assert_eq(&line);
    assert!(line.chars().all(|c| c == '\n' || !c.is_control()), "no commands");
    assert!(
        line.lines().skip(1).all(|row| row.is_empty() || row.starts_with("    ")),
        "no second record"
    );
}

#[test]
fn the_time_is_that_of_the_zone() {
    let zones = [Offset::UTC, Offset::constant(-5)].map(TimeZone::fixed);
    let lines = zones.map(|zone| {
        [JSON, TEXT].map(|format| {
            let output = Output::new(Answer::TakeAll);
            let clock = Clock::fixed("2026-11-22T03:04:05.06Z", zone.clone());
            let settings = settings(format, &[]);
            let (logger, flush) =
                Logger::start_with(&settings, clock, Limits::DEFAULT, output.writer(), |_| ())
                    .unwrap();
            logger.log(Level::Info, "m", &none(), &none());
            assert_eq!(flush.finish(PATIENCE).lost, 0);
            output.text()
        })
    });

    expect![[r#"
        {"time":"2026-11-22T03:04:05.060000000Z","level":"INFO","msg":"m"}
        03:04:05.060 INFO  m
        {"time":"2026-11-21T22:04:05.060000000-05:00","level":"INFO","msg":"m"}
        22:04:05.060 INFO  m
    "#]]
    .assert_eq(&lines.concat().concat());
}

#[test]
fn the_clock_of_the_machine_is_read() {
    let output = Output::new(Answer::TakeAll);
    let (logger, flush) = Logger::start(&settings(JSON, &[]), output.writer(), |_| ()).unwrap();
    let before = jiff::Timestamp::now();

    logger.log(Level::Info, "m", &none(), &none());

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    let line: Value = serde_json::from_str(&output.text()).unwrap();
    let time: jiff::Timestamp = line["time"].as_str().unwrap().parse().unwrap();
    assert!((before..=jiff::Timestamp::now()).contains(&time));
}

#[test]
fn text_is_for_people() {
    let text = render(
        TEXT,
        &[("service.name", "greeter")],
        &[
            (
                Level::Info,
                "service is running",
                &[("kind", json!("http")), ("address", json!("127.0.0.1:80"))],
                &[],
            ),
            (
                Level::Warn,
                "odd values",
                &[
                    ("empty", json!("")),
                    ("words", json!("a b")),
                    ("sum", json!("a=b")),
                    ("line", json!("a\n")),
                ],
                &[],
            ),
            (
                Level::Warn,
                "types",
                &[("n", json!(1.5)), ("null", Value::Null), ("list", json!(["a", {"b": 1}]))],
                &[],
            ),
            (
                Level::Error,
                "guest trapped",
                &[("error.stack", json!("0: inner\n\n1: outer\n")), ("kind", json!("http"))],
                &[("request.id", json!("r-1"))],
            ),
            (Level::Fatal, "the end", &[], &[]),
        ],
    );

    expect![[r#"
        13:48:46.350 INFO  service is running  kind=http address=127.0.0.1:80
        13:48:46.350 WARN  odd values  empty="" words="a b" sum="a=b" line="a\n"
        13:48:46.350 WARN  types  n=1.5 null=null list=["a",{"b":1}]
        13:48:46.350 ERROR guest trapped  kind=http request.id=r-1
            error.stack:
                0: inner

                1: outer
        13:48:46.350 FATAL the end
    "#]]
    .assert_eq(&text);
}

#[test]
fn colour_is_used_only_when_asked_for() {
    let stack = json!("a\nb");
    let said: LineFields<'_> =
        (Level::Warn, "m", &[("kind", json!("http")), ("stack", stack)], &[]);

    let coloured = render(Format::Text { colour: true, place: TextOutput::Terminal }, &[], &[said]);

    expect![[r"
        ^[2m13:48:46.350^[0m ^[33mWARN ^[0m m  ^[2mkind=^[0mhttp
            ^[2mstack:^[0m
                a
                b
    "]]
    .assert_eq(&coloured.replace('\x1b', "^"));
    assert!(!render(TEXT, &[], &[said]).contains('\x1b'));
}

#[test]
fn the_level_decides_and_can_change() {
    let output = Output::new(Answer::TakeAll);
    let (logger, flush) = start(JSON, &[], &output);
    let log_all = |logger: &Logger| {
        for level in Level::ALL {
            logger.log(level, "m", &none(), &none());
        }
    };

    log_all(&logger);
    let clone = logger.clone();
    assert_eq!(clone.set_level(Level::Fatal), Level::Info);
    assert_eq!(logger.level(), Level::Fatal);
    log_all(&logger);
    assert_eq!(logger.set_level(Level::Debug), Level::Fatal);
    assert!(clone.enabled(Level::Debug));
    log_all(&logger);

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    let lines = output.text();
    let levels = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let levels: Vec<_> = levels.map(|line| line["level"].as_str().unwrap().to_owned()).collect();
    expect!["INFO WARN ERROR FATAL FATAL DEBUG INTERNAL INFO WARN ERROR FATAL"]
        .assert_eq(&levels.join(" "));
}

#[test]
fn a_line_in_a_file_has_a_date_and_the_name_of_its_service() {
    let file = Format::Text { colour: false, place: TextOutput::File };
    let said: LineFields<'_> = (Level::Info, "m", &[("kind", json!("http"))], &[]);

    expect!["2026-11-22T13:48:46.350Z greeter INFO  m  kind=http\n"].assert_eq(&render(
        file,
        &[("service.name", "greeter")],
        &[said],
    ));
    expect!["2026-11-22T13:48:46.350Z INFO  m  kind=http\n"].assert_eq(&render(file, &[], &[said]));
}
