//! The environment of the process, read once.
//!
//! Does not know what a service does with its variables, nor whether a path leads anywhere.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use crate::definition::{AddressPolicy, LoadContext, Relocation, Variables};
use crate::extension::Extensions;

/// What the process gets from its environment rather than from its command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProcessEnv {
    /// What a service may ask for.
    pub variables: Variables,
    /// Names of variables whose values are not UTF-8. They are not in `variables`: nothing could
    /// hand them to a service unchanged.
    pub undecodable: Vec<String>,
    /// Source: `MIKROS_CONFIG`.
    pub service: Option<PathBuf>,
    /// Where compiled components are kept; `None`: the environment names no place.
    ///
    /// Source: `MIKROS_HOST_CACHE`, or else below `XDG_CACHE_HOME` or `HOME`.
    pub cache_directory: Option<PathBuf>,
    /// Whether a terminal may be sent colours. Source: `NO_COLOR`, `TERM`.
    pub allows_colour: bool,
    /// Whether to look for changed files by the clock. Source: `MIKROS_HOST_POLL`.
    pub polls: bool,
    pub cargo: CargoVariables,
    /// This program, when the system can tell.
    pub program: Option<PathBuf>,
    /// Where builds write, as cargo has said; nothing of the environment's.
    pub relocation: Option<Relocation>,
    /// What this host is made of beside its built-in kinds; nothing of the environment's.
    pub extensions: Arc<Extensions>,
}

/// What cargo gets from the environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct CargoVariables {
    /// Whether it is told where to write. Source: `CARGO_TARGET_DIR`, `CARGO_BUILD_TARGET_DIR`.
    pub is_directed: bool,
    /// Where it has its configuration. Source: `CARGO_HOME`, or else below `HOME`.
    pub home: Option<PathBuf>,
}

impl ProcessEnv {
    pub(crate) fn of_process(extensions: Arc<Extensions>) -> Self {
        let program = std::env::current_exe().ok();
        Self { program, extensions, ..Self::from_variables(std::env::vars_os()) }
    }

    /// What definitions are read with.
    pub(crate) fn load_context(&self) -> LoadContext {
        let catalogue = self.extensions.catalogue().clone();
        let relocation = self.relocation.clone();
        let variables = self.variables.clone();
        LoadContext { variables, catalogue, relocation, address_policy: AddressPolicy::default() }
    }

    pub(super) fn from_variables(all: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut env = Self { allows_colour: true, ..Self::default() };
        let mut cache = CacheVariables::default();
        let mut decoded = Vec::new();
        for (name, value) in all {
            // Nobody can ask for a name that is not UTF-8.
            let Ok(name) = name.into_string() else { continue };
            // As everywhere, an empty variable is one that is not set.
            let path = Some(PathBuf::from(&value)).filter(|_| !value.is_empty());
            match name.as_str() {
                "MIKROS_CONFIG" => env.service = path,
                "MIKROS_HOST_CACHE" => cache.own = path,
                "XDG_CACHE_HOME" => cache.xdg = path,
                "HOME" => cache.home = path,
                "CARGO_HOME" => env.cargo.home = path,
                "CARGO_TARGET_DIR" | "CARGO_BUILD_TARGET_DIR" => {
                    env.cargo.is_directed |= path.is_some();
                }
                "MIKROS_HOST_POLL" => env.polls = is_yes(&value),
                "NO_COLOR" if !value.is_empty() => env.allows_colour = false,
                "TERM" if value == "dumb" => env.allows_colour = false,
                _ => (),
            }
            match value.into_string() {
                Ok(value) => decoded.push((name, value)),
                Err(_value) => env.undecodable.push(name),
            }
        }
        env.variables = decoded.into_iter().collect();
        let usual = cache.home.as_ref().map(|home| home.join(".cargo"));
        env.cargo.home = env.cargo.home.or(usual);
        env.cache_directory = cache.directory();
        env
    }
}

/// Any value but the usual ones for no.
fn is_yes(value: &OsStr) -> bool {
    !["", "0", "false", "no", "off"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

#[derive(Default)]
struct CacheVariables {
    own: Option<PathBuf>,
    xdg: Option<PathBuf>,
    home: Option<PathBuf>,
}

impl CacheVariables {
    fn directory(self) -> Option<PathBuf> {
        // By the XDG Base Directory Specification, relative paths in its variables are invalid.
        let xdg = self.xdg.filter(|path| path.is_absolute());
        let home = self.home.filter(|path| path.is_absolute()).map(|home| home.join(".cache"));
        self.own.or_else(|| Some(xdg.or(home)?.join("mikros-host")))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;
    use std::path::Path;

    use super::*;

    fn env(variables: &[(&str, &str)]) -> ProcessEnv {
        ProcessEnv::from_variables(
            variables.iter().map(|(name, value)| (name.into(), value.into())),
        )
    }

    #[track_caller]
    fn caches_in(variables: &[(&str, &str)], directory: Option<&str>) {
        assert_eq!(env(variables).cache_directory.as_deref(), directory.map(Path::new));
    }

    #[test]
    fn the_cache_is_in_the_first_place_that_is_named() {
        let home = ("HOME", "/home/ada");
        let xdg = ("XDG_CACHE_HOME", "/var/cache/ada");

        caches_in(&[home], Some("/home/ada/.cache/mikros-host"));
        caches_in(&[home, xdg], Some("/var/cache/ada/mikros-host"));
        caches_in(&[home, xdg, ("MIKROS_HOST_CACHE", "here")], Some("here"));
        caches_in(
            &[("HOME", "/home/ada"), ("XDG_CACHE_HOME", "cache")],
            Some("/home/ada/.cache/mikros-host"),
        );
        caches_in(&[home, ("MIKROS_HOST_CACHE", "")], Some("/home/ada/.cache/mikros-host"));
        caches_in(&[("HOME", "")], None);
        caches_in(&[], None);
    }

    #[test]
    fn a_value_that_is_not_utf8_is_left_out_and_named() {
        let broken = (OsString::from("BROKEN"), OsString::from_vec(vec![0xff]));
        let whole = (OsString::from("WHOLE"), OsString::from("1"));
        let nameless = (OsString::from_vec(vec![0xff]), OsString::from("1"));

        let env = ProcessEnv::from_variables([broken, whole, nameless]);

        assert_eq!(env.undecodable, ["BROKEN"]);
        let expected = [("WHOLE".to_owned(), "1".to_owned())].into_iter().collect();
        assert!(env.variables == expected);
    }

    #[test]
    fn a_path_need_not_be_utf8() {
        let path = OsString::from_vec(vec![b'/', 0xff]);

        let env = ProcessEnv::from_variables([("MIKROS_CONFIG".into(), path.clone())]);

        assert_eq!(env.service, Some(PathBuf::from(path)));
    }

    #[test]
    fn files_are_looked_at_by_the_clock_when_the_environment_asks_for_it() {
        let polls = |value| env(&[("MIKROS_HOST_POLL", value)]).polls;

        assert!(polls("1") && polls("true") && polls("2s"));
        assert!(!polls("") && !polls("0") && !polls("False") && !env(&[]).polls);
    }

    #[test]
    fn colours_are_allowed_unless_the_environment_says_otherwise() {
        assert!(env(&[("TERM", "xterm"), ("NO_COLOR", "")]).allows_colour);
        assert!(!env(&[("NO_COLOR", "0")]).allows_colour);
        assert!(!env(&[("TERM", "dumb")]).allows_colour);
    }
}
