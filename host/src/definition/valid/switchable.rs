//! A table that may be written as a switch: `false` is without it, `true` is the table with its defaults.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess};
use serde::ser::{Serialize, Serializer};
use serde_json::json;

pub(in crate::definition) enum Switchable<T> {
    Off,
    /// `true`.
    On,
    Table(T),
}

impl<T> Switchable<T> {
    pub(in crate::definition) fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// The table, if there is one.
    pub(in crate::definition) fn table(&self) -> Option<&T> {
        match self {
            Self::Table(table) => Some(table),
            Self::Off | Self::On => None,
        }
    }
}

impl<T: Default> Switchable<T> {
    /// `None`: it is off.
    pub(in crate::definition) fn into_settings(self) -> Option<T> {
        match self {
            Self::Off => None,
            Self::On => Some(T::default()),
            Self::Table(table) => Some(table),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Switchable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SwitchableVisitor(PhantomData))
    }
}

impl<T: Serialize> Serialize for Switchable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::On => serializer.serialize_bool(true),
            Self::Table(table) => table.serialize(serializer),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Switchable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    /// That of the table, which also admits a switch, or the name of a variable that holds one.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("type".to_owned(), json!(["object", "boolean", "string"]));
        schema.insert("pattern".to_owned(), "^.+@env$".into());
        schema
    }
}

struct SwitchableVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for SwitchableVisitor<T> {
    type Value = Switchable<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`true`, `false` or a table")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
        Ok(if on { Switchable::On } else { Switchable::Off })
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Switchable::Table)
    }
}
