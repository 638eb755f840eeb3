//! `doctor`: what on this machine and in a project is in the way of a service, and the safe fixes.
//!
//! Does not know any single check: the modules beside it do, and they change nothing.

mod certificates;
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
use super::finding::Finding;
use super::log::Choice;
use super::target::Target;
use super::{CommandError, directory_of, json, print};
use crate::cli::{self, ProcessEnv};
use crate::definition::{Definition, check_together};
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
    env: ProcessEnv,
}

pub(super) fn run(
    typed: &cli::Doctor,
    targets: &[Target],
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    let mode = Mode::of(typed);
    let is_named = !typed.services.given().is_empty() || env.service.is_some();
    let place =
        |target: &Target| Place { file: target.path.clone(), is_named, env: target.env.clone() };
    let (places, is_json) = (targets.iter().map(place).collect::<Vec<_>>(), typed.output.json);
    let tell = move || {
        let records = match log.during(|| examine_all(&places, mode))? {
            Ok(records) => records,
            Err(Interrupted(signal)) => return Ok(Status::Forced(signal)),
        };
        let records = places.iter().map(|place| &*place.file).zip(&records).collect::<Vec<_>>();
        print(&if is_json { documents(&records) } else { text(&records) })?;
        let statuses = records.iter().map(|(_, record)| record.status());
        Ok(statuses.fold(Status::Success, Status::or_worse))
    };
    let told = child::interruptible(tell).map_err(RunError::Signals)?;
    told.unwrap_or_else(|signal| Ok(Status::Forced(signal)))
}

/// One document for one service, and a list of them, with their paths, for several.
fn documents(records: &[(&Path, &Record)]) -> String {
    match records {
        [(_, record)] => json(&record.document(None)),
        records => {
            let documents = records.iter().map(|(path, record)| record.document(Some(path)));
            json(&documents.collect::<Vec<_>>())
        }
    }
}

/// The same for people.
fn text(records: &[(&Path, &Record)]) -> String {
    match records {
        [(_, record)] => record.to_string(),
        records => {
            let blocks =
                records.iter().map(|(path, record)| format!("{}\n{record}", path.display()));
            blocks.collect::<Vec<_>>().join("\n")
        }
    }
}

/// One record per service. What is the machine's is in the first one, and what services have in common by mistake
/// with the later of them.
fn examine_all(places: &[Place], mode: Mode) -> Result<Vec<Record>, Interrupted> {
    let definition = |place: &Place| project::definition(&place.file, &place.env).0;
    let services = places.iter().filter_map(definition).collect::<Vec<_>>();
    let mut records = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let mut record = Record::new(mode);
        examine(place, &services, index == 0, &mut record)?;
        records.push(record);
    }
    if let Err(error) = check_together(&services) {
        for collision in error.collisions() {
            let index = places.iter().rposition(|place| place.file == collision.path());
            let finding = Finding::of_collision(collision);
            if let Some(record) = index.map(|index| &mut records[index]) {
                record.add(vec![Diagnosis::of(Subject::Definition, finding)])?;
            }
        }
    }
    Ok(records)
}

/// Every check after those it depends on; a fix is made before the next check looks. `services`: all that are to run
/// in one process.
fn examine(
    place: &Place,
    services: &[Definition],
    is_first: bool,
    record: &mut Record,
) -> Result<(), Interrupted> {
    let (directory, env) = (place.directory(), &place.env);
    let builds = place.builds(env);
    if builds {
        record.add(machine::rust(directory, place.has_manifest())?)?;
        record.add(machine::rustup(directory)?)?;
        if record.is_well(Subject::Rust) {
            record.add(machine::target(directory)?)?;
        }
    }
    if is_first {
        record.add(machine::cache(env))?;
        record.add(machine::address_space())?;
    }
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
        let (diagnoses, surface) = component::examine(definition, env, record.mode());
        record.add(diagnoses)?;
        record.add(clients::examine(definition, services, surface.as_ref()))?;
        record.add(certificates::examine(definition))?;
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
