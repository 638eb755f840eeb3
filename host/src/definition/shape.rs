//! What a value may look like, and the checked value it then is.
//!
//! Does not know which key a value belongs to beyond the label it puts into messages.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use toml::de::{DeInteger, DeValue};

use super::document::{Place, Value};
use super::indirection::Indirections;
use super::quantity::{format_duration, format_size, parse_duration, parse_size};
use super::reference::{Key, Requirement};
use super::suggestion::did_you_mean;

/// The rule of one key; bounds are inclusive.
pub(super) enum Shape {
    Text,
    Version,
    Switch,
    Integer {
        least: u64,
        most: u64,
    },
    IntegerOr {
        least: u64,
        most: u64,
        word: &'static str,
    },
    /// `nanoseconds`: a bare integer is accepted too.
    Duration {
        least: Duration,
        most: Duration,
        nanoseconds: bool,
    },
    DurationOr {
        least: Duration,
        most: Duration,
        word: &'static str,
    },
    /// `bytes`: a bare integer is accepted too.
    Size {
        least: u64,
        most: u64,
        bytes: bool,
    },
    Choice(&'static [&'static str]),
    Address,
    BasePath,
    HealthPath,
    Kinds,
    Names,
    /// Of files and directories.
    Paths,
    /// Names of features.
    Features,
    /// A table of strings.
    Texts,
    /// A table without keys.
    Nothing,
    /// A table with keys of the user's own.
    Free,
    /// The same with a switch `enabled`.
    Feature,
}

/// A value that follows its [`Shape`].
#[derive(Debug, Clone)]
pub(super) enum Checked {
    Text(String),
    Switch(bool),
    Integer(u64),
    /// The word that stands for no number.
    Word(&'static str),
    Duration(Duration),
    Size(u64),
    Address(IpAddr),
    /// A path, or turned off.
    Path(Option<String>),
    List(Vec<Item>),
}

/// One string of a list.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) text: String,
    /// How a message shows it.
    pub(super) shown: String,
    /// Written in the file, not taken from a variable.
    pub(super) is_literal: bool,
    pub(super) place: Place,
}

