//! What cargo says about the crate next to a `service.toml`.
//!
//! Does not know services, nor what is right for one.

mod artifact;
mod manifest;
mod relocation;
mod sdk;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{CrateType, Metadata, TargetKind};

pub(super) use self::manifest::with_cdylib;
pub(super) use self::relocation::relocated;
pub(super) use self::sdk::{SDK, Sdk};
use super::child::{self, Ended};
use crate::definition::Invocation;
use crate::text::harmless;

/// A crate, as far as it matters to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest: PathBuf,
    /// Where cargo writes, its own configuration and environment considered.
    pub(super) target_directory: PathBuf,
    pub(super) library: Option<Library>,
    /// Whether it has a `main`.
    pub(super) is_program: bool,
    pub(super) dependency: Option<Dependency>,
    /// What `cargo test` tests of it.
    pub(super) tested: Vec<Tested>,
}

/// A part of a crate that has tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tested {
    Library,
    Programs,
    Documentation,
    /// Those in `tests/`.
    Files,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Library {
    /// As in names of files.
    pub(super) name: String,
    pub(super) is_cdylib: bool,
}

/// That a crate depends on the SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dependency {
    /// Its directory, when it is not downloaded.
    path: Option<PathBuf>,
}

/// Why cargo has not said anything about a crate.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskCargoError {
    #[error("cannot start `cargo`")]
    Spawn { source: io::Error },
    #[error("cargo cannot read `{}`: {message}", manifest.display())]
    Refused { manifest: PathBuf, message: String },
    /// By a signal with this number.
    #[error("interrupted by signal {0}")]
    Interrupted(u8),
}

