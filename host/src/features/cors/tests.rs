//! Requests of browsers, and what they are told.

use std::sync::Arc;

use futures_util::FutureExt;
use http::HeaderMap;
use http::request::Builder;
use serde_json::json;

use super::*;
use crate::features::testing;

fn cors(settings: serde_json::Value) -> Cors {
    let settings: Arc<Settings> = Arc::new(serde_json::from_value(settings).unwrap());
    Cors { policy: Policy::new(&settings), settings }
}

fn listed() -> Cors {
    cors(json!({
        "allowed_origins": ["https://app.example.org", "https://*.example.net"],
        "allowed_methods": ["GET", "DELETE"],
        "allowed_headers": ["Content-Type", "X-Tenant"],
        "exposed_headers": ["X-Total"],
        "allow_credentials": true,
        "max_age": "1h",
    }))
}

fn preflight(origin: &str) -> Builder {
    http::Request::options("/")
        .header("origin", origin)
        .header("access-control-request-method", "DELETE")
}

/// `name: value`, one per line, in the order of the names.
fn shown(headers: &HeaderMap) -> String {
    let mut lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines.concat()
}

fn with_request<T>(
    transport: Transport,
    request: Builder,
    act: impl FnOnce(&mut Request<'_>) -> T,
) -> T {
    let mut parts = testing::parts(request);
    act(&mut testing::request(transport, &mut parts, "127.0.0.1"))
}

/// What a request is answered with on its way in: a status and headers; `None` when it passes.
fn answer(cors: &Cors, request: Builder) -> Option<(u16, String)> {
    with_request(Transport::Http, request, |request| {
        match cors.on_request(request).now_or_never().unwrap() {
            Decision::Pass => None,
            Decision::Answer(answer) => Some((answer.status.as_u16(), shown(&answer.headers))),
        }
    })
}

/// The headers of a response that had `headers`.
fn marked(cors: &Cors, request: Builder, headers: &[(&'static str, &str)]) -> String {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    with_request(Transport::Http, request, |request| {
        let mut response = Response::new(http::StatusCode::UNAUTHORIZED, None, &mut map);
        let decision = cors.on_response(request, &mut response).now_or_never();
        assert!(matches!(decision, Some(Decision::Pass)));
    });
    shown(&map)
}

const NOTHING_GRANTED: &str =
    "vary: origin, access-control-request-method, access-control-request-headers\n";

#[test]
fn a_preflight_of_an_allowed_origin_is_told_what_is_allowed() {
    let expected = "access-control-allow-credentials: true\n\
        access-control-allow-headers: content-type, x-tenant\n\
        access-control-allow-methods: GET, DELETE\n\
        access-control-allow-origin: https://a.b.example.net\n\
        access-control-max-age: 3600\n\
        vary: origin, access-control-request-method, access-control-request-headers\n";

    let answer = answer(&listed(), preflight("https://a.b.example.net"));

    assert_eq!(answer, Some((204, expected.to_owned())));
}

#[test]
fn a_preflight_of_another_origin_is_answered_and_told_nothing() {
    for origin in ["https://evil.example", "https://app.example.org.evil.example", "null", ""] {
        let expected = Some((204, NOTHING_GRANTED.to_owned()));
        assert_eq!(answer(&listed(), preflight(origin)), expected, "{origin}");
    }
}

#[test]
fn two_origins_are_none() {
    let request = preflight("https://app.example.org").header("origin", "https://evil.example");

    assert_eq!(answer(&listed(), request), Some((204, NOTHING_GRANTED.to_owned())));
}

#[test]
fn only_a_whole_preflight_is_answered() {
    let cors = listed();
    let origin = "https://app.example.org";

    let without_method = http::Request::options("/").header("origin", origin);
    let without_origin = http::Request::options("/").header("access-control-request-method", "GET");
    let get = preflight(origin).method("GET");

    for request in [without_method, without_origin, get] {
        assert_eq!(answer(&cors, request), None);
    }
}

#[test]
fn headers_are_echoed_when_all_are_allowed() {
    let cors = cors(json!({ "allowed_origins": ["*"], "allowed_headers": ["*"] }));
    let asking = |headers: &str| {
        let request = preflight("https://a.example")
            .header("access-control-request-headers", headers)
            .header("access-control-request-headers", "x-more");
        let (_, headers) = answer(&cors, request).unwrap();
        headers
            .lines()
            .find_map(|line| line.strip_prefix("access-control-allow-headers: ").map(str::to_owned))
    };

    let granted = Some("authorization, x-tenant, x-more".to_owned());
    assert_eq!(asking("Authorization,  X-Tenant"), granted);
    assert_eq!(asking("a b"), None);
    // Empty items are none.
    for headers in
        ["authorization, x-tenant,", ",authorization, ,x-tenant", "authorization,,x-tenant"]
    {
        assert_eq!(asking(headers), granted, "{headers}");
    }
    assert_eq!(asking(""), Some("x-more".to_owned()));
}

#[test]
fn defaults_allow_what_is_simple() {
    let cors = cors(json!({ "allowed_origins": ["*"] }));

    let (_, headers) = answer(&cors, preflight("null")).unwrap();

    assert_eq!(
        headers,
        format!(
            "access-control-allow-headers: content-type\n\
             access-control-allow-methods: GET, HEAD, POST\n\
             access-control-allow-origin: *\n\
             access-control-max-age: 600\n{NOTHING_GRANTED}"
        )
    );
}

#[test]
fn a_response_is_shown_to_an_allowed_origin() {
    let request = http::Request::get("/").header("origin", "https://app.example.org");

    assert_eq!(
        marked(&listed(), request, &[("x-total", "7")]),
        "access-control-allow-credentials: true\n\
         access-control-allow-origin: https://app.example.org\n\
         access-control-expose-headers: x-total\n\
         vary: origin\n\
         x-total: 7\n"
    );
}

#[test]
fn a_response_is_not_shown_to_others_whatever_the_service_says() {
    let own = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-origin", "https://evil.example"),
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", "*"),
        ("vary", "accept"),
    ];
    let evil = http::Request::get("/").header("origin", "https://evil.example");
    let none = http::Request::get("/");

    for request in [evil, none] {
        assert_eq!(marked(&listed(), request, &own), "vary: accept\nvary: origin\n");
    }
}

