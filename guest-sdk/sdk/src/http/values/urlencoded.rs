//! `application/x-www-form-urlencoded`, as <https://url.spec.whatwg.org/#urlencoded-parsing> has it.
//! Deliberately knows no types.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::Values;

/// Names with all their values, in the order in which they first occur.
pub(in crate::http) fn parse(text: &str) -> Values<'_> {
    let mut values = Values::default();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A name that cannot be decoded belongs to no field; it stays as it is.
        values.add(decode(name).unwrap_or(Cow::Borrowed(name)), decode(value));
    }
    values
}

/// `None` when it is not UTF-8.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['+', '%']) {
        return Some(Cow::Borrowed(text));
    }
    // In forms `+` means a blank, and `%2B` a plus: hence before the rest is decoded.
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(|text| Cow::Owned(text.into_owned()))
}
