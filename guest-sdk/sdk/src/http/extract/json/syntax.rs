//! Why a body is no JSON, in words for people.
//! Deliberately knows no types: those are `misfit`'s.

use serde::de::IgnoredAny;

use super::MARK;

/// The text of a body that is JSON, without a byte order mark; otherwise why it is none.
#[cold]
pub(super) fn check(bytes: &[u8]) -> Result<&str, String> {
    if bytes.trim_ascii().is_empty() {
        return Err("the body is empty".to_owned());
    }
    if let Some(is_foreign) = foreign_encoding(bytes) {
        return Err(format!("the body {is_foreign}, but JSON must be UTF-8"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        format!("the body must be UTF-8, but byte {at} is not")
    })?;
    let text = text.strip_prefix(MARK).unwrap_or(text);
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(text),
        Err(_) if text.trim().is_empty() => Err("the body is empty".to_owned()),
        Err(_) if text.trim_start().starts_with(MARK) => Err(
            "the body is not JSON: a byte order mark may stand at its very start only, and once"
                .to_owned(),
        ),
        Err(error) => Err(format!("the body is not JSON: {}", in_words(&error))),
    }
}

/// UTF-16 and UTF-32, by their byte order marks or else by the zeros of their first character, which is ASCII in JSON.
fn foreign_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0, 0, 0xfe, 0xff, ..] | [0xff, 0xfe, 0, 0, ..] => {
            Some("starts with the byte order mark of UTF-32")
        }
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => Some("starts with the byte order mark of UTF-16"),
        [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => Some("is UTF-32"),
        [0, _, ..] | [_, 0, ..] => Some("is UTF-16"),
        _ => None,
    }
}

/// What the parser says, with where it is.
#[cold]
pub(super) fn in_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    let reason = match &text[..end] {
        "EOF while parsing a list" => "it ends inside an array",
        "EOF while parsing an object" => "it ends inside an object",
        "EOF while parsing a string" => "it ends inside a string",
        "EOF while parsing a value" => "it ends where a value should be",
        "expected `:`" => "expected `:` after a name",
        "expected `,` or `]`" => "expected `,` or `]` after an element",
        "expected `,` or `}`" => "expected `,` or `}` after a field",
        "expected ident" => "expected `true`, `false` or `null`",
        "expected value" => "expected a value",
        "key must be a string" | "expected `\"`" => "expected a name in double quotes",
        "trailing comma" => "a comma must not come before a closing bracket",
        "trailing characters" => "there is something after its end",
        "invalid number" => "a number is not written correctly",
        "number out of range" => "a number is too large",
        "invalid escape" => "a string has an escape sequence that is not allowed",
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "a string has a line break or another control character that is not escaped"
        }
        "recursion limit exceeded" => "it is nested too deeply",
        reason if reason.contains("hex escape") || reason.contains("unicode code point") => {
            "a string has a `\\u` escape sequence that is no character"
        }
        // What else there is are names of Rust.
        _ => "something does not fit",
    };
    format!("{reason} (line {}, column {})", error.line(), error.column())
}
