//! `http_cors`: preflights, and what browsers are told about responses.
//! Does not know which browsers there are.

use super::{echoes, refusal};
use crate::support::http::{self, Response};
use crate::support::{Host, http2};

const LISTED: &str = "\
[features.http_cors]
enabled = true
allowed_origins = ['https://app.example.org', 'https://*.example.net']
allowed_methods = ['GET', 'PUT']
allowed_headers = ['content-type', 'x-tenant']
exposed_headers = ['x-total']
allow_credentials = true
max_age = '1h'
";

fn preflight(port: u16, path: &str, origin: &str) -> Response {
    let headers = format!(
        "origin: {origin}\r\naccess-control-request-method: PUT\r\n\
         access-control-request-headers: x-tenant\r\n"
    );
    http::request(port, "OPTIONS", path, &headers, b"")
}

/// The headers that browsers look at, and `vary`.
fn told(response: &Response) -> Vec<(&str, &str)> {
    let is_told = |name: &str| name.starts_with("access-control-") || name == "vary";
    let headers = response.headers.iter().filter(|(name, _)| is_told(name));
    let mut told: Vec<_> = headers.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    told.sort_unstable();
    told
}

const PREFLIGHT_VARY: (&str, &str) =
    ("vary", "origin, access-control-request-method, access-control-request-headers");

#[test]
fn a_preflight_is_answered_by_the_host() {
    let host = Host::start(&echoes(LISTED));

    let response = preflight(host.port(), "/reply", "https://a.example.net");

    assert_eq!((response.status, response.text()), (204, ""));
    assert_eq!(
        told(&response),
        [
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-headers", "content-type, x-tenant"),
            ("access-control-allow-methods", "GET, PUT"),
            ("access-control-allow-origin", "https://a.example.net"),
            ("access-control-max-age", "3600"),
            PREFLIGHT_VARY,
        ]
    );
    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}

#[test]
fn a_preflight_of_a_stranger_is_answered_without_a_word() {
    let host = Host::start(&echoes(LISTED));

    for origin in ["https://evil.example", "null", "https://example.net", "http://app.example.org"]
    {
        let response = preflight(host.port(), "/reply", origin);
        assert_eq!((response.status, told(&response)), (204, vec![PREFLIGHT_VARY]), "{origin}");
    }
    host.stop();
}

#[test]
fn other_requests_with_the_method_options_are_the_service_s() {
    let host = Host::start(&echoes(LISTED));
    let origin = "origin: https://app.example.org\r\n";

    let response = http::request(host.port(), "OPTIONS", "/reply", origin, b"hello");

    assert_eq!((response.status, response.text()), (200, "hello"));
    host.stop();
}

#[test]
fn a_page_of_an_allowed_origin_sees_responses_and_errors() {
    let host = Host::start(&echoes(LISTED));
    let origin = "origin: https://app.example.org\r\n";

    for (path, status) in [("/reply", 200), ("/error", 500), ("/nowhere", 404)] {
        let response = http::request(host.port(), "GET", path, origin, b"");
        assert_eq!(response.status, status);
        assert_eq!(
            told(&response),
            [
                ("access-control-allow-credentials", "true"),
                ("access-control-allow-origin", "https://app.example.org"),
                ("access-control-expose-headers", "x-total"),
                ("vary", "origin"),
            ],
            "{path}"
        );
    }
    host.stop();
}

#[test]
fn errors_of_other_features_can_be_read_as_well() {
    let limit = "[features.rate_limit]\nenabled = true\nrequests = 1\nper = '24h'";
    let host = Host::start(&echoes(&format!("{LISTED}{limit}")));
    let ask =
        || http::request(host.port(), "GET", "/id", "origin: https://app.example.org\r\n", b"");

    assert_eq!(ask().status, 200);
    let refused = ask();

    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://app.example.org"));
    // Nobody has to identify himself, or be admitted, to ask whether he may ask.
    assert_eq!(preflight(host.port(), "/id", "https://app.example.org").status, 204);
    host.stop();
}

#[test]
fn what_the_service_says_itself_is_replaced() {
    let host = Host::start(&echoes(LISTED));
    let own = "reply-access-control-allow-origin: *\r\nreply-vary: accept\r\n";

    let plain = http::request(host.port(), "GET", "/reply", own, b"");
    let evil = format!("{own}origin: https://evil.example\r\n");
    let evil = http::request(host.port(), "GET", "/reply", &evil, b"");

    for response in [plain, evil] {
        assert_eq!(told(&response), [("vary", "accept"), ("vary", "origin")]);
    }
    host.stop();
}

#[test]
fn every_origin_can_be_allowed() {
    let settings = "[features.http_cors]\nenabled = true\nallowed_origins = ['*']\n\
                    allowed_headers = ['*']";
    let host = Host::start(&echoes(settings));

    let preflight = preflight(host.port(), "/reply", "https://any.example");
    let mut client = http2::Client::connect(host.port());
    let request = ::http::Request::get("http://localhost/id").header("origin", "null");
    let response = client.ask(request.body(http_body_util::Full::default()).unwrap());

    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("x-tenant"));
    assert_eq!(told(&response), [("access-control-allow-origin", "*"), ("vary", "origin")]);
    host.stop();
}

#[test]
fn disabled_it_leaves_everything_to_the_service() {
    let host = Host::start(&echoes(&LISTED.replace("enabled = true", "enabled = false")));
    let own = "reply-access-control-allow-origin: *\r\norigin: https://evil.example\r\n";

    let response = http::request(host.port(), "GET", "/reply", own, b"");

    assert_eq!(told(&response), [("access-control-allow-origin", "*")]);
    host.stop();
}

#[test]
fn settings_that_cannot_work_stop_the_start() {
    let settings = "[features.http_cors]\nenabled = true\nallowed_origins = ['*']\n\
                    allow_credentials = true";
    let refused = refusal(settings);
    assert!(refused.contains("allow_credentials` must not be `true`"), "{refused}");

    let settings = "[features.http_cors]\nenabled = true\n\
                    allowed_origins = ['https://app.example.org/']";
    let refused = refusal(settings);
    assert!(refused.contains("allowed_origins[0]` must be an origin without a path"), "{refused}");
}
