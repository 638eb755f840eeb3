//! Lines that would be too long.
//!
//! Knows nothing of slow or broken outputs.

use expect_test::expect;
use serde_json::json;

use super::*;

/// What is left of a record in lines of `max_line` bytes.
fn shortened(
    (format, max_line): (Format, usize),
    fixed: &[(&str, &str)],
    message: &str,
    own: &[(&str, Value)],
    context: &[(&str, Value)],
) -> String {
    let output = Output::new(Answer::TakeAll);
    let settings = LogSettings { max_line, ..settings(format, fixed) };
    let clock = Clock::fixed(NOW, TimeZone::UTC);
    let (logger, flush) =
        Logger::start_with(&settings, clock, Limits::DEFAULT, output.writer(), |_| ()).unwrap();
    logger.log(Level::Info, message, &attributes(own), &attributes(context));
    assert_eq!(flush.finish(PATIENCE).lost, 0);
    let line = output.text();
    assert!(line.len() <= max_line, "{} bytes", line.len());
    assert!(line.ends_with('\n') && !line.trim_end().contains('\n'), "one line");
    line
}

/// The same as JSON, which it still has to be.
fn shortened_json(
    fixed: &[(&str, &str)],
    message: &str,
    own: &[(&str, Value)],
    context: &[(&str, Value)],
) -> Value {
    let line = shortened((Format::Json, MAX_LINE), fixed, message, own, context);
    serde_json::from_str(&line).unwrap()
}

fn bytes(line: &Value, key: &str) -> usize {
    line[key].as_str().unwrap().len()
}

#[test]
fn a_line_as_long_as_it_may_be_is_whole() {
    let line = |length: usize| {
        shortened((Format::Json, 4096), &[], &"x".repeat(length), &[], &[("id", json!("r-1"))])
    };
    let room = 4096 - line(0).len();

    assert_eq!(line(room).len(), 4096);
    assert!(!line(room).contains("log.shortened"));
    assert!(line(room + 1).contains("log.shortened"));
}

#[test]
fn a_message_loses_its_end_and_the_line_says_how_much() {
    let message = "€".repeat(20_000);

    let line =
        shortened_json(&[("team", "blue")], &message, &[("n", json!(1))], &[("id", json!("r-1"))]);

    let kept = line["msg"].as_str().unwrap().strip_suffix('…').unwrap();
    assert!(message.starts_with(kept) && kept.len() > MAX_LINE / 2, "{}", kept.len());
    assert_eq!(line["log.shortened"], message.len() - kept.len());
    assert_eq!(
        (&line["team"], &line["n"], &line["id"]),
        (&json!("blue"), &json!(1), &json!("r-1"))
    );
}

#[test]
fn the_longest_values_lose_most_and_the_context_nothing() {
    let frames: Vec<_> = (0..1000).map(|number| format!("{number}: frame")).collect();
    let path = "/".repeat(2000);
    let own = [
        ("error.message", json!("m".repeat(50_000))),
        ("error.stack", json!(frames)),
        ("short", json!("s".repeat(500))),
        ("object", json!({"a": "b".repeat(50_000)})),
    ];

    let line = shortened_json(&[], "trapped", &own, &[("http.path", json!(path))]);

    assert_eq!(line["http.path"], path);
    assert_eq!((line["msg"].as_str(), bytes(&line, "short")), (Some("trapped"), 500));
    assert!(bytes(&line, "error.message") > 2000);
    assert_eq!(line["object"], "…");
    let stack = line["error.stack"].as_array().unwrap();
    assert_eq!(stack[..10], json!(frames[..10]).as_array().unwrap()[..], "the innermost frames");
    assert_eq!(stack.last(), Some(&json!("…")));
    assert!(line["log.shortened"].as_u64() > Some(90_000));
}

#[test]
fn what_is_escaped_counts_as_it_is_written() {
    let hostile = "\u{1b}".repeat(50_000);
    let many: Vec<_> =
        (0..500).map(|number| (format!("{number}{}", &hostile[..200]), json!(hostile))).collect();
    let many: Vec<_> = many.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();

    for format in [Format::Json, TEXT] {
        for max_line in [4096, MAX_LINE, 1 << 20] {
            let place = (format, max_line);
            let fixed = [("service.name", &*hostile), ("team", "blue")];
            let line = shortened(place, &fixed, &hostile, &many, &many);
            assert!(line.contains("log.shortened"));
        }
    }
}

#[test]
fn fixed_fields_leave_half_of_the_line() {
    let long = "x".repeat(MAX_LINE);
    let fixed: Vec<_> = (0..30).map(|number| (format!("field-{number}"), long.clone())).collect();
    let mut all = vec![("service.name", "greeter")];
    all.extend(fixed.iter().map(|(key, value)| (key.as_str(), value.as_str())));

    let line = shortened_json(&all, "m", &[("n", json!(1))], &[("id", json!("r-1"))]);

    assert_eq!((&line["service.name"], &line["n"]), (&json!("greeter"), &json!(1)));
    assert_eq!((&line["msg"], &line["id"]), (&json!("m"), &json!("r-1")));
    assert!(line["log.shortened"].as_u64() > Some(400_000));
}

#[test]
fn a_text_line_is_shortened_as_well() {
    let line = shortened((TEXT, MAX_LINE), &[], &"x".repeat(30_000), &[], &[("id", json!("r-1"))]);

    let kept = line.matches('x').count();
    expect!["13:48:46.350 INFO  (x)…  log.shortened=(lost) id=r-1\n"].assert_eq(
        &line.replace(&"x".repeat(kept), "(x)").replace(&(30_000 - kept).to_string(), "(lost)"),
    );
}
