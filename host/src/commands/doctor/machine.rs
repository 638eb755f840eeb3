//! Checks of the machine: the toolchain, its compilation target, the cache, limits.
//!
//! Does not know services.

use std::path::Path;
use std::process::{Command, Stdio};

use semver::Version;

use super::diagnosis::{Diagnosis, Subject};
use super::fix::Fix;
use super::{Checked, Interrupted};
use crate::cli::ProcessEnv;
use crate::commands::build::target::{self, Library};
use crate::commands::cargo::{first_error, quiet};
use crate::commands::child::{self, Ended};
use crate::engine::{AMPLE_ADDRESS_SPACE, Cache, CacheState};
use crate::report::Status;

/// Oldest Rust that compiles the SDK: host and SDK have it in common.
const LEAST_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

const RUSTUP: &str = "install Rust with rustup from https://rustup.rs";

/// What a tool says to `--version`.
enum Tool {
    Missing,
    Fails(String),
    /// For example `1.95.0`.
    Version(String),
}

/// The compiler and cargo that are used in `directory`; `is_needed`: there is a crate for them.
pub(super) fn rust(directory: &Path, is_needed: bool) -> Checked {
    let mut versions = Vec::new();
    for name in ["rustc", "cargo"] {
        match tool(name, directory)? {
            Tool::Version(version) => versions.push(version),
            Tool::Missing => {
                let message = format!("`{name}` is not installed");
                let diagnosis = if is_needed {
                    Diagnosis::problem(Subject::Rust, Status::Failure, message)
                } else {
                    Diagnosis::warning(Subject::Rust, message)
                };
                return Ok(vec![diagnosis.help(RUSTUP)]);
            }
            Tool::Fails(reason) => {
                let message = format!("`{name}` does not work here: {reason}");
                let help = format!("run `rustup toolchain install` in `{}`", directory.display());
                let problem = Diagnosis::problem(Subject::Rust, Status::Failure, message);
                return Ok(vec![problem.help(help)]);
            }
        }
    }
    let (rustc, cargo) = (&versions[0], &versions[1]);
    if is_too_old(rustc) {
        let message = format!("rustc {rustc} is too old: the SDK needs {LEAST_RUST} or newer");
        let problem = Diagnosis::problem(Subject::Rust, Status::Failure, message);
        return Ok(vec![problem.help(
            "run `rustup update`, or change the version in `rust-toolchain.toml` if there is one",
        )]);
    }
    Ok(vec![Diagnosis::ok(Subject::Rust, format!("rustc {rustc}, cargo {cargo}"))])
}

fn is_too_old(rustc: &str) -> bool {
    let least = Version::parse(&format!("{LEAST_RUST}.0"));
    let (Ok(mut version), Ok(least)) = (Version::parse(rustc), least) else { return false };
    // A nightly has what its release will have, or nearly so.
    version.pre = semver::Prerelease::EMPTY;
    version < least
}

/// What installs toolchains and targets.
pub(super) fn rustup(directory: &Path) -> Checked {
    Ok(match tool("rustup", directory)? {
        Tool::Version(version) => {
            vec![Diagnosis::ok(Subject::Rustup, format!("version {version}"))]
        }
        Tool::Missing => {
            let message = "`rustup` is not installed: the toolchain must bring its targets itself";
            vec![Diagnosis::warning(Subject::Rustup, message).help(RUSTUP)]
        }
        Tool::Fails(reason) => {
            vec![Diagnosis::warning(Subject::Rustup, format!("`rustup` does not work: {reason}"))]
        }
    })
}

