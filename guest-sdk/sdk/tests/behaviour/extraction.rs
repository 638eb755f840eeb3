//! What handlers get, and what clients are told when it does not fit.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use expect_test::{Expect, expect};
use mikros_sdk::http::{FromHead, Head, HeaderMap, Rejection};
use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, RequestBuilder};
use serde::{Deserialize, Serialize};

use crate::{run, show_fields};

struct Probe;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by `Debug`")]
struct Paging {
    limit: Option<NonZeroU32>,
    offset: u32,
    #[serde(default)]
    tag: Vec<u8>,
    order: Option<Order>,
    #[serde(default)]
    exact: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Ascending,
    Descending,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown by `Debug`")]
struct Strict {
    #[serde(default)]
    a: u8,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "shown by `Debug`")]
struct Conditions {
    if_match: String,
    x_attempt: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by `Debug`")]
struct Place {
    shop: Name,
    id: u64,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by `Debug`")]
struct Name(String);

#[derive(Debug, Deserialize, Serialize)]
struct Item {
    name: String,
    prices: Vec<Price>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Price {
    amount: u32,
}

struct User(String);

impl FromHead<Probe> for User {
    async fn from_head(head: &Head, _service: &'static Probe) -> Result<Self, Rejection> {
        let name = head.header("x-user").or_permission_denied("say who you are in `x-user`")?;
        Ok(Self(name.to_owned()))
    }
}

impl Service for Probe {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Probe {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/query", async |Query(paging): Query<Paging>| format!("{paging:?}"))
            .get("/range", async |_range: Query<Range>| "fits")
            .get("/strict", async |Query(strict): Query<Strict>| format!("{strict:?}"))
            .get("/map", async |Query(map): Query<BTreeMap<String, String>>| format!("{map:?}"))
            .get("/numbers", async |Query(map): Query<BTreeMap<String, u8>>| format!("{map:?}"))
            .get("/maybe", async |query: Option<Query<Strict>>| format!("{query:?}"))
            .get("/headers", async |Headers(fields): Headers<Conditions>| format!("{fields:?}"))
            .get("/raw-headers", async |map: HeaderMap| format!("{}", map.len()))
            .get("/number/{id}", async |Path(id): Path<u64>| id.to_string())
            .get("/shops/{shop}/{id}", async |Path(place): Path<Place>| format!("{place:?}"))
            .get("/pair/{a}/{b}", async |Path(pair): Path<(u8, bool)>| format!("{pair:?}"))
            .get("/none", async |path: Option<Path<String>>| format!("{path:?}"))
            .get("/user", async |User(name): User, Query(_): Query<Paging>| name)
            .put("/all/{id}", Self::all)
    }
}

impl Probe {
    async fn all(
        &self,
        Path(id): Path<u64>,
        Query(paging): Query<Paging>,
        Headers(conditions): Headers<Conditions>,
        Json(item): Json<Item>,
    ) -> String {
        format!("{id} {} {} {}", paging.offset, conditions.if_match, item.name)
    }
}

#[track_caller]
fn answers(make: impl FnOnce(&testing::Client<Probe>) -> RequestBuilder<Probe>, expected: &Expect) {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        show_fields(make(&probe).send().await).await
    });
    expected.assert_eq(&shown);
}

#[track_caller]
fn get(target: &str, expected: &Expect) {
    answers(|probe| probe.get(target), expected);
}

#[test]
fn a_query_becomes_a_struct() {
    get(
        "/query?offset=3&tag=1&tag=2&limit=5&order=descending&exact=true&other=x",
        &expect![
            "200 Paging { limit: Some(5), offset: 3, tag: [1, 2], order: Some(Descending), exact: true }"
        ],
    );
    get(
        "/query?offset=0",
        &expect!["200 Paging { limit: None, offset: 0, tag: [], order: None, exact: false }"],
    );
}

#[test]
fn a_query_is_decoded() {
    get("/map?a+b=c%2Bd+e&%C3%A4=%26", &expect![[r#"200 {"a b": "c+d e", "ä": "&"}"#]]);
    get("/map?empty=&bare&&", &expect![[r#"200 {"bare": "", "empty": ""}"#]]);
}

#[test]
fn a_field_that_a_form_leaves_empty_counts_as_not_sent_unless_it_can_be_empty() {
    get(
        "/query?limit=&offset=3&tag=&order=&exact=",
        &expect![[r#"200 Paging { limit: None, offset: 3, tag: [], order: None, exact: false }"#]],
    );
    get("/map?name=&x=1", &expect![[r#"200 {"name": "", "x": "1"}"#]]);
    get(
        "/query?limit=&offset=&order=up",
        &expect![[r#"
            400 request validation failed
              `query.order`: expected `ascending` or `descending`, found `up`
              `query.offset`: is missing"#]],
    );
    let many: Vec<_> = (0..64).map(|index| format!("n{index}=")).collect();
    get(&format!("/numbers?{}", many.join("&")), &expect!["200 {}"]);
}

#[test]
fn a_box_that_is_ticked_in_a_form_is_true() {
    get(
        "/query?offset=3&exact=on",
        &expect!["200 Paging { limit: None, offset: 3, tag: [], order: None, exact: true }"],
    );
}

#[test]
fn every_bad_query_field_is_told() {
    get(
        "/query?limit=0&tag=1&tag=x&tag=300&order=up&exact=yes",
        &expect![[r#"
            400 request validation failed
              `query.limit`: expected a whole number from 1 to 4294967295, found `0`
              `query.tag`: expected a whole number from 0 to 255, found `x`
              `query.order`: expected `ascending` or `descending`, found `up`
              `query.exact`: expected `true` or `false`, found `yes`
              `query.offset`: is missing"#]],
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
    type Error = &'static str;

    fn try_from(ends: Ends) -> Result<Self, &'static str> {
        if ends.from <= ends.to { Ok(Self) } else { Err("`from` must not be after `to`") }
    }
}

#[test]
fn what_a_stand_in_makes_wrong_is_not_told() {
    get(
        "/range?from=3&to=1",
        &expect![[r#"
            400 request validation failed
              `query`: `from` must not be after `to`"#]],
    );
    get(
        "/range?from=3&to=x",
        &expect![[r#"
            400 request validation failed
              `query.to`: expected a whole number from 0 to 255, found `x`"#]],
    );
}

#[test]
fn a_scalar_must_not_occur_twice() {
    get(
        "/query?offset=1&offset=2",
        &expect![[r#"
            400 request validation failed
              `query.offset`: expected one value, found 2"#]],
    );
}

#[test]
fn what_is_not_utf8_is_told() {
    get(
        "/map?a=%FF",
        &expect![[r#"
            400 request validation failed
              `query.a`: must be UTF-8"#]],
    );
    get(
        "/number/%FF",
        &expect![[r#"
            400 request validation failed
              `path.id`: must be UTF-8"#]],
    );
}

#[test]
fn fields_that_the_type_refuses_are_told() {
    get(
        "/strict?a=x&b=1&c=2",
        &expect![[r#"
            400 request validation failed
              `query.a`: expected a whole number from 0 to 255, found `x`
              `query.b`: is unknown, expected `a`
              `query.c`: is unknown, expected `a`"#]],
    );
}

#[test]
fn a_long_value_is_cut_in_the_message() {
    get(
        &format!("/number/{}", "x".repeat(100)),
        &expect![[r#"
            400 request validation failed
              `path.id`: expected a whole number from 0 to 18446744073709551615, found `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`"#]],
    );
}

#[test]
fn an_optional_query_is_none_without_a_query() {
    get("/maybe", &expect!["200 None"]);
    get("/maybe?a=1", &expect!["200 Some(Query(Strict { a: 1 }))"]);
    get(
        "/maybe?a=x",
        &expect![[r#"
            400 request validation failed
              `query.a`: expected a whole number from 0 to 255, found `x`"#]],
    );
}

#[test]
fn header_fields_become_a_struct() {
    answers(
        |probe| probe.get("/headers").header("If-Match", "\"v1\"").header("x-attempt", "3"),
        &expect![[r#"200 Conditions { if_match: "\"v1\"", x_attempt: Some(3) }"#]],
    );
    answers(
        |probe| probe.get("/headers").header("x-attempt", "three"),
        &expect![[r#"
            400 request validation failed
              `header.x-attempt`: expected a whole number from 0 to 4294967295, found `three`
              `header.if-match`: is missing"#]],
    );
    answers(|probe| probe.get("/raw-headers").header("a", "1").header("a", "2"), &expect!["200 2"]);
}

#[test]
fn parameters_become_a_scalar_a_tuple_or_a_struct() {
    get("/number/7", &expect!["200 7"]);
    get("/pair/7/true", &expect!["200 (7, true)"]);
    get("/shops/north/7", &expect![[r#"200 Place { shop: Name("north"), id: 7 }"#]]);
    get("/none", &expect!["200 None"]);
}

#[test]
fn every_bad_parameter_is_told() {
    get(
        "/number/-1",
        &expect![[r#"
            400 request validation failed
              `path.id`: expected a whole number from 0 to 18446744073709551615, found `-1`"#]],
    );
    get(
        "/pair/300/maybe",
        &expect![[r#"
            400 request validation failed
              `path.a`: expected a whole number from 0 to 255, found `300`
              `path.b`: expected `true` or `false`, found `maybe`"#]],
    );
    get(
        "/shops/north/x",
        &expect![[r#"
            400 request validation failed
              `path.id`: expected a whole number from 0 to 18446744073709551615, found `x`"#]],
    );
}

#[test]
fn errors_of_all_extractors_are_in_one_answer() {
    answers(
        |probe| {
            probe
                .put("/all/x?limit=-1&offset=y")
                .header("x-attempt", "z")
                .json(&serde_json::json!({"name": 1}))
        },
        &expect![[r#"
            400 request validation failed
              `path.id`: expected a whole number from 0 to 18446744073709551615, found `x`
              `query.limit`: expected a whole number from 0 to 4294967295, found `-1`
              `query.offset`: expected a whole number from 0 to 4294967295, found `y`
              `header.x-attempt`: expected a whole number from 0 to 4294967295, found `z`
              `header.if-match`: is missing
              `name`: expected a string, found `1`
              `prices`: is missing"#]],
    );
}

#[test]
fn all_extractors_together() {
    answers(
        |probe| {
            probe
                .put("/all/7?offset=3")
                .header("if-match", "v1")
                .json(&Item { name: "tea".to_owned(), prices: vec![] })
        },
        &expect!["200 7 3 v1 tea"],
    );
}

#[test]
fn an_error_of_an_extractor_comes_before_bad_fields() {
    get("/user?offset=x", &expect!["403 say who you are in `x-user`"]);
    answers(|probe| probe.get("/user?offset=1").header("x-user", "Ada"), &expect!["200 Ada"]);
}

#[test]
fn a_client_cannot_make_the_service_search_for_long() {
    let pairs: Vec<_> = (0..20_000).map(|number| format!("x{number}=1")).collect();

    let text = run(async {
        let probe = testing::http::<Probe>().await?;
        let reply = probe.get(&format!("/strict?{}", pairs.join("&"))).send().await;
        show_fields(reply).await
    });

    // The message and the most errors that are told about one place.
    assert_eq!(text.lines().count(), 1 + 32);
}
