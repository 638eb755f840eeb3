//! So many per second, and how many were over.
//!
//! Does not know what is counted, nor the time.

use std::sync::{Mutex, PoisonError};

pub(super) struct Allowance {
    per_second: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    second: u64,
    taken: u32,
    refused: u64,
}

impl Allowance {
    pub(super) fn per_second(per_second: u32) -> Self {
        Self { per_second, state: Mutex::default() }
    }

    /// Asks for one more in the given second. When it is granted, says how many were refused since
    /// the last that was.
    pub(super) fn take(&self, second: u64) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.second != second {
            state.second = second;
            state.taken = 0;
        }
        if state.taken == self.per_second {
            state.refused += 1;
            return None;
        }
        state.taken += 1;
        Some(std::mem::take(&mut state.refused))
    }
}

#[cfg(test)]
mod tests {
    use super::Allowance;

    #[test]
    fn what_is_over_is_refused_and_counted_until_the_next_is_granted() {
        let allowance = Allowance::per_second(2);

        let first: Vec<_> = (0..5).map(|_| allowance.take(0)).collect();
        let second: Vec<_> = (0..3).map(|_| allowance.take(7)).collect();

        assert_eq!(first, [Some(0), Some(0), None, None, None]);
        assert_eq!(second, [Some(3), Some(0), None]);
    }
}
