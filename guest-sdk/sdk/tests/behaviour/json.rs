//! JSON and text in bodies.

use expect_test::{Expect, expect};
use mikros_sdk::http::Rejection;
use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, Client, RequestBuilder};
use serde::{Deserialize, Serialize};

use crate::{run, show, show_fields};

struct Probe;

#[derive(Debug, Deserialize, Serialize)]
struct Item {
    name: String,
    prices: Vec<Price>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Price {
    amount: u32,
}

impl Service for Probe {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Probe {
    fn routes() -> Router<Self> {
        Router::new()
            .post("/json", async |Json(item): Json<Item>| Json(item))
            .post("/maybe-json", async |item: Option<Json<Item>>| item.is_some().to_string())
            .post("/result", async |item: Result<Json<Item>, Rejection>| match item {
                Ok(_) => "fits",
                Err(_) => "does not fit",
            })
            .post("/text", async |text: String| text)
    }
}

#[track_caller]
fn answers(make: impl FnOnce(&Client<Probe>) -> RequestBuilder<Probe>, expected: &Expect) {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        show_fields(make(&probe).send().await).await
    });
    expected.assert_eq(&shown);
}

#[test]
fn json_goes_in_and_out() {
    let item = Item { name: "tea".to_owned(), prices: vec![Price { amount: 3 }] };

    answers(
        |probe| probe.post("/json").json(&item),
        &expect![[r#"200 {"name":"tea","prices":[{"amount":3}]}"#]],
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_json() {
    answers(
        |probe| {
            let body = "\u{feff}{\"name\":\"tea\",\"prices\":[]}";
            probe.post("/json").header("content-type", "application/json").body(body)
        },
        &expect![[r#"200 {"name":"tea","prices":[]}"#]],
    );
}

#[test]
fn json_errors_name_the_path() {
    let post = |text: &'static str| {
        move |probe: &Client<Probe>| {
            probe.post("/json").header("content-type", "application/json; charset=utf-8").body(text)
        }
    };

    answers(
        post(r#"{"name": "tea", "prices": [{"amount": 1}, {"amount": -3}]}"#),
        &expect![[r#"
            400 request validation failed
              `prices[1].amount`: expected a whole number from 0 to 4294967295, found `-3`"#]],
    );
    answers(
        post(r#"{"name": "tea"}"#),
        &expect![[r#"
            400 request validation failed
              `prices`: is missing"#]],
    );
    answers(
        post(r#"{"name": "tea", "#),
        &expect![[r#"
            400 request validation failed
              ``: the body is not JSON: it ends inside an object (line 1, column 16)"#]],
    );
    answers(
        post(r#"{"name": "tea", "prices": []} x"#),
        &expect![[r#"
            400 request validation failed
              ``: the body is not JSON: there is something after its end (line 1, column 31)"#]],
    );
    answers(
        post(""),
        &expect![[r#"
            400 request validation failed
              ``: the body is empty"#]],
    );
}

#[test]
fn a_body_that_does_not_say_that_it_is_json_is_415() {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        let without = show(probe.post("/json").body("{}").send().await).await?;
        let text = probe.post("/json").header("content-type", "text/plain").body("{}");
        Ok([without, show(text.send().await).await?].join("\n"))
    });

    expect![[r#"
        415 application/json: {"kind":"ValidationError","message":"expected a body of content type `application/json`, found none","code":0,"service_name":"test"}
        415 application/json: {"kind":"ValidationError","message":"expected a body of content type `application/json`, found `text/plain`","code":0,"service_name":"test"}"#]].assert_eq(&shown);
}

#[test]
fn json_suffixes_are_json() {
    answers(
        |probe| {
            probe
                .post("/result")
                .header("content-type", "application/merge-patch+json")
                .body(r#"{"name": "tea", "prices": []}"#)
        },
        &expect!["200 fits"],
    );
}

#[test]
fn optional_json_is_none_without_a_body() {
    answers(|probe| probe.post("/maybe-json"), &expect!["200 false"]);
    answers(
        |probe| probe.post("/maybe-json").json(&Item { name: String::new(), prices: vec![] }),
        &expect!["200 true"],
    );
}

#[test]
fn a_handler_may_take_the_rejection() {
    answers(|probe| probe.post("/result").json(&1), &expect!["200 does not fit"]);
}

#[test]
fn text_must_be_utf8() {
    answers(|probe| probe.post("/text").body("grün"), &expect!["200 grün"]);
    answers(
        |probe| probe.post("/text").body(vec![b'a', 0xff]),
        &expect![[r#"
            400 request validation failed
              ``: must be UTF-8, but byte 1 is not"#]],
    );
}
