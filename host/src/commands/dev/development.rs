//! The development loop: what changes, what is built, what is served next, and what the user is told.
//!
//! Does not know how any of it is done.

mod director;

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::signal::unix::{self, SignalKind};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::super::build::{BuildError, BuildPlan};
use super::super::directory_of;
use super::builder::{Build, Ended};
use super::change::{Change, During, Written};
use super::keys::{Key, Keys};
use super::level;
use super::screen::{Screen, Tone};
use super::served::{Served, fingerprint};
use super::sources::{Sources, Subject};
use super::stage::{Done, Stage};
use super::status::{self, End, Status};
use crate::definition::{Address, Definition, LoadContext};
use crate::supervisor::Demand;
use crate::telemetry::Level;
use crate::watch::{Changes, Watch, WatchedPath};

/// How often the progress moves.
const TICK: Duration = Duration::from_millis(100);

/// What the user sees and types, the files that change, and what is done about it.
pub(super) struct Development {
    path: PathBuf,
    load_context: LoadContext,
    screen: Screen,
    keys: Option<Keys>,
    watch: Watch,
    /// After Ctrl-Z and `fg` the terminal has to be set up again.
    continued: unix::Signal,
    ticks: Interval,
    stage: Stage,
    /// The last build.
    plan: Option<BuildPlan>,
    /// What the supervisor is to do next.
    due: Option<Demand>,
    /// Finds what to watch, when that may have changed.
    search: Option<Pin<Box<dyn Future<Output = Sources>>>>,
    change: Change,
    written: Written,
    served: Served,
    /// `None`: as the definition says, and of the host what is important.
    level: Option<Level>,
    /// The one that was typed, to which the others come back.
    first_level: Option<Level>,
    /// What is watched.
    sources: Sources,
}

/// What wakes the loop.
enum Event {
    Changed(Changes),
    Done(Done),
    Found(Sources),
    Key(Key),
    Continued,
    Tick,
}