/// What is wrong with a value.
pub(super) struct Mistake {
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// A value on its way through a check.
#[derive(Clone, Copy)]
pub(super) struct Given<'t, 'a> {
    pub(super) value: &'t Value<'a>,
    pub(super) indirections: &'t Indirections,
    /// The key as the file spells it, for messages.
    pub(super) label: &'t str,
}

/// Checks a value against the shape of its key.
///
/// `None`: the value is of no use, and why has been noted. A list loses its bad elements only.
pub(super) fn check(
    key: &Key,
    given: Given<'_, '_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Checked> {
    if given.indirections.is_missing(given.value) {
        return None;
    }
    let checked = match (&key.shape, given.value.get_ref()) {
        (Shape::Kinds | Shape::Names | Shape::Paths | Shape::Features, DeValue::Array(items)) => {
            Some(list(given, items, mistakes))
        }
        (Shape::Text, DeValue::String(text)) if text.trim().is_empty() => {
            mistakes.push(given.empty());
            return None;
        }
        (shape, DeValue::String(text)) => {
            let is_from_variable = given.indirections.covers(given.value);
            string(shape, text).or_else(|| from_variable(key, text).filter(|_| is_from_variable))
        }
        (Shape::HealthPath, DeValue::Boolean(true)) => default_of(key),
        (shape, value) => scalar(shape, value),
    };
    if checked.is_none() {
        mistakes.push(given.unexpected(key));
    }
    checked
}

/// The default of a key that has one; a test checks that all of them are valid.
pub(super) fn default_of(key: &Key) -> Option<Checked> {
    let Requirement::Default(text) = key.presence else { return None };
    let value = DeValue::parse(text).ok()?;
    let indirections = Indirections::default();
    let given = Given { value: &value, indirections: &indirections, label: key.path };
    check(key, given, &mut Vec::new())
}

/// What a variable holds, where the key takes a number or a switch.
fn from_variable(key: &Key, text: &str) -> Option<Checked> {
    let value = scalar_of(text)?;
    match (&key.shape, value.get_ref()) {
        (Shape::HealthPath, DeValue::Boolean(true)) => default_of(key),
        (shape, value) => scalar(shape, value),
    }
}

/// The number or the switch that a text spells as TOML does.
pub(super) fn scalar_of(text: &str) -> Option<Value<'_>> {
    const LONGEST: usize = 64;
    let text = Some(text.trim()).filter(|text| text.len() <= LONGEST)?;
    let value = DeValue::parse(text).ok()?;
    let is_scalar =
        matches!(value.get_ref(), DeValue::Boolean(_) | DeValue::Integer(_) | DeValue::Float(_));
    is_scalar.then_some(value)
}

fn string(shape: &Shape, text: &str) -> Option<Checked> {
    match shape {
        Shape::Text => Some(Checked::Text(text.to_owned())),
        Shape::Version => is_version(text).then(|| Checked::Text(text.to_owned())),
        Shape::Choice(words) => words.contains(&text).then(|| Checked::Text(text.to_owned())),
        Shape::IntegerOr { word, .. } => (text == *word).then_some(Checked::Word(word)),
        Shape::DurationOr { word, .. } if text == *word => Some(Checked::Word(word)),
        Shape::Duration { least, most, .. } | Shape::DurationOr { least, most, .. } => {
            parse_duration(text)
                .filter(|duration| (least..=most).contains(&duration))
                .map(Checked::Duration)
        }
        Shape::Size { least, most, .. } => {
            parse_size(text).filter(|size| (least..=most).contains(&size)).map(Checked::Size)
        }
        Shape::Address => text.parse().ok().map(Checked::Address),
        Shape::BasePath => base_path(text).map(Checked::Text),
        Shape::HealthPath => is_url_path(text).then(|| Checked::Path(Some(text.to_owned()))),
        _ => None,
    }
}

fn scalar(shape: &Shape, value: &DeValue<'_>) -> Option<Checked> {
    match (shape, value) {
        (Shape::Switch, DeValue::Boolean(on)) => Some(Checked::Switch(*on)),
        (Shape::HealthPath, DeValue::Boolean(false)) => Some(Checked::Path(None)),
        (
            Shape::Integer { least, most } | Shape::IntegerOr { least, most, .. },
            DeValue::Integer(number),
        ) => {
            let number = natural(number)?;
            (*least..=*most).contains(&number).then_some(Checked::Integer(number))
        }
        (Shape::Duration { least, most, nanoseconds: true }, DeValue::Integer(number)) => {
            let duration = Duration::from_nanos(natural(number)?);
            (*least..=*most).contains(&duration).then_some(Checked::Duration(duration))
        }
        (Shape::Size { least, most, bytes: true }, DeValue::Integer(number)) => {
            let size = natural(number)?;
            (*least..=*most).contains(&size).then_some(Checked::Size(size))
        }
        _ => None,
    }
}

fn list(given: Given<'_, '_>, items: &[Value<'_>], mistakes: &mut Vec<Mistake>) -> Checked {
    let mut texts = Vec::new();
    for item in items {
        let given = Given { value: item, ..given };
        match item.get_ref() {
            _ if given.indirections.is_missing(item) => (),
            DeValue::String(text) => texts.push(Item {
                text: text.to_string(),
                shown: given.found(),
                is_literal: !given.indirections.covers(item),
                place: Place::of(item),
            }),
            _ => mistakes.push(given.mistake(
                format!("`{}` must hold strings only, found {}", given.label, given.found()),
                None,
            )),
        }
    }
    Checked::List(texts)
}

fn natural(number: &DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// `SemVer` with an optional `v`, or one to three numbers of at most two digits after a `v`.
fn is_version(text: &str) -> bool {
    let bare = text.strip_prefix('v').unwrap_or(text);
    let short = |number: &str| {
        (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_short =
        text.starts_with('v') && bare.split('.').count() <= 3 && bare.split('.').all(short);
    is_short || semver::Version::parse(bare).is_ok()
}

/// With one slash in front and none at the end; the root is empty.
fn base_path(text: &str) -> Option<String> {
    let inner = text.trim().trim_matches('/');
    if inner.is_empty() {
        return Some(String::new());
    }
    let path = format!("/{inner}");
    is_url_path(&path).then_some(path)
}

/// A path that a client can send as it is: no query, no empty or relative segments before the end.
fn is_url_path(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('/') else { return false };
    let segments = inner.strip_suffix('/').unwrap_or(inner);
    segments.is_empty() && inner.is_empty() || segments.split('/').all(is_segment)
}

fn is_segment(segment: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain)
}

impl Given<'_, '_> {
    fn mistake(self, message: String, help: Option<String>) -> Mistake {
        Mistake { place: Place::of(self.value), message, help }
    }

    fn empty(self) -> Mistake {
        self.mistake(format!("`{}` must not be empty", self.label), None)
    }

    fn found(self) -> String {
        self.indirections.describe(self.value)
    }

    fn unexpected(self, key: &Key) -> Mistake {
        let message = format!("`{}` must be {}, found {}", self.label, key.shape, self.found());
        self.mistake(message, Some(self.fix(key)))
    }

    /// What to write instead of a value of the wrong shape.
    fn fix(self, key: &Key) -> String {
        let literal = self.value.get_ref().as_str();
        let literal = literal.filter(|_| !self.indirections.covers(self.value));
        let special = match (&key.shape, literal) {
            (Shape::Choice(words), Some(text)) => did_you_mean(text, words.iter().copied()),
            (Shape::Switch, Some("true" | "false")) | (Shape::Integer { .. }, Some(_)) => {
                Some("remove the quotes".to_owned())
            }
            (
                Shape::Size { bytes: false, .. }
                | Shape::Duration { .. }
                | Shape::DurationOr { .. },
                None,
            ) if self.value.get_ref().is_integer() => {
                Some(format!("write the unit, for example `{}`", key.example))
            }
            (Shape::Size { .. }, Some(text)) if parse_size(text).is_none() => {
                Some(format!("write an integer and a unit: {SIZE_UNITS}"))
            }
            (Shape::Duration { .. } | Shape::DurationOr { .. }, Some(text))
                if parse_duration(text).is_none() =>
            {
                Some(format!("write an integer and a unit: {DURATION_UNITS}"))
            }
            _ => None,
        };
        special.unwrap_or_else(|| format!("for example `{}`", key.example))
    }
}

/// For messages; what is rarely wanted is left out.
pub(super) const SIZE_UNITS: &str = "`B`, `KiB`, `MiB`, `GiB`, `KB`, `MB` or `GB`";
pub(super) const DURATION_UNITS: &str = "`ms`, `s`, `m` or `h`";

/// What is expected, as the rest of "must be …".
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => write!(f, "a string"),
            Self::Version => write!(f, "a version such as `v1.2.3`"),
            Self::Switch => write!(f, "`true` or `false`"),
            Self::Integer { least, most } => write!(f, "an integer from {least} to {most}"),
            Self::IntegerOr { least, most, word } => {
                write!(f, "an integer from {least} to {most}, or `\"{word}\"`")
            }
            Self::Duration { least, most, .. } => {
                let (least, most) = (format_duration(*least), format_duration(*most));
                write!(f, "a duration from `{least}` to `{most}`")
            }
            Self::DurationOr { least, most, word } => {
                let (least, most) = (format_duration(*least), format_duration(*most));
                write!(f, "a duration from `{least}` to `{most}`, or `\"{word}\"`")
            }
            Self::Size { least, most, .. } => {
                write!(f, "a size from `{}` to `{}`", format_size(*least), format_size(*most))
            }
            Self::Choice(words) => write!(f, "one of `{}`", words.join("`, `")),
            Self::Address => write!(f, "an IP address"),
            Self::BasePath => write!(f, "a URL path"),
            Self::HealthPath => write!(f, "a URL path that starts with `/`, or `false`"),
            Self::Kinds => write!(f, "an array of kinds"),
            Self::Names => write!(f, "an array of variable names"),
            Self::Paths => write!(f, "an array of paths"),
            Self::Features => write!(f, "an array of names of features"),
            Self::Texts => write!(f, "a table of strings"),
            Self::Nothing | Self::Free | Self::Feature => write!(f, "a table"),
        }
    }
}

/// The effective value, for people.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text}"),
            Self::Switch(on) => write!(f, "{on}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Word(word) => write!(f, "{word}"),
            Self::Duration(duration) => write!(f, "{}", format_duration(*duration)),
            Self::Size(bytes) => write!(f, "{}", format_size(*bytes)),
            Self::Address(address) => write!(f, "{address}"),
            Self::Path(path) => write!(f, "{}", path.as_deref().unwrap_or("false")),
            Self::List(items) => {
                let items = items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>();
                write!(f, "{}", items.join(" "))
            }
        }
    }
}
