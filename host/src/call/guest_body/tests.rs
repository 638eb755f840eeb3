//! Streams of a guest and how they end.

use futures_util::FutureExt;
use http_body_util::BodyExt;

use super::*;
use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};
use crate::call::error::service_error;
use crate::call::stream::{Feed, stream};

type ChunkFeed = Feed<Bytes, Result<(), ServiceError>>;

fn body(length: Option<u64>) -> (ChunkFeed, GuestBody) {
    let (feed, streamed) = stream();
    (feed, GuestBody::new(streamed, length))
}

/// What is sent of a body of this length that consists of these chunks and ends in order.
#[track_caller]
fn sent(length: Option<u64>, chunks: &[&'static str]) -> Result<Vec<Bytes>, BrokenBody> {
    let (feed, mut body) = body(length);
    let Feed { data, end, unread: _unread } = feed;
    let write = async {
        for chunk in chunks {
            let _ = data.send(Bytes::from_static(chunk.as_bytes())).await;
        }
        drop(data);
        let _ = end.send(Ok(()));
    };
    let read = async {
        let mut sent = Vec::new();
        while let Some(frame) = body.frame().await.transpose()? {
            sent.push(frame.into_data().unwrap());
        }
        Ok(sent)
    };
    let both = async { tokio::join!(write, read).1 };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(both)
}

#[test]
fn a_body_is_as_long_as_it_has_announced() {
    assert_eq!(sent(None, &["12", "3"]).unwrap(), ["12", "3"]);
    assert_eq!(sent(Some(3), &["12", "3"]).unwrap(), ["12", "3"]);
    assert_eq!(sent(Some(0), &[]).unwrap(), Vec::<Bytes>::new());
    assert_eq!(sent(Some(3), &["12", "34"]), Err(BrokenBody::TooLong));
    assert_eq!(sent(Some(3), &["123", "4"]), Err(BrokenBody::TooLong));
    assert_eq!(sent(Some(3), &["12"]), Err(BrokenBody::TooShort));
}

#[test]
fn the_last_chunk_of_an_announced_body_waits_for_how_it_ended() {
    let (feed, mut body) = body(Some(1));
    feed.data.try_send("1".into()).unwrap();
    drop(feed.data);
    assert!(body.frame().now_or_never().is_none());

    feed.end.send(Err(service_error(ErrorKind::Internal, "no more"))).unwrap();

    let error = body.frame().now_or_never().unwrap().unwrap().unwrap_err();
    assert_eq!(error, BrokenBody::Failed("no more".to_owned()));
}

#[test]
fn a_chunk_leaves_before_the_error_that_follows_it() {
    let (feed, mut body) = body(None);
    feed.data.try_send("1".into()).unwrap();
    drop(feed);
    assert!(body.frame().now_or_never().unwrap().unwrap().is_ok());

    let flushed = body.frame().now_or_never();
    let ended = body.frame().now_or_never().unwrap().unwrap().unwrap_err();

    assert!(flushed.is_none());
    assert_eq!(ended, BrokenBody::Lost);
}

#[test]
fn what_is_left_is_announced() {
    let (feed, mut body) = body(Some(3));
    assert_eq!(body.size_hint().exact(), Some(3));
    feed.data.try_send("12".into()).unwrap();

    body.frame().now_or_never().unwrap().unwrap().unwrap();

    assert_eq!(body.size_hint().exact(), Some(1));
    assert!(!body.is_end_stream());
}
