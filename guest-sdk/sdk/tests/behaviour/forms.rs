//! What browsers send and what they are answered with.

use expect_test::expect;
use mikros_sdk::http::{Attachment, Form, Html, Redirect};
use mikros_sdk::prelude::*;
use mikros_sdk::testing;
use serde::Deserialize;

use crate::{run, show_fields};

struct Probe;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by `Debug`")]
struct Filter {
    name: String,
    min: Option<u8>,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    tag: Vec<String>,
}

impl Service for Probe {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Probe {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/form", async |Form(filter): Form<Filter>| format!("{filter:?}"))
            .post("/form", async |Form(filter): Form<Filter>| format!("{filter:?}"))
            .post("/maybe", async |form: Option<Form<Filter>>| format!("{form:?}"))
            .post("/text", async |text: Option<String>| format!("{text:?}"))
            .get("/html", async || Html("<p>hello"))
            .get("/to", async || Redirect::to("/new\r\nx: y/café?a=%20"))
            .get("/export", async || {
                (
                    [("cache-control", "no-store")],
                    Attachment::new("a,b").with_file_name("Größe \"1\".csv"),
                )
            })
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn forms_are_read_as_browsers_send_them() {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        let post = |path: &str, text: &'static str| {
            probe.post(path).header("content-type", FORM).body(text)
        };
        let answers = [
            post("/form", "name=J%C3%B6rg+M&min=&active=on&tag=a&tag=b").send().await,
            post("/form", "min=300&active=maybe").send().await,
            probe.post("/form").json(&1).send().await,
            probe.get("/form?name=x&min=7").send().await,
            probe.post("/maybe").send().await,
            post("/maybe", "name=x").send().await,
            probe.post("/text").send().await,
        ];
        let mut shown = Vec::new();
        for answer in answers {
            shown.push(show_fields(answer).await?);
        }
        Ok(shown.join("\n"))
    });

    expect![[r#"
        200 Filter { name: "Jörg M", min: None, active: true, tag: ["a", "b"] }
        400 request validation failed
          `min`: expected a whole number from 0 to 255, found `300`
          `active`: expected `true` or `false`, found `maybe`
          `name`: is missing
        415 expected a body of content type `application/x-www-form-urlencoded`, found `application/json`
        200 Filter { name: "x", min: Some(7), active: false, tag: [] }
        200 None
        200 Some(Form(Filter { name: "x", min: None, active: false, tag: [] }))
        200 None"#]].assert_eq(&shown);
}

#[test]
fn pages_redirects_and_downloads_have_their_header_fields() {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        let mut shown = Vec::new();
        for path in ["/html", "/to", "/export"] {
            let reply = probe.get(path).send().await;
            let fields: Vec<_> = reply.headers().iter().map(|field| format!("{field:?}")).collect();
            shown.push(format!("{} {}", reply.status(), fields.join(" ")));
        }
        Ok(shown.join("\n"))
    });

    expect![[r#"
        200 OK ("content-type", "text/html; charset=utf-8")
        303 See Other ("location", "/new%0D%0Ax:%20y/caf%C3%A9?a=%20")
        200 OK ("content-type", "text/plain; charset=utf-8") ("content-disposition", "attachment; filename=\"Gr__e _1_.csv\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.csv") ("cache-control", "no-store")"#]].assert_eq(&shown);
}
