//! Joins the small messages of a request body, so that the flood protection of HTTP/2 servers does not take them for an
//! attack.
//!
//! A server with h2 counts the short DATA frames that it has not read: each of less than 256 bytes takes `256 - length`
//! from a budget of the connection, 25 KiB at least, and a connection whose budget is used up is closed. A service that
//! is slow to read a stream of small messages would thereby end all RPCs of the connection. What the service has read
//! is known here only when it responds, because windows are given back in large steps. So a stream has an allowance of
//! short frames, which is full again when the service has sent something, and otherwise grows by one in every
//! [`INTERVAL`]. Messages for which there is none are joined, until they are long enough to cost no budget, or there is.
//!
//! Does not know what messages say.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use tokio::time::{Instant, Sleep, sleep_until};

use super::error::BoxError;

/// A frame of this length costs no budget, in bytes.
const LONG: usize = 256;
/// How many short frames a stream may send at once.
const BURST: u32 = 16;
/// How long it takes until there may be one more: what a message waits at most.
const INTERVAL: Duration = Duration::from_millis(100);

type Item = Option<Result<Frame<Bytes>, BoxError>>;

/// Whether the other side has sent something since it was last asked. Clones are one.
#[derive(Debug, Clone, Default)]
pub(super) struct PeerActivity(Arc<AtomicBool>);

impl PeerActivity {
    pub(super) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// A body whose short frames are joined.
#[derive(Debug)]
pub(crate) struct PacedBody {
    body: UnsyncBoxBody<Bytes, BoxError>,
    activity: PeerActivity,
    allowance: Allowance,
    /// Short frames that wait.
    held: BytesMut,
    /// What comes after them.
    next: Option<Item>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl PacedBody {
    pub(super) fn new(body: UnsyncBoxBody<Bytes, BoxError>) -> Self {
        Self {
            body,
            activity: PeerActivity::default(),
            allowance: Allowance::new(),
            held: BytesMut::new(),
            next: None,
            timer: None,
        }
    }

    /// The allowance is full again whenever there is `activity`.
    pub(super) fn watching(mut self, activity: &PeerActivity) -> Self {
        self.activity = activity.clone();
        self
    }

    pub(super) fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Item> {
        if self.next.is_some() {
            return Poll::Ready(self.next.take().flatten());
        }
        if self.activity.take() {
            self.allowance = Allowance::new();
        }
        while let Poll::Ready(item) = Pin::new(&mut self.body).poll_frame(context) {
            let data = match item {
                Some(Ok(frame)) if is_short(&frame) => frame.into_data().unwrap_or_default(),
                item => return Poll::Ready(self.after_held(item)),
            };
            if self.held.is_empty() && self.allowance.take().is_ok() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            self.held.extend_from_slice(&data);
            if self.held.len() >= LONG {
                return Poll::Ready(Some(Ok(self.take_held())));
            }
        }
        if self.held.is_empty() {
            return Poll::Pending;
        }
        while let Err(at) = self.allowance.take() {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
            if timer.deadline() != at {
                timer.as_mut().reset(at);
            }
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        Poll::Ready(Some(Ok(self.take_held())))
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.next.is_none() && self.body.is_end_stream()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        let waiting = match &self.next {
            Some(Some(Ok(frame))) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        let (here, rest) = ((self.held.len() + waiting) as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(here));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(here));
        }
        hint
    }

    /// `item`, or what comes before it.
    fn after_held(&mut self, item: Item) -> Item {
        if self.held.is_empty() {
            return item;
        }
        self.next = Some(item);
        Some(Ok(self.take_held()))
    }

    fn take_held(&mut self) -> Frame<Bytes> {
        Frame::data(self.held.split().freeze())
    }
}

fn is_short(frame: &Frame<Bytes>) -> bool {
    frame.data_ref().is_some_and(|data| data.len() < LONG)
}

/// How many short frames may be sent: [`BURST`], less one for each that was, more by one for each [`INTERVAL`].
#[derive(Debug, Clone, Copy)]
struct Allowance {
    full_at: Instant,
}

impl Allowance {
    fn new() -> Self {
        Self { full_at: Instant::now() }
    }

    /// Takes one; otherwise when there is one.
    fn take(&mut self) -> Result<(), Instant> {
        let now = Instant::now();
        let missing = self.full_at.saturating_duration_since(now);
        let wait = (missing + INTERVAL).saturating_sub(INTERVAL * BURST);
        if !wait.is_zero() {
            return Err(now + wait);
        }
        self.full_at = self.full_at.max(now) + INTERVAL;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, StreamBody};
    use tokio::sync::mpsc;

    use super::*;

    /// A paced body and what writes it.
    fn body() -> (PacedBody, mpsc::UnboundedSender<usize>) {
        let (sender, mut lengths) = mpsc::unbounded_channel::<usize>();
        let frames = futures_util::stream::poll_fn(move |context| {
            let length = lengths.poll_recv(context);
            length.map(|length| length.map(|length| Ok(Frame::data(vec![7; length].into()))))
        });
        (PacedBody::new(StreamBody::new(frames).boxed_unsync()), sender)
    }

    /// The length of the next frame of data.
    async fn next(body: &mut PacedBody) -> Option<usize> {
        let item = std::future::poll_fn(|context| body.poll_frame(context)).await;
        Some(item?.unwrap().into_data().unwrap().len())
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_short_frames_pass_as_they_are_and_then_they_are_joined() {
        let (mut body, sender) = body();
        for _ in 0..20 {
            sender.send(50).unwrap();
        }

        for _ in 0..BURST {
            assert_eq!(next(&mut body).await, Some(50));
        }
        let begun = Instant::now();
        assert_eq!(next(&mut body).await, Some(200));
        assert!((INTERVAL / 2..=INTERVAL * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_long_enough_does_not_wait() {
        let (mut body, sender) = body();
        let begun = Instant::now();
        for _ in 0..2000 {
            sender.send(50).unwrap();
        }
        sender.send(1000).unwrap();
        drop(sender);

        let mut lengths = Vec::new();
        while let Some(length) = next(&mut body).await {
            lengths.push(length);
        }

        assert_eq!(lengths.iter().sum::<usize>(), 2000 * 50 + 1000);
        assert_eq!(lengths.last(), Some(&1000));
        let short = lengths.iter().filter(|&&length| length < LONG).count();
        assert!(short <= usize::try_from(BURST).unwrap() + 1, "{short}");
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_waits_as_long_as_there_are_responses() {
        let (body, sender) = body();
        let activity = PeerActivity::default();
        let mut body = body.watching(&activity);
        let begun = Instant::now();

        for _ in 0..100 {
            sender.send(50).unwrap();
            assert_eq!(next(&mut body).await, Some(50));
            activity.note();
        }

        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn seldom_messages_do_not_wait() {
        let (mut body, sender) = body();

        for _ in 0..100 {
            sender.send(50).unwrap();
            let begun = Instant::now();
            assert_eq!(next(&mut body).await, Some(50));
            assert_eq!(begun.elapsed(), Duration::ZERO);
            tokio::time::advance(INTERVAL).await;
        }
    }
}
