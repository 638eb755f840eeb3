//! Bodies that come and go in pieces.

use std::time::Duration;

use expect_test::expect;
use futures_util::AsyncBufReadExt as _;
use mikros_sdk::http::{Event, Sse, sse};
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, Stream, TryStreamExt as _};
use mikros_sdk::testing::{self, Context};

use crate::{run, show};

struct Probe;

impl Service for Probe {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Probe {
    fn routes() -> Router<Self> {
        Router::new()
            .post("/count", count)
            .post("/whole", async |bytes: Bytes| bytes)
            .post("/echo", async |body: Body| body)
            .get("/chunks", async || {
                Body::stream(stream::iter([Ok("one, "), Ok("two, "), Ok("three")]))
            })
            .get("/broken", async || {
                Body::stream(stream::iter([Ok("one, "), Err(ServiceError::internal("gone"))]))
            })
            .post("/lines", lines)
            .post("/through", async |body: Body| Body::from_stream(body.into_stream()))
            .get("/read", async || Body::from_reader(&b"from a reader"[..]))
            .get("/events", async || events())
            .get("/slow", async || slow())
    }
}

async fn count(mut body: Body) -> Result<String> {
    let mut sizes = Vec::new();
    while let Some(chunk) = body.next().await? {
        sizes.push(chunk.len());
    }
    Ok(format!("{sizes:?}"))
}

/// What a library that reads lines makes of a body.
async fn lines(body: Body) -> Result<String> {
    let lines: Vec<String> = body.into_reader().lines().try_collect().await?;
    Ok(lines.join("+"))
}

fn events() -> Sse<impl Stream<Item = Event>> {
    let injected = Event::new("two\nlines\r\nthree").with_name("a\nname").with_id("7\r\ndata: x");
    sse(stream::iter([
        Event::new("plain"),
        injected,
        Event::json(&serde_json::json!({"a": 1}))
            .expect("it is JSON")
            .with_retry(Duration::from_secs(2)),
    ]))
}

fn slow() -> Sse<impl Stream<Item = Result<Event>>> {
    let events = stream::unfold((), async |()| {
        mikros_sdk::sleep(Duration::from_secs(50)).await;
        Some((Ok(Event::new("tick")), ()))
    });
    sse(events).keep_alive(Duration::from_secs(20))
}

fn pieces() -> Body {
    Body::stream(stream::iter([Ok("ab"), Ok(""), Ok("cde")]))
}

fn cut() -> Body {
    Body::stream(stream::iter([Ok("ab"), Err(ServiceError::custom("the client went away"))]))
}

#[test]
fn a_streamed_request_arrives_in_pieces() {
    let text = run(async {
        let probe = testing::http::<Probe>().await?;
        probe.post("/count").body(pieces()).send().await.text().await
    });

    assert_eq!(text, "[2, 0, 3]");
}

#[test]
fn a_whole_request_is_one_piece_and_an_empty_one_none() {
    run(async {
        let probe = testing::http::<Probe>().await?;

        let whole = probe.post("/count").body("abc").send().await.text().await?;
        let empty = probe.post("/count").send().await.text().await?;

        assert_eq!((whole.as_str(), empty.as_str()), ("[3]", "[]"));
        Ok(())
    });
}

#[test]
fn pieces_can_be_put_together() {
    let text = run(async {
        let probe = testing::http::<Probe>().await?;
        probe.post("/whole").body(pieces()).send().await.text().await
    });

    assert_eq!(text, "abcde");
}

#[test]
fn a_request_that_was_cut_off_is_an_error() {
    run(async {
        let probe = testing::http::<Probe>().await?;

        let reply = probe.post("/whole").body(cut()).send().await;

        let text = reply.text().await?;
        expect![[r#"{"kind":"CustomError","message":"the client went away","code":0,"service_name":"test"}"#]].assert_eq(&text);
        Ok(())
    });
}

#[test]
fn a_response_can_be_streamed() {
    run(async {
        let probe = testing::http::<Probe>().await?;

        let mut chunks = probe.get("/chunks").send().await;
        let echo = probe.post("/echo").body(pieces()).send().await;

        assert_eq!(chunks.next().await?.as_deref(), Some(b"one, ".as_slice()));
        assert_eq!(chunks.text().await?, "two, three");
        assert_eq!(echo.text().await?, "abcde");
        Ok(())
    });
}

#[test]
fn an_error_ends_a_streamed_response() {
    run(async {
        let probe = testing::http::<Probe>().await?;

        let mut reply = probe.get("/broken").send().await;

        assert!(reply.next().await?.is_some());
        let error = reply.next().await.expect_err("the stream broke");
        assert_eq!(error.cause(), Some("gone"));
        assert!(reply.next().await?.is_none());
        Ok(())
    });
}

#[test]
fn events_are_written_as_the_format_wants_and_cannot_be_forged() {
    let text = run(async {
        let probe = testing::http::<Probe>().await?;
        let reply = probe.get("/events").send().await;
        assert_eq!(reply.header("content-type"), Some("text/event-stream"));
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
        reply.text().await
    });

    expect![[r#"
        data: plain

        data: two
        data: lines
        data: three
        event: a name
        id: 7  data: x

        data: {"a":1}
        retry: 2000

    "#]]
    .assert_eq(&text);
}

#[test]
fn silence_is_filled_with_comments() {
    let context = Context::new();
    context.run(async {
        let probe = testing::http::<Probe>().await.expect("it starts");
        let mut reply = probe.get("/slow").send().await;
        let mut text = String::new();
        for _ in 0..4 {
            let chunk = reply.next().await.expect("no error").expect("it never ends");
            text += &String::from_utf8_lossy(&chunk);
        }

        assert_eq!(text, ":\n\n:\n\ndata: tick\n\n:\n\n");
    });
    assert_eq!(context.elapsed(), Duration::from_secs(70));
}

#[test]
fn text_that_is_not_utf8_is_refused_without_a_cause() {
    run(async {
        let error = Body::from(vec![0xff]).text().await.expect_err("it is no text");
        assert_eq!((error.message(), error.cause()), ("the body must be UTF-8", None));
        Ok(())
    });
}

#[test]
fn bodies_are_what_libraries_read() {
    let texts = run(async {
        let probe = testing::http::<Probe>().await?;
        let lines = Body::stream(stream::iter([Ok("one\ntw"), Ok("o\nthree")]));
        let lines = probe.post("/lines").body(lines).send().await.text().await?;
        let through = probe.post("/through").body(pieces()).send().await.text().await?;
        let read = probe.get("/read").send().await.text().await?;
        Ok([lines, through, read])
    });

    assert_eq!(texts, ["one+two+three", "abcde", "from a reader"]);
}

#[test]
fn libraries_hand_the_error_of_a_body_on() {
    let reply = run(async {
        let probe = testing::http::<Probe>().await?;
        let gone = Err(ServiceError::precondition_failed("the client went away"));
        let body = Body::stream(stream::iter([Ok("one\ntw"), gone]));
        show(probe.post("/lines").body(body).send().await).await
    });

    expect![[r#"412 application/json: {"kind":"ConditionError","message":"the client went away","code":0,"service_name":"test"}"#]].assert_eq(&reply);
}

#[test]
fn bodies_are_those_of_the_ecosystem() {
    fn is_body<B: http_body::Body<Data = Bytes, Error: std::error::Error> + Send + 'static>() {}

    is_body::<Body>();
    assert_eq!(http_body::Body::size_hint(&Body::from("abc")).exact(), Some(3));
    assert_eq!(http_body::Body::size_hint(&pieces()).exact(), None);
}
