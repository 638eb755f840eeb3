//! Values of the host's own keys: each type says what it accepts, what a message calls it, and its schema.
//!
//! Does not know which key holds a value.

mod quantities;
mod switchable;
mod texts;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected};
use serde::ser::{Serialize, Serializer};
use serde_json::Value as Json;

pub(super) use self::quantities::{
    DurationIn, DurationOrNanoseconds, DurationOrNever, InstanceCount, IntegerIn, SizeIn,
    SizeOrBytes,
};
pub(super) use self::switchable::Switchable;
pub(super) use self::texts::{
    Attributes, BasePath, Features, HealthPath, Kinds, NOT_EMPTY, Names, Paths, Text, Version,
};

/// What a value has to be like.
pub(super) trait Rule {
    type Value;
    /// Whether a list is read: [`Rule::list`] says what becomes of it.
    const IS_LIST: bool = false;

    /// The rest of "must be".
    fn expected() -> String;

    fn schema() -> Json;

    /// The value as the file would hold it.
    fn written(value: &Self::Value) -> Json;

    fn text(_text: &str) -> Option<Self::Value> {
        None
    }

    fn integer(_number: u64) -> Option<Self::Value> {
        None
    }

    fn switch(_on: bool) -> Option<Self::Value> {
        None
    }

    fn list(_items: Vec<String>) -> Option<Self::Value> {
        None
    }
}

/// A value that follows its rule.
pub(super) struct Valid<R: Rule>(pub(super) R::Value);

impl<R: Rule> Valid<R> {
    pub(super) fn of(value: R::Value) -> Self {
        Self(value)
    }
}

impl<R: Rule<Value: From<Duration>>> Valid<R> {
    pub(super) fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds).into())
    }
}

impl<'de, R: Rule> Deserialize<'de> for Valid<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValidVisitor::<R>(PhantomData)).map(Self)
    }
}

impl<R: Rule> Serialize for Valid<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        R::written(&self.0).serialize(serializer)
    }
}

impl<R: Rule> JsonSchema for Valid<R> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        R::expected().into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        R::schema().try_into().unwrap_or_default()
    }
}

struct ValidVisitor<R>(PhantomData<R>);

impl<'de, R: Rule> de::Visitor<'de> for ValidVisitor<R> {
    type Value = R::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&R::expected())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<R::Value, E> {
        R::text(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<R::Value, E> {
        R::integer(number).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<R::Value, E> {
        R::switch(on).ok_or_else(|| E::invalid_value(Unexpected::Bool(on), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<R::Value, A::Error> {
        let mut all = Vec::new();
        while R::IS_LIST
            && let Some(item) = items.next_element()?
        {
            all.push(item);
        }
        let list = Some(all).filter(|_| R::IS_LIST).and_then(R::list);
        list.ok_or_else(|| de::Error::invalid_type(Unexpected::Seq, &self))
    }
}

/// A table that another reader reads: its type is only described here.
pub(super) struct Below<T>(PhantomData<fn() -> T>);

impl<T> Default for Below<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T> Deserialize<'de> for Below<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTable).map(|()| Self::default())
    }
}

impl<T> Serialize for Below<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<T: JsonSchema> JsonSchema for Below<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

struct AnyTable;

impl<'de> de::Visitor<'de> for AnyTable {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
