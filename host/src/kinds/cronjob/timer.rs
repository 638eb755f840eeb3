//! What is due at a moment, what has been missed, and when to look again. Pure: it is told the time.
//!
//! Does not know whether a run is still going on, nor what a run is.

use std::time::Duration;

use jiff::Timestamp;

use super::schedule::Schedule;
use super::settings::Missed;

/// What begins later than that is late; longer than [`super::clock::LONGEST_NAP`], so that a machine that is
/// awake is never late.
const TOLERANCE: Duration = Duration::from_mins(1);

/// A clock that is set back by less makes the schedule wait, so that nothing runs twice; by more, the
/// schedule begins anew, because the clock had been wrong.
const REWIND: Duration = Duration::from_hours(1);

/// A clock that is set back by less is not told about: time servers do that.
const NOTICEABLE: Duration = Duration::from_secs(1);

/// Missed runs are counted up to that. A rhythm of seconds and a clock that was set by a year would keep the
/// schedule busy for minutes.
pub(super) const MOST_COUNTED: u32 = 10_000;

/// A run that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Occurrence {
    /// When the schedule says so.
    pub(super) scheduled: Timestamp,
    /// How many before it did not happen; there may be more than [`MOST_COUNTED`].
    pub(super) missed: u32,
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    /// It is time.
    Due(Occurrence),
    /// The time has passed, and nothing makes up for it.
    Missed {
        runs: u32,
    },
    /// The clock was set back by so much, and nothing is due until it has caught up.
    Waits {
        set_back: Duration,
    },
    /// The clock was set back so far that the schedule begins anew.
    ClockSetBack,
}

/// A time of the schedule, and when its run begins.
#[derive(Debug, Clone, Copy)]
struct Appointment {
    scheduled: Timestamp,
    begins: Timestamp,
}

/// The next appointment of a schedule.
#[derive(Debug)]
pub(super) struct RunTimer {
    schedule: Schedule,
    missed: Missed,
    jitter: Jitter,
    /// `None` at the end of the calendar.
    next: Option<Appointment>,
    /// The time of the last look.
    seen: Timestamp,
}

/// A random delay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jitter {
    pub(super) most: Duration,
    /// Any number, each as likely as the others.
    pub(super) random: fn() -> u64,
}

impl Jitter {
    /// From nothing to `most`, at most half of `period`, so that a run never comes close to the next.
    fn delay(self, period: Duration) -> Duration {
        let most = self.most.min(period / 2).as_nanos();
        let share = most.saturating_mul(u128::from((self.random)())) >> u64::BITS;
        Duration::from_nanos(u64::try_from(share).unwrap_or(u64::MAX))
    }
}

impl RunTimer {
    /// Nothing before `now` has been missed.
    pub(super) fn new(schedule: Schedule, missed: Missed, jitter: Jitter, now: Timestamp) -> Self {
        let mut timer = Self { schedule, missed, jitter, next: None, seen: now };
        timer.next = timer.appointment_after(now);
        timer
    }

    pub(super) fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// When something is due next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next.map(|next| next.begins)
    }

    /// What is due at `now`. The same run is due once.
    pub(super) fn look(&mut self, now: Timestamp) -> Verdict {
        let set_back = duration(now, self.seen);
        self.seen = now;
        if set_back > REWIND {
            self.next = self.appointment_after(now);
            return Verdict::ClockSetBack;
        }
        match self.next {
            Some(due) if due.begins <= now => self.take(due, now),
            _ if set_back >= NOTICEABLE => Verdict::Waits { set_back },
            _ => Verdict::Nothing,
        }
    }

    /// All appointments that have begun, of which the last one counts.
    fn take(&mut self, first: Appointment, now: Timestamp) -> Verdict {
        let mut last = first;
        let mut passed = 0;
        self.next = loop {
            match self.appointment_after(last.scheduled) {
                Some(next) if next.begins > now => break Some(next),
                Some(_) if passed == MOST_COUNTED => {
                    let scheduled = self.schedule.last(last.scheduled, now);
                    last = Appointment { scheduled, begins: scheduled };
                    break self.appointment_after(scheduled);
                }
                Some(next) => last = next,
                None => break None,
            }
            passed += 1;
        };
        let is_late = duration(last.begins, now) > TOLERANCE;
        match self.missed {
            Missed::Skip if is_late => Verdict::Missed { runs: passed + 1 },
            Missed::Skip | Missed::RunOnce => {
                Verdict::Due(Occurrence { scheduled: last.scheduled, missed: passed })
            }
        }
    }

    fn appointment_after(&self, after: Timestamp) -> Option<Appointment> {
        let scheduled = self.schedule.next(after)?;
        let following = self.schedule.next(scheduled).unwrap_or(Timestamp::MAX);
        let delay = self.jitter.delay(duration(scheduled, following));
        Some(Appointment { scheduled, begins: scheduled.saturating_add(delay).ok()? })
    }
}

/// From `earlier` to `later`; nothing if it is the other way round.
pub(super) fn duration(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
