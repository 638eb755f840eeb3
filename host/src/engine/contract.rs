//! Versions of the contract: which of them this host can work with.
//!
//! Does not know what is in the contract.

use semver::Version;

use crate::bindings::{PACKAGE, VERSION};

/// What a version of the contract is to this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Of the same track by the rules of the component model: what is used of it decides.
    Spoken,
    Older,
    Newer,
    /// It is not a version, or one before its release.
    Unknown,
}

impl Relation {
    pub(crate) fn of(version: &str) -> Self {
        Self::between(version, VERSION)
    }

    /// The rules by which wasmtime matches imports and exports: versions are compatible up to the first
    /// number that is not zero; `0.0.x` and versions before a release only with themselves.
    fn between(version: &str, own: &str) -> Self {
        let (Ok(version), Ok(own)) = (Version::parse(version), Version::parse(own)) else {
            return Self::Unknown;
        };
        if version == own
            || version.pre.is_empty() && track(&version).is_some_and(|one| Some(one) == track(&own))
        {
            Self::Spoken
        } else if !version.pre.is_empty() {
            Self::Unknown
        } else if version > own {
            Self::Newer
        } else {
            Self::Older
        }
    }
}

fn track(version: &Version) -> Option<(u64, u64)> {
    match (version.major, version.minor) {
        (0, 0) => None,
        (0, minor) => Some((0, minor)),
        (major, _) => Some((major, 0)),
    }
}

/// An import or export by its name: interface and version, when it is one of the contract.
pub(super) fn parse(name: &str) -> Option<(&str, &str)> {
    parse_in(PACKAGE, name)
}

/// The same for an interface of `package`.
pub(super) fn parse_in<'n>(package: &str, name: &'n str) -> Option<(&'n str, &'n str)> {
    let rest = name.strip_prefix(package)?.strip_prefix('/')?;
    Some(rest.split_once('@').unwrap_or((rest, "")))
}

/// Whether an interface that is asked for by the name `wanted` may be the one with the name `offered`, by
/// the rules by which wasmtime matches them.
pub(super) fn is_compatible(wanted: &str, offered: &str) -> bool {
    if wanted == offered {
        return true;
    }
    let versions = |name: &str| name.split_once('@').map(|(_, version)| Version::parse(version));
    let bare = |name: &str| name.split('@').next() == offered.split('@').next();
    match (versions(wanted), versions(offered)) {
        (Some(Ok(wanted_version)), Some(Ok(offered_version))) => {
            bare(wanted)
                && wanted_version.pre.is_empty()
                && offered_version.pre.is_empty()
                && track(&wanted_version).is_some_and(|one| Some(one) == track(&offered_version))
        }
        _ => false,
    }
}

/// The version of those that this host speaks, when it is newer than the host's own.
pub(super) fn newer_than_own<'a>(names: impl IntoIterator<Item = &'a String>) -> Option<Version> {
    let own = Version::parse(VERSION).ok()?;
    let versions = names.into_iter().filter_map(|name| Version::parse(parse(name)?.1).ok());
    versions.filter(|version| *version > own).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(version: &str, own: &str, expected: Relation) {
        assert_eq!(Relation::between(version, own), expected, "{version} for {own}");
    }

    #[test]
    fn a_track_ends_with_the_first_number_that_is_not_zero() {
        for version in ["0.1.0", "0.1.9", "0.1.3+build"] {
            is(version, "0.1.3", Relation::Spoken);
        }
        is("0.2.0", "0.1.3", Relation::Newer);
        is("1.0.0", "0.1.3", Relation::Newer);
        is("0.0.9", "0.1.3", Relation::Older);
        is("1.9.0", "1.2.3", Relation::Spoken);
        is("2.0.0", "1.2.3", Relation::Newer);
        is("0.1.0", "1.2.3", Relation::Older);
        is("0.0.2", "0.0.2", Relation::Spoken);
        is("0.0.1", "0.0.2", Relation::Older);
    }

    #[test]
    fn what_is_no_release_is_compatible_with_nothing_else() {
        is("0.1.0-rc.1", "0.1.0", Relation::Unknown);
        is("0.1.0-rc.1", "0.1.0-rc.1", Relation::Spoken);
        is("", "0.1.0", Relation::Unknown);
        is("one", "0.1.0", Relation::Unknown);
    }

    #[test]
    fn names_of_the_contract_are_taken_apart() {
        assert_eq!(parse("mikros:service/http@0.2.0"), Some(("http", "0.2.0")));
        assert_eq!(parse("mikros:service/http"), Some(("http", "")));
        assert_eq!(parse("mikros:services/http@0.1.0"), None);
        assert_eq!(parse("wasi:http/types@0.2.0"), None);
    }

    #[test]
    fn a_newer_version_of_the_same_track_is_known() {
        let names = ["mikros:service/call@0.2.0", "mikros:service/env@0.2.7", "wasi:io/poll@0.2.6"]
            .map(str::to_owned);

        assert_eq!(newer_than_own(&names), Some(Version::new(0, 2, 7)));
        assert_eq!(newer_than_own(&names[..1]), None);
    }
}
