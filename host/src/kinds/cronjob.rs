//! The kind `cronjob`: a task of the guest that runs when a schedule says so.
//!
//! Remembers nothing across restarts: what was due while the host was not there has not been missed.

mod clock;
mod dialect;
mod expressions;
mod overlap;
mod run;
mod schedule;
mod settings;
mod timer;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use serde_json::Value;

use self::clock::Clock;
use self::overlap::{Admission, OverlapPolicy};
use self::run::Tick;
use self::schedule::Schedule;
use self::settings::CronjobSettings;
use self::timer::{Jitter, MOST_COUNTED, Occurrence, RunTimer, Verdict, duration};
use crate::extension::{
    Attributes, Export, ExtensionError, Guest, Kind, Level, Logger, Monitor, RunningKind, Start,
    Stop,
};
use crate::telemetry::Event;

const INTERFACE: &str = "mikros:service/cronjob@0.2.0";

const RUN: Export = Export { interface: INTERFACE, function: "run" };

/// `types = ["cronjob"]`.
#[derive(Debug)]
pub(crate) struct Cronjob;

impl Kind for Cronjob {
    type Settings = CronjobSettings;
    type Running = Schedules;

    fn name(&self) -> &'static str {
        "cronjob"
    }

    fn summary(&self) -> &'static str {
        "Runs a task on a schedule."
    }

    fn interface(&self) -> &'static str {
        INTERFACE
    }

    fn exports(&self) -> &'static [Export] {
        &[RUN]
    }

    async fn start(
        &self,
        settings: Arc<CronjobSettings>,
        start: Start,
    ) -> Result<Schedules, ExtensionError> {
        let schedule = settings.schedule().map_err(changed_since)?;
        let Start { logger, monitor, .. } = start;
        Ok(Schedules { settings, schedule, clock: Clock::system(), logger, monitor })
    }
}

/// The settings were right when they were read, and the time zones of the machine are another matter.
fn changed_since(mistakes: Vec<settings::Mistake>) -> ExtensionError {
    let Some(first) = mistakes.into_iter().next() else {
        return ExtensionError::new("the schedule cannot be used");
    };
    let key = format!("services.cronjob.{}", first.path);
    let message = format!("`{}` {}", key.trim_end_matches('.'), first.message);
    ExtensionError::new(message).with_help(first.help).at(first.path)
}

/// The schedule of one version of a service.
#[derive(Debug)]
pub(crate) struct Schedules {
    settings: Arc<CronjobSettings>,
    schedule: Schedule,
    clock: Clock,
    logger: Logger,
    monitor: Monitor,
}

impl RunningKind for Schedules {
    fn describe(&self) -> Attributes {
        let next = self.schedule.next(self.clock.now());
        let zone = self.schedule.zone().iana_name().unwrap_or(&self.settings.time_zone);
        Attributes::from_iter([
            ("cronjob.schedule".to_owned(), Value::from(self.settings.describe())),
            ("cronjob.time_zone".to_owned(), Value::from(zone)),
            ("cronjob.next".to_owned(), next.map(|next| self.schedule.show(next)).into()),
        ])
    }

    async fn run(self, guest: Guest, stop: Stop) -> Result<(), ExtensionError> {
        Runner::new(self, guest).work(stop).await;
        Ok(())
    }
}

/// A schedule at work.
struct Runner {
    timer: RunTimer,
    overlap_policy: OverlapPolicy,
    runs: FuturesUnordered<LocalBoxFuture<'static, ()>>,
    settings: Arc<CronjobSettings>,
    clock: Clock,
    logger: Logger,
    monitor: Monitor,
    guest: Guest,
}

impl Runner {
    fn new(schedules: Schedules, guest: Guest) -> Self {
        let Schedules { settings, schedule, clock, logger, monitor } = schedules;
        let most = settings.jitter.map(|jitter| jitter.0).unwrap_or_default();
        let jitter = Jitter { most, random: run::random };
        let timer = RunTimer::new(schedule, settings.missed, jitter, clock.now());
        let overlap_policy = OverlapPolicy::new(settings.overlap);
        Self {
            timer,
            overlap_policy,
            runs: FuturesUnordered::new(),
            settings,
            clock,
            logger,
            monitor,
            guest,
        }
    }

