//! The compilation target that Rust needs to make components, installed when it is missing.
//!
//! Does not know the service's build command beyond whether it names the target.

use std::path::Path;
use std::process::{Command, Stdio};

use super::super::child::{self, Ended};
use super::{BuildError, Built, Outcome, to_stderr};
use crate::report;

/// The only target of which the Rust compiler makes components by itself.
pub(super) const NAME: &str = "wasm32-wasip2";

pub(super) const INSTALL: &str = "rustup target add wasm32-wasip2";

/// Whether a build command works only with the target installed: it names it, and does not compile
/// the standard library by itself.
pub(super) fn is_needed(build: &str) -> bool {
    build.contains(NAME) && !build.contains("build-std")
}

/// Installs the target for the toolchain that is used in `directory`, unless it is there.
pub(super) fn install(directory: &Path) -> Result<Built, BuildError> {
    match library(directory) {
        Library::Interrupted(signal) => return Ok(Built::Interrupted(signal)),
        Library::Missing => (),
        // What cannot be found out is left to the build, whose own message will be better.
        Library::Present | Library::Unknown => return Ok(Built::Component),
    }
    report::tell(format_args!("the target `{NAME}` is not installed, installing it: {INSTALL}\n"));
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", NAME]).current_dir(directory).stdin(Stdio::null());
    match to_stderr(&mut rustup).and_then(|()| child::wait(rustup)) {
        Ok(Ended::Interrupted(signal)) => Ok(Built::Interrupted(signal)),
        Ok(Ended::Exited(output)) if output.status.success() => Ok(Built::Component),
        Ok(Ended::Exited(output)) => Err(BuildError::InstallTarget {
            outcome: Outcome(output.status),
            help: format!(
                "run `{INSTALL}` in `{}` when this machine has network access",
                directory.display()
            ),
        }),
        Err(source) => Err(BuildError::SpawnRustup {
            source,
            help: format!(
                "install Rust with rustup and run `{INSTALL}`, or add the standard library for \
                 `{NAME}` to the toolchain in use"
            ),
        }),
    }
}

/// The target's standard library in the toolchain that is used in a directory.
enum Library {
    Present,
    Missing,
    /// There is no `rustc`, or it does not say.
    Unknown,
    Interrupted(u8),
}

fn library(directory: &Path) -> Library {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", NAME]).current_dir(directory);
    rustc.stdin(Stdio::null()).stdout(Stdio::piped());
    match child::wait(rustc) {
        Ok(Ended::Interrupted(signal)) => Library::Interrupted(signal),
        Ok(Ended::Exited(output)) if output.status.success() => {
            let path = String::from_utf8_lossy(&output.stdout);
            if holds_library(Path::new(path.trim())) { Library::Present } else { Library::Missing }
        }
        Ok(Ended::Exited(_)) | Err(_) => Library::Unknown,
    }
}

/// An empty directory stays behind when a target is removed.
fn holds_library(directory: &Path) -> bool {
    let mut entries = directory.read_dir().into_iter().flatten().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

#[cfg(test)]
mod tests {
    use super::is_needed;

    #[test]
    fn only_a_build_that_names_the_target_needs_it() {
        assert!(is_needed("cargo build --release --target wasm32-wasip2"));
        assert!(!is_needed("cargo build -Z build-std --target wasm32-wasip2"));
        assert!(!is_needed("make component"));
    }
}
