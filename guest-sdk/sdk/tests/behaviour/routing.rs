//! Which handler answers.

use expect_test::{Expect, expect};
use mikros_sdk::prelude::*;
use mikros_sdk::testing;

use crate::{run, show};

struct Shop;

impl Service for Shop {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Shop {
    fn routes() -> Router<Self> {
        let items = Router::new()
            .get("/", async || "all items")
            .post("/", async || "new item")
            .get("/{id}", async |Path(id): Path<String>| format!("item {id}"))
            .get("/latest", async || "the latest item");
        Router::new()
            .get("/", Self::root)
            .nest("/items", items)
            .get("/files/{*path}", async |Path(path): Path<String>| path)
            .get("/café/{name}", async |Path(name): Path<String>| format!("café {name}"))
            .get("/new%20report", async || "report")
            .get("/v1:batch", async || "batch")
            .any("/any", async || "any method")
            .delete("/any", async || "deleted")
            .options("/own-options", async || "own")
            .head("/own-head", async || StatusCode::ACCEPTED)
            .get("/own-head", async || "body")
            .nest("/shops/{shop}", Router::new().get("/items/{id}", both))
    }
}

impl Shop {
    async fn root(&self) -> &'static str {
        "root"
    }
}

async fn both(Path((shop, id)): Path<(String, u32)>) -> String {
    format!("{shop} {id}")
}

#[track_caller]
fn answers(method: &str, target: &str, expected: &Expect) {
    let shown = run(async {
        let shop = testing::http::<Shop>().await?;
        let reply = shop.request(method.parse()?, target).send().await;
        let allow = reply.header("allow").map(|methods| format!(" (allow: {methods})"));
        Ok(show(reply).await? + &allow.unwrap_or_default())
    });
    expected.assert_eq(&shown);
}

#[test]
fn paths_are_matched_exactly() {
    answers("GET", "/", &expect!["200 text/plain; charset=utf-8: root"]);
    answers("GET", "/items", &expect!["200 text/plain; charset=utf-8: all items"]);
    answers(
        "GET",
        "/items/",
        &expect![[
            r#"404 application/json: {"kind":"NotFoundError","message":"no route for `GET /items/`","code":0,"service_name":"test"}"#
        ]],
    );
}

#[test]
fn the_query_is_not_part_of_the_path() {
    answers("GET", "/items?x=/y", &expect!["200 text/plain; charset=utf-8: all items"]);
}

#[test]
fn a_literal_segment_wins_over_a_parameter() {
    answers("GET", "/items/latest", &expect!["200 text/plain; charset=utf-8: the latest item"]);
    answers("GET", "/items/7", &expect!["200 text/plain; charset=utf-8: item 7"]);
}

#[test]
fn parameters_are_decoded_after_matching() {
    answers("GET", "/items/a%2Fb%20%C3%A4", &expect!["200 text/plain; charset=utf-8: item a/b ä"]);
    answers("GET", "/items/a+b", &expect!["200 text/plain; charset=utf-8: item a+b"]);
}

#[test]
fn routes_meet_however_they_are_encoded() {
    for path in ["/caf%C3%A9/x", "/caf%c3%a9/x", "/c%61f%C3%A9/x", "/café/x"] {
        answers("GET", path, &expect!["200 text/plain; charset=utf-8: café x"]);
    }
    answers("GET", "/caf%C3%A9/a%252Fb", &expect!["200 text/plain; charset=utf-8: café a%2Fb"]);
    answers("GET", "/caf%C3%A9/100%", &expect!["200 text/plain; charset=utf-8: café 100%"]);
    answers("GET", "/new%20report", &expect!["200 text/plain; charset=utf-8: report"]);
    answers("GET", "/%6eew%20report", &expect!["200 text/plain; charset=utf-8: report"]);
    answers("GET", "/v1%3Abatch", &expect!["200 text/plain; charset=utf-8: batch"]);
    answers(
        "GET",
        "/caf%C3%A9%2Fx",
        &expect![[
            r#"404 application/json: {"kind":"NotFoundError","message":"no route for `GET /caf%C3%A9%2Fx`","code":0,"service_name":"test"}"#
        ]],
    );
}

#[test]
fn a_catch_all_takes_the_rest() {
    answers("GET", "/files/a/b.txt", &expect!["200 text/plain; charset=utf-8: a/b.txt"]);
    answers(
        "GET",
        "/files/",
        &expect![[
            r#"404 application/json: {"kind":"NotFoundError","message":"no route for `GET /files/`","code":0,"service_name":"test"}"#
        ]],
    );
}

#[test]
fn the_parameters_of_a_prefix_come_first() {
    answers("GET", "/shops/north/items/7", &expect!["200 text/plain; charset=utf-8: north 7"]);
}

#[test]
fn an_unknown_method_is_405_with_allow() {
    answers(
        "PUT",
        "/items",
        &expect![[
            r#"405 application/json: {"kind":"ValidationError","message":"`/items` does not answer `PUT`, expected one of GET, POST, HEAD, OPTIONS","code":0,"service_name":"test"} (allow: GET, POST, HEAD, OPTIONS)"#
        ]],
    );
}

#[test]
fn options_are_answered_with_allow() {
    answers(
        "OPTIONS",
        "/items",
        &expect!["204 no content type:  (allow: GET, POST, HEAD, OPTIONS)"],
    );
    answers("OPTIONS", "/own-options", &expect!["200 text/plain; charset=utf-8: own"]);
}

#[test]
fn head_is_answered_by_get_without_a_body() {
    answers("HEAD", "/items", &expect!["200 text/plain; charset=utf-8: "]);
    answers("HEAD", "/own-head", &expect!["202 no content type: "]);
}

