//! Durations and sizes as text: `1m30s`, `256MiB`.
//!
//! Does not know which keys hold them, nor their limits.

use std::time::Duration;

/// Longest unit first; a duration names each unit at most once and in this order.
const DURATION_UNITS: [(&str, u64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const SIZE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// The same rule as [`parse_duration`], for the JSON Schema.
pub(super) const DURATION_PATTERN: &str =
    "(?=[0-9])([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?([0-9]+us)?([0-9]+ns)?";

/// The same rule as [`parse_size`], for the JSON Schema.
pub(super) const SIZE_PATTERN: &str = "[0-9]+(GiB|MiB|KiB|GB|MB|KB|B)";

/// For messages; what is rarely needed is left out.
pub(super) const SIZE_UNITS_IN_WORDS: &str = "`B`, `KiB`, `MiB`, `GiB`, `KB`, `MB` or `GB`";
pub(super) const DURATION_UNITS_IN_WORDS: &str = "`ms`, `s`, `m` or `h`";

/// Integers with units, for example `30s` or `1m30s`; `None` for anything else.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let mut total: u64 = 0;
    let mut rest = text;
    let mut units = DURATION_UNITS.as_slice();
    loop {
        let (number, after) = split_number(rest)?;
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let index = units.iter().position(|(unit, _)| *unit == &after[..end])?;
        total = total.checked_add(number.checked_mul(units[index].1)?)?;
        units = &units[index + 1..];
        rest = &after[end..];
        if rest.is_empty() {
            return Some(Duration::from_nanos(total));
        }
    }
}

/// One integer with a unit, for example `256MiB`; `None` for anything else.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_number(text)?;
    let (_, bytes) = SIZE_UNITS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*bytes)
}

/// The inverse of [`parse_duration`].
pub(super) fn format_duration(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let mut parts = Vec::new();
    for (unit, nanoseconds) in DURATION_UNITS {
        if rest >= nanoseconds {
            parts.push(format!("{}{unit}", rest / nanoseconds));
            rest %= nanoseconds;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.concat() }
}

/// The inverse of [`parse_size`], in the largest power of two that divides it.
pub(super) fn format_size(bytes: u64) -> String {
    let divides = |unit: u64| bytes >= unit && bytes.is_multiple_of(unit);
    let (name, unit) =
        SIZE_UNITS[..3].iter().copied().find(|(_, unit)| divides(*unit)).unwrap_or(("B", 1));
    format!("{}{name}", bytes / unit)
}

/// Digits at the front, at least one, and what follows them.
fn split_number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}
