//! Text that is safe to show, and errors as text.
//!
//! Does not know where it is shown.

use std::error::Error;

/// `text` in which every character that [`is_harmful`] is written as Rust writes it (`\n`, `\u{1b}`): one
/// line stays one line, and a terminal executes nothing.
pub(crate) fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) {
            harmless.extend(character.escape_default());
        } else {
            harmless.push(character);
        }
    }
    harmless
}

/// The same, but line breaks (`\n`) stay: for texts of several lines.
pub(crate) fn harmless_lines(text: &str) -> String {
    text.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

/// Whether a terminal or a reader of lines does something with `c` other than show it.
///
/// These are the control characters (C0, delete, and C1, where U+009B starts the same commands as escape),
/// the two line separators of Unicode, and the explicit formatting characters of the Unicode Bidirectional
/// Algorithm (UAX #9 section 2), which reorder the text around them.
pub(crate) fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// What caused `error`, the nearest cause first.
pub(crate) fn causes(error: &dyn Error) -> impl Iterator<Item = &dyn Error> {
    std::iter::successors(error.source(), |&error| error.source())
}

/// An error with its causes on one line: `cannot read the file: permission denied`.
pub(crate) fn on_one_line(error: &dyn Error) -> String {
    let mut text = error.to_string();
    for cause in causes(error) {
        text = format!("{text}: {cause}");
    }
    text
}
