//! Bodies that are read whole, streamed, or cut.

use std::convert::Infallible;
use std::future::pending;

use futures_util::stream::{self, StreamExt};
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{Empty, Full, StreamBody};

use super::*;
use crate::bindings::errors::Kind as ErrorKind;
use crate::call::error::service_error;

const LIMITS: BodyLimits = BodyLimits { size: 8, silence: Duration::from_secs(3) };

fn explain(cut: &Cut) -> ServiceError {
    service_error(ErrorKind::InvalidArguments, format!("{cut:?}"))
}

/// A body of unknown length that arrives in these pieces.
fn pieces(
    pieces: &'static [&'static str],
) -> impl http_body::Body<Data = Bytes, Error = Infallible> + Unpin {
    let frames = pieces.iter().map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes()))));
    StreamBody::new(stream::iter(frames))
}

/// What the guest reads of a body, how it is told that it ended, and what the pump says.
async fn streamed(
    body: impl http_body::Body<Data = Bytes> + Unpin,
) -> (Vec<Bytes>, Result<(), ServiceError>, Result<(), Cut>) {
    let (received, pump) = receive(body, LIMITS, explain).await.unwrap();
    let HttpBody::Streamed { body: mut guest, length: None } = received else {
        panic!("it is whole")
    };
    let mut chunks = Vec::new();
    let read = async {
        while let Some(chunk) = guest.data.recv().await {
            chunks.push(chunk);
        }
        guest.end.await.unwrap()
    };
    let (end, pumped) = tokio::join!(read, pump.unwrap());
    (chunks, end, pumped)
}

#[tokio::test]
async fn no_body_is_none() {
    let (body, pump) = receive(Empty::<Bytes>::new(), LIMITS, explain).await.unwrap();

    assert!(matches!(body, HttpBody::None) && pump.is_none());
}

#[tokio::test]
async fn a_short_body_is_whole() {
    let (body, pump) = receive(Full::from("12345678"), LIMITS, explain).await.unwrap();

    assert!(matches!(body, HttpBody::Whole(bytes) if bytes == "12345678") && pump.is_none());
}

#[tokio::test]
async fn a_body_that_is_announced_to_be_too_large_is_not_read() {
    let received = receive(Full::<Bytes>::from("123456789"), LIMITS, explain).await;

    assert_eq!(received.map(|_| ()).unwrap_err(), Cut::TooLarge { limit: 8 });
}

#[tokio::test]
async fn a_body_of_unknown_length_is_streamed_without_what_holds_nothing() {
    let (chunks, end, pumped) = streamed(pieces(&["123", "", "45678"])).await;

    assert_eq!(chunks, ["123", "45678"]);
    assert!(end.is_ok());
    assert_eq!(pumped, Ok(()));
}

#[tokio::test]
async fn trailers_are_passed_over() {
    let frames = [Frame::data(Bytes::from_static(b"1")), Frame::trailers(HeaderMap::new())];
    let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));

    let (chunks, end, _) = streamed(body).await;

    assert_eq!(chunks, ["1"]);
    assert!(end.is_ok());
}

#[tokio::test]
async fn the_guest_and_the_client_learn_that_a_body_is_too_large() {
    let (chunks, end, pumped) = streamed(pieces(&["12345", "6789"])).await;

    assert_eq!(chunks, ["12345"]);
    assert_eq!(end.unwrap_err().message, "TooLarge { limit: 8 }");
    assert_eq!(pumped, Err(Cut::TooLarge { limit: 8 }));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_cut() {
    let first = stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"1")))]);
    let stalls = first.chain(stream::once(pending())).boxed();

    let (chunks, _, pumped) = streamed(StreamBody::new(stalls)).await;

    assert_eq!(chunks, ["1"]);
    assert_eq!(pumped, Err(Cut::Silent { limit: LIMITS.silence }));
}

#[tokio::test]
async fn a_body_that_breaks_is_cut() {
    let frames = [Ok(Frame::data(Bytes::from_static(b"1"))), Err("gone")];

    let (chunks, _, pumped) = streamed(StreamBody::new(stream::iter(frames))).await;

    assert_eq!(chunks, ["1"]);
    assert_eq!(pumped, Err(Cut::Broken));
}

#[tokio::test]
async fn nothing_is_read_that_nobody_wants() {
    let (body, pump) = receive(pieces(&["1", "2"]), LIMITS, explain).await.unwrap();

    drop(body);

    assert_eq!(pump.unwrap().await, Ok(()));
}
