//! The deadline that a client sets: the header `grpc-timeout`.

use std::time::Duration;

use http::HeaderMap;

/// Longest deadline that is kept; further ones are as good as none.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// The header's value; `None` when there is none.
///
/// # Errors
/// When it is not one to eight digits and a unit.
pub(super) fn of_request(headers: &HeaderMap) -> Result<Option<Duration>, Malformed> {
    let Some(value) = headers.get("grpc-timeout") else { return Ok(None) };
    parse(value.as_bytes()).ok_or(Malformed).map(|timeout| Some(timeout.min(LONGEST)))
}

/// The header is not what the protocol says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

fn parse(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if !(1..=8).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(match unit {
        b'H' => Duration::from_secs(number * 3600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_counts() {
        let seconds = |value: &[u8]| parse(value).map(|timeout| timeout.as_secs_f64());

        assert_eq!(seconds(b"1H"), Some(3600.0));
        assert_eq!(seconds(b"2M"), Some(120.0));
        assert_eq!(seconds(b"3S"), Some(3.0));
        assert_eq!(seconds(b"4m"), Some(0.004));
        assert_eq!(seconds(b"5u"), Some(0.000_005));
        assert_eq!(parse(b"99999999n"), Some(Duration::from_nanos(99_999_999)));
    }

    #[test]
    fn everything_else_is_malformed() {
        for value in [&b""[..], b"S", b"1", b"1s", b"-1S", b"+1S", b"123456789S", b"1.5S"] {
            assert_eq!(parse(value), None, "{value:?}");
        }
    }
}
