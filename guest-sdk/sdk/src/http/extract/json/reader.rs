//! A value in a JSON text, as serde wants it, or what stands in for one that is known to be wrong.
//! Deliberately notes where the first problem is: serde's errors do not know.

use serde::Deserializer;
use serde::de::{DeserializeOwned, Expected, Visitor};

use super::access::{Elements, Entries, Variant};
use super::cursor::{Token, visit_number};
use super::misfit::{About, Attempt};
use crate::http::values::{Problem, Value, words};

/// How deep arrays and objects may be in each other, in a text and in what stands in for a part of it: as
/// `serde_json`.
const DEEPEST: usize = 128;

#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) attempt: &'a Attempt<'a>,
    pub(super) stand_in: Option<StandIn>,
}

/// What stands in for a value.
#[derive(Clone, Copy)]
pub(super) struct StandIn {
    /// Which one of several.
    pub(super) number: usize,
    /// How deep in the value that is wrong it is.
    pub(super) depth: usize,
}

impl StandIn {
    pub(super) fn new(number: usize) -> Self {
        Self { number, depth: 0 }
    }

    fn value(self) -> Value<'static> {
        Value::StandIn(self.number)
    }
}

impl<'a> Reader<'a> {
    pub(super) fn root(attempt: &'a Attempt<'a>) -> Self {
        Self { attempt, stand_in: None }
    }

    pub(super) fn deserialize<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let about = self.about();
        self.attempt.note(T::deserialize(self), about)
    }

    /// The value at the current path of the attempt.
    pub(super) fn current(attempt: &'a Attempt<'a>) -> Result<Self, Problem> {
        let stand_in = attempt.known_here().map(|misfit| StandIn::new(misfit.stand_in));
        if stand_in.is_some() {
            attempt.cursor.skip()?;
        }
        Ok(Self { attempt, stand_in })
    }

    /// What a problem is about that turns up when the value has been read.
    pub(super) fn about(self) -> About {
        let is_container = matches!(self.attempt.cursor.peek(), Some(b'[' | b'{'));
        if self.stand_in.is_none() && is_container { About::Content } else { About::Value }
    }

    /// A part of what stands in.
    pub(super) fn inner(self) -> Result<Self, Problem> {
        let stand_in =
            self.stand_in.map(|StandIn { number, depth }| StandIn { number, depth: depth + 1 });
        if stand_in.is_some_and(|stand_in| stand_in.depth > DEEPEST / 8) {
            return Err(Problem::Value("is nested too deeply".to_owned()));
        }
        Ok(Self { stand_in, ..self })
    }

    fn token(self) -> Result<Token<'a>, Problem> {
        self.attempt.cursor.token()
    }

    fn refuse<T>(self, token: &Token<'_>, expected: &dyn Expected) -> Result<T, Problem> {
        let problem = serde::de::Error::invalid_type(token.unexpected()?, expected);
        self.attempt.note(Err(problem), About::Value)
    }

    fn array<'de, V: Visitor<'de>>(self, visitor: V, about: About) -> Result<V::Value, Problem> {
        let value = self.container(about, |reader| visitor.visit_seq(Elements::new(reader)))?;
        if self.attempt.cursor.take(b']') {
            return Ok(value);
        }
        self.attempt.note(Err(Problem::Value("has too many elements".to_owned())), About::Value)
    }

    fn object<'de, V: Visitor<'de>>(self, visitor: V, about: About) -> Result<V::Value, Problem> {
        let value = self.container(about, |reader| visitor.visit_map(Entries::new(reader)))?;
        if self.attempt.cursor.take(b'}') { Ok(value) } else { Err(Problem::Unsure) }
    }

    fn container<T>(
        self,
        about: About,
        visit: impl FnOnce(Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        if self.attempt.path.borrow().0.len() > DEEPEST {
            return Err(Problem::Unsure);
        }
        let start = self.attempt.cursor.position();
        let result = visit(self);
        let is_untouched = self.attempt.cursor.position() == start;
        self.attempt.note(result, if is_untouched { About::Value } else { about })
    }

    fn elements<'de, V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value, Problem> {
        if self.stand_in.is_some() {
            return visitor.visit_seq(Elements::standing_in(self, count));
        }
        match self.token()? {
            Token::Array => self.array(visitor, About::Value),
            token => self.refuse(&token, &visitor),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.token()? {
            Token::String(text) => visitor.visit_str(&text),
            token => self.refuse(&token, &visitor),
        }
    }

    /// The problem of a value that is no enum.
    fn refuse_variant<T>(self, token: &Token<'_>, names: &[&str]) -> Result<T, Problem> {
        let found = words::found(token.unexpected()?);
        let problem = Problem::Value(format!("expected {}, found {found}", words::one_of(names)));
        self.attempt.note(Err(problem), About::Value)
    }
}

/// Methods that take a scalar of one type.
macro_rules! scalars {
    ($($method:ident $read:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            match self.stand_in {
                Some(stand_in) => stand_in.value().$method(visitor),
                None => self.$read(visitor),
            }
        }
    )*};
}

