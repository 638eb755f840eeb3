//! The levels of the log that a key goes through.
//!
//! Does not know what is logged.

use crate::telemetry::Level;

/// One level after the other, then what was there first.
pub(super) fn next(level: Option<Level>, first: Option<Level>) -> Option<Level> {
    match level {
        None => Some(Level::Info),
        Some(Level::Info) => Some(Level::Warn),
        Some(Level::Warn) => Some(Level::Error),
        Some(Level::Error | Level::Fatal) => Some(Level::Debug),
        Some(Level::Debug | Level::Internal) => first.and(Some(Level::Info)),
    }
}

/// `None`: as it is at first when nobody has typed one.
pub(super) fn name(level: Option<Level>) -> String {
    match level {
        Some(level) => format!("{level}, of the service and the host"),
        None => "as `[log] level` says, of the host warnings and errors".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(first: Option<Level>) -> Vec<String> {
        let mut levels = vec![first];
        while levels.len() == 1 || levels.last() != Some(&first) {
            levels.push(next(levels[levels.len() - 1], first));
        }
        levels.into_iter().map(name).collect()
    }

    #[test]
    fn every_level_comes_and_the_first_one_comes_back() {
        expect_test::expect![[r"
            as `[log] level` says, of the host warnings and errors
            info, of the service and the host
            warn, of the service and the host
            error, of the service and the host
            debug, of the service and the host
            as `[log] level` says, of the host warnings and errors"]]
        .assert_eq(&round(None).join("\n"));
        assert_eq!(round(Some(Level::Warn)).len(), 5);
    }
}
