//! Responses, and what becomes of them.

mod bodiless;

use std::convert::Infallible;
use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::{FutureExt, stream};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use serde_json::json;
use tokio::sync::mpsc;

use super::*;
use crate::extension::{Body, BoxError};
use crate::features::testing;

fn compressing(settings: serde_json::Value) -> Compressing {
    let settings: Settings = serde_json::from_value(settings).unwrap();
    assert_eq!(testing::errors(&settings), [""; 0]);
    Compressing { settings: Arc::new(settings) }
}

fn text() -> Vec<u8> {
    b"hello ".repeat(1000)
}

fn whole(bytes: Vec<u8>) -> Body {
    Box::pin(Full::new(Bytes::from(bytes)).map_err(|never: Infallible| match never {}))
}

/// A request that accepts `accepted`.
fn get(accepted: &str) -> http::request::Builder {
    http::Request::get("/items").header("accept-encoding", accepted)
}

/// A response that is about to be sent.
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Body,
}

fn reply(body: Body) -> Reply {
    reply_with(body, &[])
}

/// A response of text with further headers, or with others.
fn reply_with(body: Body, changes: &[(&'static str, &'static str)]) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    for (name, value) in changes {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    Reply { status: 200, headers, body }
}

/// What is sent in its place.
fn sent(rules: &Compressing, request: http::request::Builder, reply: Reply) -> Reply {
    let Reply { status, mut headers, mut body } = reply;
    let mut parts = testing::parts(request);
    let request = testing::request(Transport::Http, &mut parts, "127.0.0.1");
    let code = StatusCode::from_u16(status).unwrap();
    let mut response = Response::new(code, None, &mut headers);
    let decision = rules.on_response(&request, &mut response).now_or_never();
    assert!(matches!(decision, Some(Decision::Pass)));
    for wrap in std::mem::take(&mut response.wraps) {
        body = wrap(response.headers_mut(), body);
    }
    Reply { status, headers, body }
}

impl Reply {
    fn encoding(&self) -> Option<&str> {
        self.headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap())
    }

    fn varies(&self) -> bool {
        self.headers.get_all("vary").iter().any(|value| value == "accept-encoding")
    }

    /// All of the body.
    fn bytes(mut self) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut bytes = Vec::new();
            while let Some(frame) = self.body.frame().await {
                bytes.extend_from_slice(&frame.unwrap().into_data().unwrap());
            }
            bytes
        })
    }

    /// The same, decoded.
    fn decoded(self) -> Vec<u8> {
        match self.encoding().map(str::to_owned) {
            Some(encoding) => decompressed(&encoding, &self.bytes()),
            None => self.bytes(),
        }
    }
}

fn decompressed(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    if encoding == "zstd" {
        return zstd::decode_all(bytes).unwrap();
    }
    let mut decompressed = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut decompressed).unwrap();
    decompressed
}

#[test]
fn the_client_s_preference_decides() {
    let rules = compressing(json!({}));
    for (accepted, expected) in [
        ("gzip", Some("gzip")),
        ("zstd", Some("zstd")),
        ("gzip, zstd", Some("zstd")),
        ("gzip, deflate, br, zstd", Some("zstd")),
        ("gzip;q=1.0, zstd;q=0.5", Some("gzip")),
        ("GZIP", Some("gzip")),
        ("*", Some("zstd")),
        ("*;q=0.5, gzip", Some("gzip")),
        ("zstd;q=0, *", Some("gzip")),
        ("identity, gzip;q=0.5", None),
        ("gzip;q=0", None),
        ("br, deflate", None),
        ("", None),
        ("nonsense;;q=x,,", None),
        // Nothing at all is acceptable: then it is better than nothing.
        ("identity;q=0", None),
        ("*;q=0", None),
    ] {
        let reply = sent(&rules, get(accepted), reply(whole(text())));

        assert_eq!(reply.encoding(), expected, "{accepted}");
        assert!(reply.varies(), "{accepted}");
        assert_eq!((reply.status, reply.decoded()), (200, text()), "{accepted}");
    }
}

#[test]
fn a_request_that_accepts_nothing_in_particular_is_answered_as_it_is() {
    let reply = sent(&compressing(json!({})), http::Request::get("/"), reply(whole(text())));

    assert_eq!((reply.encoding(), reply.varies()), (None, true));
    assert_eq!(reply.body.size_hint().exact(), Some(6000));
}

