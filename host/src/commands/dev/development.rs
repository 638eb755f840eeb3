//! The development loop: what changes, what is built, what is served next, and what the user is told.
//!
//! Does not know how any of it is done.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, Instant};

use jiff::Zoned;
use tokio::signal::unix::{self, SignalKind};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::super::build::{BuildError, Plan};
use super::super::directory_of;
use super::builder::{Build, Ended};
use super::change::{Change, Written};
use super::keys::{Key, Keys};
use super::screen::{Screen, Tone};
use super::served::{Served, fingerprint};
use super::sources::{self, Sources};
use super::stage::{Done, Stage};
use super::status::{self, End, Status};
use crate::definition::{Definition, Premises};
use crate::supervisor::{Demand, Director, News};
use crate::telemetry::Level;
use crate::watch::{Changes, Watch};

/// How often the progress moves.
const TICK: Duration = Duration::from_millis(100);

/// What the user sees and types, the files that change, and what is done about it.
pub(super) struct Development {
    path: PathBuf,
    premises: Premises,
    screen: Screen,
    keys: Option<Keys>,
    watch: Watch,
    /// After Ctrl-Z and `fg` the terminal has to be set up again.
    continued: unix::Signal,
    ticks: Interval,
    stage: Stage,
    /// The last build.
    plan: Option<Plan>,
    /// What the supervisor is to do next.
    due: Option<Demand>,
    /// Finds what to watch, when that may have changed.
    search: Option<Pin<Box<dyn Future<Output = Sources>>>>,
    change: Change,
    written: Written,
    served: Served,
    level: Level,
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
        premises: Premises,
        (screen, keys, watch): (Screen, Option<Keys>, Watch),
        level: Level,
    ) -> io::Result<Self> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let continued = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
        let mut development = Self {
            path,
            premises,
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
        };
        development.tell_limitations();
        development.proceed();
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
        let definition = Definition::load(&self.path, &self.premises);
        let component = definition.as_ref().ok().map(|one| one.host.component.as_path());
        if self.stage.is_building()
            && let Some(component) = component
        {
            // What a build writes is served when it is done.
            changes.take(component);
        }
        self.written.sort_out(&mut changes, self.stage.is_building(), &self.screen);
        if changes.is_empty() {
            return;
        }
        let components = definition.iter().flat_map(Definition::components);
        let built: Vec<_> = components.map(Path::to_owned).collect();
        let needs_no_build = |path: &Path| path == self.path || built.iter().any(|one| one == path);
        let wants_build = changes.iter().any(|(path, _)| !needs_no_build(path));
        let asks_cargo =
            changes.iter().any(|(path, _)| path == self.path || path.ends_with("Cargo.toml"));
        self.change.note(directory_of(&self.path), &changes);
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
                let plan = Plan::of(&definition).ok();
                let is_other = plan.is_some() && plan != self.plan;
                self.change.wants_build |= wants_build || is_other;
                if asks_cargo {
                    self.search = Some(Box::pin(async move { sources::find(&definition).await }));
                }
                if wants_build || is_other {
                    self.stage.kill();
                }
                self.proceed();
            }
        }
    }

    /// Builds or serves, unless a build has to end before.
    fn proceed(&mut self) {
        if self.stage.is_idle() {
            if self.change.wants_build { self.build() } else { self.serve() }
        }
    }

    fn build(&mut self) {
        let definition = match Definition::load(&self.path, &self.premises) {
            Ok(definition) => definition,
            Err(error) => return self.fail(&error, error.help_while_serving()),
        };
        // Whoever builds it by other means has a component.
        let Ok(plan) = Plan::of(&definition) else { return self.serve() };
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
    fn serve(&mut self) {
        self.change.wants_build = false;
        match Definition::load(&self.path, &self.premises) {
            Ok(definition) => {
                let print = fingerprint(&self.path, &definition);
                if self.served.since.is_some() && print.is_some() && print == self.served.print {
                    return self.show(End::Unchanged);
                }
                self.served.print = print;
                self.change.handed_over = Some(Instant::now());
                self.due = Some(Demand::Serve(Box::new(definition)));
            }
            Err(error) => self.fail(&error, error.help_while_serving()),
        }
    }

    fn finish(&mut self, ended: Option<Ended>) {
        self.stage = Stage::Over(ended);
        self.screen.progress(None);
        self.written.end();
    }

    /// Does what follows from a build, now that what it has written is no change any more.
    fn conclude(&mut self) {
        let Stage::Over(ended) = std::mem::replace(&mut self.stage, Stage::Idle) else { return };
        match ended {
            Some(Ended::Succeeded(after)) => {
                self.change.built = Some(after);
                self.serve();
            }
            // What was to be built still is.
            Some(Ended::Failed { error, after }) => self.fail_build(&error, after),
            None => return self.proceed(),
        }
        if self.written.was_late() {
            self.change.wants_build = true;
            self.proceed();
        }
    }

    fn press(&mut self, key: Key) {
        match key {
            Key::Build => {
                self.change.wants_build = true;
                self.stage.kill();
                self.proceed();
            }
            Key::Level => {
                self.level = next_level(self.level);
                self.screen.say(Tone::Plain, &format!("log level: {}", self.level));
                self.due = Some(Demand::Level(self.level));
            }
            Key::Quit => self.due = Some(Demand::Stop),
            Key::Help => self.screen.say(Tone::Plain, status::KEYS),
        }
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
        if !self.served.knows_keys && self.keys.is_some() {
            self.screen.say(Tone::Plain, status::KEYS);
        }
        self.served.knows_keys = true;
        self.change.wants_build = *wants_build;
    }

    fn tell_limitations(&mut self) {
        for limitation in self.watch.limitations() {
            self.screen.say(Tone::Bad, &limitation.to_string());
            if let Some(help) = limitation.help() {
                self.screen.say(Tone::Plain, &format!(" help: {help}"));
            }
        }
    }

    /// What the search has found is watched from now on.
    async fn watch(&mut self, sources: Sources) {
        if let Some(error) = &sources.trouble {
            self.screen.say(Tone::Bad, &error.to_string());
        }
        self.watch.set(sources.places).await;
        self.tell_limitations();
    }
}