#[test]
fn every_origin_is_told_so_without_being_named() {
    let cors = cors(json!({ "allowed_origins": ["*"], "exposed_headers": ["*"] }));
    let request = http::Request::get("/").header("origin", "https://any.example");

    assert_eq!(
        marked(&cors, request, &[]),
        "access-control-allow-origin: *\naccess-control-expose-headers: *\nvary: origin\n"
    );
}

#[test]
fn rpcs_pass_untouched() {
    let cors = listed();
    let request = preflight("https://app.example.org");
    let mut headers = HeaderMap::new();

    let decisions = with_request(Transport::Grpc, request, |request| {
        let before = cors.on_request(request).now_or_never().unwrap();
        let mut response = Response::new(http::StatusCode::OK, None, &mut headers);
        let after = cors.on_response(request, &mut response).now_or_never().unwrap();
        [before, after]
    });

    assert!(decisions.iter().all(|decision| matches!(decision, Decision::Pass)));
    assert!(headers.is_empty());
}

/// The keys that are objected to.
fn errors(settings: serde_json::Value) -> Vec<String> {
    let settings: Settings = serde_json::from_value(settings).unwrap();
    testing::errors(&settings)
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let origins = json!(["https://a.example"]);
    for (settings, keys) in [
        (json!({ "allowed_origins": origins }), &[][..]),
        (json!({ "allowed_origins": [] }), &["allowed_origins"]),
        (json!({ "allowed_origins": ["*", "https://a.example"] }), &["allowed_origins"]),
        (json!({ "allowed_origins": ["*"], "allow_credentials": true }), &["allow_credentials"]),
        (json!({ "allowed_origins": origins, "allowed_methods": [] }), &["allowed_methods"]),
        (json!({ "allowed_origins": origins, "allowed_headers": [] }), &[]),
        (
            json!({ "allowed_origins": origins, "allowed_headers": ["*", "x"] }),
            &["allowed_headers"],
        ),
        (
            json!({ "allowed_origins": origins, "exposed_headers": ["*", "x"] }),
            &["exposed_headers"],
        ),
        (
            json!({ "allowed_origins": origins, "exposed_headers": ["*"], "allow_credentials": true }),
            &["exposed_headers"],
        ),
        (json!({ "allowed_origins": origins, "max_age": "24h" }), &[]),
        (json!({ "allowed_origins": origins, "max_age": "25h" }), &["max_age"]),
    ] {
        assert_eq!(errors(settings.clone()), keys, "{settings}");
    }
}

#[test]
fn words_are_checked() {
    for (key, value, expected) in [
        ("allowed_methods", "get", "expected a method in upper case, such as `DELETE`"),
        ("allowed_methods", "*", "expected a method in upper case, such as `DELETE`"),
        ("allowed_methods", "", "expected a method in upper case, such as `DELETE`"),
        ("allowed_headers", "x y", "expected the name of a header, such as `content-type`, or `*`"),
        ("exposed_headers", "x-*", "expected the name of a header, such as `content-type`, or `*`"),
        ("allowed_origin", "https://a.example", "unknown field `allowed_origin`"),
    ] {
        let settings = json!({ "allowed_origins": ["*"], key: [value] });
        let error = serde_json::from_value::<Settings>(settings).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn defaults_are_as_told() {
    testing::defaults_are_as_told::<Settings>(&json!({ "allowed_origins": ["*"] }));
}
