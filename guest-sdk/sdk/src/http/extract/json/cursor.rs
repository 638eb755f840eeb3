//! Walks through a text that is JSON.
//! Deliberately checks nothing that `syntax` has checked: what should not be there ends the walk.

use std::borrow::Cow;
use std::cell::Cell;

use serde::de::{Unexpected, Visitor};
use serde_json::Number;

use crate::http::values::Problem;

pub(super) struct Cursor<'a> {
    text: &'a str,
    at: Cell<usize>,
}

/// A scalar, or the start of what is none.
pub(super) enum Token<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    String(Cow<'a, str>),
    Array,
    Object,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: Cell::new(0) }
    }

    /// How far it has come, in bytes.
    pub(super) fn position(&self) -> usize {
        self.at.get()
    }

    /// The next byte that is no blank.
    #[cold]
    #[inline(never)]
    pub(super) fn peek(&self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at.get()..];
        let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at.set(self.at.get() + blanks);
        rest.get(blanks).copied()
    }

    /// Whether the next byte is this one; then it is behind.
    #[cold]
    #[inline(never)]
    pub(super) fn take(&self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.at.set(self.at.get() + 1);
        }
        is_next
    }

    #[cold]
    #[inline(never)]
    pub(super) fn token(&self) -> Result<Token<'a>, Problem> {
        Ok(match self.peek() {
            Some(b'[') if self.take(b'[') => Token::Array,
            Some(b'{') if self.take(b'{') => Token::Object,
            Some(b'"') => Token::String(self.string()?),
            _ => match self.scalar()? {
                "null" => Token::Null,
                "true" => Token::Bool(true),
                "false" => Token::Bool(false),
                number => Token::Number(number),
            },
        })
    }

    #[cold]
    #[inline(never)]
    pub(super) fn string(&self) -> Result<Cow<'a, str>, Problem> {
        let raw = self.scalar()?;
        let content = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match content.ok_or(Problem::Unsure)? {
            content if !content.contains('\\') => Ok(Cow::Borrowed(content)),
            _ => {
                serde_json::from_str(raw).map(Cow::Owned).map_err(|_lone_surrogate| Problem::Unsure)
            }
        }
    }

    /// Goes behind the next value.
    #[cold]
    #[inline(never)]
    pub(super) fn skip(&self) -> Result<(), Problem> {
        let mut depth = 0_usize;
        loop {
            match self.peek().ok_or(Problem::Unsure)? {
                byte @ (b'[' | b'{') if self.take(byte) => depth += 1,
                byte @ (b']' | b'}') if self.take(byte) => {
                    depth = depth.checked_sub(1).ok_or(Problem::Unsure)?;
                }
                byte @ (b',' | b':') if depth > 0 && self.take(byte) => continue,
                _ => drop(self.scalar()?),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// The next scalar as it is written.
    #[cold]
    #[inline(never)]
    fn scalar(&self) -> Result<&'a str, Problem> {
        self.peek();
        let rest = &self.text[self.at.get()..];
        let length = if rest.starts_with('"') {
            length_of_string(rest).unwrap_or(0)
        } else {
            rest.find(|char: char| ",:]}".contains(char) || char.is_ascii_whitespace())
                .unwrap_or(rest.len())
        };
        self.at.set(self.at.get() + length);
        if length == 0 { Err(Problem::Unsure) } else { Ok(&rest[..length]) }
    }
}

/// With both quotation marks.
fn length_of_string(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}

impl Token<'_> {
    pub(super) fn unexpected(&self) -> Result<Unexpected<'_>, Problem> {
        Ok(match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Number(text) => unexpected_number(text)?,
            Self::String(text) => Unexpected::Str(text),
            Self::Array => Unexpected::Seq,
            Self::Object => Unexpected::Map,
        })
    }
}

pub(super) fn visit_number<'de, V: Visitor<'de>>(
    text: &str,
    visitor: V,
) -> Result<V::Value, Problem> {
    match unexpected_number(text)? {
        Unexpected::Unsigned(number) => visitor.visit_u64(number),
        Unexpected::Signed(number) => visitor.visit_i64(number),
        Unexpected::Float(number) => visitor.visit_f64(number),
        _ => Err(Problem::Unsure),
    }
}

/// A number as serde takes it.
#[cold]
fn unexpected_number(text: &str) -> Result<Unexpected<'static>, Problem> {
    let number: Number = serde_json::from_str(text).map_err(|_too_large| Problem::Unsure)?;
    let unsigned = number.as_u64().map(Unexpected::Unsigned);
    let signed = || number.as_i64().map(Unexpected::Signed);
    let float = || number.as_f64().map(Unexpected::Float);
    unsigned.or_else(signed).or_else(float).ok_or(Problem::Unsure)
}
