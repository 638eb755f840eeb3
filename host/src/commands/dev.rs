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

use std::path::{Path, PathBuf};

use self::development::Development;
use self::keys::Keys;
use self::screen::Screen;
use self::sources::{Sources, Subject};
use super::log::Choice;
use super::target::Target;
use super::{CommandError, directory_of, warn_of_undecodable};
use crate::cli::{self, LogFormat, ProcessEnv};
use crate::definition::{AddressPolicy, Definition, LoadContext, LoadError, check_together};
use crate::lifecycle::Pace;
use crate::report::Status;
use crate::supervisor::{self, Hangup, Look, Options, RunError, ServiceOptions};
use crate::telemetry::{HostLog, Level, LogOutput};
use crate::watch::{Watch, WatchedPath};

pub(super) fn run(
    typed: &cli::Dev,
    targets: &[Target],
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    warn_of_undecodable(env);
    let address_policy =
        typed.address.map_or(AddressPolicy::ConfiguredOrLoopback, AddressPolicy::Fixed);
    let load_context =
        |target: &Target| LoadContext { address_policy, ..target.env.load_context() };
    let labels = labels(targets, load_context)?;
    let whole = Screen::of_process(env.allows_colour);
    let is_single = targets.len() == 1;
    let screens = if is_single { vec![whole.clone()] } else { whole.divided(&labels) };
    let output = LogOutput::standard();
    let format = log.format(LogFormat::Text, &std::io::stdout());
    let options = Options {
        stream: output.stream(),
        look: Look {
            format: if is_single { format } else { format.among_others() },
            level: log.level,
            // What the host does is on the screen.
            host_level: Some(Level::Warn),
        },
        cache_directory: env.cache_directory.clone(),
        extensions: env.extensions.clone(),
        hangup: Hangup::Stops,
        pace: Pace::Frequent,
    };
    let log_output = whole.log_output(output);
    let polls = typed.poll || env.polls;
    let keys = Keys::for_each_of(targets.len());
    let service = |((target, screen), keys): ((&Target, Screen), Option<Keys>)| ServiceOptions {
        definition: None,
        arguments: typed.arguments.clone(),
        direct: develop(
            (target.path.clone(), load_context(target)),
            (screen, keys),
            log.level,
            polls,
        ),
    };
    let services = targets.iter().zip(screens).zip(keys).map(service).collect();
    // The line at the bottom goes with the last service.
    drop(whole);
    Ok(super::run::status(supervisor::run(options, services, log_output)?))
}

/// Makes the director of one service.
fn develop(
    (path, load_context): (PathBuf, LoadContext),
    (screen, keys): (Screen, Option<Keys>),
    log_level: Option<Level>,
    polls: bool,
) -> impl AsyncFnOnce(&HostLog) -> Result<Development, CommandError> + Send {
    async move |_: &HostLog| {
        let definition = Definition::load(&path, &load_context);
        let sources = match &definition {
            Ok(definition) => Subject::of(definition).find().await,
            Err(_) => without_definition(&path),
        };
        let watch = Watch::start(sources.all(), polls).await?;
        let development =
            Development::new(path, load_context, (screen, keys, watch), sources, log_level);
        Ok(development.map_err(RunError::Signals)?)
    }
}

/// What the user calls the services: by their names as far as they have one.
///
/// # Errors
/// When a file cannot be read: that is a wrong argument, while one with mistakes is edited while this runs. And
/// when services collide.
fn labels(
    targets: &[Target],
    load_context: impl Fn(&Target) -> LoadContext,
) -> Result<Vec<String>, CommandError> {
    let (mut labels, mut definitions) = (Vec::new(), Vec::new());
    for target in targets {
        match Definition::load(&target.path, &load_context(target)) {
            Ok(definition) => {
                labels.push(definition.identity.name.clone());
                definitions.push(definition);
            }
            Err(error @ LoadError::Read { .. }) => return Err(error.into()),
            Err(_) => labels.push(target.path.display().to_string()),
        }
    }
    check_together(&definitions)?;
    Ok(labels)
}

/// What to watch until there is a definition that says it.
fn without_definition(path: &Path) -> Sources {
    let root = directory_of(path).to_owned();
    let except = vec![root.join("target")];
    let places = vec![WatchedPath::File(path.to_owned()), WatchedPath::Tree { root, except }];
    Sources { places, inputs: Vec::new(), trouble: None }
}
