//! Metadata: what goes with a request or an answer besides messages.
//! Deliberately keeps the lines that the host hands over or takes, and reads only what is asked for.

mod check;

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

pub use check::InvalidMetadata;
use check::{check_binary_name, check_name, check_text_name, check_value};

use crate::http::lines;

/// Padding is written by some and not by others.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where callers put what belongs to the context of a Mikros service.
const SERVICE_CONTEXT: &str = "service-context-";

/// Names with their values, in order. A name may occur several times; its case does not matter.
///
/// Values are visible ASCII. Names that end in `-bin` have bytes as values instead, which have
/// functions of their own here.
///
/// ```
/// use mikros_sdk::grpc::Metadata;
///
/// # fn main() -> Result<(), mikros_sdk::grpc::InvalidMetadata> {
/// let mut metadata = Metadata::new();
/// metadata.insert("x-region", "eu")?;
/// metadata.append_bin("x-proof-bin", [0, 255])?;
///
/// assert_eq!(metadata.get("X-Region"), Some("eu"));
/// assert_eq!(metadata.get_bin("x-proof-bin"), Some(vec![0, 255]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `name: value` and CR LF for each entry; names in lower case.
    lines: Vec<u8>,
}

impl Metadata {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what the host hands over.
    pub(crate) fn from_lines(lines: Vec<u8>) -> Self {
        Self { lines }
    }

    /// What a service may set of these fields; those of the transport are left out.
    #[cfg(feature = "tonic")]
    pub(crate) fn from_headers(headers: &::http::HeaderMap) -> Self {
        let mut metadata = Self::new();
        for (name, value) in headers {
            let name = name.as_str();
            if check_name(name).is_ok()
                && let Ok(value) = value.to_str()
            {
                metadata.push(name, value);
            }
        }
        metadata
    }

    /// The same as fields.
    #[cfg(feature = "tonic")]
    pub(crate) fn to_headers(&self) -> ::http::HeaderMap {
        lines::to_map(&self.lines)
    }

    /// As the host takes it.
    pub(crate) fn into_lines(self) -> Vec<u8> {
        self.lines
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// All values of `name`.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let entries = self.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        entries.map(|(_, value)| value)
    }

    /// The first value of `name`, which ends in `-bin`. `None` also when it is not the base64 that
    /// it should be.
    pub fn get_bin(&self, name: &str) -> Option<Vec<u8>> {
        self.get_all_bin(name).next()
    }

    /// All values of `name`, which ends in `-bin`. What is not base64 is left out.
    pub fn get_all_bin<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Vec<u8>> {
        // The specification lets anyone on the way join several values by commas.
        let values = self.get_all(name).flat_map(|value| value.split(','));
        let is_binary = has_binary_suffix(name);
        values.filter(move |_| is_binary).filter_map(|value| BASE64.decode(value.trim_ascii()).ok())
    }

    /// All names, which are in lower case, and values in their order. Values of names that end in
    /// `-bin` are base64 here.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_text = |(name, value)| Some((name, std::str::from_utf8(value).ok()?));
        lines::read(&self.lines).filter_map(is_text)
    }

    /// The entries whose names start with `service-context-`, without this prefix: what a Mikros
    /// service tells about itself and its context, for example `caller`.
    pub fn service_context(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter_map(|(name, value)| Some((name.strip_prefix(SERVICE_CONTEXT)?, value)))
    }

    /// Sets the value of `name`, replacing what it was. Blanks around a value do not arrive.
    ///
    /// # Errors
    ///
    /// The name is not made of letters, digits, `-`, `_` and `.`, ends in `-bin`, or is the host's
    /// to set; or the value is not visible ASCII. Nothing is changed then.
    pub fn insert(&mut self, name: &str, value: impl AsRef<str>) -> Result<(), InvalidMetadata> {
        check_text(name, value.as_ref())?;
        self.remove(name);
        self.push(name, value.as_ref());
        Ok(())
    }

    /// Adds a value next to those that `name` has.
    ///
    /// # Errors
    ///
    /// As [`Metadata::insert`].
    pub fn append(&mut self, name: &str, value: impl AsRef<str>) -> Result<(), InvalidMetadata> {
        check_text(name, value.as_ref())?;
        self.push(name, value.as_ref());
        Ok(())
    }

    /// Sets the value of `name`, replacing what it was.
    ///
    /// # Errors
    ///
    /// As [`Metadata::append_bin`].
    pub fn insert_bin(
        &mut self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidMetadata> {
        check_binary_name(name)?;
        self.remove(name);
        self.push(name, &BASE64.encode(value));
        Ok(())
    }

    /// Adds a value next to those that `name` has.
    ///
    /// # Errors
    ///
    /// The name does not end in `-bin`, is not made of letters, digits, `-`, `_` and `.`, or is the
    /// host's to set. Nothing is changed then.
    pub fn append_bin(
        &mut self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidMetadata> {
        check_binary_name(name)?;
        self.push(name, &BASE64.encode(value));
        Ok(())
    }

    /// Removes all values of `name`.
    pub fn remove(&mut self, name: &str) {
        if self.get(name).is_none() {
            return;
        }
        let mut kept = Self::new();
        for (key, value) in self.iter() {
            if !key.eq_ignore_ascii_case(name) {
                kept.push(key, value);
            }
        }
        *self = kept;
    }

    /// Adds all entries of `other`.
    pub fn extend(&mut self, other: &Self) {
        self.lines.extend_from_slice(&other.lines);
    }

    /// Writes a line of checked parts.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.lines.reserve(name.len() + value.len() + 4);
        self.lines.extend(name.bytes().map(|byte| byte.to_ascii_lowercase()));
        self.lines.extend_from_slice(b": ");
        self.lines.extend_from_slice(value.as_bytes());
        self.lines.extend_from_slice(b"\r\n");
    }
}

fn check_text(name: &str, value: &str) -> Result<(), InvalidMetadata> {
    check_name(name)?;
    check_text_name(name)?;
    check_value(name, value)
}

fn has_binary_suffix(name: &str) -> bool {
    name.len()
        .checked_sub(4)
        .is_some_and(|start| name.as_bytes()[start..].eq_ignore_ascii_case(b"-bin"))
}

/// Names only: values may be secrets.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
