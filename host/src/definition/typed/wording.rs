//! A mismatch in the words of the house.
//!
//! Does not know where the value is.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::super::decode::Mismatch;
use super::super::document::Value;
use super::super::indirection::Indirections;
use super::super::quantity::{
    DURATION_UNITS_IN_WORDS, SIZE_UNITS_IN_WORDS, parse_duration, parse_size,
};
use super::super::secrecy;
use super::super::suggestion::did_you_mean;
use super::super::valid::NOT_EMPTY;
use crate::text::harmless;

/// A value that does not fit.
pub(super) struct Misfit<'a> {
    pub(super) label: &'a str,
    pub(super) json: &'a Json,
    /// `None`: it is the whole table.
    pub(super) value: Option<&'a Value<'a>>,
    /// Whether anything in the whole table came from a variable.
    pub(super) is_tainted: bool,
    pub(super) indirections: &'a Indirections,
    /// As TOML spells it.
    pub(super) example: Option<String>,
}

impl Misfit<'_> {
    /// What is wrong, and what to write instead when that is known.
    pub(super) fn explain(&self, mismatch: &Mismatch) -> (String, Option<String>) {
        let Self { label, json, .. } = self;
        match mismatch {
            Mismatch::Unexpected { nature, expected } => {
                let expected = house(expected);
                if nature.can_be(json) {
                    let message = format!("`{label}` must be {expected}, found {}", self.found());
                    (message, self.fix(&expected).or_else(|| self.for_example()))
                } else {
                    (format!("a value in `{label}` must be {expected}"), None)
                }
            }
            Mismatch::NoChoice(words) => {
                let help =
                    self.literal().and_then(|text| did_you_mean(text, words.iter().copied()));
                let words = words.join("`, `");
                let message = format!("`{label}` must be one of `{words}`, found {}", self.found());
                (message, help.or_else(|| self.for_example()))
            }
            Mismatch::Other(text) => {
                let help = address(text).and_then(|_address| self.for_example());
                (self.in_words_of_the_type(text), help)
            }
            Mismatch::UnknownKey { .. } | Mismatch::Missing(_) => {
                (format!("`{label}` is not valid"), None)
            }
        }
    }

    /// The message is the type's own. It may contain the value, which may be a secret.
    fn in_words_of_the_type(&self, text: &str) -> String {
        let (label, found) = (self.label, self.found());
        if let Some(address) = address(text) {
            return format!("`{label}` must be {address}, found {found}");
        }
        if text == NOT_EMPTY {
            return format!("`{label}` {text}");
        }
        if self.may_be_secret() {
            return format!("`{label}` is not valid, found {found}");
        }
        let text = harmless(&secrecy::without_passwords(text));
        match (text.strip_prefix("expected "), text.starts_with("must ")) {
            (Some(expected), _) => format!("`{label}` must be {expected}, found {found}"),
            (None, true) => format!("`{label}` {text}"),
            (None, false) => format!("`{label}` is not valid: {text}"),
        }
    }

    fn is_named_like_a_secret(&self) -> bool {
        self.label.rsplit('.').next().is_some_and(secrecy::is_secret)
    }

    fn may_be_secret(&self) -> bool {
        if self.is_named_like_a_secret() {
            return true;
        }
        match self.value {
            Some(value) => self.indirections.taints(value),
            None => self.is_tainted,
        }
    }

    fn found(&self) -> String {
        if self.is_named_like_a_secret() {
            return "another value".to_owned();
        }
        self.value.map_or_else(|| "a table".to_owned(), |value| self.indirections.describe(value))
    }

    /// The text, when it was written in the file.
    fn literal(&self) -> Option<&str> {
        let value = self.value.filter(|value| !self.indirections.covers(value))?;
        value.get_ref().as_str()
    }

    fn for_example(&self) -> Option<String> {
        self.example.as_ref().map(|example| format!("for example `{example}`"))
    }

    fn fix(&self, expected: &str) -> Option<String> {
        let is_switch = expected == SWITCH;
        let is_number = expected.starts_with("an integer") || expected == "a number";
        let is_duration = expected.starts_with("a duration");
        let is_size = expected.starts_with("a size");
        let with_unit = || {
            let general = if is_size { "\"4MiB\"" } else { "\"30s\"" };
            let example = self.example.as_deref().unwrap_or(general);
            Some(format!("write the unit, for example `{example}`"))
        };
        let is_integer = self.value.is_some_and(|value| value.get_ref().is_integer());
        match self.literal() {
            Some("true" | "false") if is_switch => Some("remove the quotes".to_owned()),
            Some(text) if is_number && text.parse::<f64>().is_ok() => {
                Some("remove the quotes".to_owned())
            }
            Some(text) if is_duration && parse_duration(text).is_none() => {
                Some(format!("write an integer and a unit: {DURATION_UNITS_IN_WORDS}"))
            }
            Some(text) if is_size && parse_size(text).is_none() => {
                Some(format!("write an integer and a unit: {SIZE_UNITS_IN_WORDS}"))
            }
            None if is_integer && (is_duration || is_size) => with_unit(),
            _ if expected.starts_with("a table") && !self.label.ends_with(']') => {
                Some(format!("write `[{}]`", self.label))
            }
            None if expected == "a string" && self.example.is_none() && self.is_scalar() => {
                Some("add quotes".to_owned())
            }
            _ => None,
        }
    }

    /// A number or a switch that the file holds.
    fn is_scalar(&self) -> bool {
        matches!(self.json, Json::Number(_) | Json::Bool(_))
    }
}

const SWITCH: &str = "`true` or `false`";

/// What serde and the standard library call a type, as an operator calls it.
fn house(expected: &str) -> Cow<'_, str> {
    if let Some(integer) = expected.strip_prefix("a nonzero ").and_then(|name| integer(name, 1)) {
        return integer.into();
    }
    if let Some(integer) = integer(expected, 0) {
        return integer.into();
    }
    match expected {
        "IP address" => "an IP address",
        "IPv4 address" => "an IPv4 address",
        "IPv6 address" => "an IPv6 address",
        "f32" | "f64" => "a number",
        "a boolean" => SWITCH,
        "a string" | "string" | "str" | "path string" | "a borrowed string" => "a string",
        "a sequence" => "an array",
        "a map" => "a table",
        "unit" => "absent",
        _ if expected.starts_with("struct ") || expected.contains("tagged enum") => "a table",
        _ if expected.starts_with("tuple ") || expected.ends_with(" in sequence") => {
            "an array of another length"
        }
        other => other,
    }
    .into()
}

/// The standard library's error for a text that is not an address, as "must be" needs it.
fn address(text: &str) -> Option<&'static str> {
    Some(match text {
        "invalid IP address syntax" => "an IP address",
        "invalid IPv4 address syntax" => "an IPv4 address",
        "invalid IPv6 address syntax" => "an IPv6 address",
        "invalid socket address syntax" => "an IP address with a port",
        _ => return None,
    })
}

/// Values of the file have 63 bits.
fn integer(name: &str, least: i64) -> Option<String> {
    let (least, most) = match name {
        "u8" => (least, i64::from(u8::MAX)),
        "u16" => (least, i64::from(u16::MAX)),
        "u32" => (least, i64::from(u32::MAX)),
        "u64" | "u128" | "usize" => return Some(format!("an integer of at least {least}")),
        "i8" => (i64::from(i8::MIN), i64::from(i8::MAX)),
        "i16" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "i32" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        "i64" | "i128" | "isize" => return Some("an integer".to_owned()),
        _ => return None,
    };
    Some(format!("an integer from {least} to {most}"))
}
