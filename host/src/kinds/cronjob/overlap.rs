//! Whether a run that is due begins, waits or does not happen while others run. Pure.
//!
//! Does not know times beyond handing them on.

use super::settings::Overlap;
use super::timer::Occurrence;

/// What becomes of a run that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Begins(Occurrence),
    /// It begins when the last one has ended.
    Waits,
    /// It waits in the place of one that does not happen now; `streak` are in a row.
    Replaces {
        streak: u32,
    },
    /// It does not happen; `streak` are in a row.
    Refused {
        streak: u32,
    },
}

/// Who may run now.
#[derive(Debug)]
pub(super) struct OverlapPolicy {
    overlap: Overlap,
    waiting: Option<Occurrence>,
    /// Runs since the last one began that did not happen.
    missed: u32,
    /// Those of them that had no turn.
    streak: u32,
}

impl OverlapPolicy {
    pub(super) fn new(overlap: Overlap) -> Self {
        Self { overlap, waiting: None, missed: 0, streak: 0 }
    }

    /// Runs passed that nothing makes up for.
    pub(super) fn miss(&mut self, runs: u32) {
        self.missed = self.missed.saturating_add(runs);
    }

    /// A run is due while `running` others run.
    pub(super) fn admit(&mut self, occurrence: Occurrence, running: usize) -> Admission {
        self.miss(occurrence.missed);
        match self.overlap {
            Overlap::Skip | Overlap::Queue if running == 0 => {
                Admission::Begins(self.begin(occurrence))
            }
            Overlap::Allow => Admission::Begins(self.begin(occurrence)),
            Overlap::Skip => Admission::Refused { streak: self.refuse() },
            Overlap::Queue => match self.waiting.replace(occurrence) {
                None => Admission::Waits,
                Some(_replaced) => Admission::Replaces { streak: self.refuse() },
            },
        }
    }

    fn refuse(&mut self) -> u32 {
        self.miss(1);
        self.streak = self.streak.saturating_add(1);
        self.streak
    }

    /// Whoever waits, and will not begin any more.
    pub(super) fn give_up(&mut self) -> Option<Occurrence> {
        self.waiting.take()
    }

    /// A run has ended: whoever waits begins. Only what runs alone is waited for, so nothing runs now.
    pub(super) fn next(&mut self) -> Option<Occurrence> {
        let waiting = self.waiting.take()?;
        Some(self.begin(waiting))
    }

    fn begin(&mut self, occurrence: Occurrence) -> Occurrence {
        self.streak = 0;
        Occurrence { missed: std::mem::take(&mut self.missed), ..occurrence }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn due(minute: i64) -> Occurrence {
        Occurrence { scheduled: Timestamp::from_second(minute * 60).unwrap(), missed: 0 }
    }

    fn after_missing(missed: u32, minute: i64) -> Occurrence {
        Occurrence { missed, ..due(minute) }
    }

    #[test]
    fn nothing_runs_so_that_every_policy_begins() {
        for overlap in [Overlap::Skip, Overlap::Queue, Overlap::Allow] {
            let admission = OverlapPolicy::new(overlap).admit(due(1), 0);

            assert_eq!(admission, Admission::Begins(due(1)), "{overlap:?}");
        }
    }

    #[test]
    fn skipped_runs_are_counted_for_the_next_that_begins() {
        let mut overlap_policy = OverlapPolicy::new(Overlap::Skip);

        assert_eq!(overlap_policy.admit(due(1), 1), Admission::Refused { streak: 1 });
        assert_eq!(overlap_policy.admit(after_missing(2, 4), 1), Admission::Refused { streak: 2 });
        assert_eq!(overlap_policy.next(), None);

        assert_eq!(overlap_policy.admit(due(5), 0), Admission::Begins(after_missing(4, 5)));
        assert_eq!(overlap_policy.admit(due(6), 1), Admission::Refused { streak: 1 });
        assert_eq!(overlap_policy.admit(due(7), 0), Admission::Begins(after_missing(1, 7)));
    }

    #[test]
    fn runs_that_wait_become_one() {
        let mut overlap_policy = OverlapPolicy::new(Overlap::Queue);

        assert_eq!(overlap_policy.admit(due(1), 1), Admission::Waits);
        assert_eq!(overlap_policy.admit(due(2), 1), Admission::Replaces { streak: 1 });
        assert_eq!(overlap_policy.admit(due(3), 1), Admission::Replaces { streak: 2 });

        assert_eq!(overlap_policy.next(), Some(after_missing(2, 3)));
        assert_eq!(overlap_policy.next(), None);
    }

    #[test]
    fn who_is_given_up_does_not_begin() {
        let mut overlap_policy = OverlapPolicy::new(Overlap::Queue);
        assert_eq!(overlap_policy.admit(due(1), 1), Admission::Waits);

        assert_eq!(overlap_policy.give_up(), Some(due(1)));
        assert_eq!(overlap_policy.next(), None);
    }

    #[test]
    fn runs_that_may_overlap_all_begin() {
        let mut overlap_policy = OverlapPolicy::new(Overlap::Allow);

        for minute in 0..5 {
            let running = usize::try_from(minute).unwrap();
            assert_eq!(overlap_policy.admit(due(minute), running), Admission::Begins(due(minute)));
        }
    }

    #[test]
    fn what_was_missed_is_told_once() {
        let mut overlap_policy = OverlapPolicy::new(Overlap::Skip);
        overlap_policy.miss(3);

        assert_eq!(overlap_policy.admit(due(9), 0), Admission::Begins(after_missing(3, 9)));
        assert_eq!(overlap_policy.admit(due(10), 0), Admission::Begins(due(10)));
    }
}
