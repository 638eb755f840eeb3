//! Unit tests without a host: routes, extraction and errors as a client sees them.

use std::time::Duration;

use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, Client, Context, json};

use super::Hello;

/// Starts the service with its settings and runs `body` with a client.
fn run<T>(body: impl AsyncFnOnce(Client<Hello>) -> Result<T>) -> T {
    let context = Context::new().name("hello-http").settings(json!({"greeting": "hi"}));
    let outcome = context.run(async { body(testing::http::<Hello>().await?).await });
    outcome.expect("the body of the test succeeds")
}

#[test]
fn the_root_says_hello() {
    let text = run(async |hello| hello.get("/").send().await.text().await);

    assert_eq!(text, "hello world");
}

#[test]
fn a_greeting_takes_its_name_from_the_path() {
    let text = run(async |hello| hello.get("/hello/Ada%20L?times=2").send().await.text().await);

    assert_eq!(text, "hi Ada L and Ada L");
}

#[test]
fn greetings_are_counted() {
    let count = run(async |hello| {
        hello.get("/hello/Ada").send().await;
        hello.get("/hello/Bob").send().await;
        hello.get("/greetings").send().await.text().await
    });

    assert_eq!(count, "2");
}

#[test]
fn numbers_are_added() {
    let numbers = json!({"numbers": [1, 2, 3.5]});

    run(async |hello| {
        let reply = hello.post("/sum").json(&numbers).send().await;
        reply.assert_status(StatusCode::OK).assert_json(json!({"sum": 6.5}));
        Ok(())
    });
}

#[test]
fn a_bad_request_is_told_what_is_wrong() {
    run(async |hello| {
        let reply = hello.get("/hello/Ada").query(&[("times", "often")]).send().await;
        reply.assert_status(StatusCode::BAD_REQUEST).assert_json_contains(json!({
            "field_violations": [{
                "field": "query.times",
                "description": "expected a whole number from 0 to 255, found `often`",
            }],
        }));
        Ok(())
    });
}

#[test]
fn every_kind_of_error_has_its_status() {
    let kinds = [
        ("internal", 500, "InternalError"),
        ("not-found", 404, "NotFoundError"),
        ("invalid-arguments", 400, "ValidationError"),
        ("precondition-failed", 412, "ConditionError"),
        ("permission-denied", 403, "PermissionError"),
        ("rpc", 500, "RPCError"),
        ("custom", 500, "CustomError"),
    ];

    run(async |hello| {
        for (path, status, kind) in kinds {
            let reply = hello.get(&format!("/errors/{path}")).send().await;
            assert_eq!(reply.status().as_u16(), status, "{path}");
            reply.assert_json_contains(json!({"kind": kind, "service_name": "hello-http"}));
        }
        Ok(())
    });
}

#[test]
fn the_countdown_is_a_stream_of_events() {
    let context = Context::new().settings(json!({"greeting": "hi"}));

    let text = context.run(async {
        let hello = testing::http::<Hello>().await?;
        hello.get("/countdown?from=2").send().await.text().await
    });

    assert_eq!(text.ok().as_deref(), Some("data: 2\n\ndata: 1\n\ndata: 0\n\n"));
    // Virtual time: the test itself does not wait.
    assert_eq!(context.elapsed(), Duration::from_millis(600));
}

#[test]
fn a_missing_setting_keeps_the_service_from_starting() {
    let error = Context::new().run(testing::http::<Hello>()).expect_err("there is no greeting");

    assert_eq!(error.message(), "`[service] greeting` in `service.toml` is missing");
}
