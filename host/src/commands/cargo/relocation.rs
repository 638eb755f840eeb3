//! Finds out whether cargo writes elsewhere than it does when it is told nothing.
//!
//! Does not know what is built.

use std::fs;
use std::path::Path;

use super::super::child::Interrupted;
use super::super::directory_of;
use super::{AskCargoError, ask};
use crate::cli::ProcessEnv;
use crate::definition::{Definition, Relocation};
use crate::file;

/// The environment of a service whose components are where cargo writes.
///
/// `builds`: whether the command is about to build. If not, a component that is at the place that the
/// definition names, and not where cargo writes, has been put there by somebody.
///
/// What cargo cannot tell is no reason to do less than is known without it.
///
/// # Errors
/// When a signal has ended cargo.
pub(in crate::commands) fn relocated(
    path: &Path,
    builds: bool,
    env: &ProcessEnv,
) -> Result<ProcessEnv, Interrupted> {
    let relocation = match find(directory_of(path), env) {
        Err(AskCargoError::Interrupted(signal)) => return Err(Interrupted(signal)),
        found => found.ok().flatten(),
    };
    let plain = env.clone();
    let relocated = ProcessEnv { relocation, ..plain.clone() };
    if builds || relocated.relocation.is_none() {
        return Ok(relocated);
    }
    let is_there = |env: &ProcessEnv| {
        let definition = Definition::load(path, &env.load_context().incomplete());
        definition.is_ok_and(|definition| definition.host.component.exists())
    };
    Ok(if is_there(&plain) && !is_there(&relocated) { plain } else { relocated })
}

/// Cargo takes a tenth of a second to say where it writes. It is asked only when somebody has told it.
fn find(directory: &Path, env: &ProcessEnv) -> Result<Option<Relocation>, AskCargoError> {
    let manifest = directory.join("Cargo.toml");
    if !manifest.is_file() || !(env.cargo.is_directed || is_configured(directory, env)) {
        return Ok(None);
    }
    let metadata = ask(&manifest, &["--no-deps", "--offline"])?;
    let usual = metadata.workspace_root.join("target").into_std_path_buf();
    let usual = file::locate(&usual).unwrap_or(usual);
    let actual = metadata.target_directory.into_std_path_buf();
    let is_other = file::locate(&actual).is_ok_and(|actual| actual != usual);
    Ok(is_other.then_some(Relocation { usual, actual }))
}

/// Whether one of the files that cargo reads in `directory` may name a target directory.
fn is_configured(directory: &Path, env: &ProcessEnv) -> bool {
    let directory = file::locate(directory).unwrap_or_else(|_| directory.to_owned());
    let above = directory.ancestors().map(|directory| directory.join(".cargo"));
    above.chain(env.cargo.home.clone()).any(|directory| {
        let read = |name| fs::read_to_string(directory.join(name));
        ["config.toml", "config"].into_iter().filter_map(|name| read(name).ok()).any(|text| {
            // Other files may be included.
            text.contains("target-dir") || text.contains("include")
        })
    })
}
