//! The compilation target that Rust needs to make components: whether it is there, how to get it.
//!
//! Does not know the service's build command beyond whether it names the target, nor who runs the
//! programs.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use super::super::child::{self, Ended};
use super::{BuildError, Outcome};

/// The only target of which the Rust compiler makes components by itself.
pub(in crate::commands) const NAME: &str = "wasm32-wasip2";

pub(in crate::commands) const INSTALL: &str = "rustup target add wasm32-wasip2";

/// What the user reads before the target is installed.
pub(in super::super) const NOTICE: &str = "the target `wasm32-wasip2` is not installed, installing it: \
     rustup target add wasm32-wasip2\n";

/// Whether a build command works only with the target installed: it names it, and does not compile
/// the standard library by itself.
pub(super) fn is_needed(build: &str) -> bool {
    build.contains(NAME) && !build.contains("build-std")
}

/// Asks the toolchain that is used in `directory` where the target's standard library would be.
pub(in super::super) fn question(directory: &Path) -> Command {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", NAME]).current_dir(directory);
    rustc
}

/// The target's standard library in the toolchain that is used in a directory.
pub(in crate::commands) enum Library {
    Present,
    Missing,
    /// There is no `rustc`, or it does not say.
    Unknown,
    Interrupted(u8),
}

/// Asks `rustc`, after `prepare` has had a look at the command.
pub(in crate::commands) fn library(
    directory: &Path,
    prepare: impl FnOnce(&mut Command),
) -> Library {
    let mut rustc = question(directory);
    prepare(&mut rustc);
    rustc.stdin(Stdio::null()).stdout(Stdio::piped());
    match child::wait(rustc) {
        Ok(Ended::Interrupted(signal)) => Library::Interrupted(signal),
        Ok(Ended::Exited(output)) if is_missing(output.status, &output.stdout) => Library::Missing,
        Ok(Ended::Exited(output)) if output.status.success() => Library::Present,
        Ok(Ended::Exited(_)) | Err(_) => Library::Unknown,
    }
}

/// Whether the target is certainly missing, by the answer to [`question`].
///
/// Without an answer (no `rustc`, an old one) it is left to the build, whose own message will be
/// better. Only the answer's last line counts: `rustup` tells on the way that it gets a toolchain.
pub(in super::super) fn is_missing(status: ExitStatus, answer: &[u8]) -> bool {
    let answer = String::from_utf8_lossy(answer);
    let directory = answer.trim_end().lines().next_back().unwrap_or_default();
    status.success() && !holds_library(Path::new(directory.trim()))
}

/// An empty directory stays behind when a target is removed.
fn holds_library(directory: &Path) -> bool {
    let mut entries = directory.read_dir().into_iter().flatten().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Gets the target for the toolchain that is used in `directory`.
pub(in super::super) fn installation(directory: &Path) -> Command {
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", NAME]).current_dir(directory);
    rustup
}

/// Whether [`installation`] has done its work. What it printed is already seen.
pub(in super::super) fn judge(status: ExitStatus, directory: &Path) -> Result<(), BuildError> {
    if status.success() {
        return Ok(());
    }
    Err(BuildError::InstallTarget {
        outcome: Outcome(status),
        help: format!(
            "run `{INSTALL}` in `{}` when this machine has network access",
            directory.display()
        ),
    })
}

/// There is no `rustup`, or it cannot be started.
pub(in super::super) fn cannot_start(source: io::Error) -> BuildError {
    BuildError::SpawnRustup {
        source,
        help: format!(
            "install Rust with rustup and run `{INSTALL}`, or add the standard library for \
             `{NAME}` to the toolchain in use"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_build_that_names_the_target_needs_it() {
        assert!(is_needed("cargo build --release --target wasm32-wasip2"));
        assert!(!is_needed("cargo build -Z build-std --target wasm32-wasip2"));
        assert!(!is_needed("make component"));
    }

    #[test]
    fn a_toolchain_that_was_got_on_the_way_is_no_answer() {
        let success = ExitStatus::default();
        let library = std::env::temp_dir().join(format!("mikros-libdir-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&library).unwrap();
        let answer = format!("info: syncing channel updates\n{}\n", library.display());

        assert!(is_missing(success, answer.as_bytes()));
        std::fs::write(library.join("libstd-1.rlib"), "").unwrap();
        assert!(!is_missing(success, answer.as_bytes()));

        std::fs::remove_dir_all(library).unwrap();
    }
}
