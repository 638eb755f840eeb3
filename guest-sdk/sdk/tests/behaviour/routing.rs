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

    expect!["cannot build the routes: the prefix `/prefix/` must start with `/` and not end with it; the router below `/prefix/` has a fallback; only the outermost one can have it; the path `b` must start with `/`; there are two handlers for `GET /a`; `/items/{name}` conflicts with `/items/{id}`; a parameter `{*name}` must be the end of the path, unlike in `/{*rest}/tail`; `/twice/{id}/{id}` has two parameters `id`"]
    .assert_eq(error.message());
}
