//! What the tests of the log share: a clock that stands still, and outputs that misbehave.
//!
//! Knows only what a user of the log can see, apart from the limits.

mod delivery;
mod lines;
mod long;
mod subscriber;

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use super::clock::Clock;
use super::queue::Limits;
use super::{Attributes, Event, Flush, Format, Level, LogSettings, Logger, MAX_LINE, TextOutput};

/// Long enough for a slow machine; a test that needs all of it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

const TEXT: Format = Format::Text { colour: false, place: TextOutput::Terminal };

const NOW: &str = "2026-11-22T13:48:46.350431041Z";

fn settings(format: Format, fixed: &[(&str, &str)]) -> LogSettings {
    let fixed = fixed.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    LogSettings {
        format,
        level: Level::Info,
        fixed: fixed.collect(),
        local_timestamp: false,
        max_line: MAX_LINE,
    }
}

/// A log whose clock stands still, in UTC.
fn start(format: Format, fixed: &[(&str, &str)], output: &Output) -> (Logger, Flush) {
    start_with(format, fixed, Limits::DEFAULT, output)
}

fn start_with(
    format: Format,
    fixed: &[(&str, &str)],
    limits: Limits,
    output: &Output,
) -> (Logger, Flush) {
    let clock = Clock::fixed(NOW, TimeZone::UTC);
    let complaints = output.clone();
    let complain = move |trouble: &str| complaints.lock().complaints.push(trouble.to_owned());
    Logger::start_with(&settings(format, fixed), clock, limits, output.writer(), complain).unwrap()
}

fn attributes(pairs: &[(&str, Value)]) -> Attributes {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

fn none() -> Attributes {
    Attributes::new()
}

/// How an output answers one call of `write`.
#[derive(Debug, Clone, Copy)]
enum Answer {
    TakeAll,
    /// A short write.
    Take(usize),
    Fail(ErrorKind),
    /// As a terminal that was closed.
    HangUp,
    /// Blocks until the test gives another answer.
    Block,
}

/// An output that answers as the test says: first `script`, then always `answer`.
#[derive(Debug, Clone)]
struct Output(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug)]
struct State {
    script: VecDeque<Answer>,
    answer: Answer,
    text: Vec<u8>,
    calls: usize,
    is_blocked: bool,
    complaints: Vec<String>,
}

/// The side of an output that the log holds.
struct Writer(Output);

impl Output {
    fn new(answer: Answer) -> Self {
        Self::scripted([], answer)
    }

    fn scripted<const N: usize>(script: [Answer; N], answer: Answer) -> Self {
        let state = State {
            script: script.into(),
            answer,
            text: Vec::new(),
            calls: 0,
            is_blocked: false,
            complaints: Vec::new(),
        };
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }

    fn writer(&self) -> Writer {
        Writer(self.clone())
    }

    /// Changes the answer, also that of a call that is blocked.
    fn answer(&self, answer: Answer) {
        self.lock().answer = answer;
        self.0.1.notify_all();
    }

    /// Lets one blocked or future call through.
    fn permit_one(&self) {
        self.lock().script.push_back(Answer::TakeAll);
        self.0.1.notify_all();
    }

    /// Returns when `write` has been called `calls` times and the last call blocks.
    fn wait_until_blocked(&self, calls: usize) {
        self.wait_while("block", |state| state.calls < calls || !state.is_blocked);
    }

    /// Returns when at least `bytes` have been taken.
    fn wait_for_bytes(&self, bytes: usize) {
        self.wait_while("take more bytes", |state| state.text.len() < bytes);
    }

    /// Returns when `write` has been called `calls` times.
    fn wait_for_calls(&self, calls: usize) {
        self.wait_while("be called again", |state| state.calls < calls);
    }

    #[track_caller]
    fn wait_while(&self, expected: &str, waiting: impl Fn(&mut State) -> bool) {
        let (_state, timeout) =
            self.0.1.wait_timeout_while(self.lock(), PATIENCE, waiting).unwrap();
        assert!(!timeout.timed_out(), "the output should {expected}");
    }

    fn text(&self) -> String {
        String::from_utf8(self.lock().text.clone()).unwrap()
    }

    /// What was said of the output, one per line.
    fn complaints(&self) -> String {
        self.lock().complaints.join("\n")
    }

    fn calls(&self) -> usize {
        self.lock().calls
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap()
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self(output) = self;
        let mut state = output.lock();
        state.calls += 1;
        loop {
            let answer = state.script.pop_front().unwrap_or(state.answer);
            state.is_blocked = matches!(answer, Answer::Block);
            output.0.1.notify_all();
            let count = match answer {
                Answer::Block => {
                    state = output.0.1.wait(state).unwrap();
                    continue;
                }
                Answer::Fail(kind) => return Err(kind.into()),
                Answer::HangUp => return Err(rustix::io::Errno::IO.into()),
                Answer::Take(count) => count.min(bytes.len()),
                Answer::TakeAll => bytes.len(),
            };
            state.text.extend_from_slice(&bytes[..count]);
            output.0.1.notify_all();
            return Ok(count);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