impl Director for Development {
    async fn next(&mut self) -> Demand {
        loop {
            if let Some(demand) = self.due.take() {
                return demand;
            }
            match self.event().await {
                Event::Changed(changes) => {
                    self.tell_limitations();
                    self.note(changes);
                }
                Event::Done(Done::Ended(ended)) => self.finish(ended),
                Event::Done(Done::Over) => {
                    // Dropped here, it is done again: the stage is still the same.
                    if let Some(plan) = &self.plan {
                        let component = plan.component().to_owned();
                        self.watch.accept(component).await;
                    }
                    self.conclude();
                }
                Event::Found(sources) => {
                    self.search = None;
                    self.watch(sources).await;
                }
                Event::Key(key) => self.press(key),
                Event::Continued => {
                    if let Some(keys) = &self.keys {
                        keys.resume();
                    }
                }
                Event::Tick => {
                    self.show_progress();
                    self.screen.tick();
                }
            }
        }
    }

    fn tell(&mut self, news: News<'_>) {
        match news {
            News::Serving { endpoints } => {
                let after = self.change.handed_over.map_or(Duration::ZERO, |at| at.elapsed());
                self.served.since = Some(Zoned::now().time());
                let new = self.served.note_addresses(endpoints);
                self.show(End::Ready { after, addresses: &new });
            }
            News::Refused(refusal) => {
                self.served.print = None;
                self.fail(refusal, refusal.help.as_deref());
            }
            News::Waiting { .. } => {
                self.screen.say(Tone::Plain, "waiting for an older version to finish");
            }
            // The log has told of it.
            News::Left { .. } => (),
            News::Ended { well } => {
                self.served.since = None;
                self.served.addresses.clear();
                let (tone, how) = if well { (Tone::Good, "done") } else { (Tone::Bad, "failed") };
                self.screen.say(tone, &format!("{how} · waiting for a change"));
            }
        }
    }

    fn perseveres(&self) -> bool {
        true
    }
}

fn next_level(level: Level) -> Level {
    match level {
        Level::Debug | Level::Internal => Level::Info,
        Level::Info => Level::Warn,
        Level::Warn => Level::Error,
        Level::Error | Level::Fatal => Level::Debug,
    }
}
