//! A service's component, compiled for a look at it.
//!
//! Does not know what the look is for.

use std::io::ErrorKind;

use tracing::warn;

use crate::cli::Surroundings;
use crate::definition::Definition;
use crate::engine::{Cache, CompileError, Compiled, Engine};
use crate::report::Status;

/// Compiles the component of a service, or takes it from the cache.
pub(super) fn compile(
    definition: &Definition,
    surroundings: &Surroundings,
) -> Result<(Engine, Compiled), CompileError> {
    let engine = Engine::new()?;
    let component = engine.compile(&definition.host.component, open(surroundings).as_ref())?;
    Ok((engine, component))
}

fn open(surroundings: &Surroundings) -> Option<Cache> {
    let Some(directory) = &surroundings.cache_directory else {
        warn!("compiled components are not kept: set `MIKROS_HOST_CACHE` to a directory");
        return None;
    };
    Cache::open(directory.clone())
        .inspect_err(|error| {
            warn!(path = %directory.display(), %error, "compiled components are not kept");
        })
        .ok()
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
