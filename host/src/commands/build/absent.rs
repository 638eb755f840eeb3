//! Why a build that succeeded has left no component, as far as cargo knows.
//!
//! Does not change anything.

use std::path::Path;

use super::super::cargo::{Package, with_cdylib};
use super::super::edit::Edit;
use super::{BuildError, BuildPlan};
use crate::definition::Invocation;

/// The error for a component that is not there after the build.
pub(super) fn explain(plan: &BuildPlan) -> BuildError {
    let BuildPlan { command, directory, component, definition } = plan;
    let component = component.clone();
    let file = definition.display();
    // What cargo does not tell is no reason to say less than is known without it.
    let package = Package::read(directory).ok().flatten();
    if let Some(error) = package.as_ref().and_then(|package| not_library(package, &component)) {
        return error;
    }
    // Where any other command writes is not known.
    let build = package.as_ref().zip(Invocation::parse(command));
    let help = match build.and_then(|(package, invocation)| {
        let is_doctors = package.component(&invocation, directory).is_some();
        Some((package.built(command, directory)?, is_doctors))
    }) {
        Some((written, is_doctors)) => format!(
            "`{command}` has written `{}`: let `[host] component` in `{file}` name it{}",
            written.display(),
            if is_doctors { ", which `mikros-host doctor --fix` does" } else { "" }
        ),
        None => format!("let `[host] component` in `{file}` name the file that `{command}` writes"),
    };
    BuildError::NoComponent { component, help }
}

/// The error for a component that is there, when it is left from a time at which the crate was another:
/// the manifest has changed since, and no build makes a component now.
pub(super) fn explain_old(plan: &BuildPlan) -> Option<BuildError> {
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    let manifest = changed(&plan.directory.join("Cargo.toml"))?;
    if changed(&plan.component)? >= manifest {
        return None;
    }
    not_library(&Package::read(&plan.directory).ok().flatten()?, &plan.component)
}

fn not_library(package: &Package, component: &Path) -> Option<BuildError> {
    let (reason, help) = match &package.library {
        None if package.is_program => ("describes a program, not a library", PROGRAM.to_owned()),
        Some(library) if !library.is_cdylib => {
            ("has no `crate-type = [\"cdylib\"]`", cdylib_help(&package.manifest))
        }
        _ => return None,
    };
    let (component, manifest) = (component.to_owned(), package.manifest.clone());
    Some(BuildError::NotLibrary { component, manifest, reason, help })
}

/// What makes a crate with a `main` a service.
pub(in crate::commands) const PROGRAM: &str = "a service is a library: rename `src/main.rs` to \
    `src/lib.rs`, add `[lib]` with `crate-type = [\"cdylib\"]`, and use `mikros_sdk::export!` instead \
    of `main`";

/// What to add to a manifest whose library is no `cdylib`, and where.
pub(in crate::commands) fn cdylib_help(manifest: &Path) -> String {
    let path = manifest.display();
    match Edit::of(manifest, with_cdylib) {
        Some(edit) => {
            let lines = edit.lines().join("\n  ");
            format!("change `{path}`, or let `mikros-host doctor --fix` do it:\n  {lines}")
        }
        None => format!("add `crate-type = [\"cdylib\"]` to `[lib]` in `{path}`"),
    }
}
