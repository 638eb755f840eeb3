//! The client of tests: requests, cookies and assertions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use expect_test::expect;
use mikros_sdk::http::{Event, sse};
use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, Client, Reply, json};
use mikros_sdk::time::sleep;
use mikros_sdk::{peer, stream};

use crate::run;

struct Shop;

impl Service for Shop {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

/// What a request has of a header field.
async fn cookies(request: Request) -> String {
    request.head().header("cookie").unwrap_or("none").to_owned()
}

impl Http for Shop {
    fn routes() -> Router<Self> {
        let account = Router::new()
            .get("/", cookies)
            .get("/login", async || set(["session=1; Max-Age=60", "theme=dark; Path=/; HttpOnly"]))
            .get("/logout", async || set(["session=; Path=/account; Max-Age=0", "none"]))
            .get("/dated", async || {
                set(["old=1; Expires=Wed, 01 Jan 2025 00:00:30 GMT", "a=b; path=x"])
            });
        Router::new()
            .nest("/account", account)
            .get("/accounting", cookies)
            .get("/query", async |request: Request| {
                request.head().query().unwrap_or("none").to_owned()
            })
            .post("/body", async |request: Request| {
                let kind = request.head().header("content-type").unwrap_or("none").to_owned();
                Ok::<_, ServiceError>(format!("{kind}: {}", request.into_body().text().await?))
            })
            .get("/token", async |request: Request| {
                request.head().header("authorization").unwrap_or("none").to_owned()
            })
            .get("/peer", async || peer().map(|peer| peer.to_string()).unwrap_or_default())
            .get("/item", async || Json(json!({"id": 7, "tags": ["new", {"on": true}]})))
            .get("/events", async || sse(stream::iter([Event::new("1")])))
    }
}

fn set(cookies: [&str; 2]) -> (Vec<(&'static str, String)>, StatusCode) {
    (cookies.map(|cookie| ("set-cookie", cookie.to_owned())).into(), StatusCode::OK)
}

/// Runs `body` with a client.
fn with_shop<T>(body: impl AsyncFnOnce(Client<Shop>) -> Result<T>) -> T {
    run(async { body(testing::http::<Shop>().await?).await })
}

/// What an assertion says that fails.
fn failure(reply: Reply, assertion: impl FnOnce(Reply) -> Reply) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(assertion(reply)))).expect_err("it fails");
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| {
        panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).unwrap_or_default()
    })
}

#[derive(serde::Serialize)]
struct Search {
    text: &'static str,
    limit: u8,
    tags: Vec<&'static str>,
    page: Option<u8>,
}

#[test]
fn queries_and_forms_are_written_as_browsers_do() {
    let search = Search { text: "a b+c&d=é", limit: 3, tags: vec!["x", "y"], page: None };

    with_shop(async |shop| {
        let reply = shop.get("/query").query(&search).send().await;
        reply.assert_text("text=a+b%2Bc%26d%3D%C3%A9&limit=3&tags=x&tags=y");
        let reply =
            shop.get("/query?a=1").query(&[("b", 2), ("b", 3)]).query(&json!({})).send().await;
        reply.assert_text("a=1&b=2&b=3");
        let reply = shop.post("/body").form(&[("name", "nut")]).send().await;
        reply.assert_text("application/x-www-form-urlencoded: name=nut");
        let reply = shop.post("/body").json(&[1, 2]).send().await;
        reply.assert_text("application/json: [1,2]");
        Ok(())
    });
}

#[test]
fn header_fields_of_the_client_are_in_all_its_requests() {
    with_shop(async |shop| {
        let ada = shop.header("authorization", "Bearer ada");
        ada.get("/token").send().await.assert_text("Bearer ada");
        shop.get("/token").send().await.assert_text("none");
        shop.get("/token").bearer("bob").send().await.assert_text("Bearer bob");
        Ok(())
    });
}

#[test]
fn the_peer_is_an_address_for_documentation_or_the_one_of_the_test() {
    with_shop(async |shop| {
        shop.get("/peer").send().await.assert_text("192.0.2.1:50000");
        let reply = shop.get("/peer").peer(([198, 51, 100, 7], 80).into()).send().await;
        reply.assert_text("198.51.100.7:80");
        Ok(())
    });
}

