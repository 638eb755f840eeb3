//! What services fail with, as it arrives.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
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

/// The detail that holds the error as JSON does.
fn object(answer: &Answer) -> Option<prost_types::Struct> {
    let details = details(answer).details;
    let any = details.iter().find(|any| any.type_url.ends_with("/google.protobuf.Struct"))?;
    Some(prost_types::Struct::decode(any.value.as_slice()).expect("the detail can be decoded"))
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
    let vectors = include_str!("../../vectors/kinds.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).expect("JSON");
    let kinds = vectors.iter().map(|vector| {
        let code = vector["code"].as_u64().and_then(|code| u32::try_from(code).ok());
        (vector["json"].as_str().expect("a name"), code.expect("a code"))
    });

    for (name, code) in kinds {
        let answer = client.unary(ECHO, &failing(How::Error(error(name))));

        assert_eq!((answer.code(), answer.message().as_str()), (code, "no"), "{name}");
        let info: pb::ErrorInfo = detail(&answer, "ErrorInfo").expect("an ErrorInfo");
        assert_eq!((info.reason.as_str(), info.domain.as_str()), (name, "probe"));
        assert_eq!(i32::try_from(code).unwrap(), details(&answer).code);
    }
    host.stop();
}

#[test]
fn an_error_is_a_sentence_in_the_message_and_facts_in_the_details() {
    let host = probe("");
    let full = ServiceError {
        code: 42,
        cause: "the disk".to_owned(),
        attributes: HashMap::from([("field".to_owned(), "age".to_owned())]),
        ..error("rpc")
    };

    let answer = connect(&host).unary(ECHO, &failing(How::Error(full)));

    assert_eq!(answer.message(), "no");
    let object = object(&answer).expect("the error as an object");
    let names: Vec<_> = object.fields.keys().map(String::as_str).collect();
    let expected =
        ["attributes", "cause", "code", "destination", "kind", "message", "service_name"];
    assert_eq!(names, expected);
    let info: pb::ErrorInfo = detail(&answer, "ErrorInfo").expect("an ErrorInfo");
    let facts = [("code", "42"), ("destination", "another")];
    let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(info.metadata, HashMap::from(facts));
    let line = host.wait_for("rpc-failed");
    assert_eq!((line.msg(), line.text("error.kind")), ("RPC failed", "RPCError"));
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
    assert_eq!(stopped.log[before].name(), "service-stopping", "{}", stopped.outline());
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
    assert!(answer.message().ends_with("é…"));
    host.stop();
}

#[test]
fn hidden_fields_are_hidden_everywhere() {
    let service = service();
    let fields = "message,service_name,destination,cause,attributes";
    let command = Host::command(&service).env("MIKROS_HIDE_RESPONSE_FIELDS", fields);
    let host = Host::running(&service, command);

    let answer = connect(&host).unary(ECHO, &failing(How::Error(error("rpc"))));

    assert_eq!(answer.message(), "");
    let object = object(&answer).expect("the error as an object");
    assert_eq!(object.fields.keys().collect::<Vec<_>>(), ["code", "kind"]);
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

    assert_eq!((answer.code(), answer.message().as_str()), (2, "no"));
    host.stop();
}

#[test]
fn an_error_says_when_to_try_again_and_which_fields_are_wrong() {
    let host = probe("");
    let refined = ServiceError {
        retry_after_ms: 2_000,
        field_violations: HashMap::from([("age".to_owned(), "must be a number".to_owned())]),
        ..error("invalid-arguments")
    };

    let answer = connect(&host).unary(ECHO, &failing(How::Error(refined)));

    assert_eq!(retry_delay(&answer), Some(2));
    let bad: pb::BadRequest = detail(&answer, "BadRequest").expect("a BadRequest");
    let [violation] = bad.field_violations.as_slice() else { panic!("{bad:?}") };
    assert_eq!((&*violation.field, &*violation.description), ("age", "must be a number"));
    host.stop();
}

#[test]
fn the_details_that_a_service_sets_arrive_as_messages_of_google_rpc() {
    let host = probe("");

    let answer = connect(&host).unary(ECHO, &failing(How::Details("Türe".to_owned())));

    assert_eq!((answer.code(), answer.message().as_str()), (9, "the door is closed"));
    let whole = details(&answer);
    assert_eq!((whole.code, whole.message.as_str()), (9, "the door is closed"));
    let info: pb::ErrorInfo = detail(&answer, "ErrorInfo").expect("an ErrorInfo");
    assert_eq!(
        (&*info.reason, &*info.domain, &*info.metadata["subject"]),
        ("CLOSED", "probe", "Türe")
    );
    let retry: pb::RetryInfo = detail(&answer, "RetryInfo").expect("a RetryInfo");
    assert_eq!(retry.retry_delay.map(|delay| (delay.seconds, delay.nanos)), Some((1, 500_000_000)));
    let bad: pb::BadRequest = detail(&answer, "BadRequest").expect("a BadRequest");
    assert_eq!(bad.field_violations[0].field, "Türe");
    let state: pb::PreconditionFailure = detail(&answer, "PreconditionFailure").expect("one");
    assert_eq!(state.violations[0].description, "open it");
    let quota: pb::QuotaFailure = detail(&answer, "QuotaFailure").expect("a QuotaFailure");
    assert_eq!(quota.violations[0].subject, "Türe");
    let request: pb::RequestInfo = detail(&answer, "RequestInfo").expect("a RequestInfo");
    assert_eq!(request.request_id, "7");
    let resource: pb::ResourceInfo = detail(&answer, "ResourceInfo").expect("a ResourceInfo");
    assert_eq!(resource.owner, "Ada");
    let help: pb::Help = detail(&answer, "Help").expect("a Help");
    assert_eq!(help.links[0].url, "https://example.com/doors");
    let text: pb::LocalizedMessage = detail(&answer, "LocalizedMessage").expect("one");
    assert_eq!(text.message, "Die Tür ist zu");
    host.stop();
}

#[test]
fn an_error_of_the_service_s_own_is_the_status_that_it_says() {
    let host = probe("");
    let mut client = connect(&host);

    for (name, code, message) in [("full", 8, "it is full"), ("gone", 15, "it is gone")] {
        let answer = client.unary(ECHO, &failing(How::Own(name.to_owned())));

        assert_eq!((answer.code(), answer.message().as_str()), (code, message));
    }
    host.stop();
}

/// How the clients of the other Mikros frameworks read the message of a status: the kind that their
/// callers see, or what goes wrong. Recorded from these clients; they do not run here.
mod frameworks {
    use serde_json::Value;

    /// Go, as of HEAD: a JSON object whatever the code is; anything else is an internal error.
    pub(super) fn go(message: &str) -> String {
        match serde_json::from_str(message) {
            Ok(Value::Object(object)) => {
                object.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            _ => "InternalError".to_owned(),
        }
    }

    /// Go 0.19: the same, but an internal error unless the code is `UNKNOWN`.
    pub(super) fn go_0_19(code: u32, message: &str) -> String {
        if code == 2 { go(message) } else { "InternalError".to_owned() }
    }

    /// Rust: panics unless it is an object with `code` and `kind`.
    pub(super) fn rust(message: &str) -> Result<String, &'static str> {
        let object: Value = serde_json::from_str(message).map_err(|_no_json| "it panics")?;
        let kind = object.get("kind").and_then(Value::as_str).ok_or("it panics")?;
        object.get("code").and_then(Value::as_i64).ok_or("it panics")?;
        Ok(kind.to_owned())
    }
}

#[test]
fn clients_of_the_other_frameworks_can_be_given_what_they_decode() {
    let host = probe("error_codes = 'unknown'\nstatus_message = 'json'");
    let mut client = connect(&host);

    for name in ["NotFoundError", "UnavailableError", "AlreadyExistsError"] {
        let answer = client.unary(ECHO, &failing(How::Error(error(name))));

        let (code, message) = (answer.code(), answer.message());
        assert_eq!(frameworks::go(&message), name);
        assert_eq!(frameworks::go_0_19(code, &message), name);
        assert_eq!(frameworks::rust(&message).as_deref(), Ok(name));
        assert_eq!(object(&answer), None, "the JSON is not sent twice");
    }
    host.stop();
}

/// Why there is a setting for them.
#[test]
fn clients_of_the_other_frameworks_do_not_decode_sentences() {
    let host = probe("");

    let answer = connect(&host).unary(ECHO, &failing(How::Error(error("NotFoundError"))));

    let (code, message) = (answer.code(), answer.message());
    assert_eq!(frameworks::go(&message), "InternalError");
    assert_eq!(frameworks::go_0_19(code, &message), "InternalError");
    assert_eq!(frameworks::rust(&message), Err("it panics"));
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
