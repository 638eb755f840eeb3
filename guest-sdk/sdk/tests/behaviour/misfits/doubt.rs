//! What is not told, because it may be right: what depends on something that is wrong, and what serde looks at later.

use std::collections::BTreeMap;
use std::net::IpAddr;

use expect_test::expect;
use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, json};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Link, Role, Shape, Takes, tells};
use crate::run;

#[derive(Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct Listing {
    #[serde(flatten)]
    paging: Paging,
    order: Role,
    total: u8,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct Paging {
    limit: u8,
    offset: u8,
}

#[test]
fn fields_of_flattened_structs_are_told_when_there_is_no_doubt() {
    tells::<Listing>(
        r#"{"order": "x", "total": "y", "limit": 1, "offset": 1}"#,
        &expect![[r#"
              `order`: expected one of `reader`, `writer`, `owner`, found `x`
              `total`: expected a whole number from 0 to 255, found the string `y`"#]],
    );
    tells::<Listing>(
        r#"{"order": "reader", "total": 1, "limit": 1}"#,
        &expect!["`offset`: is missing"],
    );
    tells::<Listing>(
        r#"{"order": "reader", "total": 1, "limit": 1, "offset": "x"}"#,
        &expect![
            "``: has a value that does not fit: expected a whole number from 0 to 255, found the string `x`"
        ],
    );
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct Nested {
    #[serde(flatten)]
    outer: Outer,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct Outer {
    name: Option<String>,
    inner: Inner,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct Inner {
    name: String,
}

#[test]
fn a_field_that_may_be_missing_elsewhere_is_not_told_by_its_path() {
    tells::<Nested>(r#"{"inner": {}}"#, &expect!["``: `name` is missing"]);
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[expect(dead_code, reason = "only deserialized")]
enum Internal {
    Mail { to: String, retries: u8 },
    Call { number: u64 },
}

#[derive(Deserialize)]
#[serde(tag = "t", content = "c", rename = "job", rename_all = "lowercase")]
#[expect(dead_code, reason = "only deserialized")]
enum Adjacent {
    Mail { to: String },
    Call { number: u64 },
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only deserialized")]
enum Untagged {
    Number(u8),
    Named { name: String },
}

#[test]
fn what_depends_on_a_wrong_tag_is_not_told() {
    tells::<Vec<Internal>>(
        r#"[{"type": "mail", "to": "x", "retries": 1}, {"type": "fax", "to": 1}, {"type": 2}]"#,
        &expect!["`[1].type`: expected `mail` or `call`, found `fax`"],
    );
    tells::<Internal>(r#"{"type": "mail", "retries": 1}"#, &expect!["`to`: is missing"]);
    tells::<Internal>(
        r#"{"type": "mail", "to": "a", "retries": "x"}"#,
        &expect![
            "``: has a value that does not fit: expected a whole number from 0 to 255, found the string `x`"
        ],
    );
    tells::<Internal>(r#"{"to": "a"}"#, &expect!["`type`: is missing"]);
    tells::<Vec<Adjacent>>(
        r#"[{"t": "call", "c": {"number": "x"}}, {"t": "call"}, {"t": "fax", "c": {"number": 1}}]"#,
        &expect![[r#"
              `[0].c.number`: expected a whole number from 0 to 18446744073709551615, found the string `x`
              `[1].c`: is missing"#]],
    );
}

#[test]
fn what_is_missing_in_content_before_its_tag_is_not_told_beside_it() {
    tells::<Adjacent>(r#"{"c": {}, "t": "call"}"#, &expect!["``: `number` is missing"]);
    tells::<Adjacent>(
        r#"{"c": {"number": "x"}, "t": "call"}"#,
        &expect![
            "``: has a value that does not fit: expected a whole number from 0 to 18446744073709551615, found the string `x`"
        ],
    );
}

#[test]
fn a_value_of_none_of_several_forms_is_told_as_one() {
    tells::<BTreeMap<String, Untagged>>(
        r#"{"a": 1, "b": "x", "c": {"name": 1}, "d": {"name": "x"}}"#,
        &expect![[r#"
              `b`: has none of the allowed forms
              `c`: has none of the allowed forms"#]],
    );
}

#[derive(Deserialize)]
#[serde(try_from = "Ends")]
struct Range;

#[derive(Deserialize)]
struct Ends {
    from: u8,
    to: u8,
}

impl TryFrom<Ends> for Range {
    type Error = String;

    fn try_from(Ends { from, to }: Ends) -> Result<Self, String> {
        if from <= to { Ok(Self) } else { Err(format!("`from` is {from}, after `to`")) }
    }
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct Rule {
    range: Range,
    address: IpAddr,
    #[serde(deserialize_with = "even")]
    even: u8,
    last: bool,
}

fn even<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let number = u8::deserialize(deserializer)?;
    let is_even = number % 2 == 0;
    is_even.then_some(number).ok_or_else(|| serde::de::Error::custom("must be even"))
}

#[test]
fn types_with_rules_of_their_own_tell_in_their_words() {
    tells::<Rule>(
        r#"{"range": {"from": 3, "to": 1}, "address": 5, "last": "x", "even": 4}"#,
        &expect![[r#"
              `range`: `from` is 3, after `to`
              `address`: expected an IP address, found `5`
              `last`: expected `true` or `false`, found the string `x`"#]],
    );
    tells::<Rule>(
        r#"{"address": "1.2.3", "even": 3, "last": "x"}"#,
        &expect![[r#"
              `address`: invalid IP address syntax
              `even`: must be even"#]],
    );
    // The stand-in for `to` makes the range wrong: that is not told.
    tells::<Rule>(
        r#"{"address": "::1", "range": {"from": 3, "to": "x"}, "even": 2, "last": true}"#,
        &expect!["`range.to`: expected a whole number from 0 to 255, found the string `x`"],
    );
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct Everything {
    link: Link,
    shapes: Vec<Shape>,
    listing: Listing,
    nested: Option<Nested>,
    internal: Vec<Internal>,
    adjacent: Adjacent,
    untagged: BTreeMap<String, Untagged>,
    rule: Rule,
    last: String,
}

/// The places of all values in a document, as JSON Pointers.
fn places(value: &Value, place: &str, all: &mut Vec<String>) {
    all.push(place.to_owned());
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                places(element, &format!("{place}/{index}"), all);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                places(field, &format!("{place}/{name}"), all);
            }
        }
        _ => {}
    }
}

/// A path such as `items[3].price` as a JSON Pointer.
fn pointer(path: &str) -> String {
    let steps = path.replace('[', ".").replace(']', "");
    let steps = steps.split('.').filter(|step| !step.is_empty());
    steps.fold(String::new(), |place, step| place + "/" + step)
}

#[test]
fn what_is_right_is_never_told() {
    let right = json!({
        "link": {"url": "a", "tags": ["b"], "clicks": 1, "owner": {"name": "c", "age": 2, "role": "owner"}},
        "shapes": [{"circle": 1}, {"square": {"side": 1, "label": "d"}}, {"line": [1, 2]}, "nothing"],
        "listing": {"limit": 1, "offset": 2, "order": "writer", "total": 3},
        "nested": {"inner": {"name": "e"}},
        "internal": [{"to": "f", "type": "mail", "retries": 1}, {"type": "call", "number": 2}],
        "adjacent": {"c": {"number": 3}, "t": "call"},
        "untagged": {"g": 1, "h": {"name": "i"}},
        "rule": {"range": {"from": 1, "to": 2}, "address": "::1", "even": 2, "last": true},
        "last": "j",
    });
    let mut all = Vec::new();
    places(&right, "", &mut all);
    let wrongs = [json!({}), json!(-1.5), json!("?")];
    run(async {
        let service = testing::http::<Takes<Everything>>().await?;
        let reply = service.post("/").json(&right).send().await;
        assert_eq!(reply.status(), StatusCode::OK, "{}", reply.text().await?);
        let pairs = all.iter().enumerate().flat_map(|(index, one)| {
            all[index..]
                .iter()
                .zip(wrongs.iter().cycle().skip(index))
                .map(move |(other, wrong)| (one, other, wrong))
        });
        for (one, other, wrong) in pairs {
            let mut body = right.clone();
            for place in [one, other] {
                if let Some(value) = body.pointer_mut(place) {
                    *value = wrong.clone();
                }
            }
            let reply = service.post("/").json(&body).send().await;
            if reply.status() == StatusCode::OK {
                continue;
            }
            let error: Value = reply.json().await?;
            for told in error["field_violations"].as_array().unwrap() {
                let told = pointer(told["field"].as_str().unwrap());
                let is_wrong = |place: &String| place.starts_with(&told) || told.starts_with(place);
                assert!(is_wrong(one) || is_wrong(other), "{one} {other} {wrong}: {error}");
            }
        }
        Ok(())
    });
}
