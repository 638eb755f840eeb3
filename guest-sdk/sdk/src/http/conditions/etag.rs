//! Tags of versions: RFC 9110 §8.8.3.
//! Deliberately compares texts: what a tag means is the service's to know.

use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hasher as _};

/// The tag of one version of something.
///
/// A strong tag stands for these very bytes, a weak one (`W/"…"`) for a version that means the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// The tag of these very bytes, for example a version number or a hash.
    pub fn strong(text: impl AsRef<str>) -> Self {
        Self(quoted("", text.as_ref()))
    }

    /// The tag of everything that means the same.
    pub fn weak(text: impl AsRef<str>) -> Self {
        Self(quoted("W/", text.as_ref()))
    }

    /// A strong tag made of the length and a hash of `bytes`, which protects against accidents and not against
    /// somebody who looks for two contents with one tag.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        Self(format!("\"{:x}-{:x}\"", bytes.len(), hasher.finish()))
    }

    /// As it is in a header field, with its quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Strong comparison with a tag of a request.
    pub(super) fn is(&self, tag: &str) -> bool {
        self.0 == tag && !tag.starts_with("W/")
    }

    /// Weak comparison with a tag of a request.
    pub(super) fn is_like(&self, tag: &str) -> bool {
        opaque(&self.0) == opaque(tag)
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// What a tag cannot contain is written as `%` and its code, so that different texts stay different.
fn quoted(prefix: &str, text: &str) -> String {
    let mut tag = format!("{prefix}\"");
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'"' && byte != b'%' {
            tag.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(tag, "%{byte:02X}");
        }
    }
    tag.push('"');
    tag
}

/// Whether a list of tags has one that fits. `*` stands for whatever there is.
///
/// Commas are allowed inside of quotes, so the list cannot simply be split.
pub(super) fn any_of(list: &str, fits: impl Fn(&str) -> bool) -> bool {
    let mut rest = list.trim();
    if rest == "*" {
        return true;
    }
    while let Some(start) = rest.find('"') {
        let Some(length) = rest[start + 1..].find('"') else { return false };
        let end = start + 1 + length + 1;
        let is_weak = rest[..start].ends_with("W/");
        let start = if is_weak { start - 2 } else { start };
        if fits(&rest[start..end]) {
            return true;
        }
        rest = &rest[end..];
    }
    false
}