/// The compilation target for the toolchain that is used in `directory`.
pub(super) fn target(directory: &Path) -> Checked {
    let message = match target::library(directory, quiet) {
        Library::Interrupted(signal) => return Err(Interrupted(signal)),
        Library::Present => {
            let message = format!("`{}` is installed", target::NAME);
            return Ok(vec![Diagnosis::ok(Subject::Target, message)]);
        }
        Library::Missing => format!("`{}` is not installed", target::NAME),
        Library::Unknown => format!("this toolchain does not know `{}`", target::NAME),
    };
    let has_rustup = matches!(tool("rustup", directory)?, Tool::Version(_));
    let fix = has_rustup.then(|| Fix::InstallTarget { directory: directory.to_owned() });
    let help = if has_rustup {
        format!("run `{}` in `{}`", target::INSTALL, directory.display())
    } else {
        format!("{RUSTUP}, or add the target's standard library to the toolchain")
    };
    let problem = Diagnosis::problem(Subject::Target, Status::Failure, message);
    Ok(vec![problem.help(help).fix(fix)])
}

/// Where compiled components are kept.
pub(super) fn cache(env: &ProcessEnv) -> Vec<Diagnosis> {
    let Some(directory) = &env.cache_directory else {
        let message = "the environment names no place for compiled components, they are not kept";
        let help = "set `MIKROS_HOST_CACHE` to a directory";
        return vec![Diagnosis::warning(Subject::Cache, message).help(help)];
    };
    let path = directory.display();
    let warning = |message| Diagnosis::warning(Subject::Cache, message);
    vec![match Cache::examine(directory) {
        Ok(CacheState::Usable) => Diagnosis::ok(Subject::Cache, format!("`{path}` is usable")),
        Ok(CacheState::Missing) => warning(format!("`{path}` is missing"))
            .help("it is made when a component is compiled, if that is possible")
            .fix(Some(Fix::CreateCache { directory: directory.clone() })),
        Ok(CacheState::Distrusted(distrust)) => {
            warning(format!("`{path}` is not used: {distrust}")).help(distrust.help(directory))
        }
        Ok(CacheState::ReadOnly) => {
            warning(format!("`{path}` cannot be written: what is in it is used, the rest compiled"))
                .help(format!("run `chmod u+wx {path}`, if it is to be written here"))
        }
        Ok(CacheState::Full) => {
            warning(format!("`{path}` has no room for compiled components: the disk is full"))
                .help("make room, or set `MIKROS_HOST_CACHE` to a directory on another disk")
        }
        Err(error) => warning(format!("`{path}` cannot be used: {error}"))
            .help("set `MIKROS_HOST_CACHE` to another directory"),
    }]
}

/// A limit of address space, if there is one that concerns the host.
pub(super) fn address_space() -> Vec<Diagnosis> {
    let limit = crate::machine::address_space().filter(|limit| *limit < AMPLE_ADDRESS_SPACE);
    let warn = |limit: u64| {
        let message = format!(
            "address space is limited to {} MiB: components run slower, with room for few instances",
            limit >> 20
        );
        let help = format!("raise it with `ulimit -v`, to {} or more", AMPLE_ADDRESS_SPACE >> 10);
        Diagnosis::warning(Subject::Memory, message).help(help)
    };
    limit.map(warn).into_iter().collect()
}

fn tool(name: &str, directory: &Path) -> Result<Tool, Interrupted> {
    let mut command = Command::new(name);
    command.arg("--version").current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    quiet(&mut command);
    Ok(match child::wait(command) {
        Err(_) => Tool::Missing,
        Ok(Ended::Interrupted(signal)) => return Err(Interrupted(signal)),
        Ok(Ended::Exited(output)) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            let version = text.split_whitespace().nth(1).unwrap_or("of an unknown version");
            Tool::Version(version.to_owned())
        }
        Ok(Ended::Exited(output)) => {
            Tool::Fails(first_error(&String::from_utf8_lossy(&output.stderr)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::is_too_old;

    #[test]
    fn a_compiler_is_as_old_as_its_release() {
        for version in ["1.95.0", "1.95.0-nightly", "1.100.2", "2.0.0", "of an unknown version"] {
            assert!(!is_too_old(version), "{version}");
        }
        for version in ["1.94.9", "1.80.0", "0.12.0"] {
            assert!(is_too_old(version), "{version}");
        }
    }
}
