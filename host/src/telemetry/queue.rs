//! Finished lines on their way from all threads to the one that writes them.
//!
//! Does not know what is in a line, nor how it is written.

use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Level;

/// How much may wait to be written, and how it is gathered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes that may wait, including those being written. A line beyond that is lost.
    pub(super) queue_bytes: usize,
    /// Room that only lines of level fatal may use on top, so that the last words of a service get
    /// through without anybody waiting.
    pub(super) fatal_bytes: usize,
    /// Lines are handed to the writer in batches of about this size.
    pub(super) batch_bytes: usize,
    /// How long the writer, once woken, waits for a batch to fill up. Waking a thread costs far
    /// more than making a line: at 20 000 lines per second a line cost its caller 9 µs when every
    /// line woke the writer, and 1 µs with this wait.
    pub(super) gather: Duration,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self {
        queue_bytes: 8 * 1024 * 1024,
        fatal_bytes: 512 * 1024,
        batch_bytes: 64 * 1024,
        gather: Duration::from_millis(1),
    };
}

/// How long the end of the log waits for an output that refuses to take its lines. One that is only slow has longer.
const REFUSAL_LIMIT: Duration = Duration::from_millis(250);

/// What became of the lines of a logger that has finished.
#[derive(Debug)]
#[must_use]
pub struct Delivery {
    /// Lines that were logged and not written, over the whole run: there was no room for them, or
    /// they still waited when time was up, or nobody was there to read them. A batch that was cut counts as
    /// a whole.
    pub lost: u64,
    /// What the output said when it last refused a line, unless it took one since.
    pub failure: Option<io::Error>,
}

/// Lines to be written by one call.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    lines: u64,
    /// How many lines are missing just before this batch.
    pub(super) lost_before: u64,
}

pub(super) struct Queue {
    limits: Limits,
    state: Mutex<State>,
    /// For the thread that writes.
    wake: Condvar,
    /// For the thread that waits for the end.
    ended: Condvar,
}

