//! Requests that depend on what the client has: 206, 304, 412, 416.

use std::time::{Duration, UNIX_EPOCH};

use expect_test::expect;
use mikros_sdk::http::{Conditions, ETag, Validators};
use mikros_sdk::prelude::*;
use mikros_sdk::testing;

use crate::run;

struct Probe;

fn current() -> Validators {
    let modified = UNIX_EPOCH + Duration::from_millis(784_111_777_500);
    Validators::new().with_etag(ETag::strong("v2")).with_last_modified(modified)
}

impl Service for Probe {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Probe {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/", async |conditions: Conditions| conditions.respond(&current(), "0123456789"))
            .put("/", async |conditions: Conditions| {
                conditions
                    .answer(&current())
                    .unwrap_or_else(|| Response::new(StatusCode::NO_CONTENT))
            })
    }
}

/// Status, fields that matter, and body.
async fn asked(method: &str, fields: &[(&str, &str)]) -> Result<String> {
    let probe = testing::http::<Probe>().await?;
    let mut request = if method == "PUT" { probe.put("/") } else { probe.get("/") };
    for (name, value) in fields {
        request = request.header(name, value);
    }
    let reply = request.send().await;
    let range = reply.header("content-range").unwrap_or("-").to_owned();
    let etag = reply.header("etag").unwrap_or("-").to_owned();
    let status = reply.status().as_u16();
    let text = if status < 400 { reply.text().await? } else { "error".to_owned() };
    Ok(format!("{method} {fields:?}: {status} {range} {etag} {text}"))
}

#[test]
fn conditions_are_evaluated_in_the_order_of_http() {
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("GET", &[]),
        ("GET", &[("if-none-match", "\"a,b\", W/\"v2\"")]),
        ("GET", &[("if-none-match", "\"v1\""), ("if-modified-since", DATE)]),
        ("GET", &[("if-modified-since", DATE)]),
        ("GET", &[("if-modified-since", EARLIER)]),
        ("GET", &[("if-match", "W/\"v2\"")]),
        ("GET", &[("if-unmodified-since", EARLIER)]),
        ("GET", &[("range", "bytes=2-4")]),
        ("GET", &[("range", "bytes=-3"), ("if-range", "\"v2\"")]),
        ("GET", &[("range", "bytes=-3"), ("if-range", DATE)]),
        ("GET", &[("range", "bytes=-3"), ("if-range", "\"v1\"")]),
        ("GET", &[("range", "bytes=0-1,4-5")]),
        ("GET", &[("range", "bytes=10-")]),
        ("PUT", &[("if-match", "\"v2\"")]),
        ("PUT", &[("if-match", "\"v1\"")]),
        ("PUT", &[("if-none-match", "*")]),
        ("PUT", &[("range", "bytes=0-0")]),
    ];
    let shown = run(async {
        let mut shown = Vec::new();
        for (method, fields) in cases {
            shown.push(asked(method, fields).await?);
        }
        Ok(shown.join("\n"))
    });

    expect![[r#"
        GET []: 200 - "v2" 0123456789
        GET [("if-none-match", "\"a,b\", W/\"v2\"")]: 304 - "v2" 
        GET [("if-none-match", "\"v1\""), ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT")]: 200 - "v2" 0123456789
        GET [("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT")]: 304 - "v2" 
        GET [("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT")]: 200 - "v2" 0123456789
        GET [("if-match", "W/\"v2\"")]: 412 - - error
        GET [("if-unmodified-since", "Sun, 06 Nov 1994 08:49:36 GMT")]: 412 - - error
        GET [("range", "bytes=2-4")]: 206 bytes 2-4/10 "v2" 234
        GET [("range", "bytes=-3"), ("if-range", "\"v2\"")]: 206 bytes 7-9/10 "v2" 789
        GET [("range", "bytes=-3"), ("if-range", "Sun, 06 Nov 1994 08:49:37 GMT")]: 206 bytes 7-9/10 "v2" 789
        GET [("range", "bytes=-3"), ("if-range", "\"v1\"")]: 200 - "v2" 0123456789
        GET [("range", "bytes=0-1,4-5")]: 200 - "v2" 0123456789
        GET [("range", "bytes=10-")]: 416 bytes */10 - error
        PUT [("if-match", "\"v2\"")]: 204 - - 
        PUT [("if-match", "\"v1\"")]: 412 - - error
        PUT [("if-none-match", "*")]: 412 - - error
        PUT [("range", "bytes=0-0")]: 204 - - "#]].assert_eq(&shown);
}
