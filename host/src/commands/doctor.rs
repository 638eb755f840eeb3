//! `doctor`: what on this machine and in a project is in the way of a service, and the safe fixes.
//!
//! Does not know any single check: the modules beside it do, and they change nothing.

mod clients;
mod component;
mod diagnosis;
mod fix;
mod machine;
mod package;
mod project;
mod sources;

use std::path::{Path, PathBuf};

use self::diagnosis::{Diagnosis, Record, Subject};
use self::fix::Mode;
use super::child::{self, Interrupted};
use super::log::Choice;
use super::{CommandError, directory_of, json, locate, print};
use crate::cli::{self, ProcessEnv};
use crate::report::Status;
use crate::supervisor::RunError;

/// What a check has found, unless a signal has ended it.
type Checked = Result<Vec<Diagnosis>, Interrupted>;

/// What is examined.
struct Place {
    /// Where `service.toml` is or would be.
    file: PathBuf,
    /// Whether somebody has said that it is there.
    is_named: bool,
}

pub(super) fn run(
    typed: &cli::Doctor,
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    let mode = Mode::of(typed);
    let place = Place {
        file: locate(&typed.service, env),
        is_named: !typed.service.given().is_empty() || env.service.is_some(),
    };
    let (env, is_json) = (env.clone(), typed.output.json);
    let tell = move || {
        let mut record = Record::new(mode);
        let examined = log.during(|| examine(&place, &env, &mut record))?;
        if let Err(Interrupted(signal)) = examined {
            return Ok(Status::Forced(signal));
        }
        print(&if is_json { json(&record.document()) } else { record.to_string() })?;
        Ok(record.status())
    };
    let told = child::interruptible(tell).map_err(RunError::Signals)?;
    told.unwrap_or_else(|signal| Ok(Status::Forced(signal)))
}

/// Every check after those it depends on; a fix is made before the next check looks.
fn examine(place: &Place, env: &ProcessEnv, record: &mut Record) -> Result<(), Interrupted> {
    let directory = place.directory();
    let builds = place.builds(env);
    if builds {
        record.add(machine::rust(directory, place.has_manifest())?)?;
        record.add(machine::rustup(directory)?)?;
        if record.is_well(Subject::Rust) {
            record.add(machine::target(directory)?)?;
        }
    }
    record.add(machine::cache(env))?;
    record.add(machine::address_space())?;
    if !place.file.exists() && !place.is_named {
        return record.add(vec![project::nothing_here(&place.file)]);
    }
    let (definition, diagnoses) = project::definition(&place.file, env);
    record.add(diagnoses)?;
    if let Some(definition) = &definition {
        record.add(project::environment(&place.file, env))?;
        if builds {
            record.add(project::build(definition))?;
        }
    } else {
        record.add(vec![project::unexamined()])?;
    }
    if place.has_manifest() && record.is_well(Subject::Rust) {
        let (found, diagnoses) = package::manifest(directory)?;
        record.add(diagnoses)?;
        if let Some(package) = found {
            record.add(package::sdk(&package)?)?;
            if let Some(definition) = &definition {
                record.add(package::path(&package, definition, directory))?;
            }
        }
    }
    // A fix may have changed what it says.
    let definition = match record.pending(&place.file) {
        Some(text) => project::parse(&place.file, text, env),
        None => project::definition(&place.file, env).0,
    };
    if let Some(definition) = &definition {
        record.add(component::examine(definition, env, record.mode()))?;
        record.add(clients::examine(definition))?;
        record.add(project::ports(definition))?;
    }
    Ok(())
}

impl Place {
    fn directory(&self) -> &Path {
        directory_of(&self.file)
    }

    /// Whether anything is built here: where a ready component runs, nobody needs a compiler.
    fn builds(&self, env: &ProcessEnv) -> bool {
        let (definition, _) = project::definition(&self.file, env);
        self.has_manifest() || definition.is_none_or(|definition| definition.host.build.is_some())
    }

    fn has_manifest(&self) -> bool {
        self.directory().join("Cargo.toml").is_file()
    }
}