    /// Until it is told to stop; then until the last run has ended.
    async fn work(mut self, mut stop: Stop) {
        loop {
            tokio::select! {
                biased;
                () = stop.told() => break,
                Some(()) = self.runs.next() => self.ended(),
                () = self.clock.nap_until(self.timer.next()) => self.look(),
            }
        }
        if let Some(Occurrence { scheduled, .. }) = self.overlap_policy.give_up() {
            let about = run::scheduled(self.timer.schedule(), scheduled);
            self.log(
                Event::CronjobRunDropped,
                Level::Warn,
                "cronjob run given up, the service stops",
                &about,
            );
        }
        while self.runs.next().await.is_some() {}
    }

    fn look(&mut self) {
        match self.timer.look(self.clock.now()) {
            Verdict::Nothing => {}
            Verdict::Due(occurrence) => self.due(occurrence),
            Verdict::Missed { runs } => {
                self.overlap_policy.miss(runs);
                self.tell_missed(runs);
            }
            Verdict::Waits { set_back } => self.tell_wait(set_back),
            Verdict::ClockSetBack => {
                let message = "the clock was set back, the schedule begins anew";
                self.log(Event::ClockSetBack, Level::Warn, message, &self.next());
            }
        }
    }

    fn due(&mut self, occurrence: Occurrence) {
        if occurrence.missed > 0 {
            self.tell_missed(occurrence.missed);
        }
        let about = run::scheduled(self.timer.schedule(), occurrence.scheduled);
        // A rhythm of seconds and a run of hours would fill the log with the same warning.
        let level = |streak| if streak == 1 { Level::Warn } else { Level::Debug };
        match self.overlap_policy.admit(occurrence, self.runs.len()) {
            Admission::Begins(occurrence) => self.begin(occurrence),
            Admission::Waits => {
                self.log(Event::CronjobRunWaiting, Level::Debug, "cronjob run waits", &about);
            }
            Admission::Replaces { streak } => {
                let message = "cronjob runs become one, the last one still runs";
                self.log(Event::CronjobRunsMerged, level(streak), message, &about);
            }
            Admission::Refused { streak } => {
                run::count(&self.monitor, "skipped", 1);
                let message = "cronjob run skipped, the last one still runs";
                self.log(Event::CronjobRunSkipped, level(streak), message, &about);
            }
        }
    }

    /// What was due in the time that comes again does not run again.
    fn tell_wait(&self, set_back: Duration) {
        let now = self.clock.now();
        let wait = self.timer.next().map_or(Duration::ZERO, |next| duration(now, next));
        let mut about = self.next();
        about.insert("clock.set_back_ms".to_owned(), run::milliseconds(set_back));
        about.insert("cronjob.wait_ms".to_owned(), run::milliseconds(wait));
        let message = "the clock was set back, the schedule waits until it has caught up";
        self.log(Event::ClockSetBack, Level::Warn, message, &about);
    }

    fn tell_missed(&self, runs: u32) {
        run::count(&self.monitor, "missed", runs);
        let mut about = Attributes::from_iter([("cronjob.missed".to_owned(), Value::from(runs))]);
        if runs >= MOST_COUNTED {
            about.insert("cronjob.missed_is_least".to_owned(), Value::from(true));
        }
        let message = "cronjob runs missed, the clock was set or the machine was asleep";
        self.log(Event::CronjobRunsMissed, Level::Warn, message, &about);
    }

    fn begin(&mut self, occurrence: Occurrence) {
        let Occurrence { scheduled, missed } = occurrence;
        let delay = duration(scheduled, self.clock.now());
        let tick = Tick { scheduled: self.timer.schedule().show(scheduled), delay, missed };
        let timeout = self.settings.timeout.0;
        let (guest, logger, monitor) =
            (self.guest.clone(), self.logger.clone(), self.monitor.clone());
        self.runs.push(Box::pin(async move {
            let has_succeeded = run::run(guest, tick, timeout, logger).await;
            run::count(&monitor, if has_succeeded { "completed" } else { "failed" }, 1);
        }));
    }

    fn ended(&mut self) {
        if let Some(waiting) = self.overlap_policy.next() {
            self.begin(waiting);
        }
        if self.logger.enabled(Level::Debug) {
            self.log(
                Event::CronjobRunScheduled,
                Level::Debug,
                "cronjob run is due next",
                &self.next(),
            );
        }
    }

    fn next(&self) -> Attributes {
        let next: Option<Timestamp> = self.timer.next();
        next.map(|next| run::scheduled(self.timer.schedule(), next)).unwrap_or_default()
    }

    fn log(&self, event: Event, level: Level, message: &str, attributes: &Attributes) {
        self.logger.event(event).log(level, message, attributes, &Attributes::new());
    }
}

#[cfg(test)]
mod tests;