struct State {
    phase: Phase,
    writer: Writer,
    batches: VecDeque<Batch>,
    /// An emptied buffer for the next batch.
    spare: Vec<u8>,
    /// In `batches` and in the batch being written.
    bytes: usize,
    lines: u64,
    /// Lost since that was last said in the log.
    lost_now: u64,
    lost: u64,
    failure: Option<io::Error>,
    /// Whether the last lines were dropped because nobody reads them. Then lines alone are a reason to try again.
    is_gone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Takes no more lines; those it has are written.
    Closing,
    /// Nobody writes any more.
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    Asleep,
    Gathering,
    Busy,
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        let state = State {
            phase: Phase::Open,
            writer: Writer::Busy,
            batches: VecDeque::new(),
            spare: Vec::new(),
            bytes: 0,
            lines: 0,
            lost_now: 0,
            lost: 0,
            failure: None,
            is_gone: false,
        };
        Self { limits, state: Mutex::new(state), wake: Condvar::new(), ended: Condvar::new() }
    }

    /// Takes a line in, or counts it as lost when there is no room. Never waits for the writer.
    pub(super) fn push(&self, line: &[u8], level: Level) {
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return;
        }
        let is_fatal = level == Level::Fatal;
        let reserve = if is_fatal { self.limits.fatal_bytes } else { 0 };
        if state.bytes + line.len() > self.limits.queue_bytes + reserve {
            state.lose(1);
            return;
        }
        state.append(line, self.limits.batch_bytes);
        let is_urgent = is_fatal || state.bytes >= self.limits.batch_bytes;
        let next = match state.writer {
            Writer::Asleep | Writer::Gathering if !is_urgent => Writer::Gathering,
            Writer::Asleep | Writer::Gathering | Writer::Busy => Writer::Busy,
        };
        let before = std::mem::replace(&mut state.writer, next);
        drop(state);
        if before != next {
            self.wake.notify_one();
        }
    }

    /// Waits for lines. `None` means that there will be no more.
    pub(super) fn take(&self) -> Option<Batch> {
        let mut state = self.lock();
        loop {
            if state.phase == Phase::Ended {
                return None;
            }
            if let Some(batch) = state.next_batch() {
                return Some(batch);
            }
            if state.phase == Phase::Closing {
                state.phase = Phase::Ended;
                self.ended.notify_all();
                return None;
            }
            state = self.sleep(state);
        }
    }

    /// Gives room back after a batch was written.
    pub(super) fn written(&self, batch: Batch) {
        let mut state = self.lock();
        state.failure = None;
        state.is_gone = false;
        state.give_back(batch);
    }

    /// Gives room back after a batch could not be written because nobody is there to read it.
    pub(super) fn dropped(&self, batch: Batch, failure: io::Error) {
        let mut state = self.lock();
        state.failure = Some(failure);
        state.is_gone = true;
        if state.phase == Phase::Ended {
            return;
        }
        state.lost += batch.lines;
        let missing = batch.lost_before + batch.lines;
        match state.batches.front_mut() {
            Some(next) => next.lost_before += missing,
            None => state.lost_now += missing,
        }
        state.give_back(batch);
    }

    /// How many lines were lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// Waits before the output is tried again. `false` means that it is too late for that.
    pub(super) fn pause(&self, failure: io::Error, wait: Duration) -> bool {
        let mut state = self.lock();
        state.failure = Some(failure);
        self.ended.notify_all();
        let is_on = |state: &mut State| state.phase != Phase::Ended;
        let (state, _) = self
            .wake
            .wait_timeout_while(state, wait, is_on)
            .unwrap_or_else(PoisonError::into_inner);
        state.phase != Phase::Ended
    }

    /// Takes no more lines and waits until those it has are written, for at most `limit`, and not even so long for
    /// an output that refuses them.
    pub(super) fn close(&self, limit: Duration) -> Delivery {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
            state.writer = Writer::Busy;
            self.wake.notify_one();
        }
        let is_on = |state: &mut State| state.phase != Phase::Ended;
        let first = limit.min(REFUSAL_LIMIT);
        let state = self.wait_while(state, first, is_on);
        let mut state = self.wait_while(state, limit.saturating_sub(first), |state| {
            is_on(state) && !state.is_refused()
        });
        if state.phase != Phase::Ended {
            let unwritten = state.lines;
            state.lose(unwritten);
            state.end();
            self.wake.notify_one();
        }
        Delivery { lost: state.lost, failure: state.failure.take() }
    }

    fn wait_while<'a>(
        &self,
        state: MutexGuard<'a, State>,
        limit: Duration,
        is_on: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'a, State> {
        let waited = self.ended.wait_timeout_while(state, limit, is_on);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Until there is a line, and then a little longer so that there are many.
    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.writer = Writer::Asleep;
        let state = self
            .wake
            .wait_while(state, |state| state.writer == Writer::Asleep)
            .unwrap_or_else(PoisonError::into_inner);
        let (mut state, _) = self
            .wake
            .wait_timeout_while(state, self.limits.gather, |state| {
                state.writer == Writer::Gathering
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.writer = Writer::Busy;
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked here left nothing half done that could not be written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, line: &[u8], batch_bytes: usize) {
        let has_room = self.lost_now == 0
            && self.batches.back().is_some_and(|last| last.bytes.len() + line.len() <= batch_bytes);
        if !has_room {
            self.begin_batch();
        }
        if let Some(last) = self.batches.back_mut() {
            last.bytes.extend_from_slice(line);
            last.lines += 1;
            self.bytes += line.len();
            self.lines += 1;
        }
    }

    fn begin_batch(&mut self) {
        let bytes = std::mem::take(&mut self.spare);
        let lost_before = std::mem::take(&mut self.lost_now);
        self.batches.push_back(Batch { bytes, lines: 0, lost_before });
    }

    /// The oldest batch; without one, an empty batch if there is a loss to report.
    fn next_batch(&mut self) -> Option<Batch> {
        if self.batches.is_empty() && self.lost_now > 0 && !self.is_gone {
            self.begin_batch();
        }
        self.batches.pop_front()
    }

    fn give_back(&mut self, batch: Batch) {
        if self.phase == Phase::Ended {
            return;
        }
        self.bytes -= batch.bytes.len();
        self.lines -= batch.lines;
        self.spare = batch.bytes;
        self.spare.clear();
    }

    fn is_refused(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.kind() != io::ErrorKind::WouldBlock)
    }

    fn lose(&mut self, lines: u64) {
        self.lost_now += lines;
        self.lost += lines;
    }

    fn end(&mut self) {
        self.phase = Phase::Ended;
        self.batches = VecDeque::new();
        self.spare = Vec::new();
        self.bytes = 0;
        self.lines = 0;
    }
}
