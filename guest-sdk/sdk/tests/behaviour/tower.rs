//! Tower services as services: axum above all.

use std::convert::Infallible;
use std::future::Ready;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body as AxumBody;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::{get, post};
use expect_test::expect;
use mikros_sdk::http::{Bytes, Router};
use mikros_sdk::prelude::{Http, Service};
use mikros_sdk::stream::{self, StreamExt as _};
use mikros_sdk::testing::{self, Client, Context};
use mikros_sdk::tower::{SendWrapper, TimeoutLayer};
use mikros_sdk::{OrServiceError as _, Result, ServiceError, tower};

use crate::{run, show};

/// An axum router in the state, next to routes of the own one.
struct Mixed {
    app: axum::Router,
}

impl Service for Mixed {
    async fn on_start() -> Result<Self> {
        Ok(Self { app: app() })
    }
}

impl Http for Mixed {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/own", async || "own")
            .fallback(tower::service(|mixed: &Self| mixed.app.clone()))
    }
}

fn app() -> axum::Router {
    let patient =
        TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(5));
    axum::Router::new()
        .route("/hello/{name}", get(hello))
        .route("/head", get(head))
        .route("/echo", post(async |body: Bytes| body))
        .route("/stream", post(async |body: AxumBody| body))
        .route("/pieces", get(pieces))
        .route("/large", get(async || "x".repeat(70_000)))
        .route("/connection", get(async || ([("connection", "close"), ("x-kept", "1")], "text")))
        .route("/error", get(error))
        .route("/waits", get(waits))
        .route("/sleep", get(sleep))
        .layer(patient)
}

async fn hello(Path(name): Path<String>, Query(query): Query<Vec<(String, String)>>) -> String {
    format!("hello {name} {query:?}")
}

async fn head(uri: Uri, headers: HeaderMap) -> String {
    let fields: Vec<_> = headers.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{uri} {}", fields.join(" "))
}

async fn pieces() -> AxumBody {
    let pieces = stream::iter(["one", "", "two"]).then(async |piece| {
        mikros_sdk::sleep(Duration::from_secs(1)).await;
        Ok::<_, Infallible>(piece)
    });
    AxumBody::from_stream(SendWrapper::new(Box::pin(pieces)))
}

async fn error() -> Result<&'static str> {
    let number: Result<u8> = "x".parse().or_invalid_arguments("a number, please");
    number.map(|_number| "never")
}

/// All that waits is `Send`, or this would not compile.
async fn waits() -> &'static str {
    let task = mikros_sdk::spawn(async { mikros_sdk::sleep(Duration::from_secs(1)).await });
    mikros_sdk::until_shutdown(task).await;
    "waited"
}

async fn sleep() -> &'static str {
    mikros_sdk::sleep(Duration::from_secs(6)).await;
    "never"
}

async fn mixed() -> Result<Client<Mixed>> {
    testing::http::<Mixed>().await
}

#[test]
fn an_axum_router_answers_what_the_own_routes_do_not() {
    let texts = run(async {
        let mixed = mixed().await?;
        let mut texts = Vec::new();
        for target in ["/own", "/hello/Ada%20L?a=1&a=%25", "/nowhere"] {
            texts.push(show(mixed.get(target).send().await).await?);
        }
        Ok(texts.join("\n"))
    });
    expect![[r#"
        200 text/plain; charset=utf-8: own
        200 text/plain; charset=utf-8: hello Ada L [("a", "1"), ("a", "%")]
        404 no content type: "#]]
    .assert_eq(&texts);
}

#[test]
fn head_and_body_arrive_as_they_were_sent() {
    let texts = run(async {
        let mixed = mixed().await?;
        let head = mixed.get("/head?q=%C3%A9").header("x-many", "1").header("x-many", "2");
        let head = head.header("accept", "*/*").send().await;
        let echo = mixed.post("/echo").body("whole").send().await;
        let pieces = stream::iter(["a", "b"]).map(Ok);
        let streamed =
            mixed.post("/stream").body(mikros_sdk::http::Body::stream(pieces)).send().await;
        Ok([show(head).await?, show(echo).await?, show(streamed).await?].join("\n"))
    });
    expect![[r#"
        200 text/plain; charset=utf-8: /head?q=%C3%A9 x-many="1" x-many="2" accept="*/*"
        200 application/octet-stream: whole
        200 no content type: ab"#]]
    .assert_eq(&texts);
}

#[test]
fn a_body_is_whole_when_it_is_small_and_known_and_a_stream_otherwise() {
    run(async {
        let mixed = mixed().await?;
        let small = mixed.get("/hello/Ada").send().await;
        assert_eq!(small.header("content-length"), Some("12"));

        let mut pieces = mixed.get("/pieces").send().await;
        assert_eq!(pieces.header("content-length"), None);
        assert_eq!(pieces.next().await?.as_deref(), Some(&b"one"[..]));
        assert_eq!(pieces.next().await?.as_deref(), Some(&b"two"[..]));
        assert_eq!(pieces.next().await?, None);

        let large = mixed.get("/large").send().await;
        assert_eq!(large.bytes().await?.len(), 70_000);
        Ok(())
    });
}

#[test]
fn fields_of_the_connection_are_left_to_the_host() {
    run(async {
        let reply = mixed().await?.get("/connection").send().await;
        assert_eq!((reply.header("connection"), reply.header("x-kept")), (None, Some("1")));
        Ok(())
    });
}

#[test]
fn a_service_error_is_a_response_of_axum_without_its_cause() {
    let context = Context::new();
    let text = context.run(async { show(mixed().await?.get("/error").send().await).await });
    expect![[r#"400 application/json: {"kind":"ValidationError","message":"a number, please","code":0,"service_name":"test"}"#]].assert_eq(&text.unwrap());
    let lines: Vec<String> = context.logs().iter().map(ToString::to_string).collect();
    expect![[r#"info the request failed {"error.message":"a number, please","error.cause":"invalid digit found in string"}"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn a_timeout_counts_the_time_of_the_host() {
    let context = Context::new();
    let texts = context.run(async {
        let mixed = mixed().await?;
        let waited = show(mixed.get("/waits").send().await).await?;
        Ok::<_, ServiceError>([waited, show(mixed.get("/sleep").send().await).await?].join("\n"))
    });
    expect![[r#"
        200 text/plain; charset=utf-8: waited
        408 no content type: "#]]
    .assert_eq(&texts.unwrap());
    assert_eq!(context.elapsed(), Duration::from_secs(6));
}

/// A bare tower service, whose error is one.
#[derive(Clone)]
struct Fails;

impl Service for Fails {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Fails {
    fn routes() -> Router<Self> {
        Router::new().fallback(tower::service(|fails: &Self| fails.clone()))
    }
}

impl<B> ::tower::Service<http::Request<B>> for Fails {
    type Response = http::Response<AxumBody>;
    type Error = std::num::ParseIntError;
    type Future = Ready<std::result::Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> Poll<std::result::Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: http::Request<B>) -> Self::Future {
        std::future::ready(Err("x".parse::<u8>().expect_err("`x` is no number")))
    }
}

#[test]
fn an_error_of_a_tower_service_is_one_of_the_service() {
    let text = run(async {
        let fails = testing::http::<Fails>().await?;
        show(fails.get("/").send().await).await
    });
    expect![[r#"500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"invalid digit found in string","code":0,"service_name":"test"}"#]].assert_eq(&text);
}