#[test]
fn cookies_are_kept_when_asked_for() {
    with_shop(async |shop| {
        shop.get("/account/login").send().await;
        shop.get("/account").send().await.assert_text("none");

        let browser = shop.keep_cookies();
        let reply = browser.get("/account/login?next=/").send().await;
        assert_eq!((reply.cookie("theme"), reply.cookie("other")), (Some("dark"), None));
        browser.get("/account").send().await.assert_text("session=1; theme=dark");
        browser.get("/accounting").send().await.assert_text("theme=dark");
        let reply =
            browser.get("/account").cookie("theme", "light").cookie("own", "1").send().await;
        reply.assert_text("session=1; theme=light; own=1");
        shop.keep_cookies().get("/account").send().await.assert_text("none");
        Ok(())
    });
}

#[test]
fn cookies_are_forgotten_when_they_are_removed_or_expire() {
    with_shop(async |shop| {
        let browser = shop.keep_cookies();
        browser.get("/account/login").send().await;
        browser.get("/account/logout").send().await;
        browser.get("/account").send().await.assert_text("theme=dark");

        browser.get("/account/dated").send().await;
        browser.get("/account/login").send().await;
        browser.get("/account").send().await.assert_text("old=1; a=b; session=1; theme=dark");
        sleep(Duration::from_secs(31)).await;
        browser.get("/account").send().await.assert_text("a=b; session=1; theme=dark");
        sleep(Duration::from_secs(30)).await;
        browser.get("/account").send().await.assert_text("a=b; theme=dark");
        Ok(())
    });
}

#[test]
fn what_is_expected_goes_through() {
    with_shop(async |shop| {
        let reply = shop.get("/item").send().await;
        reply
            .assert_status(StatusCode::OK)
            .assert_header("content-type", "application/json")
            .assert_json(json!({"tags": ["new", {"on": true}], "id": 7}))
            .assert_json_contains(json!({"tags": ["new", {}]}));
        let reply = shop.get("/events").send().await.whole().await?;
        reply.assert_text("data: 1\n\n");
        Ok(())
    });
}

#[test]
fn what_is_not_expected_is_shown_with_the_whole_answer() {
    let failures = with_shop(async |shop| {
        let item = async || shop.get("/item").send().await;
        let failures = [
            failure(item().await, |reply| reply.assert_status(StatusCode::NOT_FOUND)),
            failure(item().await, |reply| reply.assert_header("content-type", "text/html")),
            failure(item().await, |reply| reply.assert_text("nut")),
            failure(item().await, |reply| reply.assert_json(json!({"id": 7}))),
            failure(item().await, |reply| reply.assert_json_contains(json!({"tags": []}))),
            failure(shop.get("/query").send().await, |reply| reply.assert_json(1)),
            failure(shop.get("/events").send().await, |reply| reply.assert_text("data: 1\n\n")),
        ];
        Ok(failures.join("\n---\n"))
    });

    expect![[r#"
        expected the status 404 Not Found, found
        200 OK
        content-type: application/json

        {"id":7,"tags":["new",{"on":true}]}
        ---
        expected `content-type: text/html`, found
        200 OK
        content-type: application/json

        {"id":7,"tags":["new",{"on":true}]}
        ---
        expected the body
        nut
        found
        200 OK
        content-type: application/json

        {"id":7,"tags":["new",{"on":true}]}
        ---
        expected the JSON
        {
          "id": 7
        }
        found
        200 OK
        content-type: application/json

        {"id":7,"tags":["new",{"on":true}]}
        ---
        expected JSON with
        {
          "tags": []
        }
        found
        200 OK
        content-type: application/json

        {"id":7,"tags":["new",{"on":true}]}
        ---
        expected JSON (expected ident at line 1 column 2), found
        200 OK
        content-type: text/plain; charset=utf-8

        none
        ---
        the body is a stream: call `.whole().await?` before the assertion"#]]
    .assert_eq(&failures);
}
