//! What a hook can decide, and what the host would not take.

use std::time::Duration;

use serde_json::Value;

use super::*;

/// Decides as its test says.
struct Decides;

impl Plugin for Decides {
    type Settings = NoSettings;

    async fn on_start(_settings: NoSettings) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

thread_local! {
    static DECISION: std::cell::Cell<fn() -> Result<Pass, Answer>> =
        const { std::cell::Cell::new(|| Ok(Pass::new())) };
}

impl RequestHook for Decides {
    async fn on_request(&self, _request: &RequestHead) -> Result<Pass, Answer> {
        mikros_sdk::sleep(Duration::from_secs(1)).await;
        DECISION.get()()
    }
}

/// What becomes of a request.
fn decide(decision: fn() -> Result<Pass, Answer>) -> Result<Pass, Answer> {
    DECISION.set(decision);
    Context::new().run(async {
        let plugin = testing::plugin::<Decides>(json!({})).await.expect("the plug-in starts");
        plugin.get("/").send().await
    })
}

#[test]
fn a_request_passes_as_it_is() {
    let pass = decide(|| Ok(Pass::new())).expect("it passes");

    assert!(pass.changes().is_empty());
    assert_eq!(pass.caller(), None);
}

#[test]
fn a_header_is_set_once_or_several_times() {
    let pass = decide(|| {
        Ok(Pass::new()
            .set_header("X-A", "1")
            .append_header("x-a", "2")
            .append_header("x-b", "1")
            .append_header("x-b", "2")
            .set_header("x-A", "3"))
    });

    let shown = format!("{:?}", pass.expect("it passes").changes());
    assert_eq!(
        shown,
        r#"Changes { set: "x-b: 1\r\nx-b: 2\r\nx-a: 3\r\n", remove: "", attributes: "" }"#
    );
}

#[test]
fn log_lines_get_fields() {
    let pass = decide(|| Ok(Pass::new().attribute("tenant", "a\"b").attribute("plan", 2)));

    let attributes = pass.expect("it passes").changes().attributes();
    let attributes: Value = serde_json::from_str(&attributes).expect("fields are JSON");
    assert_eq!(attributes, json!({"tenant": "a\"b", "plan": 2}));
}

#[test]
fn an_error_is_an_answer_with_the_status_of_its_kind() {
    let error = decide(|| Err(ServiceError::not_found("no such tenant").into()));
    let ordinary = decide(|| Err(std::io::Error::other("no disk").into()));

    let error = error.expect_err("it is answered");
    assert_eq!(error.status(), 404);
    assert_eq!(error.as_error().map(ServiceError::message), Some("no such tenant"));
    let ordinary = ordinary.expect_err("it is answered");
    assert_eq!(ordinary.status().as_u16(), 500);
}

#[test]
fn an_answer_says_more_than_an_error() {
    let answer = decide(|| {
        let error = ServiceError::custom("out of office");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Err(Answer::error(error).with_status(status).with_header("retry-after", "9"))
    });

    let answer = answer.expect_err("it is answered");
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.header("Retry-After"), Some("9"));
}

#[test]
fn an_answer_need_not_be_an_error() {
    let answer = decide(|| {
        let answer = Answer::response(StatusCode::FOUND, "over there");
        Err(answer.with_header("location", "/there"))
    });

    let answer = answer.expect_err("it is answered");
    assert_eq!((answer.status().as_u16(), answer.body()), (302, &b"over there"[..]));
    assert_eq!(answer.as_error(), None);
    assert_eq!(answer.header("location"), Some("/there"));
}

#[test]
fn usual_answers_have_their_status_and_header() {
    let unknown = Answer::unauthenticated("who are you?", "Bearer");
    let busy = Answer::too_many_requests("slowly", Duration::from_millis(1001));

    assert_eq!(unknown.status().as_u16(), 401);
    assert_eq!(unknown.header("www-authenticate"), Some("Bearer"));
    assert_eq!(Answer::forbidden("no").status().as_u16(), 403);
    let error = busy.as_error().expect("it is an error");
    assert_eq!(
        (busy.status().as_u16(), error.retry_after()),
        (429, Some(Duration::from_millis(1001)))
    );
}

#[test]
fn a_forged_value_never_becomes_a_line() {
    let changes = Changes::new()
        .set_header("x-a", "1\r\nx-forged: 2")
        .set_header("x-b\r\nx-forged", "2")
        .set_header("", "1")
        .remove_header("x-c\r\nx-d")
        .remove_header("x:e");

    assert_eq!(changes.header("x-forged"), None);
    assert!(!changes.removes_header("x-d"));
    let shown = format!("{changes:?}");
    assert_eq!(
        shown,
        concat!(
            r#"Changes { set: "(invalid header x-a)\r\n(invalid header x-b\\r\\nx-forged)\r\n"#,
            r#"(invalid header )\r\n", remove: "(invalid header x-c\\r\\nx-d)\r\n(invalid header x?e)\r\n","#,
            r#" attributes: "" }"#
        )
    );
}

#[test]
fn a_header_that_is_set_again_hides_no_invalid_one() {
    let changes =
        Changes::new().set_header("x-a", "1").set_header("x-b", "\0").set_header("x-a", "2");

    let shown = format!("{changes:?}");
    assert_eq!(
        shown,
        r#"Changes { set: "(invalid header x-b)\r\nx-a: 2\r\n", remove: "", attributes: "" }"#
    );
}

/// What the test of an author says about a decision that the host would not take.
fn complaint(decision: fn() -> Result<Pass, Answer>) -> String {
    let panicked = std::panic::catch_unwind(|| decide(decision));
    let panic = panicked.expect_err("the decision is not valid");
    panic
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| panic.downcast_ref::<&str>().copied().unwrap_or_default().to_owned())
}

#[test]
fn the_test_client_refuses_what_the_host_would() {
    let complaints = [
        complaint(|| Ok(Pass::new().set_header("Host", "evil"))),
        complaint(|| Ok(Pass::new().remove_header("Content-Length"))),
        complaint(|| Ok(Pass::new().set_header("grpc-timeout", "1S"))),
        complaint(|| Ok(Pass::new().set_header("x-a", "1\n2"))),
        complaint(|| Ok(Pass::new().identify(Caller::new("", "jwt")))),
        complaint(|| Err(Answer::error(ServiceError::custom("")).with_status(StatusCode::OK))),
        complaint(|| Err(Answer::forbidden("").with_header("connection", "close"))),
    ];

    assert_eq!(
        complaints,
        [
            "the host refuses the decision: the header `host` is its own",
            "the host refuses the decision: the header `content-length` is its own",
            "the host refuses the decision: the header `grpc-timeout` is its own",
            "the host refuses the decision: (invalid header x-a)",
            "a caller has a subject and a scheme",
            "the status 200 must be one of 400..=599",
            "the host refuses the decision: the header `connection` is its own",
        ]
    );
}
