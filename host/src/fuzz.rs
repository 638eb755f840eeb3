//! Inputs for tests that must stand anything: what is valid, damaged again and again. A moment of it in every run of
//! the tests, as many seconds as `MIKROS_FUZZ_SECONDS` says when somebody looks for more.
//!
//! Does not know what reads the inputs. Coverage does not guide it, because that would need a nightly compiler.

use std::env;
use std::fmt;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

/// Inputs of an ordinary run, and of a round when there is more time.
const INPUTS: u32 = 256;

/// Most edits of one input.
const MOST_EDITS: usize = 6;

/// One way of damaging an input. Positions are chosen when it is known how long that is.
#[derive(Debug, Clone)]
enum Edit {
    /// Other bytes in place of some.
    Replace {
        at: Index,
        length: usize,
        bytes: Vec<u8>,
    },
    /// A part of a seed in place of some.
    Borrow {
        at: Index,
        length: usize,
        seed: Index,
        from: Index,
        taken: usize,
    },
    Repeat {
        at: Index,
        length: usize,
        times: usize,
    },
    Truncate {
        at: Index,
    },
}

/// What is shown when a test fails.
#[derive(Clone)]
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// Gives `check` the seeds and what damage makes of them. It panics about an input that it finds something wrong
/// with; the smallest one like it is shown.
pub(crate) fn damage(seeds: &[&[u8]], check: impl Fn(&[u8])) {
    for seed in seeds {
        check(seed);
    }
    let end = time().map(|time| Instant::now() + time);
    loop {
        let config = Config { cases: INPUTS, failure_persistence: None, ..Config::default() };
        let round = TestRunner::new(config).run(&damaged(seeds), |input| {
            check(&input.0);
            Ok(())
        });
        round.unwrap_or_else(|failure| panic!("{failure}"));
        if end.is_none_or(|end| Instant::now() >= end) {
            return;
        }
    }
}

/// How long a test goes on; `None`: for one round.
#[expect(clippy::disallowed_methods, reason = "`cli` reads it for the host, and this is none")]
fn time() -> Option<Duration> {
    let seconds = env::var("MIKROS_FUZZ_SECONDS").ok()?;
    let seconds = seconds.parse().expect("`MIKROS_FUZZ_SECONDS` is a whole number");
    Some(Duration::from_secs(seconds))
}

/// The same with text; damage that leaves no UTF-8 is repaired.
pub(crate) fn damage_text(seeds: &[&str], check: impl Fn(&str)) {
    let seeds: Vec<_> = seeds.iter().map(|seed| seed.as_bytes()).collect();
    damage(&seeds, |input| check(&String::from_utf8_lossy(input)));
}

fn damaged(seeds: &[&[u8]]) -> impl Strategy<Value = Input> {
    (any::<Index>(), vec(edit(), 0..MOST_EDITS)).prop_map(move |(seed, edits)| {
        let mut input = seed.get(seeds).to_vec();
        for edit in &edits {
            edit.apply(&mut input, seeds);
        }
        Input(input)
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let place = || (any::<Index>(), 0..12_usize);
    // Bytes that mean something in most formats, and all others.
    let byte = prop_oneof![
        prop::sample::select(b"\0\r\n\t \"'%*+,-./0:;=?@[\\]_{}\x7f\xc3\xff".as_slice()),
        any::<u8>(),
    ];
    prop_oneof![
        (place(), vec(byte, 0..6)).prop_map(|((at, length), bytes)| Edit::Replace {
            at,
            length,
            bytes
        }),
        (place(), any::<Index>(), any::<Index>(), 1..24_usize).prop_map(
            |((at, length), seed, from, taken)| Edit::Borrow { at, length, seed, from, taken }
        ),
        (place(), 2..40_usize).prop_map(|((at, length), times)| Edit::Repeat { at, length, times }),
        any::<Index>().prop_map(|at| Edit::Truncate { at }),
    ]
}

impl Edit {
    fn apply(&self, input: &mut Vec<u8>, seeds: &[&[u8]]) {
        let range = |at: &Index, length: &usize, whole: &[u8]| {
            let start = at.index(whole.len() + 1);
            start..(start + length).min(whole.len())
        };
        match self {
            Self::Replace { at, length, bytes } => {
                drop(input.splice(range(at, length, input), bytes.iter().copied()));
            }
            Self::Borrow { at, length, seed, from, taken } => {
                let seed = seed.get(seeds);
                let borrowed = seed[range(from, taken, seed)].iter().copied();
                drop(input.splice(range(at, length, input), borrowed));
            }
            Self::Repeat { at, length, times } => {
                let range = range(at, length, input);
                let repeated = input[range.clone()].repeat(*times);
                drop(input.splice(range, repeated));
            }
            Self::Truncate { at } => input.truncate(at.index(input.len() + 1)),
        }
    }
}