#[test]
fn only_the_encodings_of_the_settings_are_used() {
    let rules = compressing(json!({ "encodings": ["gzip"] }));

    assert_eq!(sent(&rules, get("gzip, zstd"), reply(whole(text()))).encoding(), Some("gzip"));
    assert_eq!(sent(&rules, get("zstd"), reply(whole(text()))).encoding(), None);
}

#[test]
fn headers_tell_what_is_sent() {
    let before = [("content-length", "6000"), ("etag", "\"abc\""), ("accept-ranges", "bytes")];

    let reply = sent(&compressing(json!({})), get("gzip"), reply_with(whole(text()), &before));

    let mut names: Vec<_> = reply.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-encoding", "content-type", "etag", "vary"]);
    assert_eq!(reply.headers["etag"], "W/\"abc--gzip\"");
    assert!(reply.bytes().len() < 200);
}

#[test]
fn a_weak_validator_stays_and_so_does_that_of_what_is_not_encoded() {
    let rules = compressing(json!({}));

    let weak = sent(&rules, get("gzip"), reply_with(whole(text()), &[("etag", "W/\"abc\"")]));
    let plain = sent(&rules, get("br"), reply_with(whole(text()), &[("etag", "\"abc\"")]));

    assert_eq!(weak.headers["etag"], "W/\"abc\"");
    assert_eq!(plain.headers["etag"], "\"abc\"");
}

#[test]
fn what_is_not_worth_it_or_not_allowed_stays_as_it_is() {
    let rules = compressing(json!({}));
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-type", "text/event-stream"),
        ("content-encoding", "br"),
        ("content-range", "bytes 0-5999/9000"),
        ("content-digest", "sha-256=:AAAA:"),
        ("cache-control", "private, No-Transform"),
    ] {
        let untouched = reply_with(whole(text()), &[(name, value)]);
        let headers = untouched.headers.clone();

        let reply = sent(&rules, get("gzip"), untouched);

        assert_eq!(reply.headers, headers, "{name}: {value}");
        assert_eq!(reply.bytes(), text());
    }
}

#[test]
fn some_statuses_have_no_body_to_encode() {
    let rules = compressing(json!({}));
    for status in [204, 205, 206, 304] {
        let reply = sent(&rules, get("gzip"), Reply { status, ..reply(whole(text())) });
        // A 304 has what the 200 has that it stands for.
        assert_eq!((reply.encoding(), reply.varies()), (None, status == 304), "{status}");
    }
    for status in [200, 404, 500] {
        let reply = sent(&rules, get("gzip"), Reply { status, ..reply(whole(text())) });
        assert_eq!(reply.encoding(), Some("gzip"), "{status}");
    }
}

#[test]
fn a_response_without_a_type_stays_as_it_is() {
    let bare = Reply { status: 200, headers: HeaderMap::new(), body: whole(text()) };

    assert!(sent(&compressing(json!({})), get("gzip"), bare).headers.is_empty());
}

#[test]
fn small_bodies_stay_as_they_are() {
    let rules = compressing(json!({ "min_size": "10B" }));

    let small = sent(&rules, get("gzip"), reply(whole(vec![b'x'; 9])));
    let large = sent(&rules, get("gzip"), reply(whole(vec![b'x'; 10])));

    assert_eq!((small.encoding(), small.varies()), (None, false));
    assert_eq!(large.encoding(), Some("gzip"));
}

#[test]
fn routes_choose_and_exceptions_win() {
    let rules = compressing(json!({ "routes": ["/public/*"], "except": ["/public/account"] }));
    let encodes = |path: &str| {
        let request = http::Request::get(path).header("accept-encoding", "gzip");
        sent(&rules, request, reply(whole(text()))).encoding().is_some()
    };

    assert!(encodes("/public/items"));
    for path in ["/items", "/public/account", "/public/account/", "/public//account", "//public/x"]
    {
        assert!(!encodes(path), "{path}");
    }
}

