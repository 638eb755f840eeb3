//! Coalesces the small DATA frames of HTTP/2 clients, below hyper, unless somebody waits for them.
//!
//! h2 counts the DATA frames that nobody has read: each that is shorter than 256 bytes takes `256 - length`
//! from a budget of the whole connection, half of its receive window, and a connection whose budget is used
//! up is closed with `GOAWAY too_many_data_frames`. Clients of gRPC send a frame per message, so some two
//! thousand small messages in front of a slow service would end all RPCs of a connection. hyper passes on
//! neither the budget nor the number of a stream, and gives the client room back as soon as a frame is
//! read, so reading ahead would do away with flow control.
//!
//! Hence [`Coalescing`], between the socket and hyper. A short DATA frame passes at once when the reader of its
//! stream has asked for more ([`RequestBody`]) and otherwise waits, for the reader or for the next ones of
//! its stream, with which it becomes one frame. What has waited passes by itself when it is long enough to
//! cost no budget. So of each stream at most two frames that cost something are unread, which a window of
//! [`connection_window`] always has budget for, however slow the service is. Bytes are neither added nor
//! taken away, so that windows are used and given back as without it: memory is bounded by them, as before.
//!
//! Frames that nobody can want, because the answer is complete, are marked as the last ones of their
//! streams: h2 skips them either way, but would charge the others to the budget for good.
//!
//! Does not know what requests are about.

mod body;
mod coalescer;
mod coalescing;
mod frame;
mod protocol;
mod streams;
#[cfg(test)]
mod tests;

pub(crate) use self::body::{RemainingBody, RequestBody};
pub(crate) use self::coalescing::Coalescing;
pub(crate) use self::protocol::Protocol;
pub(crate) use self::streams::{Exchange, Streams};

/// Least receive window of a connection.
const LEAST_WINDOW: u32 = 1024 * 1024;
/// What a stream can take from h2's budget: two short frames, of 255 at most each.
const BUDGET_OF_STREAM: u32 = 512;

/// The receive window of a connection, in bytes, with which h2's budget is enough for so many streams: half
/// of the window.
pub(crate) fn connection_window(streams: u32) -> u32 {
    let budget = streams.saturating_mul(BUDGET_OF_STREAM);
    budget.saturating_mul(2).clamp(LEAST_WINDOW, i32::MAX.unsigned_abs())
}