/// Methods that take a whole number of more than 64 bits.
macro_rules! long_numbers {
    ($($method:ident $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            if self.stand_in.is_some() {
                return visitor.$visit(1);
            }
            match self.token()? {
                Token::Number(text) => match text.parse() {
                    Ok(number) => visitor.$visit(number),
                    Err(_) => self.refuse(&Token::Number(text), &visitor),
                },
                token => self.refuse(&token, &visitor),
            }
        }
    )*};
}

impl Reader<'_> {
    fn boolean<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.token()? {
            Token::Bool(value) => visitor.visit_bool(value),
            token => self.refuse(&token, &visitor),
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.token()? {
            Token::Number(text) => visit_number(text, visitor),
            token => self.refuse(&token, &visitor),
        }
    }

    /// What the type takes whatever it is.
    fn any<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let depth = self.attempt.path.borrow().0.len();
        let deepest = self.attempt.buffered.get().max(depth);
        match self.token()? {
            Token::Null => visitor.visit_unit(),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Number(text) => visit_number(text, visitor),
            Token::String(text) => visitor.visit_str(&text),
            Token::Array => {
                self.attempt.buffered.set(deepest);
                self.array(visitor, About::Content)
            }
            Token::Object => {
                self.attempt.buffered.set(deepest);
                self.object(visitor, About::Content)
            }
        }
    }

    fn bytes<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.token()? {
            Token::String(text) => visitor.visit_bytes(text.as_bytes()),
            Token::Array => self.array(visitor, About::Value),
            token => self.refuse(&token, &visitor),
        }
    }

    fn null<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.token()? {
            Token::Null => visitor.visit_unit(),
            token => self.refuse(&token, &visitor),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Problem;

    scalars! {
        deserialize_bool boolean;
        deserialize_i8 number;
        deserialize_i16 number;
        deserialize_i32 number;
        deserialize_i64 number;
        deserialize_u8 number;
        deserialize_u16 number;
        deserialize_u32 number;
        deserialize_u64 number;
        deserialize_f32 number;
        deserialize_f64 number;
        deserialize_char text;
        deserialize_str text;
        deserialize_string text;
        deserialize_identifier text;
        deserialize_bytes bytes;
        deserialize_byte_buf bytes;
    }

    long_numbers! {
        deserialize_i128 visit_i128;
        deserialize_u128 visit_u128;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.stand_in.map(|stand_in| stand_in.number) {
            None => self.any(visitor),
            Some(1) => visitor.visit_u64(1),
            Some(2) => visitor.visit_bool(true),
            Some(3) => visitor.visit_unit(),
            // No arrays and objects: what is missing in them would seem to be missing in the text.
            Some(number) => Value::StandIn(number).deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.stand_in.is_some() {
            return visitor.visit_none();
        }
        if self.attempt.cursor.peek() == Some(b'n') {
            self.attempt.cursor.skip()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.stand_in.is_some() { visitor.visit_unit() } else { self.null(visitor) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        // `serde_json::value::RawValue` asks in this way for what only `serde_json` has.
        if name.starts_with("$serde_json::private::") {
            return Err(Problem::Unsure);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.elements(0, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.elements(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.elements(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.stand_in.is_some() {
            return visitor.visit_map(Entries::new(self));
        }
        match self.token()? {
            // So structs ask that have other structs flattened into them.
            Token::Object => self.object(visitor, About::Content),
            token => self.refuse(&token, &visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if self.stand_in.is_some() {
            // As a sequence, because the names hold also those that mean the same field.
            return visitor.visit_seq(Elements::standing_in(self, usize::MAX));
        }
        // serde keeps the content of an adjacently tagged enum until it knows the tag.
        let is_tagged = is_called(&visitor, "adjacently tagged enum ");
        let about = if is_tagged { About::Content } else { About::Value };
        match self.token()? {
            Token::Object => self.object(visitor, about),
            Token::Array => self.array(visitor, about),
            token => self.refuse(&token, &visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if let Some(stand_in) = self.stand_in {
            // The tag beside the content that it says the type of: nothing is known about that any more.
            if is_called(&visitor, "variant of enum ") {
                return Err(Problem::Unsure);
            }
            let name =
                variants.get(stand_in.number % variants.len().max(1)).ok_or(Problem::Unsure)?;
            return visitor.visit_enum(Variant::standing_in(name, self));
        }
        match self.token()? {
            Token::String(name) => visitor.visit_enum(Variant::alone(&name, self)),
            Token::Object => {
                let name = self.attempt.cursor.string();
                match name {
                    Ok(name) if self.attempt.cursor.take(b':') => {
                        let value = visitor.visit_enum(Variant::with_content(&name, self))?;
                        if self.attempt.cursor.take(b'}') {
                            return Ok(value);
                        }
                        let message = "must have one field only".to_owned();
                        self.attempt.note(Err(Problem::Value(message)), About::Value)
                    }
                    _ => self.refuse_variant(&Token::Object, variants),
                }
            }
            token => self.refuse_variant(&token, variants),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.stand_in.is_none() {
            self.attempt.cursor.skip()?;
        }
        visitor.visit_unit()
    }
}

/// Whether what is expected is of a kind that serde calls so.
#[cold]
#[inline(never)]
fn is_called(expected: &dyn Expected, kind: &str) -> bool {
    expected.to_string().starts_with(kind)
}
