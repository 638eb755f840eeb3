//! What is left of a request's body when its response is ready before: it is read on and thrown away within
//! bounds, or the response says that the connection ends.
//!
//! Many clients write the whole request before they read, and a connection that is closed while bytes of theirs
//! are unread is reset, which takes the response from them.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use http::header::{CONNECTION, EXPECT, HeaderValue};
use http::{Request, Response, Version};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::activity::Activity;
use crate::http2::{RemainingBody, RequestBody};

/// Most bytes that are read so that a connection of HTTP/1 can be used again.
const KEPT_FOR: u64 = 256 * 1024;
/// Most bytes that are read so that a client gets its response.
pub(super) const MOST: u64 = 64 * 1024 * 1024;
/// How long that may take.
pub(super) const LONGEST: Duration = Duration::from_secs(30);
/// How long a client may pause meanwhile.
pub(super) const SILENCE: Duration = Duration::from_secs(5);

/// Takes the bodies of one connection back.
#[derive(Debug, Clone)]
pub(super) struct UnreadBodies {
    left: mpsc::UnboundedSender<(RemainingBody, u64)>,
    is_cut: Arc<AtomicBool>,
}

/// Reads what was given back.
pub(super) struct UnreadReader {
    left: mpsc::UnboundedReceiver<(RemainingBody, u64)>,
    bodies: FuturesUnordered<Pin<Box<dyn Future<Output = bool>>>>,
    rests: UnreadBodies,
    activity: Activity,
}

impl UnreadBodies {
    pub(super) fn new(activity: Activity) -> (Self, UnreadReader) {
        let (sender, left) = mpsc::unbounded_channel();
        let rests = Self { left: sender, is_cut: Arc::default() };
        let bodies = FuturesUnordered::new();
        (rests.clone(), UnreadReader { left, bodies, rests, activity })
    }

    /// Takes back what nobody wants of the request's body; `None` when it has none.
    pub(super) fn receive(&self, request: &mut Request<RequestBody>) -> Option<UnreadBody> {
        if request.body().is_end_stream() {
            return None;
        }
        let fate = UnreadBody {
            stage: Arc::new(Mutex::new(Stage::Unanswered)),
            rests: self.clone(),
            is_http1: request.version() < Version::HTTP_2,
            expects: request.headers().contains_key(EXPECT),
        };
        let taker = fate.clone();
        request.body_mut().give_back_to(move |rest| taker.take(rest));
        Some(fate)
    }

    /// The client may go on sending what nobody reads.
    pub(super) fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }
}

impl UnreadReader {
    pub(super) fn rests(&self) -> &UnreadBodies {
        &self.rests
    }

    /// Reads on for as long as it is polled.
    ///
    /// # Cancel safety
    /// Calling it again goes on.
    pub(super) async fn run(&mut self) -> Infallible {
        loop {
            tokio::select! {
                // There is a sender in `rests`, so there is always another one.
                Some((rest, most)) = self.left.recv() => {
                    let noted = self.activity.begin_rest();
                    self.bodies.push(Box::pin(async move {
                        let _noted = noted;
                        is_read(rest, most).await
                    }));
                }
                Some(is_read) = self.bodies.next(), if !self.bodies.is_empty() => if !is_read {
                    self.rests.cut();
                },
            }
        }
    }
}

/// What becomes of the rest of one body is decided when the response is there.
#[derive(Debug, Clone)]
pub(super) struct UnreadBody {
    stage: Arc<Mutex<Stage>>,
    rests: UnreadBodies,
    is_http1: bool,
    /// Whether the client waits for a sign before it sends the body.
    expects: bool,
}

#[derive(Debug)]
enum Stage {
    Unanswered,
    /// Unanswered, and nobody wants it.
    Left(RemainingBody),
    Answered,
}

impl UnreadBody {
    /// Reads the rest on, or lets the response say that the connection ends.
    pub(super) fn decide<B>(self, response: &mut Response<B>) {
        let stage = std::mem::replace(&mut *self.stage(), Stage::Answered);
        let rest = if let Stage::Left(rest) = stage { Some(rest) } else { None };
        let is_closing = self.is_http1 && response.headers().contains_key(CONNECTION);
        if is_closing || rest.as_ref().is_some_and(|rest| !self.is_worth_reading(rest)) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            self.rests.cut();
        } else if let Some(rest) = rest {
            self.read(rest);
        }
    }

    fn take(self, rest: RemainingBody) {
        let mut stage = self.stage();
        if !matches!(*stage, Stage::Answered) {
            *stage = Stage::Left(rest);
            return;
        }
        drop(stage);
        if self.is_worth_reading(&rest) {
            self.read(rest);
        } else {
            self.rests.cut();
        }
    }

    /// Whether reading it can help: over HTTP/1 the connection ends otherwise, which is cheaper.
    fn is_worth_reading(&self, rest: &RemainingBody) -> bool {
        // Who waits for a sign and gets a response may send the body or leave it out.
        let is_sent = !self.expects || rest.was_asked_for();
        !self.is_http1 || (is_sent && rest.size_hint().lower() <= KEPT_FOR)
    }

    fn read(&self, rest: RemainingBody) {
        let most = if self.is_http1 { KEPT_FOR } else { MOST };
        // A connection that has ended reads nothing any more.
        drop(self.rests.left.send((rest, most)));
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads `rest`, at most so many bytes of it; whether that was all.
async fn is_read(mut rest: RemainingBody, mut most: u64) -> bool {
    let reading = async {
        while let Some(frame) = timeout(SILENCE, rest.frame()).await.map_err(drop)? {
            let frame = frame.map_err(drop)?;
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            most = most.checked_sub(length).ok_or(())?;
        }
        Ok::<_, ()>(())
    };
    timeout(LONGEST, reading).await.is_ok_and(|read| read.is_ok())
}
