//! Calls to other services over HTTP, with routes of the test in their place.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use expect_test::expect;
use mikros_sdk::clients::{self, HttpClient, Response};
use mikros_sdk::http::Method;
use mikros_sdk::prelude::{
    Body, Bytes, IntoResponse as _, Json, Path, Query, Request, Router, StatusCode,
};
use mikros_sdk::stream::{self, TryStreamExt as _};
use mikros_sdk::testing::{CallContext, Context, json};
use mikros_sdk::{ErrorKind, Result, ServiceError};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Serialize, Deserialize)]
struct Search {
    text: String,
    limit: Option<u32>,
}

fn orders() -> Router<()> {
    Router::new()
        .get("/orders/{id}", async |Path(id): Path<u64>| match id {
            7 => Ok(Json(Order { item: "tea".to_owned(), count: 2 })),
            _ => Err(ServiceError::not_found(format!("no order {id}"))
                .with_code(42)
                .with_attribute("id", id)
                .with_violation("id", "is unknown")),
        })
        .post("/orders", async |Json(order): Json<Order>| (StatusCode::CREATED, Json(order)))
        .get("/search", async |Query(search): Query<Search>| {
            format!("{} {:?}", search.text, search.limit)
        })
        .put("/echo", async |body: Body| body)
        .get("/head", async |request: Request| {
            let head = request.head();
            let shown = ["host", "x-a", "authorization", "service-context-caller"]
                .map(|name| head.header(name).unwrap_or_default().to_owned());
            shown.join(" ")
        })
        .get("/id", async || mikros_sdk::request_id().unwrap_or_default())
        .get("/left", async || format!("{:?}", mikros_sdk::remaining()))
        .get("/gone", async || {
            (StatusCode::GONE, [("retry-after", "3")], "<p>moved\n</p>").into_response()
        })
        .get("/broken", async || {
            let chunks = [Ok("begun"), Err(ServiceError::unavailable("out of paper"))];
            Body::stream(stream::iter(chunks))
        })
        .get("/long", async || "x".repeat(100))
        .get("/slow", async || mikros_sdk::sleep(Duration::from_mins(1)).await)
}

/// Runs `body` with a client of `orders`.
#[track_caller]
fn with_orders<T>(body: impl AsyncFnOnce(HttpClient) -> Result<T>) -> T {
    let context = Context::new().name("shop").http_client("orders", orders());
    let outcome = context.run(async { body(clients::http("orders")?).await });
    outcome.expect("the body of the test succeeds")
}

/// The same with the error that it must end with.
#[track_caller]
fn error_of<T>(body: impl AsyncFnOnce(HttpClient) -> Result<T>) -> ServiceError {
    with_orders(async |orders| Ok(body(orders).await.err())).expect("it fails")
}

async fn send(orders: &HttpClient, target: &str) -> Result<Response> {
    orders.get(target).send().await
}

#[test]
fn json_goes_out_and_comes_back() {
    with_orders(async |orders| {
        let found: Order = send(&orders, "/orders/7").await?.json().await?;
        assert_eq!(found, Order { item: "tea".to_owned(), count: 2 });

        let response = orders.post("/orders").json(&found).send().await?;
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.header("Content-Type"), Some("application/json"));
        assert_eq!(response.headers().len(), 1);
        assert_eq!(response.json::<Order>().await?, found);
        Ok(())
    });
}

#[test]
fn a_query_is_encoded() {
    with_orders(async |orders| {
        let search = Search { text: "a&b ü".to_owned(), limit: None };
        let response = orders.get("/search").query(&search).send().await?;
        assert_eq!(response.text().await?, "a&b ü None");

        let response = orders.get("/search?text=x").query(&[("limit", 3)]).send().await?;
        assert_eq!(response.text().await?, "x Some(3)");
        Ok(())
    });
}

#[test]
fn bodies_stream_in_both_directions() {
    with_orders(async |orders| {
        let chunks = Body::stream(stream::iter(["a", "b", "c"].map(Ok)));
        let response = orders.put("/echo").body(chunks).send().await?;
        let chunks: Vec<Bytes> = response.stream().try_collect().await?;
        assert_eq!(chunks, ["a", "b", "c"]);

        let response = orders.put("/echo").body("whole").send().await?;
        assert_eq!(response.into_body().text().await?, "whole");
        Ok(())
    });
}

#[test]
fn the_other_service_sees_who_calls_it() {
    with_orders(async |orders| {
        let request = orders.get("/head").header("x-a", "1").bearer("secret");
        assert_eq!(request.send().await?.text().await?, "orders 1 Bearer secret shop");

        let call = CallContext::new().request_id("r1");
        let response = call.run(async { send(&orders, "/id").await?.text().await }).await;
        assert_eq!(response.expect("nobody has cancelled it")?, "r1");
        Ok(())
    });
}

