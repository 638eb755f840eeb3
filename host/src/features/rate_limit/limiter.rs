//! Counts for many callers at once, exactly, in bounded memory.
//!
//! Does not know who the callers are.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::RateLimiter;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use rustc_hash::FxHashMap;

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    pub(super) requests: NonZeroU32,
    pub(super) per: Duration,
    /// How many may come at once.
    pub(super) burst: NonZeroU32,
}

impl Quota {
    /// Time until one more request is allowed. Rounded up, so that never more are allowed than was said.
    fn interval(self) -> Duration {
        let nanoseconds = self.per.as_nanos().div_ceil(self.requests.get().into());
        // At least one, and at most what `per` has.
        Duration::from_nanos(u64::try_from(nanoseconds.max(1)).unwrap_or(u64::MAX))
    }

    /// Time until everything is allowed again to somebody who has used it up.
    pub(super) fn pause(self) -> Duration {
        self.interval().saturating_mul(self.burst.get())
    }
}

/// Counts requests by key. All threads share one.
///
/// A key is kept as a number of 128 bits, made with a secret: keys of any length take the same memory, and
/// nobody can make up two that collide.
pub(super) struct Limiter<C: Clock = MonotonicClock> {
    limiter: RateLimiter<u128, Keys, C, NoOpMiddleware<C::Instant>>,
    secrets: [RandomState; 2],
}

impl Limiter {
    /// Remembers at most `max_keys` at a time.
    pub(super) fn new(quota: Quota, max_keys: NonZeroU32) -> Self {
        Self::with_clock(quota, max_keys, MonotonicClock)
    }
}

impl<C: Clock> Limiter<C> {
    fn with_clock(quota: Quota, max_keys: NonZeroU32, clock: C) -> Self {
        let interval = quota.interval();
        let keys = Keys::new(max_keys, interval);
        let quota = governor::Quota::with_period(interval)
            .expect("an interval is at least a nanosecond")
            .allow_burst(quota.burst);
        let secrets = [RandomState::new(), RandomState::new()];
        Self { limiter: RateLimiter::new(quota, keys, clock), secrets }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// How long to wait until the next one is allowed, when this one is not. It is not counted then.
    pub(super) fn take(&self, key: impl Hash) -> Result<(), Duration> {
        let [high, low] = self.secrets.each_ref().map(|secret| u128::from(secret.hash_one(&key)));
        self.limiter.check_key(&(high << 64 | low)).map_err(|refusal| {
            let wait = refusal.wait_time_from(self.limiter.clock().now());
            // Time has passed since the refusal, but it was one.
            wait.max(Duration::from_millis(1))
        })
    }
}

impl<C: Clock> fmt::Debug for Limiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").finish_non_exhaustive()
    }
}

/// What is remembered: for each key when its allowance will be whole again.
struct Keys {
    shards: Box<[Mutex<Shard>]>,
    interval: Nanos,
}

/// As many as it takes for threads not to wait for each other.
const MOST_SHARDS: u32 = 16;
/// A shard that is too small would forget keys although others have room.
const LEAST_PER_SHARD: u32 = 1024;

impl Keys {
    fn new(max_keys: NonZeroU32, interval: Duration) -> Self {
        let shards = (max_keys.get() / LEAST_PER_SHARD).clamp(1, MOST_SHARDS);
        let room = (max_keys.get() / shards) as usize;
        let shard = || Mutex::new(Shard { room, ..Shard::default() });
        let shards = std::iter::repeat_with(shard).take(shards as usize).collect();
        Self { shards, interval: interval.into() }
    }

    fn shard(&self, key: u128) -> MutexGuard<'_, Shard> {
        // Keys are random, so that any part of them is as good as another.
        let index = (key >> 96) as usize % self.shards.len();
        // A shard is whole between any two steps.
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for Keys {
    type Key = u128;

    fn measure_and_replace<T, F, E>(&self, key: &u128, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut shard = self.shard(*key);
        let before = shard.whole_at.get(key).copied();
        let (outcome, after) = measure(before)?;
        match before {
            Some(before) => shard.forget(before, *key),
            // A new key's allowance was whole until now.
            None => shard.make_room(after.saturating_sub(self.interval)),
        }
        shard.remember(after, *key);
        Ok(outcome)
    }
}

/// A part of the keys.
#[derive(Default)]
struct Shard {
    whole_at: FxHashMap<u128, Nanos>,
    /// The same, sorted by time.
    order: BTreeSet<(Nanos, u128)>,
    /// Most keys.
    room: usize,
}

impl Shard {
    fn remember(&mut self, whole_at: Nanos, key: u128) {
        self.whole_at.insert(key, whole_at);
        self.order.insert((whole_at, key));
    }

    fn forget(&mut self, whole_at: Nanos, key: u128) {
        self.whole_at.remove(&key);
        self.order.remove(&(whole_at, key));
    }

