//! Server-sent events, the format of <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
//! Deliberately knows nothing about reconnecting: a client that does sends `last-event-id`.

use std::fmt;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use futures_util::stream::{Stream, StreamExt as _, unfold};
use serde::Serialize;

use super::{Body, IntoResponse, Response};
use crate::call::{draining, sleep};
use crate::error::{Result, ServiceError};

const LINES: &str = "content-type: text/event-stream\r\ncache-control: no-cache\r\n";

/// A line that clients ignore; it shows proxies that the connection is alive.
const KEEP_ALIVE: &[u8] = b":\n\n";

/// Answers with server-sent events.
///
/// The stream ends when the host begins to stop (see [`draining`](crate::draining)), so that clients
/// come back to another instance and do not keep this one from stopping.
///
/// ```
/// use mikros_sdk::prelude::*;
/// use mikros_sdk::http::{Event, Sse, sse};
/// use mikros_sdk::stream;
/// use std::time::Duration;
///
/// async fn countdown() -> impl IntoResponse {
///     let seconds = stream::unfold(3_u32, async |left| {
///         mikros_sdk::sleep(Duration::from_secs(1)).await;
///         Some((Event::new(left.to_string()).with_name("left"), left.checked_sub(1)?))
///     });
///     sse(seconds).keep_alive(Duration::from_secs(15))
/// }
/// ```
pub fn sse<S>(events: S) -> Sse<S>
where
    S: Stream<Item: IntoEvent> + 'static,
{
    Sse { events, keep_alive: None }
}

/// A stream of server-sent events as an answer; made by [`sse`].
pub struct Sse<S> {
    events: S,
    keep_alive: Option<Duration>,
}

impl<S> Sse<S> {
    /// Sends an empty comment whenever there was no event for `interval`, so that nothing between
    /// here and the client takes the connection for dead. Default: never.
    #[must_use]
    pub fn keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = Some(interval);
        self
    }
}

impl<S: Stream<Item: IntoEvent> + 'static> IntoResponse for Sse<S> {
    fn into_response(self) -> Response {
        let events = self.events.map(|event| event.into_event().map(Event::into_bytes));
        let events = events.take_until(draining());
        let body = match self.keep_alive {
            Some(interval) => Body::stream(keep_alive(events, interval)),
            None => Body::stream(events),
        };
        Response::with_lines(LINES, body)
    }
}

fn keep_alive(
    events: impl Stream<Item = Result<Bytes>> + 'static,
    interval: Duration,
) -> impl Stream<Item = Result<Bytes>> {
    unfold(Box::pin(events), move |mut events| async move {
        let next = next_or_pause(events.as_mut(), interval).await?;
        Some((next, events))
    })
}

async fn next_or_pause(
    mut events: Pin<&mut impl Stream<Item = Result<Bytes>>>,
    interval: Duration,
) -> Option<Result<Bytes>> {
    match select(events.next(), pin!(sleep(interval))).await {
        Either::Left((event, _pause)) => event,
        Either::Right(((), _event)) => Some(Ok(Bytes::from_static(KEEP_ALIVE))),
    }
}

/// What a stream of server-sent events may consist of: an [`Event`], or a [`Result`] of one. An error
/// ends the stream and aborts the connection.
pub trait IntoEvent {
    /// The event to send.
    ///
    /// # Errors
    ///
    /// The stream ends.
    fn into_event(self) -> Result<Event>;
}

impl IntoEvent for Event {
    fn into_event(self) -> Result<Event> {
        Ok(self)
    }
}

impl<E: Into<ServiceError>> IntoEvent for std::result::Result<Event, E> {
    fn into_event(self) -> Result<Event> {
        self.map_err(Into::into)
    }
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The lines of the event, each ended by LF.
    text: String,
}

impl Event {
    /// An event with this data, which may have several lines.
    pub fn new(data: impl AsRef<str>) -> Self {
        let mut event = Self::default();
        // The format knows three ends of a line, and data must not contain any of them.
        for line in data.as_ref().replace("\r\n", "\n").split(['\n', '\r']) {
            event.push("data", line);
        }
        event
    }

    /// An event with the JSON of `data`.
    ///
    /// # Errors
    ///
    /// Internal when `data` cannot be written as JSON.
    pub fn json(data: &(impl Serialize + ?Sized)) -> Result<Self> {
        Ok(Self::new(serde_json::to_string(data)?))
    }

    /// Sets the name of the event, which clients subscribe to. Default: `message`.
    #[must_use]
    pub fn with_name(mut self, name: impl AsRef<str>) -> Self {
        self.push("event", &one_line(name.as_ref()));
        self
    }

    /// Sets the id that a client sends as `last-event-id` when it comes back.
    #[must_use]
    pub fn with_id(mut self, id: impl AsRef<str>) -> Self {
        self.push("id", &one_line(id.as_ref()));
        self
    }

    /// Sets how long a client waits before it comes back; whole milliseconds.
    #[must_use]
    pub fn with_retry(mut self, pause: Duration) -> Self {
        self.push("retry", &pause.as_millis().to_string());
        self
    }

    fn push(&mut self, field: &str, value: &str) {
        self.text.extend([field, ": ", value, "\n"]);
    }

    fn into_bytes(mut self) -> Bytes {
        self.text.push('\n');
        self.text.into()
    }
}

/// The end of a line would start a new field, which is how one client's text would become another's
/// event.
fn one_line(value: &str) -> String {
    value.replace(['\r', '\n', '\0'], " ")
}

impl<S> fmt::Debug for Sse<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sse").field("keep_alive", &self.keep_alive).finish_non_exhaustive()
    }
}
