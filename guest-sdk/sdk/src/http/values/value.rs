//! One named value becomes a scalar, an enum or a list.
//! Deliberately strict: nothing is trimmed, converted or guessed.

use std::borrow::Cow;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::problem::Problem;
use super::words;

/// What stands in for a text, one after the other until the type accepts one: types that are made of a text often
/// refuse an empty one, and many want a time, an identifier or an address.
const STAND_INS: [&str; 12] = [
    "1",
    "",
    "a",
    "2000-01-01T00:00:00Z",
    "2000-01-01",
    "00:00:00",
    "00000000-0000-0000-0000-000000000000",
    "http://example.com/",
    "a@example.com",
    "127.0.0.1",
    "127.0.0.1:80",
    "::1",
];

/// The value of a name.
#[derive(Clone, Copy)]
pub(in crate::http) enum Value<'a> {
    /// What the request has: one text, or several when the name occurs several times. `None` is a
    /// text that is not UTF-8.
    Given(&'a [Option<Cow<'a, str>>]),
    /// Whatever is asked for, because what the request has is known to be wrong. What is made of it
    /// is thrown away. There are several, in case that the type refuses some.
    StandIn(usize),
}

impl<'a> Value<'a> {
    /// How many stand-ins there are.
    pub(in crate::http) const STAND_INS: usize = STAND_INS.len();

    fn text(self) -> Result<&'a str, Problem> {
        match self {
            Self::StandIn(number) => Ok(STAND_INS[number % STAND_INS.len()]),
            Self::Given([Some(text)]) => Ok(text),
            Self::Given([None]) => Err(Problem::Value("must be UTF-8".to_owned())),
            Self::Given(texts) => {
                Err(Problem::Value(format!("expected one value, found {}", texts.len())))
            }
        }
    }

    fn parse<T: FromStr>(self, expected: &str, stand_in: T) -> Result<T, Problem> {
        let text = match self {
            Self::StandIn(_) => return Ok(stand_in),
            Self::Given(_) => self.text()?,
        };
        text.parse().map_err(|_wrong| {
            Problem::Value(format!("expected {expected}, found {}", words::shown(text)))
        })
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ident $stand_in:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            let expected = words::number(stringify!($type)).expect("the type is a number");
            visitor.$visit(self.parse::<$type>(expected, $stand_in)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Problem;

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self {
            // What forms send for a box that is ticked.
            Self::Given([Some(text)]) if text == "on" => visitor.visit_bool(true),
            _ => visitor.visit_bool(self.parse("`true` or `false`", false)?),
        }
    }

    // The stand-in of numbers is one rather than zero, which types such as `NonZeroU32` refuse.
    numbers! {
        deserialize_i8 visit_i8 i8 1;
        deserialize_i16 visit_i16 i16 1;
        deserialize_i32 visit_i32 i32 1;
        deserialize_i64 visit_i64 i64 1;
        deserialize_i128 visit_i128 i128 1;
        deserialize_u8 visit_u8 u8 1;
        deserialize_u16 visit_u16 u16 1;
        deserialize_u32 visit_u32 u32 1;
        deserialize_u64 visit_u64 u64 1;
        deserialize_u128 visit_u128 u128 1;
        deserialize_f32 visit_f32 f32 1.0;
        deserialize_f64 visit_f64 f64 1.0;
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_char(self.parse("one character", '-')?)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self {
            Self::StandIn(_) => visitor.visit_none(),
            Self::Given(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let texts = match self {
            Self::StandIn(_) => &[],
            Self::Given(texts) => texts,
        };
        let each = texts.iter().map(|text| Value::Given(std::slice::from_ref(text)));
        visitor.visit_seq(SeqDeserializer::new(each))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let variant = match self {
            Self::StandIn(number) => {
                variants.get(number % variants.len().max(1)).copied().unwrap_or_default()
            }
            Self::Given(_) => self.text()?,
        };
        visitor.visit_enum(variant.into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self {
            Self::StandIn(_) => {
                visitor.visit_map(MapDeserializer::new(std::iter::empty::<(Self, Self)>()))
            }
            Self::Given(_) => Err(Problem::Unsupported(
                "a field of a `Path`, `Query`, `Form` or `Headers` cannot be a struct or a map"
                    .to_owned(),
            )),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

impl IntoDeserializer<'_, Problem> for Value<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