#[test]
fn an_error_of_a_mikros_service_stays_what_it_is() {
    let error = error_of(async |orders| send(&orders, "/orders/8").await?.error_for_status().await);

    assert_eq!(error.origin(), Some("orders"));
    expect![[r#"
        ServiceError {
            kind: NotFound,
            message: "no order 8",
            code: 42,
            destination: "orders",
            origin: "orders",
            field_violations: [
                FieldViolation {
                    field: "id",
                    description: "is unknown",
                },
            ],
            attributes: {"id":8},
        }
    "#]]
    .assert_debug_eq(&error);
}

#[test]
fn any_other_status_of_failure_is_an_error_with_the_beginning_of_the_body() {
    let error = error_of(async |orders| send(&orders, "/gone").await?.error_for_status().await);

    assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    expect![[r#"
        ServiceError {
            kind: Rpc,
            message: "the service `orders` responded with 410 Gone",
            cause: "<p>moved\\n</p>",
            destination: "orders",
            origin: "orders",
            retry_after: 3s,
        }
    "#]]
    .assert_debug_eq(&error);
}

#[test]
fn a_status_of_success_is_no_error() {
    with_orders(async |orders| {
        let response = send(&orders, "/orders/7").await?.error_for_status().await?;
        assert_eq!(response.status(), StatusCode::OK);
        Ok(())
    });
}

#[test]
fn a_body_is_read_within_a_limit() {
    let error = error_of(async |orders| send(&orders, "/long").await?.limit(99).bytes().await);
    assert_eq!(error.to_string(), "the response of `orders` is longer than 99 bytes");

    let chunks = || Body::stream(stream::iter(["ab", "cd"].map(Ok)));
    with_orders(async |orders| {
        let echo = async |limit| {
            let response = orders.put("/echo").body(chunks()).send().await?;
            response.limit(limit).text().await
        };
        assert_eq!(echo(4).await?, "abcd");
        assert!(echo(3).await.is_err());
        Ok(())
    });
}

#[test]
fn a_body_that_is_cut_off_is_an_error() {
    let error = error_of(async |orders| send(&orders, "/broken").await?.bytes().await);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[test]
fn a_body_that_does_not_fit_is_an_error_of_the_other_service() {
    let error = error_of(async |orders| send(&orders, "/long").await?.json::<Order>().await);

    assert_eq!((error.kind(), error.destination()), (ErrorKind::Rpc, Some("orders")));
    expect![
        "the response of `orders` is not the expected JSON (expected value at line 1 column 1)"
    ]
    .assert_eq(&error.to_string());
}

#[test]
fn a_call_ends_at_its_timeout() {
    let context = Context::new().http_client("orders", orders());
    let error = context.run(async {
        let orders = clients::http("orders")?;
        orders.get("/slow").timeout(Duration::from_secs(2)).send().await
    });

    let error = error.expect_err("it is late");
    assert_eq!((error.kind(), error.origin()), (ErrorKind::DeadlineExceeded, None));
    assert_eq!(error.to_string(), "the service `orders` did not respond before the deadline");
    assert_eq!(context.elapsed(), Duration::from_secs(2));
}

#[test]
fn the_deadline_of_the_call_bounds_those_that_it_makes() {
    with_orders(async |orders| {
        let call = CallContext::new().timeout(Duration::from_secs(5));
        let left = call.run(async {
            let request = orders.get("/left").timeout(Duration::from_secs(9));
            request.send().await?.text().await
        });
        assert_eq!(left.await.expect("it is in time")?, "Some(5s)");
        Ok(())
    });
}

#[test]
fn a_dropped_call_is_cancelled() {
    struct Ends(Rc<Cell<bool>>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let is_dropped = Rc::new(Cell::new(false));
    let state = Rc::clone(&is_dropped);
    let routes = Router::new().get("/", move || {
        let ends = Ends(Rc::clone(&state));
        async move {
            mikros_sdk::sleep(Duration::from_mins(1)).await;
            drop(ends);
        }
    });

    let outcome = Context::new().http_client("orders", routes).run(async {
        let call = clients::http("orders")?.get("/").send();
        Ok::<_, ServiceError>(
            mikros_sdk::time::timeout(Duration::from_secs(1), call).await.is_err(),
        )
    });

    assert!(outcome.expect("the client is declared") && is_dropped.get());
}

#[test]
fn requests_that_http_does_not_allow_are_not_sent() {
    let wrong = |request: fn(&HttpClient) -> clients::RequestBuilder| {
        let error = error_of(async |orders| request(&orders).send().await);
        error.cause().unwrap_or_default().to_owned()
    };

    for (request, expected) in [
        (
            (|orders| orders.get("/a\r\nx: 1")) as fn(&HttpClient) -> _,
            r"`/a\r\nx: 1` is not a path with an optional query",
        ),
        (
            |orders| orders.get("http://other/"),
            "`http://other/` is not a path with an optional query",
        ),
        (|orders| orders.get("orders"), "`orders` is not a path with an optional query"),
        (|orders| orders.get("/a#b"), "`/a#b` is not a path with an optional query"),
        (|orders| orders.get("/a b"), "`/a b` is not a path with an optional query"),
        (
            |orders| orders.get("/").header("x-a", "1\r\nx-b: 2"),
            "the header field `x-a` has a name or a value that HTTP does not allow",
        ),
        (
            |orders| orders.get("/").query(&json!({"a": {"b": 1}})),
            "`a` must not have values within values",
        ),
        (
            |orders| orders.request(Method::POST, "/").form(&7),
            "the values must be a struct, a map or a list of pairs: `7`",
        ),
    ] {
        assert_eq!(wrong(request), format!("cannot send the request to `orders`: {expected}"));
    }
}

#[test]
fn a_client_that_is_not_declared_says_what_to_add() {
    let error = Context::new().run(async { clients::http("orders") });
    let error = error.expect_err("there is none");

    assert_eq!(error.kind(), ErrorKind::Internal);
    expect![[
        r#"the context of the test has no client `orders`; add one with `Context::http_client("orders", ..)`"#
    ]]
    .assert_eq(error.cause().unwrap_or_default());
}

/// axum and others demand that the futures of handlers are `Send`.
#[test]
fn calls_may_be_made_by_handlers_of_other_frameworks() {
    fn is_send(_: &impl Send) {}
    with_orders(async |orders| {
        let call =
            async { orders.get("/orders/7").send().await?.error_for_status().await?.text().await };
        is_send(&call);
        is_send(&orders);
        assert!(!call.await?.is_empty());
        Ok(())
    });
}
