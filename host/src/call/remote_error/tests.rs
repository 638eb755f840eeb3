//! Errors in each of the forms that services send.

use expect_test::expect;
use prost::Message;
use tonic_types::pb;

use super::*;
use crate::call::kind::kind_name;

/// What is read, in one line.
fn summary(read: Option<OriginError>) -> String {
    let Some(OriginError { error, origin }) = read else { return "not an error".to_owned() };
    let ServiceError { kind, message, code, cause, destination, attributes, .. } = error;
    let violations: Vec<_> =
        error.field_violations.iter().map(|v| format!("{}: {}", v.field, v.description)).collect();
    format!(
        "{} {message:?} code={code} cause={cause:?} destination={destination:?} origin={origin:?} \
         attributes={attributes:?} violations={violations:?}",
        kind_name(kind),
    )
}

fn read(json: &str) -> String {
    summary(parse(json.as_bytes()))
}

#[test]
fn each_framework_s_form_is_read() {
    let head = r#"{"kind":"NotFoundError","message":"not found","code":42,"service_name":"user","cause":"no row"}"#;
    let without_code =
        r#"{"kind":"InternalError","message":"got an internal error","service_name":"user"}"#;
    let go_0_19 = r#"{"code":0,"kind":"RPCError","message":"service RPC error","details":"dial tcp: refused","service_name":"user","destination":"orders"}"#;
    let rust = r#"{"code":7,"kind":"CustomError","message":"m","service_name":"user","attributes":{"a":1}}"#;
    let ours = r#"{"kind":"ValidationError","message":"m","code":0,"service_name":"user","field_violations":[{"field":"a.b","description":"is not valid"}]}"#;

    let all = [head, without_code, go_0_19, rust, ours].map(read).join("\n");

    expect![[r#"
        NotFoundError "not found" code=42 cause=Some("no row") destination=None origin=Some("user") attributes=None violations=[]
        InternalError "got an internal error" code=0 cause=None destination=None origin=Some("user") attributes=None violations=[]
        RPCError "service RPC error" code=0 cause=Some("dial tcp: refused") destination=Some("orders") origin=Some("user") attributes=None violations=[]
        CustomError "m" code=7 cause=None destination=None origin=Some("user") attributes=Some("{\"a\":1}") violations=[]
        ValidationError "m" code=0 cause=None destination=None origin=Some("user") attributes=None violations=["a.b: is not valid"]"#]]
    .assert_eq(&all);
}

#[test]
fn what_has_no_kind_is_not_an_error_of_a_mikros_service() {
    for json in [
        "",
        "{}",
        "null",
        "[]",
        "not JSON",
        r#"{"kind":""}"#,
        r#"{"kind":7}"#,
        r#"{"message":"m"}"#,
    ] {
        assert_eq!(read(json), "not an error", "{json}");
    }
    let deep = format!("{{\"kind\":\"NotFoundError\",\"attributes\":{}", "[".repeat(100_000));
    assert_eq!(read(&deep), "not an error");
    let long = format!(r#"{{"kind":"NotFoundError","message":"{}"}}"#, "m".repeat(LARGEST));
    assert_eq!(read(&long), "not an error");
}

#[test]
fn fields_of_the_wrong_type_are_left_out() {
    let odd = r#"{"kind":"SomeNewError","message":5,"code":1e99,"cause":[],"service_name":{},"attributes":"text","field_violations":[{"field":1},7]}"#;

    expect![[r#"CustomError "" code=0 cause=None destination=None origin=None attributes=Some("{\"value\":\"text\"}") violations=[]"#]]
        .assert_eq(&read(odd));
}

fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}

fn details(details: Vec<Any>) -> Vec<u8> {
    pb::Status { code: 3, message: String::new(), details }.encode_to_vec()
}

#[test]
fn a_status_of_this_host_is_read_from_its_details() {
    let number = |n| Some(prost_types::Value { kind: Some(ProtoKind::NumberValue(n)) });
    let text = |t: &str| prost_types::Value { kind: Some(ProtoKind::StringValue(t.to_owned())) };
    let json = Struct {
        fields: [
            ("kind".to_owned(), text("ConflictError")),
            ("message".to_owned(), text("changed meanwhile")),
            ("code".to_owned(), number(-3.0).unwrap()),
            ("service_name".to_owned(), text("user")),
        ]
        .into(),
    };
    let retry_delay = Some(prost_types::Duration { seconds: 2, nanos: 0 });
    let details = details(vec![
        any("google.rpc.RetryInfo", &pb::RetryInfo { retry_delay }),
        any("google.protobuf.Struct", &json),
    ]);

    let read = from_status("changed meanwhile", &details);

    assert_eq!(read.as_ref().unwrap().error.retry_after, Some(2_000_000_000));
    expect![[r#"ConflictError "changed meanwhile" code=-3 cause=None destination=None origin=Some("user") attributes=None violations=[]"#]]
        .assert_eq(&summary(read));
}

#[test]
fn a_status_with_an_error_info_only_is_read_from_that() {
    let info = pb::ErrorInfo {
        reason: "ValidationError".to_owned(),
        domain: "user".to_owned(),
        metadata: [("code".to_owned(), "9".to_owned())].into(),
    };
    let violation = pb::bad_request::FieldViolation {
        field: "name".to_owned(),
        description: "is missing".to_owned(),
        ..Default::default()
    };
    let details = details(vec![
        any("google.rpc.ErrorInfo", &info),
        any("google.rpc.BadRequest", &pb::BadRequest { field_violations: vec![violation] }),
    ]);

    expect![[r#"ValidationError "wrong" code=9 cause=None destination=None origin=Some("user") attributes=None violations=["name: is missing"]"#]]
        .assert_eq(&summary(from_status("wrong", &details)));
}

#[test]
fn a_foreign_status_is_none() {
    let info = pb::ErrorInfo { reason: "STOCKOUT".to_owned(), ..Default::default() };
    let foreign = details(vec![any("google.rpc.ErrorInfo", &info)]);

    assert_eq!(summary(from_status("out of stock", &foreign)), "not an error");
    assert_eq!(summary(from_status("plain text", b"")), "not an error");
    assert_eq!(summary(from_status("garbage", &[0xff; 64])), "not an error");
}

#[test]
fn a_status_of_the_older_frameworks_is_read_from_its_message() {
    let message =
        r#"{"kind":"NotFoundError","message":"not found","code":42,"service_name":"user"}"#;

    expect![[r#"NotFoundError "not found" code=42 cause=None destination=None origin=Some("user") attributes=None violations=[]"#]]
        .assert_eq(&summary(from_status(message, b"")));
}
