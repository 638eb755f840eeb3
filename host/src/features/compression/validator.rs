//! Entity tags of what is compressed: clients get one that says so, and the service its own back.
//!
//! Does not know what is compressed.

use http::header::{CONTENT_ENCODING, ETAG, HeaderMap, HeaderName, HeaderValue};
use http::header::{IF_MATCH, IF_NONE_MATCH};

/// What stands at the end of a tag that has been given out, before its quotation mark.
const MARKS: [&[u8]; 2] = [b"--gzip", b"--zstd"];

/// Headers with tags that the service compares. Not `if-range`: what is compressed has no ranges.
const CONDITIONS: [HeaderName; 2] = [IF_MATCH, IF_NONE_MATCH];

/// Tags of a request that stand for tags of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Translated(Vec<Pair>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    /// As the service knows it: `"abc"`.
    own: Vec<u8>,
    /// As the client knows it: `W/"abc--gzip"`.
    given: Vec<u8>,
}

/// The tag of a response that is now encoded. A strong one names these very bytes, which now are others (RFC
/// 9110 section 8.8.3.3), so it becomes weak. Marked, because a weak tag never fulfils `if-match`: whoever
/// read a compressed response could change nothing under the condition that it is still the same.
pub(super) fn mark(headers: &mut HeaderMap) {
    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
    let opaque = headers.get(ETAG).and_then(|tag| tag.as_bytes().strip_prefix(b"\""));
    let Some(opaque) = opaque.and_then(|tag| tag.strip_suffix(b"\"")) else { return };
    let marked = HeaderValue::from_bytes(&[b"W/\"", opaque, b"--", encoding, b"\""].concat());
    match marked {
        Ok(marked) => drop(headers.insert(ETAG, marked)),
        Err(_) => drop(headers.remove(ETAG)),
    }
}

/// Gives the service its own tags in conditions. `None` when there are none of ours.
pub(super) fn translate(headers: &mut HeaderMap) -> Option<Translated> {
    let mut translated = Translated::default();
    for name in CONDITIONS {
        if !headers.contains_key(&name) {
            continue;
        }
        let lines: Vec<_> = headers.get_all(&name).iter().map(|line| translated.of(line)).collect();
        headers.remove(&name);
        for line in lines {
            headers.append(&name, line);
        }
    }
    (!translated.0.is_empty()).then_some(translated)
}

/// The tag of a 304 as the client has it, so that a cache finds the response that it is about.
pub(super) fn restore(
    translated: Option<&Translated>,
    request: &HeaderMap,
    headers: &mut HeaderMap,
) {
    let Some(own) = headers.get(ETAG).map(|tag| tag.as_bytes().to_vec()) else { return };
    let pairs = translated.map(|all| all.0.as_slice()).unwrap_or_default();
    let weak = [b"W/".as_slice(), &own].concat();
    let given = pairs.iter().find(|pair| pair.own == own).map(|pair| &pair.given);
    let given =
        given.or_else(|| (own.starts_with(b"\"") && names(request, &weak)).then_some(&weak));
    if let Some(given) = given.and_then(|given| HeaderValue::from_bytes(given).ok()) {
        headers.insert(ETAG, given);
    }
}

fn names(request: &HeaderMap, tag: &[u8]) -> bool {
    let mut lines = request.get_all(IF_NONE_MATCH).iter();
    lines.any(|line| memchr::memmem::find(line.as_bytes(), tag).is_some())
}

impl Translated {
    /// A line with the service's tags in place of those that were given out.
    fn of(&mut self, line: &HeaderValue) -> HeaderValue {
        let (mut rest, mut text) = (line.as_bytes(), Vec::new());
        // Commas may stand in tags, quotation marks may not.
        while let Some((before, tag, after)) = next_tag(rest) {
            text.extend_from_slice(before);
            match own(tag) {
                Some(own) => {
                    text.extend_from_slice(&own);
                    self.0.push(Pair { own, given: tag.to_vec() });
                }
                None => text.extend_from_slice(tag),
            }
            rest = after;
        }
        text.extend_from_slice(rest);
        HeaderValue::from_bytes(&text).unwrap_or_else(|_| line.clone())
    }
}

/// What stands before the first tag, the tag, and the rest.
fn next_tag(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let quote = memchr::memchr(b'"', text)?;
    let length = memchr::memchr(b'"', &text[quote + 1..])?;
    let start = if text[..quote].ends_with(b"W/") { quote - 2 } else { quote };
    let (until, after) = text.split_at(quote + length + 2);
    let (before, tag) = until.split_at(start);
    Some((before, tag, after))
}

/// The service's tag behind one that was given out. Some clients leave out that it is weak.
fn own(tag: &[u8]) -> Option<Vec<u8>> {
    let opaque = tag.strip_prefix(b"W/").unwrap_or(tag).strip_suffix(b"\"")?;
    let plain = MARKS.iter().find_map(|mark| opaque.strip_suffix(*mark))?;
    Some([plain, b"\""].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn a_tag_that_was_given_out_comes_back_as_the_service_s_own() {
        for (sent, seen) in [
            (r#"W/"abc--gzip""#, r#""abc""#),
            (r#""abc--zstd""#, r#""abc""#),
            (r#"W/"a,b--gzip", "c",W/"d" , W/"e--zstd""#, r#""a,b", "c",W/"d" , "e""#),
            (r#"W/"--gzip""#, r#""""#),
            ("*", "*"),
            (r#"W/"abc""#, r#"W/"abc""#),
            (r#""abc--br""#, r#""abc--br""#),
            (r#""open--gzip"#, r#""open--gzip"#),
            ("abc--gzip", "abc--gzip"),
        ] {
            for name in ["if-match", "if-none-match"] {
                let mut request = headers(&[(name, sent), ("if-range", sent)]);

                let translated = translate(&mut request);

                assert_eq!(request[name], seen, "{sent}");
                assert_eq!(request["if-range"], sent);
                assert_eq!(translated.is_some(), sent != seen, "{sent}");
            }
        }
    }

    #[test]
    fn a_tag_that_was_sent_is_the_one_that_is_answered() {
        for (sent, own, answered) in [
            (r#""x", W/"abc--gzip""#, r#""abc""#, r#"W/"abc--gzip""#),
            (r#"W/"abc--gzip""#, r#""other""#, r#""other""#),
            (r#"W/"abc""#, r#""abc""#, r#"W/"abc""#),
            (r#""abc""#, r#""abc""#, r#""abc""#),
            (r#"W/"abc""#, r#"W/"abc""#, r#"W/"abc""#),
        ] {
            let mut request = headers(&[("if-none-match", sent)]);
            let translated = translate(&mut request);
            let mut response = headers(&[("etag", own)]);

            restore(translated.as_ref(), &request, &mut response);

            assert_eq!(response["etag"], answered, "{sent}");
        }
    }
}
