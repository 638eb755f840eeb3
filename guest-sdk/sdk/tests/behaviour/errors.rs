//! The error of a service.

use expect_test::expect;
use mikros_sdk::prelude::*;
use mikros_sdk::{ErrorKind, testing};
use serde_json::json;

use crate::{run, show};

struct Probe;

impl Service for Probe {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Probe {
    fn routes() -> Router<Self> {
        Router::new().get("/{kind}", async |Path(kind): Path<String>| Err::<(), _>(error(&kind)))
    }
}

fn error(kind: &str) -> ServiceError {
    match kind {
        "internal" => ServiceError::internal("why"),
        "not-found" => ServiceError::not_found("what"),
        "invalid-arguments" => ServiceError::invalid_arguments("what"),
        "precondition-failed" => ServiceError::precondition_failed("what"),
        "permission-denied" => ServiceError::permission_denied("what"),
        "rpc" => ServiceError::rpc("ledger", "what"),
        _ => ServiceError::custom("what")
            .with_code(-7)
            .with_cause("why")
            .with_attribute("b", [1, 2])
            .with_attribute("a", json!({"x": null})),
    }
}

#[test]
fn every_kind_has_its_status_and_name() {
    let kinds = [
        "internal",
        "not-found",
        "invalid-arguments",
        "precondition-failed",
        "permission-denied",
        "rpc",
        "custom",
    ];

    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        let mut lines = Vec::new();
        for kind in kinds {
            lines.push(show(probe.get(&format!("/{kind}")).send().await).await?);
        }
        Ok(lines.join("\n"))
    });

    expect![[r#"
        500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"why","code":0,"service_name":"test"}
        404 application/json: {"kind":"NotFoundError","message":"what","code":0,"service_name":"test"}
        400 application/json: {"kind":"ValidationError","message":"what","code":0,"service_name":"test"}
        412 application/json: {"kind":"ConditionError","message":"what","code":0,"service_name":"test"}
        403 application/json: {"kind":"PermissionError","message":"what","code":0,"service_name":"test"}
        500 application/json: {"kind":"RPCError","message":"what","code":0,"service_name":"test","destination":"ledger"}
        500 application/json: {"kind":"CustomError","message":"what","cause":"why","code":-7,"service_name":"test","attributes":{"b":[1,2],"a":{"x":null}}}"#]].assert_eq(&shown);
}

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot read the age")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn outer() -> std::result::Result<u8, Outer> {
    "x".parse().map_err(Outer)
}

#[test]
fn the_question_mark_keeps_the_whole_chain() {
    let fails = || -> Result<u8> { Ok(outer()?) };

    let error = fails().expect_err("x is no number");

    assert_eq!(error.kind(), ErrorKind::Internal);
    expect!["got an internal error (cannot read the age: invalid digit found in string)"]
        .assert_eq(&error.to_string());
}

#[test]
fn an_adapter_chooses_the_kind_and_keeps_the_cause() {
    let invalid = outer().or_invalid_arguments("`age` is not a number").expect_err("it fails");
    let missing = None::<u8>.or_not_found("no such item").expect_err("it is none");

    assert_eq!(invalid.kind(), ErrorKind::InvalidArguments);
    assert_eq!(invalid.message(), "`age` is not a number");
    assert_eq!(invalid.cause(), Some("cannot read the age: invalid digit found in string"));
    assert_eq!((missing.kind(), missing.cause()), (ErrorKind::NotFound, None));
    assert_eq!(Some(3).or_not_found("no such item").ok(), Some(3));
}

#[test]
fn a_later_attribute_replaces_an_earlier_one() {
    let error = ServiceError::custom("x").with_attribute("a", 1).with_attribute("a", 2);

    assert_eq!(serde_json::Value::Object(error.attributes().clone()), json!({"a": 2}));
}

#[test]
fn debug_shows_what_is_set() {
    expect![[r#"ServiceError { kind: NotFound, message: "what" }"#]]
        .assert_eq(&format!("{:?}", error("not-found")));
    expect![[r#"ServiceError { kind: Custom, message: "what", code: -7, cause: "why", attributes: {"b":[1,2],"a":{"x":null}} }"#]].assert_eq(&format!("{:?}", error("custom")));
}

/// The host is tested with the same table.
#[test]
fn every_kind_has_the_name_and_the_status_that_the_host_gives_it() {
    let vectors = include_str!("../../../../tests/vectors/kinds.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).expect("JSON");
    assert_eq!(vectors.len(), 17);
    for vector in &vectors {
        let name = vector["json"].as_str().expect("a name");
        let kind = ErrorKind::from_name(name).expect("a kind of the SDK");
        assert_eq!((kind.name(), kind.status().as_u16()), (name, status(vector)));
    }
}

fn status(vector: &serde_json::Value) -> u16 {
    vector["status"].as_u64().and_then(|status| status.try_into().ok()).expect("a status")
}

/// Of this host and of the frameworks for Go and Rust, and what is none of these.
#[test]
fn errors_of_other_services_are_read_whatever_dialect_they_speak() {
    let vectors = include_str!("../../../../tests/vectors/decoded.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).expect("JSON");
    for vector in &vectors {
        let error = ServiceError::from_json(vector["json"].as_str().expect("a text"));

        let mut read = json!({ "kind": error.kind().name() });
        let mut tell = |name: &str, value: serde_json::Value| {
            let is_empty = value == json!("") || value == json!(0) || value == json!([]);
            if !is_empty && value != json!({}) && value != json!(null) {
                read[name] = value;
            }
        };
        tell("message", error.message().into());
        tell("code", error.code().into());
        tell("destination", error.destination().into());
        let violations = error.field_violations().iter();
        tell("field_violations", violations.map(|v| json!([v.field, v.description])).collect());
        tell("attributes", error.attributes().clone().into());
        if let Some(cause) = error.cause() {
            read["cause"] = cause.into();
        }
        assert_eq!(read, vector["error"], "{}", vector["about"]);
    }
}

#[test]
fn an_error_has_more_than_its_kind() {
    let error = ServiceError::invalid_arguments("two fields are wrong")
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
        .with_retry_after(std::time::Duration::from_secs(2))
        .with_violation("name", "must not be empty");

    assert_eq!(error.status(), 422);
    expect![[r#"ServiceError { kind: InvalidArguments, message: "two fields are wrong", status: 422, retry_after: 2s, field_violations: [FieldViolation { field: "name", description: "must not be empty" }] }"#]]
        .assert_eq(&format!("{error:?}"));
}
