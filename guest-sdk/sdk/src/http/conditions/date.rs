//! Dates of HTTP: whole seconds.
//! Deliberately reads all three forms of RFC 9110 §5.6.7 and writes the first.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Times before 1970 are 1970.
pub(super) fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

pub(super) fn parse(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

pub(super) fn format(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}