#[test]
fn any_takes_what_has_no_handler_of_its_own() {
    answers("PURGE", "/any", &expect!["200 text/plain; charset=utf-8: any method"]);
    answers("DELETE", "/any", &expect!["200 text/plain; charset=utf-8: deleted"]);
}

struct WithFallback;

impl Service for WithFallback {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for WithFallback {
    fn routes() -> Router<Self> {
        Router::new().get("/", async || "root").fallback(async |request: Request| {
            (StatusCode::IM_A_TEAPOT, request.head().path().to_owned())
        })
    }
}

#[test]
fn a_fallback_answers_what_no_route_matches() {
    run(async {
        let service = testing::http::<WithFallback>().await?;

        let unknown = service.get("/unknown").send().await;
        let other_method = service.post("/").send().await;

        expect!["418 text/plain; charset=utf-8: /unknown"].assert_eq(&show(unknown).await?);
        assert_eq!(other_method.status(), StatusCode::METHOD_NOT_ALLOWED);
        Ok(())
    });
}

struct Broken;

impl Service for Broken {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Broken {
    fn routes() -> Router<Self> {
        let inner = Router::new().get("b", async || "b").fallback(async || "inner");
        Router::new()
            .get("/a", async || "first")
            .get("/a", async || "second")
            .get("/items/{id}", async || "by id")
            .post("/items/{name}", async || "by name")
            .get("/{*rest}/tail", async || "tail")
            .get("/twice/{id}/{id}", async || "twice")
            .nest("/prefix/", inner)
    }
}

#[test]
fn all_mistakes_in_the_routes_are_reported_at_once() {
    let error = testing::Context::new().run(testing::http::<Broken>()).expect_err("it is broken");

    expect!["cannot build the routes: the prefix `/prefix/` must start with `/` and not end with it; the path `b` must start with `/`; there are two handlers for `GET /a`; `/items/{name}` conflicts with `/items/{id}`; a parameter `{*name}` must be the end of the path, unlike in `/{*rest}/tail`; `/twice/{id}/{id}` has two parameters `id`"]
    .assert_eq(error.message());
}

#[derive(Debug, serde::Deserialize)]
struct Named {
    ident: u32,
}

#[derive(Debug, serde::Deserialize)]
struct Defaulted {
    id: Option<String>,
    #[serde(default)]
    page: u32,
}

struct NeverMatches;

impl Service for NeverMatches {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for NeverMatches {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/old/:id", async || "colon")
            .get("/old/*rest", async || "star")
            .get("/search?q={q}", async || "query")
            .get("/page#top", async || "fragment")
            .get("/a b", async || "one")
            .get("/a%20b", async || "the same")
            .get("/named/{id}", async |Path(named): Path<Named>| named.ident.to_string())
            .get("/pair/{id}", async |Path((a, b)): Path<(u8, u8)>| format!("{a} {b}"))
            .get("/one/{a}/{b}", async |Path(one): Path<u32>| one.to_string())
            .get("/none", async |Path(one): Path<u32>| one.to_string())
            .get("/maybe", async |one: Option<Path<u32>>| format!("{one:?}"))
            .get("/fits/{id}", async |Path(value): Path<Defaulted>| {
                format!("{:?} {}", value.id, value.page)
            })
            .fallback(async |Path(one): Path<u32>| one.to_string())
    }
}

#[test]
fn routes_that_can_never_answer_fail_at_the_start() {
    let error = testing::Context::new().run(testing::http::<NeverMatches>());
    let error = error.expect_err("it cannot answer");

    expect![[r#"
        cannot build the routes: the segment `:id` of `/old/:id` is no parameter: write `{id}`, or `%3Aid` if it is meant as it is; the segment `*rest` of `/old/*rest` is no parameter: write `{*rest}`, or `%2Arest` if it is meant as it is
        `/search?q={q}` can never match: a path has no query; take that with `Query`, or write `%3F` for a question mark in the path
        `/page#top` can never match: clients send no fragment; write `%23` for a hash in the path
        there are two handlers for `GET /a%20b`
        `GET /named/{id}`: the type of a `Path` has a field `ident`, but the route has `id`
        `GET /pair/{id}`: the type of a `Path` has 2 elements, but the route has `id`
        `GET /one/{a}/{b}`: the type of a `Path` is one value, but the route has `a`, `b`
        `GET /none`: the type of a `Path` is one value, but the route has no parameters
        the fallback: the type of a `Path` is one value, but the route has no parameters"#]].assert_eq(
        &error
            .message()
            .replace("; `", "\n`")
            .replace("; there", "\nthere")
            .replace("; the f", "\nthe f"),
    );
}

/// One of many routes that a handler has: whether its type fits depends on the value.
#[derive(Debug)]
struct Even;

impl<'de> serde::Deserialize<'de> for Even {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        if number % 2 == 0 { Ok(Self) } else { Err(serde::de::Error::custom("must be even")) }
    }
}

#[derive(Debug, serde::Deserialize)]
struct Pair {
    even: Even,
    other: u32,
}

struct Late;

impl Service for Late {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Late {
    fn routes() -> Router<Self> {
        let show = async |Path(pair): Path<Pair>| format!("{:?} {}", pair.even, pair.other);
        Router::new().get("/{even}/{others}", show)
    }
}

#[test]
fn a_path_type_that_cannot_fit_is_the_services_fault() {
    run(async {
        let late = testing::http::<Late>().await?;
        let reply = late.get("/2/3").send().await;
        expect![[r#"500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"the type of a `Path` has a field `other`, but the route has `even`, `others`","code":0,"service_name":"test"}"#]].assert_eq(&show(reply).await?);
        Ok(())
    });
}
