//! Makes any text safe to show: one line stays one line, and no terminal obeys what it says.
//!
//! Does not know which text comes from whom: everything is treated alike.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::text::is_harmful;

/// Writes `value` as compact JSON in which no character can move a cursor or end a line.
pub(super) fn write_json<T>(output: &mut impl Write, value: &T) -> io::Result<()>
where
    T: Serialize + ?Sized,
{
    Ok(value.serialize(&mut Serializer::with_formatter(output, SafeJson))?)
}

/// Writes `text` as it is, except for the characters a terminal would obey.
pub(super) fn write_text(output: &mut impl Write, text: &str) -> io::Result<()> {
    write_escaped(output, text, is_harmful)
}

/// Writes `text` bare when it is one plain word, otherwise in quotes.
pub(super) fn write_word(output: &mut impl Write, text: &str) -> io::Result<()> {
    let needs_quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '=') || is_harmful(c);
    if !text.is_empty() && !text.contains(needs_quotes) {
        return output.write_all(text.as_bytes());
    }
    output.write_all(b"\"")?;
    write_escaped(output, text, |c| matches!(c, '"' | '\\') || is_harmful(c))?;
    output.write_all(b"\"")
}

/// Writes `text` with every character that `is_special` in Rust's own notation (`\n`, `\u{1b}`).
fn write_escaped(
    output: &mut impl Write,
    text: &str,
    is_special: impl Fn(char) -> bool,
) -> io::Result<()> {
    let mut plain = text;
    while let Some(at) = plain.find(&is_special) {
        let (before, rest) = plain.split_at(at);
        let mut characters = rest.chars();
        output.write_all(before.as_bytes())?;
        if let Some(special) = characters.next() {
            write!(output, "{}", special.escape_default())?;
        }
        plain = characters.as_str();
    }
    output.write_all(plain.as_bytes())
}

/// JSON obliges a writer to escape the C0 controls only; this escapes all that [`is_harmful`].
struct SafeJson;

impl Formatter for SafeJson {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        const DELETE: u8 = 0x7f;
        // Nearly every fragment: serde_json has split at the C0 controls already.
        if fragment.bytes().all(|byte| byte < DELETE) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut plain = fragment;
        while let Some(at) = plain.find(is_harmful) {
            let (before, rest) = plain.split_at(at);
            let mut characters = rest.chars();
            writer.write_all(before.as_bytes())?;
            if let Some(special) = characters.next() {
                // Four digits are enough: all of them are in the basic plane.
                write!(writer, "\\u{:04x}", u32::from(special))?;
            }
            plain = characters.as_str();
        }
        writer.write_all(plain.as_bytes())
    }
}