    /// Forgets keys whose allowance is whole, which makes no difference to them: two, so that memory
    /// shrinks while keys come one by one. When there are none and no room either, the key goes whose
    /// allowance will be whole first: it gains the least. Whoever wants to be forgotten at his limit
    /// needs as many other keys as there is room for, each further beyond its own.
    fn make_room(&mut self, now: Nanos) {
        for _ in 0..2 {
            match self.order.first() {
                Some(&(whole_at, key)) if whole_at <= now => self.forget(whole_at, key),
                _ => break,
            }
        }
        if self.whole_at.len() >= self.room
            && let Some(&(whole_at, key)) = self.order.first()
        {
            self.forget(whole_at, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;
    use governor::clock::FakeRelativeClock;

    const MINUTE: Duration = Duration::from_mins(1);

    fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    fn limiter(
        requests: u32,
        burst: u32,
        keys: u32,
    ) -> (Limiter<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let quota = Quota { requests: number(requests), per: MINUTE, burst: number(burst) };
        (Limiter::with_clock(quota, number(keys), clock.clone()), clock)
    }

    /// How many of `attempts` are allowed.
    fn allowed(limiter: &Limiter<FakeRelativeClock>, key: &str, attempts: usize) -> usize {
        (0..attempts).filter(|_| limiter.take(key).is_ok()).count()
    }

    fn len(limiter: Limiter<FakeRelativeClock>) -> usize {
        let keys = limiter.limiter.into_state_store();
        let shards = keys.shards.into_iter().map(|shard| shard.into_inner().unwrap());
        shards
            .map(|shard| {
                assert_eq!(shard.whole_at.len(), shard.order.len());
                shard.order.len()
            })
            .sum()
    }

    #[test]
    fn a_burst_comes_at_once_and_the_rest_as_time_passes() {
        let (limiter, clock) = limiter(6, 3, 10);

        assert_eq!(allowed(&limiter, "a", 10), 3);
        assert_eq!(limiter.take("a"), Err(Duration::from_secs(10)));
        clock.advance(Duration::from_millis(9_999));
        assert_eq!(limiter.take("a"), Err(Duration::from_millis(1)));
        clock.advance(Duration::from_millis(1));
        assert_eq!(allowed(&limiter, "a", 10), 1);
        clock.advance(MINUTE);
        assert_eq!(allowed(&limiter, "a", 10), 3);
    }

    #[test]
    fn keys_do_not_share() {
        let (limiter, _clock) = limiter(2, 2, 10);

        assert_eq!(allowed(&limiter, "a", 5), 2);
        assert_eq!(allowed(&limiter, "b", 5), 2);
    }

    #[test]
    fn an_uneven_rate_never_allows_more_than_was_said() {
        let clock = FakeRelativeClock::default();
        let quota = Quota { requests: number(3), per: Duration::from_nanos(10), burst: number(1) };
        let limiter = Limiter::with_clock(quota, number(1), clock.clone());
        let mut count = 0;

        for _ in 0..10_000 {
            count += u32::from(limiter.take("a").is_ok());
            clock.advance(Duration::from_nanos(1));
        }

        assert!((2000..=3000).contains(&count), "{count}");
    }

    #[test]
    fn a_limit_holds_exactly_on_many_threads() {
        let (limiter, _clock) = limiter(100, 100, 100_000);
        let counts = [const { AtomicUsize::new(0) }; 20];

        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..60 {
                        for (key, count) in counts.iter().enumerate() {
                            let taken = limiter.take(key).is_ok();
                            count.fetch_add(usize::from(taken), Ordering::Relaxed);
                        }
                    }
                });
            }
        });

        for count in counts {
            assert_eq!(count.into_inner(), 100);
        }
    }

    #[test]
    fn memory_is_bounded_whatever_the_keys() {
        for room in [1, 10, 1023, 5000] {
            let (limiter, clock) = limiter(1, 1, room);
            for key in 0..3 * room {
                assert!(limiter.take(key).is_ok());
                clock.advance(Duration::from_nanos(1));
            }

            assert!(len(limiter) <= room as usize);
        }
    }

    #[test]
    fn whoever_is_at_his_limit_is_remembered_longest() {
        let (limiter, _clock) = limiter(5, 5, 100);
        assert_eq!(allowed(&limiter, "greedy", 10), 5);

        for key in 0..10_000 {
            assert!(limiter.take(key).is_ok(), "others are not refused for it");
        }

        assert_eq!(allowed(&limiter, "greedy", 10), 0);
    }

    #[test]
    fn idle_keys_are_forgotten_when_new_ones_come() {
        let (limiter, clock) = limiter(60, 60, 1000);
        for key in 0..500 {
            assert!(limiter.take(key).is_ok());
        }
        clock.advance(MINUTE);
        for key in 500..800 {
            assert!(limiter.take(key).is_ok());
        }

        assert_eq!(len(limiter), 300);
    }

    #[test]
    fn the_largest_quotas_do_not_overflow() {
        for (requests, per, burst) in [
            (u32::MAX, Duration::from_secs(5), u32::MAX),
            (1, Duration::from_hours(24), 366),
            (1, Duration::from_millis(1), u32::MAX),
        ] {
            let quota = Quota { requests: number(requests), per, burst: number(burst) };
            let limiter = Limiter::new(quota, number(1));
            assert!(limiter.take("a").is_ok());
        }
    }
}
