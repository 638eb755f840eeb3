//! A service's component, compiled for a look at it.
//!
//! Does not know what the look is for.

use std::io::ErrorKind;

use crate::cli::ProcessEnv;
use crate::definition::Definition;
use crate::engine::{Cache, CompileError, Compiled, Engine};
use crate::lifecycle::{Assembler, Module};
use crate::report::Status;

/// Compiles the component of a service, or takes it from the cache.
pub(super) fn compile(
    definition: &Definition,
    env: &ProcessEnv,
) -> Result<(Engine, Compiled), CompileError> {
    let engine = Engine::new()?;
    let cache = Cache::open_or_warn(env.cache_directory.as_deref());
    let component = engine.compile(&definition.host.component, cache.as_ref())?;
    Ok((engine, component))
}

/// Links a component with those of the features; all that is in the way. When a feature's own component
/// does not fit, nothing can be said about the service's.
pub(super) fn link(
    definition: &Definition,
    (engine, compiled): (&Engine, &Compiled),
    env: &ProcessEnv,
) -> Vec<CompileError> {
    // Whatever is wrong with it was said when the service's component was compiled.
    let cache = env.cache_directory.clone().and_then(|path| Cache::open(path).ok());
    let (cache, extensions) = (cache.as_ref(), &*env.extensions);
    let assembler = Assembler { engine, cache, extensions };
    let (mut modules, mut errors) = (Vec::new(), Vec::new());
    for module in assembler.modules(definition) {
        match module {
            Ok(module) => modules.push(module),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        errors.extend(assembler.link(definition, compiled, &modules).err());
    }
    errors
}

/// Compiles the components of the features.
///
/// # Errors
/// The first one that is missing or no plug-in.
pub(super) fn plug_ins(
    definition: &Definition,
    engine: &Engine,
    env: &ProcessEnv,
) -> Result<Vec<Module>, CompileError> {
    let cache = env.cache_directory.clone().and_then(|path| Cache::open(path).ok());
    let (cache, extensions) = (cache.as_ref(), &*env.extensions);
    Assembler { engine, cache, extensions }.modules(definition).into_iter().collect()
}

/// Whether the user can make a component work by editing something.
pub(super) fn status(error: &CompileError) -> Status {
    match error {
        CompileError::Engine(_) => Status::Failure,
        CompileError::Read { source, .. } => match source.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
                Status::EditNeeded
            }
            _ => Status::Failure,
        },
        _ => Status::EditNeeded,
    }
}
