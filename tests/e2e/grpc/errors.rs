//! What services fail with, as it arrives.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use expect_test::expect;
use prost::Message;
use tonic_types::pb;

use super::{connect, probe, service};
use crate::support::Host;
use crate::support::grpc::Answer;
use crate::support::probe::{ECHO, How, ServiceError, Status, failing};

/// `grpc-status-details-bin`, decoded.
fn details(answer: &Answer) -> pb::Status {
    let details = answer.trailer("grpc-status-details-bin").expect("the status has details");
    let bytes = STANDARD_NO_PAD.decode(details.trim_end_matches('=')).expect("base64");
    pb::Status::decode(bytes.as_slice()).expect("a google.rpc.Status")
}

/// The detail of this type.
fn detail<M: Message + Default>(answer: &Answer, name: &str) -> Option<M> {
    let details = details(answer).details;
    let any = details.iter().find(|any| any.type_url.ends_with(&format!("/google.rpc.{name}")))?;
    Some(M::decode(any.value.as_slice()).expect("the detail can be decoded"))
}

/// Seconds after which the client may try again.
pub(super) fn retry_delay(answer: &Answer) -> Option<i64> {
    detail::<pb::RetryInfo>(answer, "RetryInfo")?.retry_delay.map(|delay| delay.seconds)
}

fn error(kind: &str) -> ServiceError {
    ServiceError { kind: kind.to_owned(), message: "no".to_owned(), ..ServiceError::default() }
}

#[test]
fn the_kind_of_an_error_decides_the_code() {
    let host = probe("");
    let mut client = connect(&host);
    let kinds = [
        ("internal", 13, "InternalError"),
        ("not-found", 5, "NotFoundError"),
        ("invalid-arguments", 3, "ValidationError"),
        ("precondition-failed", 9, "ConditionError"),
        ("permission-denied", 7, "PermissionError"),
        ("rpc", 14, "RPCError"),
        ("custom", 2, "CustomError"),
    ];

    for (kind, code, name) in kinds {
        let answer = client.unary(ECHO, &failing(How::Error(error(kind))));

        assert_eq!(answer.code(), code, "{kind}");
        assert!(answer.message().starts_with(&format!("{{\"kind\":\"{name}\"")), "{kind}");
        let info: pb::ErrorInfo = detail(&answer, "ErrorInfo").expect("an ErrorInfo");
        assert_eq!((info.reason.as_str(), info.domain.as_str()), (name, "probe"));
        assert_eq!(i32::try_from(code).unwrap(), details(&answer).code);
    }
    host.stop();
}

#[test]
fn an_error_is_json_in_the_message_and_facts_in_the_details() {
    let host = probe("");
    let full = ServiceError {
        code: 42,
        cause: "the disk".to_owned(),
        attributes: HashMap::from([("field".to_owned(), "age".to_owned())]),
        ..error("rpc")
    };

    let answer = connect(&host).unary(ECHO, &failing(How::Error(full)));

    expect![[r#"{"kind":"RPCError","message":"no","cause":"the disk","code":42,"service_name":"probe","destination":"another","attributes":{"field":"age"}}"#]]
        .assert_eq(&answer.message());
    let info: pb::ErrorInfo = detail(&answer, "ErrorInfo").expect("an ErrorInfo");
    let facts = [("code", "42"), ("destination", "another")];
    let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(info.metadata, HashMap::from(facts));
    let line = host.wait_for("RPC failed");
    assert_eq!(line.text("error.kind"), "RPCError");
    assert_eq!(line.text("grpc.code"), "UNAVAILABLE");
    assert_eq!(line.text("grpc.method"), ECHO);
    assert_eq!(line.text("level"), "ERROR");
    assert_eq!(line.get("error.attributes"), Some(&serde_json::json!({"field": "age"})));
    assert!(line.has("duration_us"));
    host.stop();
}

/// Otherwise anybody who can call it could fill the log.
#[test]
fn what_clients_ask_for_in_vain_leaves_no_line() {
    let host = probe("");
    let mut client = connect(&host);
    let before = host.log().len();

    for kind in ["not-found", "invalid-arguments", "permission-denied", "precondition-failed"] {
        client.unary(ECHO, &failing(How::Error(error(kind))));
    }
    client.unary("/no.Service/Method", &());

    drop(client);
    let stopped = host.stop();
    assert_eq!(stopped.log[before].msg(), "stopping service", "{}", stopped.outline());
}

#[test]
fn an_error_beyond_all_measure_still_has_its_code() {
    let host = probe("");
    let long = ServiceError {
        message: "é".repeat(100_000),
        cause: "x".repeat(100_000),
        ..error("not-found")
    };

    let answer = connect(&host).unary(ECHO, &failing(How::Error(long)));

    assert_eq!(answer.code(), 5);
    assert!(answer.message().len() < 3000);
    assert!(answer.message().contains("é…"));
    host.stop();
}

#[test]
fn hidden_fields_are_hidden_everywhere() {
    let service = service();
    let fields = "message,service_name,destination,cause,attributes";
    let command = Host::command(&service).env("MIKROS_HIDE_RESPONSE_FIELDS", fields);
    let host = Host::running(&service, command);

    let answer = connect(&host).unary(ECHO, &failing(How::Error(error("rpc"))));

    expect![[r#"{"kind":"RPCError","code":0}"#]].assert_eq(&answer.message());
    let info: pb::ErrorInfo = detail(&answer, "ErrorInfo").expect("an ErrorInfo");
    assert_eq!(info.domain, "");
    assert!(!info.metadata.contains_key("destination"));
    host.stop();
}

#[test]
fn older_clients_can_be_given_the_code_that_they_expect() {
    let host = probe("error_codes = 'unknown'");
    let mut client = connect(&host);

    let answer = client.unary(ECHO, &failing(How::Error(error("not-found"))));

    assert_eq!(answer.code(), 2);
    assert!(answer.message().starts_with(r#"{"kind":"NotFoundError""#));
    host.stop();
}

#[test]
fn a_status_of_the_service_passes_unchanged() {
    let host = probe("");
    let mut client = connect(&host);
    for code in 1..=16 {
        let message =
            "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n 100%".to_owned();
        let trailers = [("x-reason".to_owned(), "because".to_owned())];
        let details = vec![1, 2, 3, 254];
        let status = Status { code, message: message.clone(), details, trailers: trailers.into() };

        let answer = client.unary(ECHO, &failing(How::Status(status)));

        assert_eq!(answer.code(), u32::try_from(code).unwrap());
        assert_eq!(answer.message(), message);
        assert_eq!(answer.trailer("x-reason"), Some("because"));
        assert_eq!(answer.trailer("grpc-status-details-bin"), Some("AQID/g"));
    }
    host.stop();
}
