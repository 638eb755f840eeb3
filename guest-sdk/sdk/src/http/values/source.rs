//! All named values of a place in the request, as serde wants them: a map, a sequence or a scalar.
//! Deliberately leaves the single value to `value`.

use serde::Deserializer;
use serde::de::{DeserializeSeed, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};

use super::problem::Problem;
use super::value::Value;
use super::{Attempt, Fault};

/// How the values belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// They have names and no order: a struct or a map.
    Fields,
    /// They have names and an order, and one alone stands for itself.
    Parameters,
}

pub(super) struct Source<'a> {
    shape: Shape,
    attempt: &'a Attempt<'a>,
}

impl<'a> Source<'a> {
    pub(super) fn new(shape: Shape, attempt: &'a Attempt<'a>) -> Self {
        Self { shape, attempt }
    }

    fn only_value(&self) -> Result<Value<'a>, Problem> {
        match (self.shape, self.attempt.groups) {
            (Shape::Fields, _) => Err(Problem::Unsupported(
                "the type of a `Query`, `Form` or `Headers` must be a struct or a map".to_owned(),
            )),
            (Shape::Parameters, [group]) => {
                self.attempt.current.set(Some(&group.name));
                Ok(self.attempt.entry(0).map_or(Value::StandIn(0), |(_, value)| value))
            }
            (Shape::Parameters, groups) => Err(Problem::Unsupported(format!(
                "the type of a `Path` is one value, but the route has {}",
                super::parameters(groups)
            ))),
        }
    }

    fn check_length(&self, length: usize) -> Result<(), Problem> {
        let found = self.attempt.groups.len();
        if self.shape == Shape::Parameters && found != length {
            return Err(Problem::Unsupported(format!(
                "the type of a `Path` has {length} elements, but the route has {}",
                super::parameters(self.attempt.groups)
            )));
        }
        Ok(())
    }
}

/// Methods whose type is that of the only value.
macro_rules! scalars {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            self.only_value()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Source<'_> {
    type Error = Problem;

    scalars! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_identifier
        deserialize_option
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.only_value()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match (self.shape, self.attempt.groups.len()) {
            (Shape::Parameters, 1) => self.only_value()?.deserialize_any(visitor),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_map(Entries::new(self.attempt))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.shape {
            Shape::Parameters => visitor.visit_seq(Entries::new(self.attempt)),
            Shape::Fields => self.only_value()?.deserialize_seq(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.check_length(length)?;
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }
}

/// The values one after the other.
struct Entries<'a> {
    attempt: &'a Attempt<'a>,
    next: usize,
    /// The value of the key that was asked for last.
    value: Value<'a>,
}

impl<'a> Entries<'a> {
    fn new(attempt: &'a Attempt<'a>) -> Self {
        Self { attempt, next: 0, value: Value::StandIn(0) }
    }

    /// The next entry, without those that the type does not know. It is the current one from now on.
    fn next(&mut self) -> Option<(&'a str, Value<'a>)> {
        self.attempt.current.set(None);
        loop {
            let (name, value) = self.attempt.entry(self.next)?;
            self.next += 1;
            if self.attempt.fault(name) != Some(Fault::Unknown) {
                self.attempt.current.set(Some(name));
                return Some((name, value));
            }
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        let Some((name, value)) = self.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        let value = seed.deserialize(self.value)?;
        // What fails from here on is not this field's fault.
        self.attempt.current.set(None);
        Ok(value)
    }
}

impl<'de> SeqAccess<'de> for Entries<'_> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Problem> {
        let Some((_, value)) = self.next() else { return Ok(None) };
        let value = seed.deserialize(value)?;
        self.attempt.current.set(None);
        Ok(Some(value))
    }
}
