//! Makes a record fit into its line: what is long loses its end, and the line says how much.
//!
//! Does not know how a line looks, only that it was too long.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::Value;

use super::Attributes;
use super::escape::write_json;
use super::record::Record;

/// The attribute of a shortened line: how many bytes it lacks.
pub(super) const MARK: &str = "log.shortened";
/// What stands where something is missing.
const ELLIPSIS: &str = "…";
/// Texts below are left alone as long as that helps.
const LEAST_TEXT_BYTES: usize = 64;
/// What remains of a record that has too many attributes, or too long a context.
const FEW: usize = 16;
const SHORT_KEY_BYTES: usize = 128;
const SHORT_CONTEXT_BYTES: usize = 256;
/// What remains of a message when nothing else does.
const LEAST_MESSAGE_BYTES: usize = 256;

/// Writes a line within its bounds: `write` returns whether it fits.
///
/// Message and attributes are shortened first, the longest of them most, so that the context is whole as long as
/// possible: it says whose line this is. Only then it is shortened too, and at last left out.
pub(super) fn fit(
    record: Record<'_>,
    max_line: usize,
    mut write: impl FnMut(Record<'_>) -> io::Result<()>,
) {
    if write(record).is_ok() {
        return;
    }
    // Steps of a quarter: at most so much of the room is left empty.
    let texts = std::iter::successors(Some(max_line), |bytes| Some(bytes / 4 * 3));
    let texts = texts.take_while(|bytes| *bytes >= LEAST_TEXT_BYTES);
    let bounds = texts.map(|text| Bounds { text, ..Bounds::NONE });
    let few = Bounds {
        text: LEAST_TEXT_BYTES,
        key: SHORT_KEY_BYTES,
        group: FEW,
        context: SHORT_CONTEXT_BYTES,
        message: Some(LEAST_MESSAGE_BYTES),
    };
    let message_only = Bounds { group: 0, ..few };
    for bounds in bounds.chain([few, message_only]) {
        if shortened(record, bounds, &mut write).is_ok() {
            return;
        }
    }
}

/// The longest that texts may be, in bytes before they are escaped.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// The values of attributes.
    text: usize,
    key: usize,
    /// How many attributes a group may have.
    group: usize,
    /// The values of the context.
    context: usize,
    /// The message, which is otherwise treated like them.
    message: Option<usize>,
}

impl Bounds {
    const NONE: Self = Self {
        text: usize::MAX,
        key: usize::MAX,
        group: usize::MAX,
        context: usize::MAX,
        message: None,
    };
}

fn shortened(
    record: Record<'_>,
    bounds: Bounds,
    write: &mut impl FnMut(Record<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut lost = Lost(0);
    let message = lost.text(record.message, bounds.message.unwrap_or(bounds.text));
    let mut attributes = lost.group(record.attributes, bounds, bounds.text);
    let context = match bounds.context {
        usize::MAX => Cow::Borrowed(record.context),
        bytes => Cow::Owned(lost.group(record.context, bounds, bytes)),
    };
    attributes.insert(MARK.to_owned(), lost.0.into());
    write(Record { message: &message, attributes: &attributes, context: &context, ..record })
}

/// Shortens the values of fields that all lines have, until all of them together have at most `room` bytes. An
/// attribute tells how much they lack.
pub(super) fn fields_within(room: usize, fields: Attributes) -> Attributes {
    if length(&fields) <= room {
        return fields;
    }
    let texts = std::iter::successors(Some(room), |bytes| Some(bytes / 4 * 3));
    let texts = texts.take_while(|bytes| *bytes >= LEAST_TEXT_BYTES);
    let mut bounds = texts.map(|text| Bounds { text, ..Bounds::NONE }).collect::<Vec<_>>();
    let few = Bounds { text: LEAST_TEXT_BYTES, key: LEAST_TEXT_BYTES, ..Bounds::NONE };
    // Those of the service itself come first.
    bounds.extend((0..FEW).rev().map(|group| Bounds { group, ..few }));
    let shortened = bounds.into_iter().map(|bounds| {
        let mut lost = Lost(0);
        let mut shortened = lost.group(&fields, bounds, bounds.text);
        shortened.insert(MARK.to_owned(), lost.0.into());
        shortened
    });
    shortened.into_iter().find(|fields| length(fields) <= room).unwrap_or_default()
}

/// Bytes that were left out.
struct Lost(usize);

impl Lost {
    fn group(&mut self, group: &Attributes, bounds: Bounds, bytes: usize) -> Attributes {
        let mut kept = Attributes::new();
        for (index, (key, value)) in group.iter().enumerate() {
            if index < bounds.group {
                let key = self.text(key, bounds.key).into_owned();
                kept.insert(key, self.value(value, bytes));
            } else {
                self.0 += key.len() + length(value);
            }
        }
        kept
    }

    fn value(&mut self, value: &Value, bytes: usize) -> Value {
        match value {
            Value::String(text) => self.text(text, bytes).into(),
            _ if length(value) <= bytes => value.clone(),
            Value::Array(items) => self.items(items, bytes).into(),
            Value::Object(members) => {
                self.0 += length(members);
                ELLIPSIS.into()
            }
            // Numbers that are longer than this are not known.
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// The first items: those of a stack are its innermost frames.
    fn items(&mut self, items: &[Value], bytes: usize) -> Vec<Value> {
        let mut kept = Vec::new();
        let mut room = bytes;
        for (index, item) in items.iter().enumerate() {
            let next = length(item) + 1;
            if next > room {
                self.0 += items[index..].iter().map(length).sum::<usize>();
                kept.push(ELLIPSIS.into());
                break;
            }
            room -= next;
            kept.push(item.clone());
        }
        kept
    }

    fn text<'t>(&mut self, text: &'t str, bytes: usize) -> Cow<'t, str> {
        if text.len() <= bytes {
            return Cow::Borrowed(text);
        }
        let kept = &text[..text.floor_char_boundary(bytes)];
        self.0 += text.len() - kept.len();
        Cow::Owned(format!("{kept}{ELLIPSIS}"))
    }
}

/// How many bytes a value has as JSON.
fn length<T: serde::Serialize + ?Sized>(value: &T) -> usize {
    struct Counter(usize);

    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter(0);
    // A counter takes every byte.
    let _ = write_json(&mut counter, value);
    counter.0
}
