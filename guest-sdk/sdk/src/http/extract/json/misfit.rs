//! Finds all that is wrong with a JSON text that does not fit its type.
//! Deliberately silent about what is in doubt: a client must not be sent to mend what is right.
//!
//! serde stops at the first error. To find the others, the type is deserialized again with stand-ins in the places
//! that are known to be wrong, until nothing new turns up. What is made of them is thrown away.

use std::cell::{Cell, RefCell};

use serde::de::DeserializeOwned;

use super::cursor::Cursor;
use super::path::Path;
use super::reader::Reader;
use crate::http::values::{MOST_ERRORS, Problem, Value};
use crate::http::{FieldError, Location};

/// Longest text that is searched for more than one error, in bytes.
const LONGEST: usize = 64 * 1024;

/// Most bytes that are read for the sake of one request: a client chooses how many errors there are.
const MOST_READ: usize = 1024 * 1024;

/// What is known to be wrong with a text.
pub(super) struct Misfit {
    pub(super) path: Path,
    message: String,
    pub(super) fault: Fault,
    /// Which one stands in for the value.
    pub(super) stand_in: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text has a value that does not fit.
    Value,
    /// The text has no value.
    Missing,
    /// The type has no such field: there is nothing to put a stand-in into.
    Unknown,
}

/// One try to deserialize, with what the tries before have found.
pub(super) struct Attempt<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) known: &'a [Misfit],
    /// Where the value is that is being deserialized.
    pub(super) path: RefCell<Path>,
    failure: RefCell<Option<Failure>>,
    /// How deep the deepest array or object is that the type has taken whatever it holds.
    pub(super) buffered: Cell<usize>,
}

/// Where an attempt has failed.
struct Failure {
    path: Path,
    about: About,
}

/// What the problem of an attempt is about, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The value.
    Value,
    /// The name of a field.
    Name,
    /// The array or object, or something in it: it has been taken whatever it holds, and was looked at later.
    Content,
}

impl<'a> Attempt<'a> {
    fn new(text: &'a str, known: &'a [Misfit]) -> Self {
        Self {
            cursor: Cursor::new(text),
            known,
            path: RefCell::default(),
            failure: RefCell::default(),
            buffered: Cell::new(0),
        }
    }

    /// Notes where a problem has turned up first. What it passes on its way out does not count.
    pub(super) fn note<T>(&self, result: Result<T, Problem>, about: About) -> Result<T, Problem> {
        self.note_outcome(result.is_err(), about);
        result
    }

    #[cold]
    #[inline(never)]
    fn note_outcome(&self, has_failed: bool, about: About) {
        let mut failure = self.failure.borrow_mut();
        if !has_failed {
            // A type may swallow the problems of its parts.
            *failure = None;
        } else if failure.is_none() {
            *failure = Some(Failure { path: self.path.borrow().clone(), about });
        }
    }

    /// What is known to be wrong with the current value.
    pub(super) fn known_here(&self) -> Option<&'a Misfit> {
        let path = self.path.borrow();
        self.known.iter().find(|misfit| misfit.path == *path)
    }

    /// What is wrong with the text, by the problem that has ended this attempt; `None` when that is in doubt.
    fn misfit(&self, Failure { path, about }: Failure, problem: Problem) -> Option<Misfit> {
        let is_exact = about != About::Content || self.buffered.get() <= path.0.len();
        let (path, message, fault) = match problem {
            Problem::Unsure | Problem::Unsupported(_) => return None,
            Problem::Unknown(_, message) if about == About::Name => (path, message, Fault::Unknown),
            problem if about == About::Name => (path, problem.to_string(), Fault::Unknown),
            Problem::Missing(name) if is_exact => {
                (path.with(name), "is missing".to_owned(), Fault::Missing)
            }
            Problem::Unknown(name, message) if is_exact => {
                (path.with(&name), message, Fault::Unknown)
            }
            Problem::Duplicate(name) if is_exact => {
                (path.with(name), "occurs twice".to_owned(), Fault::Value)
            }
            Problem::Value(message) if about == About::Content => {
                (path, format!("has a value that does not fit: {message}"), Fault::Value)
            }
            problem => (path, problem.to_string(), Fault::Value),
        };
        Some(Misfit { path, message, fault, stand_in: 0 })
    }
}

/// Everything that is certainly wrong with a text that is JSON and no `T`.
pub(super) fn all<T: DeserializeOwned>(text: &str) -> Vec<FieldError> {
    find(text, &|attempt| Reader::root(attempt).deserialize::<T>().map(drop))
}

/// Not generic, so that a component has it once.
#[cold]
#[inline(never)]
fn find(text: &str, deserialize: &dyn Fn(&Attempt<'_>) -> Result<(), Problem>) -> Vec<FieldError> {
    let mut known = Vec::new();
    let mut read = 0;
    while read <= MOST_READ {
        let attempt = Attempt::new(text, &known);
        let Err(problem) = deserialize(&attempt) else { break };
        let Some(failure) = attempt.failure.take() else { break };
        read += text.len();
        let stand_in = known.iter().position(|misfit| misfit.path == failure.path);
        let is_worth_more = if let Some(index) = stand_in {
            try_another(&mut known[index])
        } else {
            let Some(misfit) = attempt.misfit(failure, problem) else { break };
            learn(&mut known, misfit)
        };
        if !is_worth_more || text.len() > LONGEST {
            break;
        }
    }
    known
        .into_iter()
        .map(|misfit| FieldError::new(Location::Body, misfit.path.to_string(), misfit.message))
        .collect()
}

/// The stand-in did not fit either. Whether there is another; when none fits, what comes after it stays unknown.
fn try_another(misfit: &mut Misfit) -> bool {
    misfit.stand_in += 1;
    misfit.fault != Fault::Unknown && misfit.stand_in < Value::STAND_INS
}

/// Whether another attempt may find more.
fn learn(known: &mut Vec<Misfit>, misfit: Misfit) -> bool {
    if known.iter().any(|known| known.path == misfit.path) {
        return false;
    }
    let is_value = misfit.fault == Fault::Value;
    if is_value && known.iter().any(|known| misfit.path.is_above(&known.path)) {
        // A stand-in may be the reason.
        return false;
    }
    let is_whole = is_value && misfit.path.0.is_empty();
    known.push(misfit);
    !is_whole && known.len() < MOST_ERRORS
}
