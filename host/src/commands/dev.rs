//! `dev`: builds, serves and watches; a change is built and takes over without a gap.
//!
//! Does not know how a version replaces another.

mod builder;
mod change;
mod development;
mod keys;
mod level;
mod screen;
mod served;
mod sources;
mod stage;
mod status;

use std::path::Path;

use self::development::Development;
use self::keys::Keys;
use self::screen::Screen;
use self::sources::{Sources, Subject};
use super::log::Choice;
use super::{CommandError, directory_of, locate, warn_of_undecodable};
use crate::cli::{self, LogFormat, ProcessEnv};
use crate::definition::{AddressPolicy, Definition, LoadContext, LoadError};
use crate::lifecycle::Pace;
use crate::report::Status;
use crate::supervisor::{self, Hangup, Look, Options, RunError};
use crate::telemetry::{Level, LogOutput};
use crate::watch::{Place, Watch};

pub(super) fn run(typed: cli::Dev, log: Choice, env: &ProcessEnv) -> Result<Status, CommandError> {
    warn_of_undecodable(env);
    let path = locate(&typed.service, env);
    // A file that is not there is a wrong argument; one with mistakes is edited while this runs.
    if let Err(error @ LoadError::Read { .. }) = Definition::load(&path, &env.load_context()) {
        return Err(error.into());
    }
    let screen = Screen::of_process(env.allows_colour);
    let output = LogOutput::standard();
    let options = Options {
        definition: None,
        stream: output.stream(),
        look: Look {
            format: log.format(LogFormat::Text, &std::io::stdout()),
            level: log.level,
            // What the host does is on the screen.
            host_level: Some(Level::Warn),
        },
        arguments: typed.arguments,
        cache_directory: env.cache_directory.clone(),
        extensions: env.extensions.clone(),
        hangup: Hangup::Stops,
        pace: Pace::Frequent,
    };
    let address_policy =
        typed.address.map_or(AddressPolicy::ConfiguredOrLoopback, AddressPolicy::Fixed);
    let load_context = LoadContext { address_policy, ..env.load_context() };
    let log_level = log.level;
    let polls = typed.poll || env.polls;
    let ending = supervisor::run(options, screen.log_output(output), async |_log| {
        let definition = Definition::load(&path, &load_context);
        let sources = match &definition {
            Ok(definition) => Subject::of(definition).find().await,
            Err(_) => without_definition(&path),
        };
        let watch = Watch::start(sources.all(), polls).await?;
        let keys = Keys::of_process();
        let development =
            Development::new(path, load_context, (screen, keys, watch), sources, log_level);
        Ok::<_, CommandError>(development.map_err(RunError::Signals)?)
    })?;
    Ok(super::run::status(ending))
}

/// What to watch until there is a definition that says it.
fn without_definition(path: &Path) -> Sources {
    let root = directory_of(path).to_owned();
    let except = vec![root.join("target")];
    let places = vec![Place::File(path.to_owned()), Place::Tree { root, except }];
    Sources { places, inputs: Vec::new(), trouble: None }
}
