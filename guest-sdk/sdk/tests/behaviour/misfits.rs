//! Which fields of a JSON body a client is told of, and which are in doubt.

mod doubt;
mod texts;

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::num::NonZeroU8;

use expect_test::{Expect, expect};
use mikros_sdk::prelude::*;
use mikros_sdk::testing;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{run, show_fields};

/// A service that takes a `T`.
struct Takes<T>(PhantomData<T>);

impl<T: 'static> Service for Takes<T> {
    async fn on_start() -> Result<Self> {
        Ok(Self(PhantomData))
    }
}

impl<T: DeserializeOwned + 'static> Http for Takes<T> {
    fn routes() -> Router<Self> {
        Router::new().post("/", async |_json: Json<T>| "fits")
    }
}

/// What a client is told that sends `body`.
#[track_caller]
fn tells<T: DeserializeOwned + 'static>(body: impl Into<Vec<u8>>, expected: &Expect) {
    let body = body.into();
    let shown = run(async {
        let service = testing::http::<Takes<T>>().await?;
        let request = service.post("/").header("content-type", "application/json").body(body);
        show_fields(request.send().await).await
    });
    let fields = shown.strip_prefix("400 request validation failed\n").unwrap_or(&shown);
    let fields: Vec<_> = fields.lines().map(str::trim_start).collect();
    expected.assert_eq(&fields.join("\n"));
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct Link {
    url: String,
    tags: Vec<String>,
    clicks: Option<u8>,
    #[serde(default)]
    public: bool,
    owner: Option<Owner>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only deserialized")]
struct Owner {
    name: String,
    #[serde(alias = "years")]
    age: NonZeroU8,
    #[serde(default)]
    role: Role,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Role {
    #[default]
    Reader,
    Writer,
    Owner,
}

#[test]
fn every_field_that_does_not_fit_is_told() {
    tells::<Link>(
        r#"{"url": 5, "tags": "x"}"#,
        &expect![[r#"
              `url`: expected a string, found `5`
              `tags`: expected an array, found the string `x`"#]],
    );
    tells::<Link>(
        r#"{"clicks": 300, "public": "yes", "tags": ["a", 1, null, {}], "owner": {"age": 0, "role": "boss", "x": 1}}"#,
        &expect![[r#"
              `clicks`: expected a whole number from 0 to 255, found `300`
              `public`: expected `true` or `false`, found the string `yes`
              `tags[1]`: expected a string, found `1`
              `tags[2]`: expected a string, found `null`
              `tags[3]`: expected a string, found an object
              `owner.age`: expected a whole number from 1 to 255, found `0`
              `owner.role`: expected one of `reader`, `writer`, `owner`, found `boss`
              `owner.x`: is unknown, expected one of `name`, `age`, `years`, `role`
              `owner.name`: is missing
              `url`: is missing"#]],
    );
}

#[test]
fn missing_fields_of_nested_objects_are_told() {
    tells::<Vec<Link>>(
        r#"[{}, {"url": "a", "tags": [], "owner": {}}, {"url": "b", "tags": [], "owner": []}, 4]"#,
        &expect![[r#"
              `[0].url`: is missing
              `[0].tags`: is missing
              `[1].owner.name`: is missing
              `[1].owner.age`: is missing
              `[2].owner`: expected an object, found an array
              `[3]`: expected an object, found `4`"#]],
    );
}

#[test]
fn a_body_of_another_shape_is_told_as_a_whole() {
    tells::<Link>("[]", &expect!["``: expected an object, found an array"]);
    tells::<Link>("null", &expect!["``: expected an object, found `null`"]);
    tells::<Vec<Link>>("{}", &expect!["``: expected an array, found an object"]);
    tells::<(u8, bool)>("[1]", &expect!["``: expected an array of 2 elements, found 1"]);
    tells::<(u8, bool)>("[1, true, 2]", &expect!["``: has too many elements"]);
    tells::<(u8, bool)>(
        "[-1, 2]",
        &expect![[r#"
              `[0]`: expected a whole number from 0 to 255, found `-1`
              `[1]`: expected `true` or `false`, found `2`"#]],
    );
}

#[test]
fn maps_name_their_keys() {
    tells::<BTreeMap<String, u8>>(
        r#"{"a": 1, "b": "x", "c": 2.5, "d": 1e2, "e\u00e9\"": []}"#,
        &expect![[r#"
              `b`: expected a whole number from 0 to 255, found the string `x`
              `c`: expected a whole number from 0 to 255, found `2.5`
              `d`: expected a whole number from 0 to 255, found `100.0`
              `eé"`: expected a whole number from 0 to 255, found an array"#]],
    );
    tells::<HashMap<u8, bool>>(
        r#"{"1": true, "300": true, "x": false, "2": 1}"#,
        &expect![[r#"
              `300`: expected a whole number from 0 to 255, found `300`
              `x`: expected a whole number from 0 to 255, found `x`
              `2`: expected `true` or `false`, found `1`"#]],
    );
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only deserialized")]
enum Shape {
    Circle(f64),
    Square { side: f64, label: String },
    Line(u8, u8),
    Nothing,
}

#[test]
fn enums_name_their_variants() {
    tells::<Vec<Shape>>(
        r#"[{"circle": "x"}, {"square": {"side": null}}, {"line": [1, 2.5]}, "nothing", "dot", "circle", {"oval": 1}, 7, {}]"#,
        &expect![[r#"
              `[0].circle`: expected a number, found the string `x`
              `[1].square.side`: expected a number, found `null`
              `[1].square.label`: is missing
              `[2].line[1]`: expected a whole number from 0 to 255, found `2.5`
              `[4]`: expected one of `circle`, `square`, `line`, `nothing`, found `dot`
              `[5]`: expected an object with the field `circle`
              `[6]`: expected one of `circle`, `square`, `line`, `nothing`, found `oval`
              `[7]`: expected one of `circle`, `square`, `line`, `nothing`, found `7`
              `[8]`: expected one of `circle`, `square`, `line`, `nothing`, found an object"#]],
    );
    tells::<Vec<Shape>>(
        r#"[{"nothing": 1}, {"circle": 1, "line": []}]"#,
        &expect![[r#"
              `[0].nothing`: expected `null`, found `1`
              `[1]`: must have one field only"#]],
    );
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct Kinds {
    big: u128,
    any: Value,
    letter: char,
    unit: (),
    pair: [u8; 2],
    boxed: Option<Box<Kinds>>,
    signed: i8,
}

#[test]
fn all_kinds_of_values_have_words() {
    tells::<Kinds>(
        r#"{"big": -1, "any": {"x": [1]}, "letter": "ab", "unit": 1, "pair": [1], "boxed": {"big": 340282366920938463463374607431768211455}, "signed": 128}"#,
        &expect![[r#"
              `big`: expected a whole number that is not negative, found `-1`
              `letter`: expected one character, found the string `ab`
              `unit`: expected `null`, found `1`
              `pair`: expected an array of 2 elements, found 1
              `boxed.any`: is missing
              `boxed.letter`: is missing
              `boxed.unit`: is missing
              `boxed.pair`: is missing
              `boxed.signed`: is missing
              `signed`: expected a whole number from -128 to 127, found `128`"#]],
    );
}

#[test]
fn a_field_that_occurs_twice_is_told() {
    tells::<Link>(r#"{"url": "a", "tags": [], "url": "b"}"#, &expect!["`url`: occurs twice"]);
}

#[test]
fn at_most_32_errors_are_told() {
    let numbers = vec!["\"x\""; 1000].join(",");

    let shown = run(async {
        let service = testing::http::<Takes<Vec<u8>>>().await?;
        let request = service.post("/").header("content-type", "application/json");
        show_fields(request.body(format!("[{numbers}]")).send().await).await
    });

    assert_eq!(shown.lines().count(), 1 + 32);
}

#[test]
fn of_a_long_body_the_first_error_is_told() {
    let padding = "x".repeat(64 * 1024);
    tells::<Vec<Link>>(
        format!(r#"[{{"url": "{padding}", "tags": 1, "clicks": "many"}}]"#),
        &expect!["`[0].tags`: expected an array, found `1`"],
    );
}

#[test]
fn a_long_name_is_cut() {
    let name = "n".repeat(1000);
    tells::<BTreeMap<String, u8>>(
        format!(r#"{{"{name}": "{name}"}}"#),
        &expect![
            "`nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…`: expected a whole number from 0 to 255, found the string `nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…`"
        ],
    );
}

#[test]
fn what_nests_too_deeply_or_is_too_large_is_told_where_it_is() {
    tells::<Value>(
        format!("{}{}", "[".repeat(200), "]".repeat(200)),
        &expect!["``: the body does not fit: it is nested too deeply (line 1, column 128)"],
    );
    tells::<Vec<f64>>(
        "[1, 1e999]",
        &expect!["``: the body does not fit: a number is too large (line 1, column 9)"],
    );
}
