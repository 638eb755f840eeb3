//! Secrets that callers must know, kept as digests.
//!
//! Does not know what they are secrets of.

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::flaw::Flaws;
use super::settings::Secret;

/// The SHA-256 of a text. All are equally long, so a comparison tells nothing, not even a length.
#[derive(Clone, Copy)]
pub(super) struct Digest([u8; 32]);

impl Digest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Takes the same time whatever the two are.
    pub(super) fn is(&self, other: &Self) -> Choice {
        // All bytes at once: `subtle` would take 80 ns to look at one after the other.
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(0_u8, |difference, (one, two)| difference | (one ^ two)).ct_eq(&0)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 hexadecimal digits.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = u8::try_from(high << 4 | low).ok()?;
        }
        Some(Self(bytes))
    }
}

/// Where in the settings a secret stands, and how short it may be.
pub(super) struct Slot<'a> {
    /// The table: `api_keys[0]`.
    pub(super) table: &'a str,
    /// The key of the secret itself; that of its digest has `_sha256` at its end.
    pub(super) key: &'static str,
    /// In bytes.
    pub(super) shortest: usize,
    pub(super) carrier: Carrier,
}

/// How requests carry a secret, which decides what can be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// As the value of a header: RFC 9110 section 5.5.
    Header,
    /// As a part of the credentials of RFC 7617, which excludes control characters.
    Basic,
}

/// Where line ends of secrets come from.
pub(super) const LINE_END: &str = "a variable or a file that was written with `echo` or an editor has one at its end: write it with \
                                   `printf %s`, or remove it";

impl Carrier {
    /// Why no request can have this text: the rest of a sentence that begins with the key, and what to do.
    pub(super) fn refuses(self, text: &str) -> Option<(&'static str, Option<&'static str>)> {
        let is_blank = |character| matches!(character, ' ' | '\t');
        let is_odd = |character: char| {
            character.is_ascii_control() && !(self == Self::Header && character == '\t')
        };
        if text.ends_with(['\n', '\r']) {
            Some(("must not end in a line end, which no request can have there", Some(LINE_END)))
        } else if text.starts_with('\u{feff}') {
            Some(("must not begin with a byte order mark", None))
        } else if text.contains(is_odd) {
            Some((
                "must not have line ends and control characters, which no request can have",
                None,
            ))
        } else if self == Self::Header && (text.starts_with(is_blank) || text.ends_with(is_blank)) {
            Some(("must not begin or end with a blank, which no header can have there", None))
        } else {
            None
        }
    }
}

impl Slot<'_> {
    /// The digest of a secret that is given as it is, or by its digest.
    pub(super) fn digest(
        &self,
        plain: Option<&Secret>,
        hashed: Option<&Secret>,
        flaws: &mut Flaws,
    ) -> Option<Digest> {
        let Self { table, key, shortest, carrier } = self;
        match (plain, hashed) {
            (Some(Secret(text)), None) if text.len() < *shortest => {
                let message = format!("must have at least {shortest} bytes");
                flaws.note(format!("{table}.{key}"), message);
                None
            }
            (Some(Secret(text)), None) => {
                if let Some((message, help)) = carrier.refuses(text) {
                    flaws.add(format!("{table}.{key}"), message, help);
                    return None;
                }
                Some(Digest::of(text.as_bytes()))
            }
            (None, Some(Secret(text))) => {
                let digest = Digest::parse(text);
                if digest.is_none() {
                    let message = "must be a SHA-256: 64 hexadecimal digits";
                    flaws.note(format!("{table}.{key}_sha256"), message);
                }
                digest
            }
            _ => {
                flaws.note(*table, format_args!("must have either `{key}` or `{key}_sha256`"));
                None
            }
        }
    }
}
