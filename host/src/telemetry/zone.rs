//! Time zones: those of the machine, and a copy in this binary for machines that have none.
//!
//! Does not know what a zone is wanted for.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Where a machine says its zone when `TZ` does not.
const LINK: &str = "/etc/localtime";

/// Longest part of `TZ` that is shown, in characters.
const SHOWN: usize = 64;

/// A zone that was asked for and cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ZoneError {
    /// The variable `TZ`, fit to be shown.
    #[error("`TZ` is `{0}`, which is not a known time zone")]
    Variable(String),
    /// The file that says it, and what it points to.
    #[error("`{LINK}` does not point to a known time zone{}", target(.0.as_deref()))]
    Link(Option<PathBuf>),
}

fn target(target: Option<&Path>) -> String {
    target.map(|target| format!(": it points to `{}`", target.display())).unwrap_or_default()
}

impl ZoneError {
    /// What to write instead.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Variable(_) => {
                "for example `TZ=Europe/Berlin`; a rule has the days of both changes, as in \
                 `TZ=CET-1CEST,M3.5.0,M10.5.0/3`"
            }
            Self::Link(_) => "set `TZ`, for example `TZ=Europe/Berlin`",
        }
    }
}

/// The zone of this name, for example `Europe/Berlin`.
pub(crate) fn named(name: &str) -> Option<TimeZone> {
    // The machine's zones are newer than ours, or they are not complete.
    TimeZone::get(name).or_else(|_unknown| TimeZoneDatabase::bundled().get(name)).ok()
}

/// The zone of the machine: what `TZ` says, or else `/etc/localtime`. A machine that says nothing is in UTC.
///
/// # Errors
/// [`ZoneError`] when it says something else than a zone that there is.
pub(crate) fn local() -> Result<TimeZone, ZoneError> {
    if let Ok(zone) = TimeZone::try_system() {
        return Ok(zone);
    }
    #[expect(clippy::disallowed_methods, reason = "only to say what the library has read there")]
    let variable = std::env::var_os("TZ");
    match variable {
        Some(value) => of_variable(&value),
        None => of_link(Path::new(LINK)),
    }
}

/// What `TZ` says, in the cases that the library gives up on.
fn of_variable(value: &OsStr) -> Result<TimeZone, ZoneError> {
    let text = value.to_string_lossy();
    let zone = named(text.strip_prefix(':').unwrap_or(&text));
    zone.ok_or_else(|| ZoneError::Variable(text.escape_debug().take(SHOWN).collect()))
}

fn of_link(link: &Path) -> Result<TimeZone, ZoneError> {
    if fs::symlink_metadata(link).is_err() {
        return Ok(TimeZone::UTC);
    }
    let target = fs::read_link(link).ok();
    let name = target.as_deref().and_then(Path::to_str);
    let name = name.and_then(|target| Some(target.rsplit_once("zoneinfo/")?.1));
    name.and_then(named).ok_or(ZoneError::Link(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_names_no_zone_is_told_and_never_utc() {
        for (value, shown) in [
            ("Europe/Berln", "Europe/Berln"),
            ("CET-1CEST", "CET-1CEST"),
            ("/nonexist/Tokyo", "/nonexist/Tokyo"),
            ("5 o\nclock", "5 o\\nclock"),
        ] {
            let error = of_variable(OsStr::new(value)).unwrap_err();

            assert_eq!(
                error.to_string(),
                format!("`TZ` is `{shown}`, which is not a known time zone")
            );
        }
        assert_eq!(of_variable(OsStr::new(":Asia/Tokyo")), Ok(named("Asia/Tokyo").unwrap()));
    }

    #[test]
    fn a_link_to_nowhere_is_told_and_one_that_is_not_there_means_utc() {
        let directory = std::env::temp_dir().join(format!("zones-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let link = directory.join("localtime");
        let linked_to = |target: &str| {
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(target, &link).unwrap();
            of_link(&link).map_err(|error| error.to_string())
        };

        assert_eq!(linked_to("/gone/zoneinfo/Asia/Tokyo"), Ok(named("Asia/Tokyo").unwrap()));
        assert_eq!(
            linked_to("/gone/zoneinfo/Mars/Olympus"),
            Err("`/etc/localtime` does not point to a known time zone: it points to \
                 `/gone/zoneinfo/Mars/Olympus`"
                .to_owned())
        );
        assert_eq!(of_link(&directory.join("nothing")), Ok(TimeZone::UTC));
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn zones_are_in_the_binary() {
        let zone = TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap();

        assert_eq!(zone.iana_name(), Some("Europe/Berlin"));
    }
}
