//! Messages that were damaged on their way.

use std::convert::Infallible;

use futures_util::{FutureExt, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;

use super::*;
use crate::fuzz;

const LIMIT: usize = 1024;

/// All messages of a body that arrives in pieces of `size` bytes.
fn messages(
    body: &[u8],
    size: usize,
    encoding: Option<Encoding>,
) -> Result<Vec<RequestMessage>, Status> {
    let pieces = body
        .chunks(size)
        .map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(piece))));
    let body = StreamBody::new(stream::iter(pieces.collect::<Vec<_>>()));
    let mut frames = Frames::new(body, encoding, LIMIT);
    let mut messages = Vec::new();
    loop {
        let next = frames.next().now_or_never().expect("all of the body is there");
        match next? {
            Some(message) => messages.push(message),
            None => return Ok(messages),
        }
    }
}

fn wire(message: &[u8], encoding: Option<Encoding>) -> Vec<u8> {
    let framed = frame(Bytes::copy_from_slice(message), encoding).unwrap();
    [framed.first, framed.rest.unwrap_or_default()].concat()
}

#[test]
fn fuzz_frames() {
    let gzip = wire(&b"compressed ".repeat(9), Some(Encoding::Gzip));
    let plain = [wire(b"one", None), wire(b"", None), wire(b"three", None)].concat();
    let bomb = wire(&[0; 2 * LIMIT], Some(Encoding::Gzip));
    fuzz::damage(&[&gzip, &plain, &bomb], |body| {
        for encoding in [None, Some(Encoding::Gzip), Some(Encoding::Zstd)] {
            let at_once = messages(body, usize::MAX, encoding);
            let read = at_once.as_ref().map_or(&[][..], |messages| messages);
            assert!(read.iter().all(|message| message.data.len() <= LIMIT));
            // It does not matter where the network cuts it.
            for size in [1, 3] {
                let in_pieces = messages(body, size, encoding);
                let shown = |messages: &Result<Vec<RequestMessage>, Status>| {
                    let all = messages.as_ref().map_err(|status| status.message().to_owned());
                    all.map(|all| all.iter().map(|one| one.data.clone()).collect::<Vec<_>>())
                };
                assert_eq!(shown(&in_pieces), shown(&at_once));
            }
        }
    });
}
