//! The body of a response as its caller gets it: it ends at the deadline at the latest, also while nobody reads it.
//!
//! Does not know what carries it.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use super::body::TransportBody;
use super::error::ClientError;
use super::observation::CallObservation;
use super::settings;
use super::tasks::Tasks;
use crate::call::Deadline;

/// The body of a response. Dropping it before its end cancels the exchange.
pub(crate) struct ResponseBody {
    exchange: Arc<Exchange>,
    /// What ends the exchange at its deadline; `None` if it had ended before.
    expiry: Option<AbortHandle>,
}

/// An exchange whose response has begun.
#[derive(Debug)]
struct Exchange {
    settings: Arc<settings::Client>,
    deadline: Deadline,
    state: Mutex<State>,
}

/// What an exchange has until its body has ended.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) _place: OwnedSemaphorePermit,
    pub(super) observation: Option<Box<CallObservation>>,
}

#[derive(Debug)]
struct State {
    body: TransportBody,
    held: Option<Held>,
    /// Whether the deadline has ended it and the reader does not know yet.
    is_late: bool,
    reader: Option<Waker>,
}

impl ResponseBody {
    /// `held` is dropped when the body ends, or at `deadline`.
    pub(super) fn new(
        body: TransportBody,
        held: Held,
        settings: &Arc<settings::Client>,
        deadline: Deadline,
        tasks: &Tasks,
    ) -> Self {
        let has_ended = body.is_end_stream();
        let held = Some(held).filter(|_| !has_ended);
        let state = Mutex::new(State { body, held, is_late: false, reader: None });
        let exchange = Arc::new(Exchange { settings: settings.clone(), deadline, state });
        let expired = exchange.clone();
        let expiry = (!has_ended).then(|| {
            tasks.spawn(async move {
                sleep_until(deadline.at).await;
                expired.lock().expire();
            })
        });
        Self { exchange, expiry }
    }
}

impl Held {
    fn note(&mut self, frame: &Result<Frame<Bytes>, ClientError>) {
        let Some(observation) = &mut self.observation else { return };
        match frame {
            Ok(frame) => {
                if let Some(trailers) = frame.trailers_ref() {
                    observation.note_trailers(trailers);
                }
            }
            Err(error) => observation.note_error(error),
        }
    }

    /// The deadline ends the exchange.
    fn note_late(&mut self) {
        if let Some(observation) = &mut self.observation {
            observation.note_late();
        }
    }
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Cancels the exchange, unless it has ended.
    fn expire(&mut self) {
        if let Some(mut held) = self.held.take() {
            held.note_late();
            self.body = TransportBody::ended();
            self.is_late = true;
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
    }

    fn register(&mut self, context: &Context<'_>) {
        match &mut self.reader {
            Some(reader) => reader.clone_from(context.waker()),
            None => self.reader = Some(context.waker().clone()),
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        let mut state = self.exchange.lock();
        let polled = Pin::new(&mut state.body).poll_frame(context);
        if let (Some(held), Poll::Ready(Some(frame))) = (&mut state.held, &polled) {
            held.note(frame);
        }
        // Also of a body that always has more; what has an end may come to it.
        let has_ended = matches!(polled, Poll::Ready(None | Some(Err(_))));
        if has_ended && !state.is_late {
            state.held = None;
        } else if self.exchange.deadline.at <= Instant::now() {
            state.expire();
        }
        if std::mem::take(&mut state.is_late) {
            return Poll::Ready(Some(Err(self.exchange.settings.late(self.exchange.deadline))));
        }
        if polled.is_pending() {
            state.register(context);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        let state = self.exchange.lock();
        !state.is_late && state.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.exchange.lock().body.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        let mut state = self.exchange.lock();
        (state.body, state.held) = (TransportBody::ended(), None);
        if let Some(expiry) = &self.expiry {
            expiry.abort();
        }
    }
}
