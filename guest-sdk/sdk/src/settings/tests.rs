//! What comes from variables: numbers and switches are read, values are never shown.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    name: String,
    most: u32,
    share: f64,
    is_on: bool,
    word: Option<Word>,
    address: Option<std::net::IpAddr>,
    rules: Vec<Rule>,
    odd: Option<Odd>,
    #[serde(rename = "a/b")]
    slashed: BTreeMap<String, u8>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    One,
    Two,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Rule {
    path: String,
    limit: u8,
}

/// Whose author puts the value into the message.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Odd(u32);

impl TryFrom<String> for Odd {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number: &u32| !number.is_multiple_of(2));
        number.map(Self).ok_or(format!("`{text}` is not odd"))
    }
}

/// Reads a table in which strings `NAME@env` stand for their values.
fn read_with(mut table: Value, variables: &[(&str, &str)]) -> Result<Settings, Misfit> {
    let mut substitutions = Vec::new();
    substitute(&mut table, "", &mut substitutions, variables);
    read(&table.to_string(), || substitutions)
}

fn substitute(
    value: &mut Value,
    pointer: &str,
    all: &mut Vec<Substitution>,
    variables: &[(&str, &str)],
) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                substitute(value, &format!("{pointer}/{key}"), all, variables);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                substitute(value, &format!("{pointer}/{index}"), all, variables);
            }
        }
        Value::String(text) => {
            let Some(variable) = text.strip_suffix("@env").map(str::to_owned) else { return };
            let known = variables.iter().find(|(name, _)| *name == variable);
            *text = known.expect("it is set").1.to_owned();
            all.push(Substitution { pointer: pointer.to_owned(), variable });
        }
        _ => (),
    }
}

#[track_caller]
fn refuses(table: Value, value: &str, expected: &Expect) {
    let Misfit { path, message } =
        read_with(table, &[("SECRET", value)]).expect_err("it does not fit");
    assert!(!message.contains(value), "{message}");
    expected.assert_eq(&format!("`{path}` {message}"));
}

#[test]
fn numbers_and_switches_from_variables_are_read_as_what_the_type_wants() {
    let table = json!({
        "name": "TEXT@env", "most": "MOST@env", "share": "SHARE@env", "is_on": "ON@env",
        "rules": [{"path": "TEXT@env", "limit": "MOST@env"}], "a/b": {"c": "MOST@env"},
    });
    let variables = [("TEXT", "10"), ("MOST", " 7 "), ("SHARE", "0.5"), ("ON", "true")];

    let read = read_with(table, &variables).expect("it fits");

    let expected = Settings {
        name: "10".to_owned(),
        most: 7,
        share: 0.5,
        is_on: true,
        rules: vec![Rule { path: "10".to_owned(), limit: 7 }],
        slashed: BTreeMap::from([("c".to_owned(), 7)]),
        ..Settings::default()
    };
    assert_eq!(read, expected);
}

#[test]
fn only_what_came_from_a_variable_is_read_so() {
    let refused = read_with(json!({"most": "10"}), &[]).expect_err("a text is no number");

    assert_eq!(
        (refused.path.as_str(), refused.message.as_str()),
        ("most", "does not fit, expected u32")
    );
}

#[test]
fn what_does_not_fit_names_the_variable_and_not_its_value() {
    refuses(
        json!({"most": "SECRET@env"}),
        "hunter2",
        &expect!["`most` does not fit, expected u32, found the value of `SECRET`"],
    );
    refuses(
        json!({"most": "SECRET@env"}),
        "-7000",
        &expect!["`most` does not fit, expected u32, found the value of `SECRET`"],
    );
    refuses(
        json!({"rules": [{"path": "/", "limit": "SECRET@env"}]}),
        "hunter2",
        &expect!["`rules[0].limit` does not fit, expected u8, found the value of `SECRET`"],
    );
    refuses(
        json!({"word": "SECRET@env"}),
        "hunter2, expected 3",
        &expect!["`word` does not fit, expected `one` or `two`, found the value of `SECRET`"],
    );
    refuses(
        json!({"address": "SECRET@env"}),
        "hunter2",
        &expect!["`address` is not valid, found the value of `SECRET`"],
    );
    refuses(
        json!({"odd": "SECRET@env"}),
        "hunter2",
        &expect!["`odd` is not valid, found the value of `SECRET`"],
    );
    refuses(
        json!({"a/b": {"c": "SECRET@env"}}),
        "hunter2",
        &expect!["`a/b.c` does not fit, expected u8, found the value of `SECRET`"],
    );
    refuses(
        json!({"rules": "SECRET@env"}),
        "hunter2",
        &expect!["`rules` does not fit, expected a sequence, found the value of `SECRET`"],
    );
}

#[test]
fn a_table_with_several_variables_names_them_all() {
    let table = json!({"name": {"a": "ONE@env", "b": ["TWO@env"]}});

    let refused = read_with(table, &[("ONE", "1"), ("TWO", "2")]).expect_err("it is no text");

    expect!["does not fit, expected a string, found the values of `ONE`, `TWO`"]
        .assert_eq(&refused.message);
}

#[test]
fn what_is_wrong_beside_a_variable_says_nothing_of_it() {
    let table = json!({"most": "SECRET@env", "rules": [{"path": "/"}]});

    let refused = read_with(table, &[("SECRET", "7")]).expect_err("a limit is missing");

    assert_eq!((refused.path.as_str(), refused.message.as_str()), ("rules[0].limit", "is missing"));
}
