//! Paths of requests and patterns of routes in one form, so that they meet however they are encoded.
//! Deliberately finds no route.
//!
//! In that form everything is decoded but what would mean something else: an encoded slash stays within
//! its segment, an encoded percent sign stays one when parameters are decoded, and bytes that are no text
//! have no other form.

use std::borrow::Cow;

use percent_encoding::percent_encode_byte;

/// The path of a request, or a literal part of a pattern.
pub(super) fn canonical(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let (byte, is_encoded) = match encoded(*byte, after) {
            Some((byte, after)) => {
                rest = after;
                (byte, true)
            }
            None => (*byte, false),
        };
        match byte {
            b'%' => decoded.extend(b"%25"),
            b'/' if is_encoded => decoded.extend(b"%2F"),
            byte => decoded.push(byte),
        }
    }
    let mut text = String::with_capacity(decoded.len());
    for chunk in decoded.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| percent_encode_byte(*byte)));
    }
    Cow::Owned(text)
}

/// The byte that a percent sign and two digits stand for, and what follows them.
fn encoded(first: u8, rest: &[u8]) -> Option<(u8, &[u8])> {
    let [high, low, after @ ..] = rest else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    (first == b'%').then_some(())?;
    Some((digit(*high)? * 16 + digit(*low)?, after))
}

/// The pattern of a route in the form of [`canonical`], its parameters as they are.
///
/// # Errors
///
/// What the author must have meant, when no request can match what is written.
pub(super) fn of_route(path: &str) -> Result<String, String> {
    check(path)?;
    let mut pattern = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(brace) = rest.find(['{', '}']) {
        push_literal(&mut pattern, &rest[..brace]);
        let group = &rest[brace..];
        let length = if group.starts_with("{{") || group.starts_with("}}") {
            2
        } else {
            // What is not closed is for the table of routes to refuse.
            group.find('}').map_or(group.len(), |end| end + 1)
        };
        pattern.push_str(&group[..length]);
        rest = &group[length..];
    }
    push_literal(&mut pattern, rest);
    Ok(pattern)
}

/// Adds what stands for itself; a brace does so when it is doubled.
fn push_literal(pattern: &mut String, literal: &str) {
    for letter in canonical(literal).chars() {
        if matches!(letter, '{' | '}') {
            pattern.push(letter);
        }
        pattern.push(letter);
    }
}

fn check(path: &str) -> Result<(), String> {
    for segment in path.split('/') {
        let parameter = match segment.as_bytes() {
            [b':', _, ..] => format!("{{{}}}", &segment[1..]),
            [b'*', _, ..] => format!("{{{segment}}}"),
            _ => continue,
        };
        let literal =
            segment.replacen([':', '*'], if segment.starts_with(':') { "%3A" } else { "%2A" }, 1);
        return Err(format!(
            "the segment `{segment}` of `{path}` is no parameter: write `{parameter}`, or `{literal}` if it is meant as it is"
        ));
    }
    // Parameters may not hold these either.
    if path.contains('?') {
        return Err(format!(
            "`{path}` can never match: a path has no query; take that with `Query`, or write `%3F` for a question mark in the path"
        ));
    }
    if path.contains('#') {
        return Err(format!(
            "`{path}` can never match: clients send no fragment; write `%23` for a hash in the path"
        ));
    }
    Ok(())
}

/// The names of a pattern's parameters, in their order.
pub(super) fn parameters(pattern: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        let group = &rest[open + 1..];
        if let Some(after) = group.strip_prefix('{') {
            rest = after;
            continue;
        }
        let Some(close) = group.find('}') else { break };
        names.push(group[..close].trim_start_matches('*'));
        rest = &group[close + 1..];
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_form() {
        for (path, expected) in [
            ("/plain", "/plain"),
            ("/%70lain", "/plain"),
            ("/caf%C3%A9", "/café"),
            ("/caf%c3%a9", "/café"),
            ("/café", "/café"),
            ("/new%20report", "/new report"),
            ("/a%2fb", "/a%2Fb"),
            ("/100%", "/100%25"),
            ("/100%25", "/100%25"),
            ("/%2541", "/%2541"),
            ("/%zz%2", "/%25zz%252"),
            ("/%ff%C3", "/%FF%C3"),
            ("/%7Bx%7D", "/{x}"),
        ] {
            assert_eq!(canonical(path), expected, "{path}");
        }
    }

    #[test]
    fn a_pattern_keeps_its_parameters() {
        for (path, expected, names) in [
            ("/a%20b/{name}", "/a b/{name}", &["name"][..]),
            ("/a b/{x}.%6Ason/{*rest}", "/a b/{x}.json/{*rest}", &["x", "rest"]),
            ("/%7Bx%7D/{{y}}/{z}", "/{{x}}/{{y}}/{z}", &["z"]),
            ("/items/{id}:cancel", "/items/{id}:cancel", &["id"]),
            ("/%3Aid/:/*", "/:id/:/*", &[]),
        ] {
            let pattern = of_route(path).unwrap();
            assert_eq!(pattern, expected, "{path}");
            assert_eq!(parameters(&pattern), names, "{path}");
        }
    }
}