impl Package {
    /// The crate whose `Cargo.toml` is in `directory`; `None` when there is none.
    ///
    /// Downloads nothing and writes nothing.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>, AskCargoError> {
        let manifest = directory.join("Cargo.toml");
        let Ok(path) = manifest.canonicalize() else { return Ok(None) };
        let metadata = ask(&manifest, &["--no-deps", "--offline"])?;
        let is_it = |package: &&cargo_metadata::Package| {
            package.manifest_path.canonicalize().is_ok_and(|other| other == path)
        };
        // A workspace without a package of its own has a manifest too.
        let Some(package) = metadata.packages.iter().find(is_it) else { return Ok(None) };
        let is_of = |target: &cargo_metadata::Target, kinds: &[TargetKind]| {
            target.kind.iter().any(|kind| kinds.contains(kind))
        };
        let library = package.targets.iter().find(|target| is_of(target, &LIBRARIES));
        Ok(Some(Self {
            name: package.name.to_string(),
            manifest,
            target_directory: metadata.target_directory.into(),
            library: library.map(|target| Library {
                name: target.name.replace('-', "_"),
                is_cdylib: target.crate_types.contains(&CrateType::CDyLib),
            }),
            is_program: package.targets.iter().any(|target| is_of(target, &[TargetKind::Bin])),
            dependency: package
                .dependencies
                .iter()
                .find(|one| one.name == SDK)
                .map(|one| Dependency { path: one.path.clone().map(Into::into) }),
            tested: tested(package),
        }))
    }

    /// What `invocation`, run in `directory`, would make of the crate. After a build, [`Package::built`]
    /// knows it.
    pub(super) fn component(&self, invocation: &Invocation, directory: &Path) -> Option<PathBuf> {
        let library = &self.library.as_ref().filter(|_| invocation.is_for(&self.name))?.name;
        invocation.component(library, directory, &self.target_directory)
    }

    /// What the SDK is that the crate depends on; `None` when it does not, or when cargo would have to
    /// download or to write something to tell.
    pub(super) fn sdk(&self) -> Result<Option<Sdk>, AskCargoError> {
        if let Some(path) = self.dependency.as_ref().and_then(|one| one.path.as_deref()) {
            return Ok(Some(Sdk::at(path)));
        }
        match ask(&self.manifest, &["--locked", "--offline"]) {
            Ok(metadata) => Ok(Sdk::find(&metadata.packages)),
            Err(AskCargoError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What a crate calls a library.
const LIBRARIES: [TargetKind; 5] = [
    TargetKind::Lib,
    TargetKind::RLib,
    TargetKind::DyLib,
    TargetKind::CDyLib,
    TargetKind::StaticLib,
];

fn tested(package: &cargo_metadata::Package) -> Vec<Tested> {
    let mut tested = Vec::new();
    for target in &package.targets {
        let parts = match target.kind.first() {
            Some(TargetKind::Bin) => [target.test.then_some(Tested::Programs), None],
            Some(TargetKind::Test) => [target.test.then_some(Tested::Files), None],
            Some(TargetKind::Example | TargetKind::Bench | TargetKind::CustomBuild) | None => {
                continue;
            }
            Some(_) => [
                target.test.then_some(Tested::Library),
                target.doctest.then_some(Tested::Documentation),
            ],
        };
        tested.extend(parts.into_iter().flatten());
    }
    tested
}

/// Runs `cargo metadata` for the crate or workspace of a manifest.
fn ask(manifest: &Path, arguments: &[&str]) -> Result<Metadata, AskCargoError> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1"]).args(arguments);
    cargo.current_dir(super::directory_of(manifest)).stdin(Stdio::null());
    cargo.stdout(Stdio::piped()).stderr(Stdio::piped());
    quiet(&mut cargo);
    let output = match child::wait(cargo).map_err(|source| AskCargoError::Spawn { source })? {
        Ended::Interrupted(signal) => return Err(AskCargoError::Interrupted(signal)),
        Ended::Exited(output) => output,
    };
    let refused = |message| AskCargoError::Refused { manifest: manifest.to_owned(), message };
    if !output.status.success() {
        return Err(refused(first_error(&String::from_utf8_lossy(&output.stderr))));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| refused(error.to_string()))
}

/// Keeps tools from installing a toolchain only because they are asked something, and from colours.
pub(super) fn quiet(tool: &mut Command) {
    tool.env("RUSTUP_AUTO_INSTALL", "0").env("CARGO_TERM_COLOR", "never");
    tool.env_remove("RUST_BACKTRACE");
}

/// What a tool says is wrong, on one line.
pub(super) fn first_error(stderr: &str) -> String {
    const MOST: usize = 400;
    let from = stderr.lines().skip_while(|line| !line.starts_with("error"));
    let from = from.take_while(|line| !line.starts_with("help:"));
    // What cargo shows of a file makes no sense on one line.
    let is_excerpt = |line: &&str| {
        line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|')
    };
    let lines = from.map(str::trim).filter(|line| !line.is_empty() && !is_excerpt(line));
    let lines: Vec<_> = lines.map(|line| line.trim_start_matches("--> ")).collect();
    let text = match lines.as_slice() {
        [] => stderr.split_whitespace().collect::<Vec<_>>().join(" "),
        lines => lines.join(" "),
    };
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let end = if text.chars().nth(MOST).is_some() { "…" } else { "" };
    harmless(&text.chars().take(MOST).collect::<String>()) + end
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_error_of_cargo_is_one_line_without_what_it_shows_of_the_file() {
        let stderr = "warning: x\nerror: key with no value, expected `=`\n --> Cargo.toml:12:5\n   |\n\
                      12 | edition\n   |        ^\nhelp: y\n";

        let text = first_error(stderr);

        assert_eq!(text, "key with no value, expected `=` Cargo.toml:12:5");
    }

    #[test]
    fn a_crate_is_what_cargo_says_it_is() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/hello-http");

        let package = Package::read(&directory).unwrap().unwrap();

        let library = Library { name: "hello_http".to_owned(), is_cdylib: true };
        assert_eq!(
            (package.name.as_str(), package.library.as_ref()),
            ("hello-http", Some(&library))
        );
        assert!(package.dependency.is_some() && !package.is_program);
        let sdk = package.sdk().unwrap().expect("the lock file of the repository is whole");
        assert_eq!(sdk.contract.as_deref(), Some(crate::bindings::VERSION));
    }

    #[test]
    fn a_directory_without_a_crate_has_none() {
        let directory = std::env::temp_dir();

        assert_eq!(Package::read(&directory.join("nowhere")).unwrap(), None);
    }

    #[test]
    fn what_cargo_refuses_is_told_in_its_words() {
        let directory = std::env::temp_dir().join(format!("mikros-cargo-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("Cargo.toml"), "[package]\nname = 5\n").unwrap();

        let error = Package::read(&directory).unwrap_err().to_string();

        fs::remove_dir_all(&directory).unwrap();
        assert!(error.contains("invalid type: integer `5`"), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}
