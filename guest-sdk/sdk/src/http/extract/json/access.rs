//! The parts of arrays, objects and enums.
//! Deliberately keeps the path of the attempt: what fails leaves it where it was.

use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::misfit::{About, Attempt, Fault};
use super::path::Step;
use super::reader::{Reader, StandIn};
use crate::http::values::{Problem, Value};

/// Deserializes the value that `step` leads to.
fn value<'de, S: DeserializeSeed<'de>>(
    attempt: &Attempt<'_>,
    step: Step,
    missing: Option<StandIn>,
    seed: S,
) -> Result<S::Value, Problem> {
    let depth = attempt.path.borrow().0.len();
    attempt.path.borrow_mut().0.push(step);
    let reader = match missing {
        Some(stand_in) => Reader { attempt, stand_in: Some(stand_in) },
        None => Reader::current(attempt)?,
    };
    let about = reader.about();
    // What has been kept of the values before says nothing about a problem of this one.
    let before = attempt.buffered.replace(0);
    let value = attempt.note(seed.deserialize(reader), about)?;
    attempt.buffered.set(before.max(attempt.buffered.get()));
    attempt.path.borrow_mut().0.truncate(depth);
    Ok(value)
}

pub(super) struct Elements<'a> {
    array: Reader<'a>,
    index: usize,
    /// How many stand in.
    count: usize,
}

impl<'a> Elements<'a> {
    pub(super) fn new(array: Reader<'a>) -> Self {
        Self { array, index: 0, count: 0 }
    }

    pub(super) fn standing_in(array: Reader<'a>, count: usize) -> Self {
        Self { array, index: 0, count }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Problem> {
        let index = self.index;
        self.index += 1;
        if self.array.stand_in.is_some() {
            return if index < self.count {
                seed.deserialize(self.array.inner()?).map(Some)
            } else {
                Ok(None)
            };
        }
        let attempt = self.array.attempt;
        match attempt.cursor.peek() {
            Some(b']') => Ok(None),
            _ if index > 0 && !attempt.cursor.take(b',') => Err(Problem::Unsure),
            _ => value(attempt, Step::Index(index), None, seed).map(Some),
        }
    }
}

pub(super) struct Entries<'a> {
    object: Reader<'a>,
    is_first: bool,
    /// How many of the missing fields were asked for.
    missing: usize,
    /// The name that was asked for last, with what stands in for its value if it is missing.
    name: String,
    stand_in: Option<StandIn>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(object: Reader<'a>) -> Self {
        Self { object, is_first: true, missing: 0, name: String::new(), stand_in: None }
    }

    /// Goes to the next entry, without those that the type does not know. False: there is none.
    fn advance(&mut self) -> Result<bool, Problem> {
        let attempt = self.object.attempt;
        while attempt.cursor.peek() != Some(b'}') {
            if !self.is_first && !attempt.cursor.take(b',') {
                return Err(Problem::Unsure);
            }
            self.is_first = false;
            self.name = attempt.cursor.string()?.into_owned();
            if !attempt.cursor.take(b':') {
                return Err(Problem::Unsure);
            }
            let path = attempt.path.borrow();
            let is_unknown = attempt.known.iter().any(|misfit| {
                misfit.fault == Fault::Unknown && misfit.path.name_below(&path) == Some(&self.name)
            });
            if !is_unknown {
                return Ok(true);
            }
            attempt.cursor.skip()?;
        }
        Ok(self.advance_missing())
    }

    /// Goes to the next of the fields that are known to be missing.
    fn advance_missing(&mut self) -> bool {
        let attempt = self.object.attempt;
        let path = attempt.path.borrow();
        let mut missing = attempt.known.iter().filter_map(|misfit| {
            let name = misfit.path.name_below(&path)?;
            (misfit.fault == Fault::Missing).then_some((name, misfit.stand_in))
        });
        let Some((name, number)) = missing.nth(self.missing) else { return false };
        self.missing += 1;
        name.clone_into(&mut self.name);
        self.stand_in = Some(StandIn::new(number));
        true
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        if self.object.stand_in.is_some() || !self.advance()? {
            return Ok(None);
        }
        let attempt = self.object.attempt;
        match seed.deserialize(Value::Given(&[Some((&*self.name).into())])) {
            Ok(key) => Ok(Some(key)),
            Err(problem) => {
                attempt.path.borrow_mut().0.push(Step::Key(self.name.clone()));
                attempt.note(Err(problem), About::Name)
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        let step = Step::Key(std::mem::take(&mut self.name));
        value(self.object.attempt, step, self.stand_in.take(), seed)
    }
}

/// A variant of an enum.
pub(super) struct Variant<'a> {
    name: String,
    value: Reader<'a>,
    /// Whether something comes with the name.
    has_content: bool,
}

impl<'a> Variant<'a> {
    pub(super) fn alone(name: &str, value: Reader<'a>) -> Self {
        Self { name: name.to_owned(), value, has_content: false }
    }

    pub(super) fn with_content(name: &str, value: Reader<'a>) -> Self {
        Self { name: name.to_owned(), value, has_content: true }
    }

    pub(super) fn standing_in(name: &str, value: Reader<'a>) -> Self {
        Self { name: name.to_owned(), value, has_content: false }
    }

    /// Deserializes what comes with the name.
    fn content<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Problem> {
        if self.value.stand_in.is_some() {
            return seed.deserialize(self.value.inner()?);
        }
        let attempt = self.value.attempt;
        if !self.has_content {
            let message = format!("expected an object with the field `{}`", self.name);
            return attempt.note(Err(Problem::Value(message)), About::Value);
        }
        value(attempt, Step::Key(self.name), None, seed)
    }
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Problem> {
        let name = seed.deserialize(Value::Given(&[Some((&*self.name).into())]));
        Ok((self.value.attempt.note(name, About::Value)?, self))
    }
}

/// What a variant has, as a seed.
struct Parts<V> {
    /// `None` is a struct.
    length: Option<usize>,
    visitor: V,
}

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Parts<V> {
    type Value = V::Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        match self.length {
            Some(length) => value.deserialize_tuple(length, self.visitor),
            None => value.deserialize_struct("", &[], self.visitor),
        }
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        if self.has_content { self.content(std::marker::PhantomData::<()>) } else { Ok(()) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Problem> {
        self.content(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.content(Parts { length: Some(length), visitor })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.content(Parts { length: None, visitor })
    }
}
