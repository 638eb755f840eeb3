//! Checks of the component: whether it is there, of today, and fits its service.
//!
//! Runs no guest code.

use std::path::Path;

use super::diagnosis::{Diagnosis, Subject};
use super::fix::Mode;
use super::sources;
use crate::cli::ProcessEnv;
use crate::commands::finding::{Finding, Severity};
use crate::commands::{component, directory_of};
use crate::definition::Definition;
use crate::engine::{Cache, CacheState, CompileError, Engine, Surface};
use crate::lifecycle::Assembler;
use crate::report::Status;
use crate::text::on_one_line;

/// Also what the component imports and exports, if it fits.
pub(super) fn examine(
    definition: &Definition,
    env: &ProcessEnv,
    mode: Mode,
) -> (Vec<Diagnosis>, Option<Surface>) {
    let path = &definition.host.component;
    if !path.exists() {
        return (vec![missing(definition)], None);
    }
    let cache = env.cache_directory.as_ref().filter(|directory| {
        let state = Cache::examine(directory);
        mode != Mode::DryRun && matches!(state, Ok(CacheState::Usable | CacheState::Full))
    });
    let cache = cache.and_then(|directory| Cache::open(directory.clone()).ok());
    let linked = Engine::new().and_then(|engine| {
        let (cache, extensions) = (cache.as_ref(), &*env.extensions);
        Assembler { engine: &engine, cache, extensions }.assemble(definition)
    });
    let (mut diagnoses, surface) = match linked {
        Ok(assembly) => {
            let message = format!("`{}` fits `service.toml`", path.display());
            let surface = assembly.program.surface().clone();
            (vec![Diagnosis::ok(Subject::Component, message)], Some(surface))
        }
        Err(error) => (of_compile_error(error.path().unwrap_or(path), &error), None),
    };
    diagnoses.extend(age(definition));
    (diagnoses, surface)
}

fn missing(definition: &Definition) -> Diagnosis {
    let message = format!("there is no `{}`", definition.host.component.display());
    if definition.host.build.is_some() {
        let help = "build it with `mikros-host build`, or let `mikros-host run --build` do it";
        return Diagnosis::warning(Subject::Component, message).help(help);
    }
    Diagnosis::problem(Subject::Component, Status::EditNeeded, message)
        .help("let `[host] component` name the component, and `[host] build` say how it is made")
}

fn of_compile_error(path: &Path, error: &CompileError) -> Vec<Diagnosis> {
    let status = component::status(error);
    if let CompileError::Mismatched { mismatches, .. } = error {
        let told = mismatches.iter().map(|mismatch| {
            let message = format!("`{}`: {mismatch}", path.display());
            Diagnosis::problem(Subject::Component, status, message).help(mismatch.help())
        });
        return told.collect();
    }
    let finding = Finding::new(Severity::Problem(status), on_one_line(error));
    vec![Diagnosis::of(Subject::Component, finding.maybe_help(error.help()))]
}

/// A hint only: not every change of a source changes the component.
fn age(definition: &Definition) -> Option<Diagnosis> {
    let path = &definition.host.component;
    let built = path.metadata().and_then(|metadata| metadata.modified()).ok()?;
    let newest = sources::newest(directory_of(&definition.path))?;
    if newest.modified <= built {
        return None;
    }
    let message = format!("`{}` is newer than `{}`", newest.path.display(), path.display());
    Some(Diagnosis::warning(Subject::Component, message).help("build it with `mikros-host build`"))
}
