//! What is public, and what somebody could mistake for it.
//! Does not know tokens beyond a good one and a bad one.

use http::request::Parts;
use serde_json::{Map, json};

use super::super::guard::Guard;
use super::support::{Asked, WITH_SECRET, ask_with, guard, parts, token};
use crate::extension::Identity;

const PUBLIC: &str = "public = ['GET /docs', '/assets/*', '/a/b', '/helloworld.Greeter/*', \
                      '/pkg.Other/Ping', '/user@home/*']\n";

fn public() -> Guard {
    guard(&format!("{PUBLIC}[jwt]\ncookie = 'session'\n{WITH_SECRET}"))
}

fn asked(guard: &Guard, method: &str, path: &str, headers: &[(&str, &str)]) -> Asked {
    ask_with(guard, parts(method, path, headers), None)
}

#[test]
fn everything_needs_an_identity_unless_it_is_public() {
    let guard = public();
    for (method, path) in [
        ("GET", "/docs"),
        ("GET", "/docs?page=1"),
        ("HEAD", "/docs"),
        ("GET", "/docs?../private"),
        ("GET", "http://greeter.example/docs"),
        ("GET", "/assets/"),
        ("DELETE", "/assets/logo.svg"),
        ("GET", "/assets/a/b/c.min.js"),
        ("GET", "/assets/a/"),
        ("GET", "/assets/..."),
        ("GET", "/assets/.well-known"),
        ("GET", "/a/b"),
        ("POST", "/helloworld.Greeter/SayHello"),
        ("POST", "/pkg.Other/Ping"),
        ("GET", "/user@home/x"),
    ] {
        assert_eq!(asked(&guard, method, path, &[]).who(), Ok("nobody"), "{method} {path}");
    }
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/private"),
        ("POST", "/docs"),
        ("OPTIONS", "/docs"),
        ("get", "/docs"),
        ("OPTIONS", "*"),
        ("CONNECT", "greeter.example:80"),
        ("GET", "http://greeter.example"),
        ("POST", "/helloworld.Greeter2/SayHello"),
        ("POST", "/helloworld.Greeter"),
        ("POST", "/pkg.Other/Pong"),
        ("POST", "/pkg.Other/Ping/x"),
    ] {
        assert_eq!(asked(&guard, method, path, &[]).who(), Err("missing"), "{method} {path}");
    }
}

#[test]
fn nothing_unusual_is_public() {
    let guard = public();
    for path in [
        "/docs/",
        "//docs",
        "/docs//",
        "/./docs",
        "/docs/.",
        "/docs/..",
        "/x/../docs",
        "/DOCS",
        "/Docs",
        "/docs;x=1",
        "/docs%2f",
        "/docs%00",
        "/%64ocs",
        "/docs%20",
        "/docs.",
        "/docsx",
        "/assets",
        "/Assets/x",
        "/assets//x",
        "//assets/x",
        "/assets/../private",
        "/assets/..",
        "/assets/.",
        "/assets/./x",
        "/assets/x/..",
        "/assets/x/../../private",
        "/assets/%2e%2e/private",
        "/assets/%2E%2E%2Fprivate",
        "/assets/..%2fprivate",
        "/assets/.%2e/private",
        "/assets/..;/private",
        "/assets/x;y",
        "/assets/%5c..%5cprivate",
        "/assets/%252e%252e/private",
        "/assets/%c0%ae%c0%ae/private",
        "/assets/x%0d%0a",
        "/assets/*",
        "/assets/x|y",
        "/assets/caf\u{e9}",
        "/assets%2fx",
        "/assets/\\..\\private",
        "/a//b",
        "/a/./b",
        "/a%2fb",
        "/helloworld.greeter/SayHello",
        "/helloworld.Greeter//SayHello",
        "/helloworld%2eGreeter/SayHello",
    ] {
        // What is no path at all does not get as far as this.
        let Ok(uri) = path.parse::<http::Uri>() else { continue };
        let mut parts: Parts = parts("GET", "/", &[]);
        parts.uri = uri;

        assert_eq!(ask_with(&guard, parts, None).who(), Err("missing"), "{path}");
    }
}

