//! `inspect`: what a service is made of, for people and for programs.
//!
//! Does not know how any of it came about.

mod overview;

use self::overview::Overview;
use super::log::Choice;
use super::target::{Target, last_of};
use super::{CommandError, component, json, print, warn_of_undecodable};
use crate::cli::{self, ProcessEnv};
use crate::definition::Definition;
use crate::engine::{CompileError, Surface};
use crate::report::Status;

pub(super) fn run(
    typed: &cli::Inspect,
    targets: &[Target],
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    warn_of_undecodable(env);
    let definitions = targets.iter().map(Target::load).collect::<Result<Vec<_>, _>>()?;
    let looks = definitions.iter().zip(targets);
    let looks =
        log.during(|| looks.map(|(one, target)| Look::at(one, target)).collect::<Vec<_>>())?;
    print(&text(&looks, &definitions, typed.output.json))?;
    // What is known without the component is shown even so.
    last_of(looks.into_iter().filter_map(|look| look.trouble))?;
    Ok(Status::Success)
}

/// A service and its component, if that can be read.
struct Look<'a> {
    definition: &'a Definition,
    target: &'a Target,
    surface: Option<Surface>,
    trouble: Option<CompileError>,
}

impl<'a> Look<'a> {
    /// Not linked: what a component that does not fit imports and exports is worth seeing.
    fn at(definition: &'a Definition, target: &'a Target) -> Self {
        let (surface, trouble) = match component::compile(definition, &target.env) {
            Ok((engine, compiled)) => {
                let plug_ins = component::plug_ins(definition, &engine, &target.env);
                (Some(compiled.surface().clone()), plug_ins.err())
            }
            Err(error) => (None, Some(error)),
        };
        Self { definition, target, surface, trouble }
    }

    /// `all`: the services of the process.
    fn overview(&self, all: &[Definition]) -> Overview<'_> {
        let catalogue = self.target.env.extensions.catalogue();
        Overview::new((self.definition, all), catalogue, self.surface.as_ref())
    }
}

/// One document for one service, and a list of them for several.
fn text(looks: &[Look<'_>], all: &[Definition], is_json: bool) -> String {
    let overviews = looks.iter().map(|look| look.overview(all)).collect::<Vec<_>>();
    match &overviews[..] {
        [overview] if is_json => json(overview),
        overviews if is_json => json(&overviews),
        overviews => overviews.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}
