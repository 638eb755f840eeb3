//! `inspect`: what a service is made of, for people and for programs.
//!
//! Does not know how any of it came about.

mod overview;

use self::overview::Overview;
use super::log::Choice;
use super::{CommandError, component, json, locate, print, warn_of_undecodable};
use crate::cli::{self, ProcessEnv};
use crate::definition::Definition;
use crate::report::Status;

pub(super) fn run(
    typed: &cli::Inspect,
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    warn_of_undecodable(env);
    let path = locate(&typed.service, env);
    let definition = Definition::load(&path, &env.load_context())?;
    // Not linked: what a component that does not fit imports and exports is worth seeing.
    let (surface, plug_ins) = log.during(|| match component::compile(&definition, env) {
        Ok((engine, compiled)) => {
            let plug_ins = component::plug_ins(&definition, &engine, env);
            (Ok(compiled.surface().clone()), plug_ins.map(drop))
        }
        Err(error) => (Err(error), Ok(())),
    })?;
    let catalogue = env.extensions.catalogue();
    let overview = Overview::new(&definition, catalogue, surface.as_ref().ok());
    print(&if typed.output.json { json(&overview) } else { overview.to_string() })?;
    // What is known without the component is shown even so.
    surface?;
    plug_ins?;
    Ok(Status::Success)
}
