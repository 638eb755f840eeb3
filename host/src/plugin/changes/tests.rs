//! What a plug-in may change.

use std::net::SocketAddr;

use expect_test::{Expect, expect};
use http::request::Parts;

use super::*;
use crate::bindings::errors::Kind as ErrorKind;
use crate::call::error::service_error;

fn parts() -> Parts {
    let request = http::Request::get("/").header("x-old", "1").header("x-kept", "2");
    request.body(()).unwrap().into_parts().0
}

fn request(parts: &mut Parts, transport: Transport) -> Request<'_> {
    Request::new(transport, parts, SocketAddr::from(([127, 0, 0, 1], 1)), 0, "id".into())
}

fn changes() -> contract::RequestChanges {
    contract::RequestChanges {
        set: "x-new: 3\r\n".into(),
        remove: "x-old\r\n".into(),
        identity: Some(types::Identity {
            subject: "ada".to_owned(),
            scheme: "token".to_owned(),
            claims: r#"{"admin":true}"#.to_owned(),
        }),
        attributes: r#"{"tenant":"north"}"#.to_owned(),
    }
}

/// Changes that are refused as a whole: nothing of them is done.
#[track_caller]
fn refuses(transport: Transport, changes: contract::RequestChanges, expected: &Expect) {
    let mut parts = parts();
    let mut request = request(&mut parts, transport);

    let Err(fault) = of_request(changes, &mut request) else { panic!("they are accepted") };

    expected.assert_eq(&fault.to_string());
    assert!(request.identity().is_none() && request.found.attributes.is_empty());
    assert!(parts.headers.contains_key("x-old") && !parts.headers.contains_key("x-new"));
}

#[test]
fn a_request_is_changed() {
    let mut parts = parts();
    let mut request = request(&mut parts, Transport::Http);

    assert!(matches!(of_request(changes(), &mut request), Ok(Changed::Passes)));

    let identity = request.identity().unwrap();
    assert_eq!((&*identity.subject, &*identity.scheme), ("ada", "token"));
    assert_eq!(identity.claims["admin"], true);
    assert_eq!(request.found.attributes["tenant"], "north");
    let names: Vec<_> = parts.headers.keys().map(HeaderName::as_str).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"x-kept") && names.contains(&"x-new"));
}

#[test]
fn nothing_is_changed_when_anything_is_wrong() {
    let http = Transport::Http;
    let set = |set: &'static str| contract::RequestChanges { set: set.into(), ..changes() };
    let remove = |it: &'static str| contract::RequestChanges { remove: it.into(), ..changes() };
    let fields = |it: &str| contract::RequestChanges { attributes: it.to_owned(), ..changes() };
    let refused = [
        set("host: elsewhere\r\n"),
        remove("x-old"),
        remove("x old\r\n"),
        remove("content-length\r\n"),
        fields("[]"),
        fields(r#"{"http.path":"/"}"#),
    ];
    let expected = [
        expect!["the service returned an invalid response: the header `host` is the host's to set"],
        expect![
            "the service returned an invalid response: a name of a header does not end with CR LF"
        ],
        expect!["the service returned an invalid response: `x old` is no name of a header"],
        expect![
            "the service returned an invalid response: the header `content-length` is the host's to set"
        ],
        expect!["the service returned an invalid response: its attributes are no JSON object"],
        expect![
            "the service returned an invalid response: the log field `http.path` is the host's to set"
        ],
    ];
    for (changes, expected) in refused.into_iter().zip(&expected) {
        refuses(http, changes, expected);
    }
}

#[test]
fn an_identity_names_somebody() {
    let identity = |subject: &str, claims: &str| contract::RequestChanges {
        identity: Some(types::Identity {
            subject: subject.to_owned(),
            scheme: "token".to_owned(),
            claims: claims.to_owned(),
        }),
        ..changes()
    };
    refuses(
        Transport::Http,
        identity("", ""),
        &expect![
            "the service returned an invalid response: an identity lacks its subject or its scheme"
        ],
    );
    refuses(
        Transport::Http,
        identity("ada", "1"),
        &expect!["the service returned an invalid response: its claims are no JSON object"],
    );
}

#[test]
fn the_protocol_of_an_rpc_is_the_host_s() {
    for line in ["content-type: text/plain\r\n", "grpc-timeout: 1S\r\n"] {
        let set = || contract::RequestChanges { set: line.into(), ..changes() };
        let (mut http, mut rpc) = (parts(), parts());

        assert!(of_request(set(), &mut request(&mut http, Transport::Http)).is_ok(), "{line}");
        assert!(of_request(set(), &mut request(&mut rpc, Transport::Grpc)).is_err(), "{line}");
    }
}

#[test]
fn headers_have_a_bound() {
    let set = format!("x-long: {}\r\n", "a".repeat(MOST_BYTES));
    refuses(
        Transport::Http,
        contract::RequestChanges { set: set.into(), ..changes() },
        &expect![
            "the service returned an invalid response: its headers are larger than 16384 bytes"
        ],
    );
}

#[test]
fn a_response_is_changed() {
    let mut headers = HeaderMap::from_iter([("x-old".parse().unwrap(), "1".parse().unwrap())]);
    let mut response = Response::new(StatusCode::OK, None, &mut headers);
    let changes = contract::ResponseChanges {
        set: "x-new: 2\r\n".into(),
        remove: "x-old\r\n".into(),
        attributes: r#"{"cached":true}"#.to_owned(),
    };

    of_response(changes, Transport::Http, &mut response).unwrap();

    assert_eq!(response.attributes["cached"], true);
    assert_eq!(headers["x-new"], "2");
    assert!(!headers.contains_key("x-old"));
}

#[test]
fn an_answer_has_a_status_of_its_kind() {
    let answered = |status| {
        let response = contract::Response { status, headers: "".into(), body: "ok".into() };
        answer(response).is_ok()
    };
    assert_eq!([199, 200, 404, 599, 600].map(answered), [false, true, true, true, false]);

    let refused = |status| {
        let error = service_error(ErrorKind::PermissionDenied, "no");
        let error = crate::bindings::errors::Error { status: Some(status), ..error };
        refusal(contract::Refusal { error, headers: "".into() }).is_ok()
    };
    assert_eq!([200, 399, 400, 599, 600].map(refused), [false, false, true, true, false]);
}
