//! Bodies in both directions, whole and in pieces.
//! Deliberately moves them only as fast as the other side does.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use mikros_sdk::http::{Event, Sse, sse};
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, Stream, StreamExt};

use super::{Counted, Echoes};

/// How often a stream looks whether it may go on.
const LOOK: Duration = Duration::from_millis(5);
static PIECE: [u8; 64 * 1024] = [b'x'; 64 * 1024];

pub(super) async fn echo(_counted: Counted, body: Bytes) -> Bytes {
    body
}

/// Sends every piece back before it takes the next one.
pub(super) async fn flow(_counted: Counted, body: Body) -> Body {
    Body::from_stream(body.into_stream())
}

/// Answers with the header fields that the request has with `reply-` before their names, with the status in
/// `status`, and with its body: whole, or piece by piece with the query `stream`.
pub(super) async fn reply(_counted: Counted, request: Request) -> Result<Response> {
    let (head, mut body) = request.into_parts();
    let status = head.header("status").and_then(|status| status.parse().ok());
    let mut response = Response::new(status.unwrap_or(StatusCode::OK));
    for (name, value) in head.headers() {
        if let Some(name) = name.as_str().strip_prefix("reply-") {
            response = response.with_appended_header(name, value.as_bytes());
        }
    }
    if head.query() == Some("stream") {
        return Ok(response.with_body(Body::from_stream(body.into_stream())));
    }
    let mut whole = Vec::new();
    while let Some(piece) = body.next().await? {
        whole.extend_from_slice(&piece);
    }
    Ok(response.with_body(whole))
}

/// Reads the body to its end and tells how long it was.
pub(super) async fn measure(_counted: Counted, mut body: Body) -> Result<String> {
    let mut length = 0;
    while let Some(piece) = body.next().await? {
        length += piece.len();
    }
    Ok(length.to_string())
}

/// Has the whole body in memory before it tells how long it was.
pub(super) async fn keep(body: Bytes) -> String {
    body.len().to_string()
}

/// Takes one piece, waits for a permit, then takes the rest.
pub(super) async fn hold(
    service: &'static Echoes,
    _counted: Counted,
    mut body: Body,
) -> Result<String> {
    let mut length = 0;
    while let Some(piece) = body.next().await? {
        length += piece.len() as u64;
        service.moved.set(length);
        permitted(&service.permits, 1).await;
    }
    Ok(length.to_string())
}

/// Answers without a look at the body.
pub(super) async fn ignore(_counted: Counted) -> &'static str {
    "not interested"
}

/// A body of so many pieces of 64 KiB.
pub(super) async fn produce(service: &'static Echoes, Path(pieces): Path<u64>) -> Body {
    let moved = Rc::clone(&service.moved);
    let departure = Departure(Rc::clone(&service.dropped));
    Body::stream(stream::iter(0..pieces).map(move |_| {
        let _stays_as_long_as_the_stream = &departure;
        moved.set(moved.get() + PIECE.len() as u64);
        Ok(PIECE.as_slice())
    }))
}

/// The same, known whole.
pub(super) async fn whole(Path(pieces): Path<usize>) -> Bytes {
    PIECE.repeat(pieces).into()
}

/// One event per permit, for ever.
pub(super) async fn events(service: &'static Echoes) -> Sse<impl Stream<Item = Event>> {
    let permits = Rc::clone(&service.permits);
    let departure = Departure(Rc::clone(&service.dropped));
    sse(stream::unfold((permits, 1, departure), async |(permits, number, departure)| {
        permitted(&permits, number).await;
        let event = Event::new(format!("number {number}")).with_name("count");
        Some((event, (permits, number + 1, departure)))
    }))
}

/// A body that ends with an error instead of its second piece.
pub(super) async fn breaks() -> Body {
    let pieces = [Ok("the first piece"), Err(ServiceError::internal("the disk is gone"))];
    Body::stream(stream::iter(pieces))
}

/// Waits until nobody waits for it, and reads nothing.
pub(super) async fn wait(service: &'static Echoes, _counted: Counted) {
    let _departure = Departure(Rc::clone(&service.dropped));
    log::info!("a call waits");
    pending::<()>().await;
}

/// Counts what was dropped before it came to its end.
struct Departure(Rc<Cell<u64>>);

impl Drop for Departure {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
        log::info!("a waiting call was dropped");
    }
}

async fn permitted(permits: &Cell<u64>, number: u64) {
    while permits.get() < number {
        mikros_sdk::sleep(LOOK).await;
    }
}