#[test]
fn a_chunk_arrives_before_the_next_one_is_there() {
    for encoding in ["gzip", "zstd"] {
        let (sender, receiver) = mpsc::unbounded_channel::<&'static str>();
        let chunks = stream::unfold(receiver, async |mut receiver| {
            let chunk = receiver.recv().await?;
            Some((Ok::<_, BoxError>(Frame::data(Bytes::from_static(chunk.as_bytes()))), receiver))
        });
        let streamed: Body = Box::pin(StreamBody::new(chunks));
        let mut reply = sent(&compressing(json!({})), get(encoding), reply(streamed));
        assert_eq!(reply.encoding(), Some(encoding));
        let mut arrived = Vec::new();

        for (count, chunk) in ["first ", "second ", "third"].into_iter().enumerate() {
            sender.send(chunk).unwrap();
            while let Some(Some(frame)) = reply.body.frame().now_or_never() {
                arrived.extend_from_slice(&frame.unwrap().into_data().unwrap());
            }
            let expected = ["first ", "first second ", "first second third"][count];
            assert_eq!(decoded_so_far(encoding, &arrived), expected);
        }
        drop(sender);

        arrived.extend(reply.bytes());
        assert_eq!(decompressed(encoding, &arrived), b"first second third");
    }
}

/// What can be decoded of a body that has not ended.
fn decoded_so_far(encoding: &str, bytes: &[u8]) -> String {
    let mut decoder: Box<dyn Read> = match encoding {
        "gzip" => Box::new(GzDecoder::new(bytes)),
        _ => Box::new(zstd::Decoder::new(bytes).unwrap()),
    };
    let (mut text, mut byte) = (Vec::new(), [0]);
    while let Ok(1) = decoder.read(&mut byte) {
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn a_body_that_breaks_off_does_so_for_the_client() {
    let chunks = [Ok(Frame::data(Bytes::from_static(b"hello"))), Err("broken off".into())];
    let breaking: Body = Box::pin(StreamBody::new(stream::iter(chunks)));
    let mut reply = sent(&compressing(json!({})), get("gzip"), reply(breaking));

    let ended = std::iter::from_fn(|| reply.body.frame().now_or_never().flatten())
        .find_map(Result::err)
        .expect("the body ends with an error");

    assert_eq!(ended.to_string(), "broken off");
}

#[test]
fn a_large_body_does_not_keep_the_thread_for_itself() {
    // Bytes that do not repeat take their time.
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    let noise: Vec<_> = noise.take(4 << 20).collect();
    let mut reply = sent(&compressing(json!({})), get("gzip"), reply(whole(noise)));

    let mut pauses = 0;
    loop {
        match reply.body.frame().now_or_never() {
            None => pauses += 1,
            Some(Some(frame)) => drop(frame.unwrap()),
            Some(None) => break,
        }
    }

    assert!(pauses > 0);
}

#[test]
fn messages_of_rpcs_are_compressed_unless_the_settings_say_otherwise() {
    let compresses = |settings, transport, path: &str| {
        let mut parts = testing::parts(http::Request::post(path));
        let mut request = testing::request(transport, &mut parts, "127.0.0.1");
        let rules = compressing(settings);
        rules.on_request(&mut request).now_or_never().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        let before = headers.clone();
        let mut response = Response::new(StatusCode::OK, None, &mut headers);
        rules.on_response(&request, &mut response).now_or_never().unwrap();
        assert!(response.wraps.is_empty());
        assert_eq!(headers, before);
        request.found.compresses
    };

    assert!(compresses(json!({}), Transport::Grpc, "/pkg.Service/Method"));
    assert!(!compresses(json!({}), Transport::Http, "/pkg.Service/Method"));
    assert!(!compresses(json!({ "grpc": false }), Transport::Grpc, "/pkg.Service/Method"));
    let except = json!({ "except": ["/pkg.Service/*"] });
    assert!(!compresses(except, Transport::Grpc, "/pkg.Service/Method"));
}

#[test]
fn settings_are_checked() {
    for (settings, keys) in [
        (json!({ "encodings": [] }), ["encodings"]),
        (json!({ "content_types": [] }), ["content_types"]),
    ] {
        let typed: Settings = serde_json::from_value(settings).unwrap();
        assert_eq!(testing::errors(&typed), keys);
    }
    for settings in [
        json!({ "encodings": ["br"] }),
        json!({ "min_size": 10 }),
        json!({ "content_types": ["text"] }),
        json!({ "routes": "/a" }),
        json!({ "level": 9 }),
    ] {
        assert!(serde_json::from_value::<Settings>(settings.clone()).is_err(), "{settings}");
    }
}

#[test]
fn defaults_are_as_told() {
    testing::defaults_are_as_told::<Settings>(&json!({}));
}
