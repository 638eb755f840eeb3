//! The director of a service under test: runs the tests once it serves, and stops it when they have ended.
//!
//! Does not know where the log goes.

use std::future::pending;
use std::io;
use std::mem;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::Signal;

use super::super::child::Group;
use super::TestError;
use super::suite::{self, Suite, url};
use crate::lifecycle::Endpoint;
use crate::report;
use crate::supervisor::{self, Demand, Director, ServiceEvent};

/// What became of the tests, for whoever has started the supervisor.
#[derive(Debug, Default)]
pub(super) struct Verdict(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    result: Option<Result<(), TestError>>,
    signal: Option<u8>,
}

impl Verdict {
    /// `None`: the tests have not come to their end.
    pub(super) fn take(&self) -> Option<Result<(), TestError>> {
        self.with(|state| state.result.take())
    }

    /// The number of the signal that has told the service to stop.
    pub(super) fn signal(&self) -> Option<u8> {
        self.with(|state| state.signal)
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The tests of a service that is about to serve.
pub(super) struct Trial {
    service: String,
    suite: Option<Suite>,
    phase: Phase,
    verdict: Arc<Verdict>,
}

#[derive(Debug)]
enum Phase {
    /// For the service, or to its end.
    Waiting,
    Running(Box<Group>),
    /// The service is to stop.
    Over,
}

impl Trial {
    pub(super) fn new(service: String, suite: Option<Suite>, verdict: Arc<Verdict>) -> Self {
        Self { service, suite, phase: Phase::Waiting, verdict }
    }

    fn begin(&mut self, endpoints: &[Endpoint]) {
        let places: Vec<_> = endpoints.iter().map(url).collect();
        let places =
            if places.is_empty() { String::new() } else { format!(" at {}", places.join(", ")) };
        let Self { service, suite, .. } = self;
        let Some(suite) = suite else {
            let how = suite::HOW_TO_ADD;
            report::tell(format_args!(
                "`{service}` serves{places}, nothing is run against it: {how}\n"
            ));
            return self.end_with(Ok(()));
        };
        suite.note(endpoints);
        report::tell(format_args!("testing `{service}`{places}: {suite}\n"));
        match Group::start_in_foreground(suite.command()) {
            Ok(group) => self.phase = Phase::Running(Box::new(group)),
            Err(source) => {
                let error = suite.cannot_start(source);
                self.end_with(Err(error));
            }
        }
    }

    fn conclude(&mut self, status: io::Result<ExitStatus>) {
        let Some(suite) = &self.suite else { return };
        let result = status.map_err(|source| suite.cannot_start(source));
        let result = result.and_then(|status| suite.judge(status));
        self.end_with(result);
    }

    fn end_with(&mut self, result: Result<(), TestError>) {
        self.verdict.with(|state| state.result = Some(result));
        self.phase = Phase::Over;
    }
}

impl Director for Trial {
    async fn next(&mut self) -> Demand {
        if let Phase::Running(group) = &mut self.phase {
            let status = group.wait(&mut |_| ()).await;
            self.conclude(status);
        }
        match mem::replace(&mut self.phase, Phase::Waiting) {
            Phase::Over => Demand::Stop,
            phase => {
                self.phase = phase;
                pending().await
            }
        }
    }

    fn notify(&mut self, event: ServiceEvent<'_>) {
        match event {
            ServiceEvent::Serving { endpoints } => self.begin(endpoints),
            ServiceEvent::Stopping { signal, .. } => {
                let number = signal.map(supervisor::Signal::number);
                self.verdict.with(|state| state.signal = number);
                if let Phase::Running(group) = &self.phase {
                    group.signal(Signal::TERM);
                }
            }
            ServiceEvent::Refused(_)
            | ServiceEvent::Waiting { .. }
            | ServiceEvent::Left { .. }
            | ServiceEvent::Ended { .. } => (),
        }
    }

    fn perseveres(&self) -> bool {
        false
    }

    async fn end(&mut self) {
        if let Phase::Running(group) = mem::replace(&mut self.phase, Phase::Waiting) {
            group.kill(Signal::TERM).await;
        }
    }
}