impl Development {
    /// Begins with a build.
    ///
    /// # Errors
    /// When the signal that follows Ctrl-Z cannot be handled.
    pub(super) fn new(
        path: PathBuf,
        load_context: LoadContext,
        (screen, keys, watch): (Screen, Option<Keys>, Watch),
        sources: Sources,
        level: Option<Level>,
    ) -> io::Result<Self> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let continued = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
        let mut development = Self {
            path,
            load_context,
            screen,
            keys,
            watch,
            continued: unix::signal(continued)?,
            ticks,
            stage: Stage::Idle,
            plan: None,
            due: None,
            search: None,
            change: Change { wants_build: true, ..Change::default() },
            written: Written::default(),
            served: Served::default(),
            level,
            first_level: level,
            sources,
        };
        development.tell_trouble();
        development.tell_limitations();
        development.proceed(None);
        Ok(development)
    }

    async fn event(&mut self) -> Event {
        let key = async {
            match &mut self.keys {
                Some(keys) => keys.next().await,
                None => std::future::pending().await,
            }
        };
        let found = async {
            match &mut self.search {
                Some(search) => search.await,
                None => std::future::pending().await,
            }
        };
        let moves = self.stage.is_building() || self.change.handed_over.is_some();
        tokio::select! {
            biased;
            key = key => Event::Key(key),
            changes = self.watch.changed() => Event::Changed(changes),
            done = self.stage.done() => Event::Done(done),
            sources = found => Event::Found(sources),
            Some(()) = self.continued.recv() => Event::Continued,
            _ = self.ticks.tick(), if moves && self.screen.has_colours() => Event::Tick,
        }
    }

    /// Does what follows from files that are different.
    fn note(&mut self, mut changes: Changes) {
        let definition = Definition::load(&self.path, &self.load_context);
        let during = self.stage.during();
        if let Ok(definition) = &definition
            && during != During::Nothing
        {
            // What a build writes is served when it is done.
            changes.take(&definition.host.component);
        }
        let components = definition.iter().flat_map(Definition::components);
        let built: Vec<_> = components.map(Path::to_owned).collect();
        let needs_no_build = |path: &Path| path == self.path || built.iter().any(|one| one == path);
        let mut others = changes.split_off(needs_no_build);
        self.written.sort_out(&mut changes, during, &self.screen);
        if changes.is_empty() && others.is_empty() {
            return;
        }
        self.written.note(&changes);
        let wants_build = !changes.is_empty();
        others.extend(changes);
        let asks_cargo =
            others.iter().any(|(path, _)| path == self.path || path.ends_with("Cargo.toml"));
        self.change.note(directory_of(&self.path), others.iter().map(|(path, _)| path));
        match definition {
            Err(error) => {
                self.change.wants_build |= wants_build || self.stage.is_building();
                self.stage.kill();
                // Otherwise it is told when the build has ended, if it is the same then.
                if self.stage.is_idle() {
                    self.fail(&error, error.help_while_serving());
                }
            }
            Ok(definition) => {
                let plan = BuildPlan::of(&definition).ok();
                let is_other = plan.is_some() && plan != self.plan;
                self.change.wants_build |= wants_build || is_other;
                if asks_cargo {
                    self.search = Some(Box::pin(Subject::of(&definition).find()));
                }
                if wants_build || is_other {
                    self.stage.kill();
                }
                self.proceed(Some(definition));
            }
        }
    }

    /// Builds or serves, unless a build has to end before. `definition`: as it is now, if it is known.
    fn proceed(&mut self, definition: Option<Definition>) {
        if self.stage.is_idle() {
            let definition =
                definition.map_or_else(|| Definition::load(&self.path, &self.load_context), Ok);
            match definition {
                Ok(definition) if self.change.wants_build => self.build(definition),
                Ok(definition) => self.serve(definition),
                Err(error) => self.fail(&error, error.help_while_serving()),
            }
        }
    }

    fn build(&mut self, definition: Definition) {
        // Whoever builds it by other means has a component.
        let Ok(plan) = BuildPlan::of(&definition) else { return self.serve(definition) };
        self.plan = Some(plan.clone());
        let screen = self.screen.clone();
        let output = Box::new(move |bytes: &[u8]| screen.output(bytes));
        match Build::start(plan, self.screen.has_colours(), output) {
            Ok(build) => {
                self.written.begin();
                self.stage = Stage::Building { build: Box::new(build), began: Instant::now() };
                self.show_progress();
            }
            Err(error) => self.fail_build(&error, Duration::ZERO),
        }
    }

    /// Hands over what is there.
    fn serve(&mut self, definition: Definition) {
        self.change.wants_build = false;
        let print = fingerprint(&self.path, &definition);
        if self.served.since.is_some() && print.is_some() && print == self.served.print {
            return self.show(End::Unchanged);
        }
        self.served.print = print;
        self.served.is_local = definition.host.address == Address::Loopback;
        self.change.handed_over = Some(Instant::now());
        self.due = Some(Demand::Serve(Box::new(definition)));
    }

    fn finish(&mut self, ended: Option<Ended>) {
        self.written.end(ended.is_some());
        self.stage = Stage::Over(ended);
        self.screen.progress(None);
    }

    /// Takes what a build has written for known, and watches what it has read.
    ///
    /// # Cancel safety
    /// To be called again.
    async fn take_in(&mut self) {
        if let Some(plan) = &self.plan {
            let component = plan.component().to_owned();
            self.watch.accept(component).await;
        }
        // Where the system does not tell about changes, those of the build would be noticed later, and
        // be taken for somebody else's.
        let changes = self.watch.look().await;
        if !changes.is_empty() {
            self.note(changes);
        }
        if let Stage::Over(Some(Ended::Succeeded(_))) = self.stage
            && let Ok(definition) = Definition::load(&self.path, &self.load_context)
        {
            let inputs = Subject::of(&definition).inputs();
            for input in inputs.iter().filter(|input| !self.sources.inputs.contains(input)) {
                if let WatchedPath::File(path) = input {
                    self.written.note_input(path);
                }
            }
            if inputs != self.sources.inputs {
                self.sources.inputs = inputs;
                self.set_watch().await;
            }
        }
    }

    /// Does what follows from a build, now that what it has written is no change any more.
    fn conclude(&mut self) {
        let Stage::Over(ended) = std::mem::replace(&mut self.stage, Stage::Idle) else { return };
        match ended {
            Some(Ended::Succeeded(after)) => {
                self.change.built = Some(after);
                self.change.wants_build = false;
                self.proceed(None);
            }
            // What was to be built still is.
            Some(Ended::Failed { error, after }) => self.fail_build(&error, after),
            None => return self.proceed(None),
        }
        let late = self.written.take_late();
        if !late.is_empty() {
            self.change.note(directory_of(&self.path), late.iter().map(PathBuf::as_path));
            self.change.wants_build = true;
            self.proceed(None);
        }
    }

    fn press(&mut self, key: Key) {
        match key {
            Key::Build => {
                self.change.wants_build = true;
                self.stage.kill();
                self.proceed(None);
            }
            Key::Level => {
                self.level = level::next(self.level, self.first_level);
                self.due = Some(Demand::Level(self.level));
                if self.answers_keys() {
                    let text = format!("log level: {}", level::name(self.level));
                    self.screen.say_for_all(&text);
                }
            }
            Key::Quit => self.due = Some(Demand::Stop),
            Key::Help if self.answers_keys() => self.screen.say_for_all(status::KEYS),
            Key::Help => (),
        }
    }

    /// Whether there are keys, and this service answers for all.
    fn answers_keys(&self) -> bool {
        self.keys.as_ref().is_some_and(Keys::answers)
    }

    fn show_progress(&self) {
        let text = match self.stage.elapsed() {
            Some(elapsed) => Some(format!("building, {}", status::duration(elapsed))),
            None if self.change.handed_over.is_some() => Some("starting".to_owned()),
            None => None,
        };
        self.screen.progress(text.as_deref());
    }

    fn fail(&mut self, error: &dyn std::error::Error, help: Option<&str>) {
        self.show(End::ReplacingFailed { error, help });
    }

    fn fail_build(&mut self, error: &BuildError, after: Duration) {
        self.show(End::BuildFailed { error, after });
        self.change.wants_build = true;
    }

    /// Tells what became of the change, which is over then.
    fn show(&mut self, end: End<'_>) {
        let change = std::mem::take(&mut self.change);
        self.screen.progress(None);
        let Change { paths, built, wants_build, .. } = &change;
        let serving = self.served.since;
        Status { changed: paths, built: *built, end, serving }.show(&self.screen);
        if !self.served.knows_keys && self.answers_keys() {
            self.screen.say_for_all(status::KEYS);
        }
        self.served.knows_keys = true;
        self.change.wants_build = *wants_build;
    }

    fn tell_limitations(&mut self) {
        for limitation in self.watch.limitations() {
            let tone = if limitation.is_no_loss() { Tone::Plain } else { Tone::Bad };
            self.screen.say(tone, &limitation.to_string());
            if let Some(help) = limitation.help() {
                self.screen.say(Tone::Plain, &format!(" help: {help}"));
            }
        }
    }

    /// What the search has found is watched from now on.
    async fn watch(&mut self, sources: Sources) {
        self.sources = sources;
        self.tell_trouble();
        self.set_watch().await;
    }

    fn tell_trouble(&self) {
        if let Some(error) = &self.sources.trouble {
            self.screen.say(Tone::Bad, &error.to_string());
        }
    }

    async fn set_watch(&mut self) {
        self.watch.set(self.sources.all()).await;
        self.tell_limitations();
    }
}