#[test]
fn everything_can_be_public() {
    let guard = guard(&format!("public = ['/*']\n{WITH_SECRET}"));
    let bearer = format!("Bearer {}", token(json!({})));

    assert_eq!(asked(&guard, "GET", "/x", &[]).who(), Ok("nobody"));
    assert_eq!(asked(&guard, "GET", "/x/%2e", &[]).who(), Err("missing"));
    assert_eq!(asked(&guard, "GET", "/x", &[("authorization", &bearer)]).who(), Ok("ann"));
}

#[test]
fn credentials_are_checked_on_public_routes_too() {
    let guard = public();
    let good = token(json!({}));
    let old = token(json!({ "exp": 1 }));
    let with = |name: &str, value: &str| asked(&guard, "GET", "/docs", &[(name, value)]);

    assert_eq!(with("authorization", &format!("Bearer {good}")).who(), Ok("ann"));
    assert_eq!(with("cookie", &format!("session={good}")).who(), Ok("ann"));
    assert_eq!(with("authorization", &format!("Bearer {old}")).who(), Err("token_expired"));
    // A scheme that is not ours is the service's business.
    assert_eq!(with("authorization", "Signature x").who(), Ok("nobody"));
}

#[test]
fn a_cookie_that_has_expired_does_not_lock_out_of_public_routes() {
    let guard = public();
    let cookie = format!("session={}", token(json!({ "exp": 1 })));

    let public = asked(&guard, "GET", "/docs", &[("cookie", &cookie)]);
    let private = asked(&guard, "GET", "/private", &[("cookie", &cookie)]);

    assert_eq!(public.who(), Ok("nobody"));
    assert_eq!(public.failure, "token_expired");
    assert_eq!(private.who(), Err("token_expired"));
}

#[test]
fn whom_a_feature_before_knows_passes() {
    let guard = public();
    let before =
        Identity { subject: "peer".to_owned(), scheme: "mtls".to_owned(), claims: Map::new() };
    let ask = |headers: &[(&str, &str)]| {
        ask_with(&guard, parts("GET", "/private", headers), Some(before.clone()))
    };

    assert_eq!(ask(&[]).identity, Some(before.clone()));
    assert!(ask(&[]).answer.is_none());
    let bearer = format!("Bearer {}", token(json!({})));
    assert_eq!(ask(&[("authorization", &bearer)]).who(), Ok("ann"));
    assert!(ask(&[("authorization", "Bearer x")]).answer.is_some());
}

#[test]
fn credentials_can_be_kept_from_the_service() {
    let settings = format!(
        "strip_credentials = true\n{PUBLIC}[jwt]\ncookie = 'session'\n[[basic]]\nname = 'bob'\n\
         password = 'long enough'\n[[api_keys]]\nname = 'program'\nkey = 'sixteen letters!'\n\
         {WITH_SECRET}"
    );
    let guard = guard(&settings);
    let bearer = format!("Bearer {}", token(json!({})));
    let headers = [
        ("authorization", &*bearer),
        ("x-api-key", "sixteen letters!"),
        ("cookie", "a=b; session=x; c=d"),
        ("cookie", "session=y"),
        ("x-other", "kept"),
    ];

    for path in ["/private", "/docs"] {
        let asked = asked(&guard, "GET", path, &headers);

        assert_eq!(asked.who(), Ok("ann"));
        let left: Vec<_> = asked
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(left, [("x-other", "kept"), ("cookie", "a=b; c=d")]);
    }
    // Also when it was not looked at.
    let asked = asked(&guard, "GET", "/docs", &[("authorization", "Signature x")]);
    assert!(asked.headers.is_empty());
}
