//! `Range` of RFC 9110 §14.2: one range of bytes.
//! Deliberately ignores several ranges and other units, which HTTP allows: the client gets the whole.

use std::ops::Range;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Selected {
    /// The field is to be ignored.
    Whole,
    Part(Range<usize>),
    /// The range is well-formed and the content has nothing of it.
    Nothing,
}

/// The part of `length` bytes that a field selects.
pub(super) fn select(field: &str, length: usize) -> Selected {
    parse(field, length).unwrap_or(Selected::Whole)
}

fn parse(field: &str, length: usize) -> Option<Selected> {
    let (unit, ranges) = field.split_once('=')?;
    let (first, last) = ranges.trim().split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || ranges.contains(',') {
        return None;
    }
    if first.is_empty() {
        let suffix = number(last)?;
        let part = length.saturating_sub(suffix)..length;
        return Some(if part.is_empty() { Selected::Nothing } else { Selected::Part(part) });
    }
    let first = number(first)?;
    let last = if last.is_empty() { usize::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    let end = last.saturating_add(1).min(length);
    Some(if first < length { Selected::Part(first..end) } else { Selected::Nothing })
}

/// Digits only; a number that is too large lies beyond every content.
fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::Selected::{self, Nothing, Part, Whole};
    use super::select;

    #[test]
    fn one_range_of_bytes_selects_a_part() {
        let cases: [(&str, Selected); 14] = [
            ("bytes=0-4", Part(0..5)),
            ("bytes=5-", Part(5..10)),
            ("bytes=-3", Part(7..10)),
            ("bytes=-99", Part(0..10)),
            ("BYTES=9-999999999999999999999999", Part(9..10)),
            ("bytes=10-", Nothing),
            ("bytes=-0", Nothing),
            ("bytes=4-2", Whole),
            ("bytes=0-1,3-4", Whole),
            ("items=0-1", Whole),
            ("bytes=-", Whole),
            ("bytes=+1-2", Whole),
            ("bytes", Whole),
            ("bytes=a-b", Whole),
        ];
        for (field, expected) in cases {
            assert_eq!(select(field, 10), expected, "{field}");
        }
        assert_eq!(select("bytes=0-", 0), Nothing);
    }
}
