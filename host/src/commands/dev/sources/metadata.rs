//! What `cargo metadata` says about a package and those it depends on by path.
//!
//! Does not know what is done with it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{DependencyKind, Metadata, Package, PackageId, Resolve};
use tokio::process::Command;
use tokio::time::timeout;

use crate::commands::cargo::quiet;
use crate::text::harmless;

/// Longest time for one answer of cargo. It waits for other cargos that download or build.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The first attempt resolves all dependencies, and neither asks the network nor writes a lock
/// file. If it fails, for example for want of a lock file, the second one takes the manifests of
/// the workspace as they are, which shows all but what `[patch]` has replaced.
const ATTEMPTS: [&[&str]; 2] = [
    // For one platform, because packages of others need not be on this machine.
    &["--frozen", "--filter-platform", "wasm32-wasip2"],
    &["--offline", "--no-deps"],
];

/// Why cargo does not say what a service is made of.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in super::super) enum AskCargoError {
    #[error("cannot start `cargo` to find the sources in `{}`", directory.display())]
    Spawn { directory: PathBuf, source: io::Error },
    #[error("cannot find the sources in `{}`: cargo says: {message}", directory.display())]
    Failed { directory: PathBuf, message: String },
    #[error(
        "cannot find the sources in `{}`: cargo did not answer within {} s",
        directory.display(),
        PATIENCE.as_secs()
    )]
    TimedOut { directory: PathBuf },
    #[error("cannot find the sources in `{}`: cargo's answer is not understood", directory.display())]
    Answer { directory: PathBuf, source: serde_json::Error },
}

/// Asks about the package in `directory`.
pub(super) async fn ask(directory: &Path) -> Result<Metadata, AskCargoError> {
    let [complete, simple] = ATTEMPTS;
    match attempt(directory, complete).await {
        Err(AskCargoError::Failed { .. } | AskCargoError::TimedOut { .. }) => {
            attempt(directory, simple).await
        }
        answer => answer,
    }
}

async fn attempt(directory: &Path, flags: &[&str]) -> Result<Metadata, AskCargoError> {
    let here = || directory.to_owned();
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--quiet"]).args(flags);
    cargo.current_dir(directory).stdin(Stdio::null()).kill_on_drop(true);
    quiet(cargo.as_std_mut());
    let output = timeout(PATIENCE, cargo.output())
        .await
        .map_err(|_elapsed| AskCargoError::TimedOut { directory: here() })?
        .map_err(|source| AskCargoError::Spawn { directory: here(), source })?;
    if !output.status.success() {
        let message = gist(&String::from_utf8_lossy(&output.stderr));
        return Err(AskCargoError::Failed { directory: here(), message });
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|source| AskCargoError::Answer { directory: here(), source })
}

/// One line of what cargo says; the build says all of it.
fn gist(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let first = lines.find_map(|line| line.strip_prefix("error:")).unwrap_or("nothing");
    harmless(first.trim())
}

/// The directory of a package, if it is on this disk.
pub(super) fn root(package: &Package) -> Option<&Path> {
    let directory = package.manifest_path.parent().map(Utf8Path::as_std_path);
    directory.filter(|_| package.source.is_none())
}

/// The directories of the package in `directory`, or else of those that are built there, and of all
/// packages on this disk that they are built of.
pub(super) fn used_from(metadata: &Metadata, directory: &Path) -> BTreeSet<PathBuf> {
    let here = metadata.packages.iter().find(|package| root(package) == Some(directory));
    let mut open = match here {
        Some(package) => vec![&package.id],
        None if metadata.workspace_default_members.is_available() => {
            metadata.workspace_default_members.iter().collect()
        }
        None => Vec::new(),
    };
    let mut seen = BTreeSet::new();
    let mut roots = BTreeSet::new();
    while let Some(id) = open.pop() {
        let package = metadata.packages.iter().find(|package| package.id == *id);
        let Some(package) = package.filter(|_| seen.insert(id)) else { continue };
        let Some(directory) = root(package) else { continue };
        roots.insert(directory.to_owned());
        match &metadata.resolve {
            Some(resolve) => open.extend(below(resolve, package)),
            // Only the second attempt has none.
            None => {
                for path in paths(package) {
                    match metadata.packages.iter().find(|one| root(one) == Some(path)) {
                        Some(known) => open.push(&known.id),
                        // Beyond the workspace: what it depends on in turn is not known.
                        None => _ = roots.insert(path.to_owned()),
                    }
                }
            }
        }
    }
    roots
}

/// The directories of the packages that one is built of, as far as it names such.
fn paths(package: &Package) -> impl Iterator<Item = &Path> {
    let built = package.dependencies.iter().filter(|one| one.kind != DependencyKind::Development);
    built.filter_map(|one| one.path.as_deref().map(Utf8Path::as_std_path))
}

/// The ids of the packages that `package` is built of.
fn below<'a>(resolve: &'a Resolve, package: &Package) -> impl Iterator<Item = &'a PackageId> {
    let node = resolve.nodes.iter().find(|node| node.id == package.id);
    let edges = node.into_iter().flat_map(|node| &node.deps);
    let built = edges
        .filter(|edge| edge.dep_kinds.iter().any(|one| one.kind != DependencyKind::Development));
    built.map(|edge| &edge.pkg)
}
