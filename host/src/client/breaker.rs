//! A circuit breaker: after failures in a row no calls are made for a while, then one that decides.
//!
//! Does not know what a failure is, or who is told.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::settings::CircuitBreaker;
use super::verdict::Verdict;

#[derive(Debug)]
pub(super) struct Breaker {
    settings: CircuitBreaker,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Calls are made; so many have failed since one has not.
    Closed { failures: u32 },
    /// No calls until then.
    Open { until: Instant },
    /// One call decides.
    HalfOpen,
}

/// The breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open;

/// What others may want to know of a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Opened { failures: u32, open_for: Duration },
    Closed,
}

/// A call that may be made. Dropping it says nothing about the service.
#[derive(Debug)]
pub(super) struct Admission<'b> {
    breaker: &'b Breaker,
    is_probe: bool,
    is_settled: bool,
}

impl Breaker {
    pub(super) fn new(settings: CircuitBreaker) -> Self {
        Self { settings, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    pub(super) fn admit(&self) -> Result<Admission<'_>, Open> {
        let mut state = self.lock();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if until <= Instant::now() => true,
            State::Open { .. } | State::HalfOpen => return Err(Open),
        };
        if is_probe {
            *state = State::HalfOpen;
        }
        Ok(Admission { breaker: self, is_probe, is_settled: false })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admission<'_> {
    pub(super) fn settle(mut self, verdict: Verdict) -> Option<Change> {
        let is_failure = match verdict {
            Verdict::Served => false,
            Verdict::Failed => true,
            Verdict::Unknown => return None,
        };
        self.is_settled = true;
        let mut state = self.breaker.lock();
        let CircuitBreaker { failures: limit, open_for } = self.breaker.settings;
        let failures = match *state {
            // The others began before it opened; only the probe closes it.
            State::Open { .. } => return None,
            State::HalfOpen if !self.is_probe => return None,
            State::HalfOpen => limit,
            State::Closed { failures } => failures.saturating_add(1),
        };
        *state = if !is_failure {
            State::Closed { failures: 0 }
        } else if failures >= limit {
            State::Open { until: Instant::now() + open_for }
        } else {
            State::Closed { failures }
        };
        match *state {
            State::Open { .. } if !self.is_probe => Some(Change::Opened { failures, open_for }),
            State::Closed { .. } if self.is_probe => Some(Change::Closed),
            _ => None,
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.is_probe && !self.is_settled {
            // The next call decides.
            *self.breaker.lock() = State::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    const OPEN_FOR: Duration = Duration::from_secs(5);

    fn breaker() -> Breaker {
        Breaker::new(CircuitBreaker { failures: 2, open_for: OPEN_FOR })
    }

    fn call(breaker: &Breaker, is_failure: bool) -> Option<Change> {
        let verdict = if is_failure { Verdict::Failed } else { Verdict::Served };
        breaker.admit().unwrap().settle(verdict)
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_for_a_while() {
        let breaker = breaker();

        assert_eq!(call(&breaker, true), None);
        assert_eq!(call(&breaker, false), None);
        assert_eq!(call(&breaker, true), None);
        let opened = Change::Opened { failures: 2, open_for: OPEN_FOR };
        assert_eq!(call(&breaker, true), Some(opened));

        assert_eq!(breaker.admit().unwrap_err(), Open);
        advance(OPEN_FOR).await;
        assert!(breaker.admit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_decides_whether_it_closes() {
        let breaker = breaker();
        let late = breaker.admit().unwrap();
        call(&breaker, true);
        call(&breaker, true);
        advance(OPEN_FOR).await;

        let probe = breaker.admit().unwrap();
        assert!(breaker.admit().is_err(), "one at a time");
        late.settle(Verdict::Served);
        assert!(breaker.admit().is_err(), "what began before says nothing");
        assert_eq!(probe.settle(Verdict::Failed), None, "it was open");
        assert!(breaker.admit().is_err());

        advance(OPEN_FOR).await;
        assert_eq!(breaker.admit().unwrap().settle(Verdict::Unknown), None);
        assert_eq!(call(&breaker, false), Some(Change::Closed));
        call(&breaker, true);
        assert!(breaker.admit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_given_up_leaves_the_decision_to_the_next() {
        let breaker = breaker();
        call(&breaker, true);
        call(&breaker, true);
        advance(OPEN_FOR).await;

        drop(breaker.admit().unwrap());

        assert!(breaker.admit().is_ok());
    }
}
