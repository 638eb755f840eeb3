//! What is wrong with a value, in words for clients.
//! Deliberately speaks of JSON and of ranges: a client need not know Rust, in whose words serde puts it.

use serde::de::{Expected, Unexpected};
use serde_json::Number;

/// Longest part of a value that is shown in a message, in characters.
const SHOWN: usize = 60;

/// Most names that are listed in a message.
const LISTED: usize = 16;

/// A part of the request in a message: in backticks, and cut when it is long.
#[cold]
#[inline(never)]
pub(in crate::http) fn shown(text: &str) -> String {
    format!("`{}`", cut(text))
}

/// The start of a text.
#[cold]
#[inline(never)]
pub(in crate::http) fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// What a value of a numeric type has to be, by the type's name.
pub(in crate::http) fn number(type_name: &str) -> Option<&'static str> {
    Some(match type_name {
        "i8" => "a whole number from -128 to 127",
        "i16" => "a whole number from -32768 to 32767",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "i64" => "a whole number from -9223372036854775808 to 9223372036854775807",
        "i128" => "a whole number",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number from 0 to 18446744073709551615",
        "u128" => "a whole number that is not negative",
        "isize" if isize::BITS == 32 => return number("i32"),
        "isize" => return number("i64"),
        "usize" if usize::BITS == 32 => return number("u32"),
        "usize" => return number("u64"),
        "f32" | "f64" => "a number",
        _ => return None,
    })
}

/// What a visitor of serde accepts.
#[cold]
#[inline(never)]
pub(super) fn expected(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    let known = number(&text).or_else(|| type_of_json(&text)).map(str::to_owned);
    known.or_else(|| nonzero(&text)).or_else(|| elements(&text)).unwrap_or(text)
}

/// `a nonzero u32`, as serde has it.
#[cold]
#[inline(never)]
fn nonzero(text: &str) -> Option<String> {
    let range = number(text.strip_prefix("a nonzero ")?)?;
    Some(match range.strip_prefix("a whole number from 0 to ") {
        Some(most) => format!("a whole number from 1 to {most}"),
        None => format!("{range}, but not 0"),
    })
}

/// An array of which serde knows the length: `a tuple of size 2`, `tuple struct Point with 2 elements`.
#[cold]
#[inline(never)]
fn elements(text: &str) -> Option<String> {
    let lengths = ["a tuple of size ", "an array of length "];
    if let Some(length) = lengths.iter().find_map(|start| text.strip_prefix(start)) {
        return Some(format!("an array of {length} elements"));
    }
    let (_, count) = text.strip_prefix("tuple ")?.rsplit_once(" with ")?;
    count.contains("element").then(|| format!("an array of {count}"))
}

#[cold]
#[inline(never)]
fn type_of_json(text: &str) -> Option<&'static str> {
    const STARTS: [(&str, &str); 10] = [
        ("struct variant ", "an object"),
        ("struct ", "an object"),
        ("internally tagged enum ", "an object"),
        ("adjacently tagged enum ", "an object"),
        ("tuple struct ", "an array"),
        ("tuple variant ", "an array"),
        ("unit struct ", "`null`"),
        ("unit variant ", "`null`"),
        ("enum ", "one of the values that are allowed"),
        ("variant of enum ", "one of the values that are allowed"),
    ];
    match text {
        "a boolean" => Some("`true` or `false`"),
        "a borrowed string" | "a formatted string" | "path string" => Some("a string"),
        "a character" => Some("one character"),
        "a sequence" | "a byte array" | "byte array" => Some("an array"),
        "a map" => Some("an object"),
        "variant identifier" => Some("one of the values that are allowed"),
        "IP address" => Some("an IP address"),
        "IPv4 address" => Some("an IPv4 address"),
        "IPv6 address" => Some("an IPv6 address"),
        "socket address" => Some("an IP address with a port"),
        "unit" => Some("`null`"),
        _ if text.starts_with("tuple ") && text.contains(" with ") => None,
        _ => STARTS.iter().find(|(start, _)| text.starts_with(start)).map(|(_, words)| *words),
    }
}

/// What a value is instead.
#[cold]
#[inline(never)]
pub(in crate::http) fn found(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("`{number}`"),
        Unexpected::Signed(number) => format!("`{number}`"),
        // As JSON has it, whose code for that is there anyway.
        Unexpected::Float(number) => {
            Number::from_f64(number).map_or_else(String::new, |number| format!("`{number}`"))
        }
        Unexpected::Str("") => "an empty string".to_owned(),
        Unexpected::Str(text) => format!("the string {}", shown(text)),
        Unexpected::Char(char) => format!("the string `{char}`"),
        Unexpected::Unit => "`null`".to_owned(),
        Unexpected::Seq | Unexpected::TupleVariant => "an array".to_owned(),
        Unexpected::Map | Unexpected::StructVariant => "an object".to_owned(),
        Unexpected::Other(text) => text.to_owned(),
        Unexpected::UnitVariant => "a name alone".to_owned(),
        Unexpected::Bytes(_)
        | Unexpected::Option
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::NewtypeVariant => "another value".to_owned(),
    }
}

/// A choice of names.
#[cold]
#[inline(never)]
pub(in crate::http) fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [name] => format!("`{name}`"),
        [one, other] => format!("`{one}` or `{other}`"),
        _ => {
            let listed: Vec<_> =
                names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > LISTED { ", …" } else { "" };
            format!("one of {}{more}", listed.join(", "))
        }
    }
}
