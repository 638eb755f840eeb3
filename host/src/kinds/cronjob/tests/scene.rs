//! A schedule with a task and clocks that tests hold in their hands.
//! Does not know what is tested.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;
use wasmtime::component::Val;

use crate::call::Fault;
use crate::extension::{
    CallError, CallGuest, CallOptions, Export, Guest, Monitor, RunningKind, Stop,
};
use crate::kinds::cronjob::Schedules;
use crate::kinds::cronjob::clock::Clock;
use crate::kinds::cronjob::settings::CronjobSettings;
use crate::telemetry::{Flush, Format, Level, Logger, MAX_LINE, TextOutput};

/// When every test begins.
const BEGIN: &str = "2026-11-23T07:59:30Z";

/// A guest that takes a while, and notes when it was called.
pub(super) struct Task {
    begun: Instant,
    /// How long the runs take, one after the other; the last one stands for all that follow.
    lengths: Vec<Duration>,
    /// What each run ends with.
    pub(super) outcome: fn() -> Result<Option<Val>, CallError>,
    calls: Arc<Mutex<Vec<Call>>>,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) line: String,
    pub(super) delay: Duration,
    pub(super) id: Arc<str>,
    pub(super) timeout: Option<Duration>,
}

impl CallGuest for Task {
    fn call(
        &self,
        export: Export,
        arguments: Vec<Val>,
        options: CallOptions,
    ) -> BoxFuture<'static, Result<Option<Val>, CallError>> {
        let mut calls = self.calls.lock().unwrap();
        let length = self.lengths[calls.len().min(self.lengths.len() - 1)];
        let second = self.begun.elapsed().as_secs();
        let line = format!(
            "after {second} s: {}.{} {}",
            export.interface,
            export.function,
            show(&arguments)
        );
        let (id, timeout) = (options.id.unwrap(), options.timeout);
        calls.push(Call { line, delay: delay(&arguments), id, timeout });
        let (limit, outcome) = (timeout.unwrap_or(Duration::MAX), self.outcome);
        async move {
            match tokio::time::timeout(limit, tokio::time::sleep(length)).await {
                Ok(()) => outcome(),
                Err(_elapsed) => Err(Fault::DeadlineExceeded { limit }.into()),
            }
        }
        .boxed()
    }
}

/// The fields of a tick in their order.
fn show(arguments: &[Val]) -> String {
    let [Val::Record(fields)] = arguments else { return format!("{arguments:?}") };
    let fields = fields.iter().map(|(name, value)| match value {
        Val::String(text) => format!("{name}={text}"),
        Val::U64(nanoseconds) => format!("{name}={:?}", Duration::from_nanos(*nanoseconds)),
        Val::U32(number) => format!("{name}={number}"),
        other => format!("{name}={other:?}"),
    });
    fields.collect::<Vec<_>>().join(" ")
}

fn delay(arguments: &[Val]) -> Duration {
    let [Val::Record(fields)] = arguments else { panic!("{arguments:?}") };
    match fields.iter().find(|(name, _)| name == "delay") {
        Some((_, Val::U64(nanoseconds))) => Duration::from_nanos(*nanoseconds),
        other => panic!("{other:?}"),
    }
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A schedule, its task, and the clocks of both.
pub(super) struct Scene {
    pub(super) task: Task,
    pub(super) schedules: Schedules,
    calls: Arc<Mutex<Vec<Call>>>,
    output: Output,
    flush: Flush,
    /// By how many seconds the clock on the wall was set.
    pub(super) set_by: Arc<AtomicI64>,
}

pub(super) struct Seen {
    pub(super) calls: Vec<Call>,
    pub(super) log: String,
    pub(super) elapsed: Duration,
}

impl Seen {
    pub(super) fn lines(&self) -> String {
        self.calls.iter().map(|call| call.line.clone() + "\n").collect()
    }
}

/// A schedule of `[services.cronjob]` whose runs take `lengths` seconds.
pub(super) fn scene(settings: serde_json::Value, lengths: &[u64]) -> Scene {
    let mut settings = settings;
    settings["time_zone"] = json!("UTC");
    let settings: CronjobSettings = serde_json::from_value(settings).unwrap();
    let schedule = settings.schedule().unwrap();
    let output = Output::default();
    let log = crate::telemetry::LogSettings {
        format: Format::Text { colour: false, place: TextOutput::Terminal },
        level: Level::Debug,
        fixed: Vec::new(),
        local_timestamp: false,
        max_line: MAX_LINE,
    };
    let (logger, flush) = Logger::start(&log, output.clone(), |_| ()).unwrap();
    let (begun, set_by) = (Instant::now(), Arc::new(AtomicI64::new(0)));
    let offset = set_by.clone();
    let clock = Clock::new(move || {
        let elapsed = SignedDuration::try_from(begun.elapsed()).unwrap();
        let set_by = SignedDuration::from_secs(offset.load(Ordering::Relaxed));
        BEGIN.parse::<Timestamp>().unwrap() + elapsed + set_by
    });
    let calls = Arc::default();
    Scene {
        task: Task {
            begun,
            lengths: lengths.iter().map(|seconds| Duration::from_secs(*seconds)).collect(),
            outcome: || Ok(None),
            calls: Arc::clone(&calls),
        },
        schedules: Schedules {
            settings: Arc::new(settings),
            schedule,
            clock,
            logger,
            monitor: Monitor::default(),
        },
        calls,
        output,
        flush,
        set_by,
    }
}

impl Scene {
    /// Tells it to stop after `seconds`, and waits for it to end.
    pub(super) async fn stopped_after(self, seconds: u64) -> Seen {
        self.stopped_when(tokio::time::sleep(Duration::from_secs(seconds))).await
    }

    pub(super) async fn stopped_when(self, moment: impl Future<Output = ()>) -> Seen {
        let Self { task, schedules, calls, output, flush, .. } = self;
        let begun = task.begun;
        let (stops, stop) = watch::channel(false);
        let running = schedules.run(Guest::new(Arc::new(task)), Stop::new(stop));
        let telling = async {
            moment.await;
            stops.send(true).unwrap();
        };
        let (outcome, ()) = tokio::join!(running, telling);
        outcome.unwrap();
        let elapsed = begun.elapsed();
        let _ = flush.finish(Duration::from_secs(10));
        let log = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        let calls = std::mem::take(&mut *calls.lock().unwrap());
        Seen { calls, log: without_what_differs(&log), elapsed }
    }
}

/// Lines without their time and the ids of runs.
fn without_what_differs(log: &str) -> String {
    let lines = log.lines().map(|line| {
        let words = line.split(' ').skip(1);
        let words = words.map(|word| match word.split_once('=') {
            Some(("request_id", _)) => "request_id=$ID",
            _ => word,
        });
        words.collect::<Vec<_>>().join(" ") + "\n"
    });
    lines.collect()
}
