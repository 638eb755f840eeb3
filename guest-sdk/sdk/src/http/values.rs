//! Named texts (parameters, query, header fields) become a type, and all that do not fit are told.
//! Deliberately knows nothing about where the texts come from.
//!
//! serde stops at the first error. To find the others, the type is deserialized again with stand-ins
//! for the fields that are known to be wrong, until nothing new turns up. Only a bad request pays
//! for that.

mod problem;
mod source;
pub(super) mod urlencoded;
mod value;
pub(super) mod words;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

pub(super) use self::problem::Problem;
use self::source::{Shape, Source};
pub(super) use self::value::Value;
use super::{FieldError, Location, Rejection};
use crate::error::ServiceError;

/// Most errors that are told about one place. Each costs another attempt, and a client chooses how
/// many there are.
pub(super) const MOST_ERRORS: usize = 32;

/// Most empty fields of a form that are taken for fields that were not sent. Each costs another attempt.
const MOST_EMPTY: usize = 64;

/// Up to so many names are looked through one by one, which costs no memory.
const FEW_NAMES: usize = 8;

/// All values of one name. A value is `None` when it is not UTF-8.
struct Group<'a> {
    name: Cow<'a, str>,
    values: Vec<Option<Cow<'a, str>>>,
}

impl Group<'_> {
    fn is_empty(&self) -> bool {
        matches!(&*self.values, [Some(value)] if value.is_empty())
    }
}

/// Names with all their values, in the order in which they first occur.
#[derive(Default)]
pub(super) struct Values<'a> {
    groups: Vec<Group<'a>>,
    /// Where the group of a name is, once there are more than a few: looking through them would take a time that a
    /// client chooses.
    index: BTreeMap<Cow<'a, str>, usize>,
}

impl<'a> Values<'a> {
    /// Adds a value to those of its name. `None` is one that is not UTF-8.
    pub(super) fn add(&mut self, name: Cow<'a, str>, value: Option<Cow<'a, str>>) {
        let count = self.groups.len();
        let known = if count <= FEW_NAMES {
            self.groups.iter().position(|group| group.name == name)
        } else {
            self.index.get(&name).copied()
        };
        if let Some(known) = known {
            self.groups[known].values.push(value);
            return;
        }
        self.groups.push(Group { name, values: vec![value] });
        if count >= FEW_NAMES {
            let new = self.index.len()..=count;
            self.index.extend(new.map(|index| (self.groups[index].name.clone(), index)));
        }
    }

    /// Deserializes fields, which have names and no order.
    pub(super) fn into_fields<T: DeserializeOwned>(
        self,
        location: Location,
    ) -> Result<T, Rejection> {
        deserialize(location, Shape::Fields, self.groups)
    }

    /// Deserializes the parameters of a route, which have names and an order.
    pub(super) fn into_parameters<T: DeserializeOwned>(self) -> Result<T, Rejection> {
        deserialize(Location::Path, Shape::Parameters, self.groups)
    }

    /// Whether a type can be made of parameters with these names, whatever their values: why not. What
    /// depends on the values is left to a request.
    pub(super) fn check_parameters<T: DeserializeOwned>(self) -> Result<(), String> {
        let stand_ins = self.groups.iter().map(|group| Wrong {
            error: FieldError::new(Location::Path, &*group.name, ""),
            fault: Fault::Value,
            stand_in: 0,
        });
        let wrong: Vec<Wrong> = stand_ins.collect();
        let attempt = Attempt { groups: &self.groups, wrong: &wrong, current: Cell::new(None) };
        match T::deserialize(Source::new(Shape::Parameters, &attempt)) {
            Ok(_made_of_stand_ins) => Ok(()),
            Err(problem) => match mismatch(&problem, &self.groups) {
                Some(reason) => Err(reason),
                None => Ok(()),
            },
        }
    }
}

/// Why the type of a `Path` does not fit a route, if `problem` says so: a mistake in the service.
fn mismatch(problem: &Problem, groups: &[Group<'_>]) -> Option<String> {
    let why = match problem {
        Problem::Unsupported(reason) => return Some(reason.clone()),
        Problem::Missing(name) => format!("has a field `{name}`"),
        Problem::Unknown(name, _) => format!("has no field `{name}`"),
        Problem::Value(_) | Problem::Custom(_) | Problem::Duplicate(_) | Problem::Unsure => {
            return None;
        }
    };
    Some(format!("the type of a `Path` {why}, but the route has {}", parameters(groups)))
}

/// The parameters of a route, in words.
fn parameters(groups: &[Group<'_>]) -> String {
    let names: Vec<_> = groups.iter().map(|group| format!("`{}`", group.name)).collect();
    if names.is_empty() { "no parameters".to_owned() } else { names.join(", ") }
}

/// One try to deserialize, with what the tries before have found.
struct Attempt<'a> {
    groups: &'a [Group<'a>],
    wrong: &'a [Wrong],
    /// The name of the value that is being deserialized.
    current: Cell<Option<&'a str>>,
}

