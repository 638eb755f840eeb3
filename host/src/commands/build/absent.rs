//! Why a build that succeeded has left no component, as far as cargo knows.
//!
//! Does not change anything.

use std::path::Path;

use super::super::cargo::{Invocation, Package, with_cdylib};
use super::super::edit::Edit;
use super::{BuildError, Plan};

/// The error for a component that is not there after the build.
pub(super) fn explain(plan: &Plan) -> BuildError {
    let Plan { command, directory, component, definition } = plan;
    let component = component.clone();
    let file = definition.display();
    // What cargo does not tell is no reason to say less than is known without it.
    let package = Package::read(directory).ok().flatten();
    let library = package.as_ref().and_then(|package| package.library.as_ref());
    match (&package, library) {
        (Some(package), None) if package.is_program => BuildError::NotLibrary {
            component,
            manifest: package.manifest.clone(),
            reason: "describes a program, not a library",
            help: PROGRAM.to_owned(),
        },
        (Some(package), Some(library)) if !library.is_cdylib => BuildError::NotLibrary {
            component,
            manifest: package.manifest.clone(),
            reason: "has no `crate-type = [\"cdylib\"]`",
            help: cdylib_help(&package.manifest),
        },
        _ => {
            let written = package
                .zip(Invocation::parse(command))
                .and_then(|(package, invocation)| invocation.component(&package, directory))
                .filter(|written| written.is_file());
            let help = match written {
                Some(written) => format!(
                    "`{command}` has written `{}`: let `[host] component` in `{file}` name it, which \
                     `mikros-host doctor --fix` does",
                    written.display()
                ),
                None => format!(
                    "let `[host] component` in `{file}` name the file that `{command}` writes"
                ),
            };
            BuildError::NoComponent { component, help }
        }
    }
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