/// A field that is known to be wrong.
struct Wrong {
    error: FieldError,
    fault: Fault,
    /// Which one stands in for its value.
    stand_in: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The request has a value that does not fit.
    Value,
    /// The request has no value.
    Missing,
    /// The type has no such field: there is nothing to put a stand-in into.
    Unknown,
}

impl<'a> Attempt<'a> {
    fn wrong(&self, name: &str) -> Option<&'a Wrong> {
        self.wrong.iter().find(|wrong| wrong.error.name == name)
    }

    fn fault(&self, name: &str) -> Option<Fault> {
        self.wrong(name).map(|wrong| wrong.fault)
    }

    /// Name and value at `index`: of those that the request has, then stand-ins for those that are
    /// missing.
    fn entry(&self, index: usize) -> Option<(&'a str, Value<'a>)> {
        if let Some(group) = self.groups.get(index) {
            let value = match self.wrong(&group.name) {
                Some(wrong) => Value::StandIn(wrong.stand_in),
                None => Value::Given(&group.values),
            };
            return Some((&group.name, value));
        }
        let mut missing = self.wrong.iter().filter(|wrong| wrong.fault == Fault::Missing);
        let wrong = missing.nth(index - self.groups.len())?;
        Some((&*wrong.error.name, Value::StandIn(wrong.stand_in)))
    }
}

fn deserialize<T: DeserializeOwned>(
    location: Location,
    shape: Shape,
    mut groups: Vec<Group<'_>>,
) -> Result<T, Rejection> {
    let mut wrong: Vec<Wrong> = Vec::new();
    let mut empty = 0;
    loop {
        let attempt = Attempt { groups: &groups, wrong: &wrong, current: Cell::new(None) };
        let problem = match T::deserialize(Source::new(shape, &attempt)) {
            Ok(value) if wrong.is_empty() => return Ok(value),
            Ok(_made_of_stand_ins) => return Err(all(wrong)),
            Err(problem) => problem,
        };
        if shape == Shape::Parameters
            && let Some(reason) = mismatch(&problem, &groups)
        {
            return Err(ServiceError::internal(reason).into());
        }
        let (name, message, fault) = match problem {
            Problem::Unsupported(reason) => return Err(ServiceError::internal(reason).into()),
            Problem::Missing(name) => (name.to_owned(), "is missing".to_owned(), Fault::Missing),
            Problem::Unknown(name, message) => (name, message, Fault::Unknown),
            value => {
                let name = attempt.current.get().unwrap_or_default().to_owned();
                (name, value.to_string(), Fault::Value)
            }
        };
        if fault == Fault::Value && is_form(location) && empty < MOST_EMPTY {
            // Forms send every field: one that is left empty and cannot be has not been filled in.
            let refused = groups.iter().position(|group| group.name == name && group.is_empty());
            if let Some(index) = refused {
                groups.remove(index);
                empty += 1;
                continue;
            }
        }
        if fault == Fault::Value && name.is_empty() && !wrong.is_empty() {
            // The type refuses the whole, and the reason may be a stand-in.
            return Err(all(wrong));
        }
        if let Some(known) = wrong.iter_mut().find(|wrong| wrong.error.name == name) {
            known.stand_in += 1;
            if known.stand_in < Value::STAND_INS {
                continue;
            }
            // No stand-in fits, so what comes after it stays unknown.
            return Err(all(wrong));
        }
        if wrong.len() == MOST_ERRORS {
            return Err(all(wrong));
        }
        let error = FieldError::new(location, name, message);
        wrong.push(Wrong { error, fault, stand_in: 0 });
    }
}

/// Whether the texts of a location are those of a form.
fn is_form(location: Location) -> bool {
    matches!(location, Location::Query | Location::Body)
}

fn all(wrong: Vec<Wrong>) -> Rejection {
    Rejection::Fields(wrong.into_iter().map(|wrong| wrong.error).collect())
}
