//! Stands in for the host in unit tests: everything is in memory, and time passes when all wait.
//! Deliberately one per thread, as tests run on threads of their own.

mod call;
pub(crate) mod clients;
mod clock;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::sync::LazyLock;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Map, Value};

use self::clock::Clock;
use crate::definition::Identity;
use crate::log::{self, Level};
use crate::settings::Substitution;
use crate::testing::LogLine;

pub(crate) use call::{
    Call, Origin, caller, cancelled, in_call, kind, peer, remaining, request_id,
};

/// The time of day at which contexts begin, 2025-01-01 00:00:00 UTC: always the same, and in nobody's past.
const BEGINNING: Duration = Duration::from_hours(482_136);

/// What a host would know and do.
pub(crate) struct Memory {
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) settings: Value,
    pub(crate) features: BTreeMap<String, Value>,
    pub(crate) identity: Identity,
    pub(crate) deployment: String,
    pub(crate) level: Cell<Level>,
    pub(crate) logs: RefCell<Vec<LogLine>>,
    /// Attributes of which golden texts do not show the value.
    pub(crate) masked: Vec<String>,
    pub(crate) stop_after: Option<Duration>,
    /// The time of day when the clock stands at zero.
    pub(crate) began: SystemTime,
    /// What was said last of each service.
    pub(crate) serving: RefCell<BTreeMap<String, bool>>,
    /// What stands in for other services, by the names of clients.
    pub(crate) clients: BTreeMap<String, clients::Fake>,
    clock: Clock,
    stage: Cell<Stage>,
    /// Who waits for the next stage.
    waiting: RefCell<Vec<Waker>>,
}

/// How far the service has come to its end.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Serving,
    Draining,
    Stopping,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            variables: Vec::new(),
            settings: Value::Object(Map::new()),
            features: BTreeMap::new(),
            identity: Identity {
                name: "test".to_owned(),
                version: "v0.0.0".to_owned(),
                product: "test".to_owned(),
                language: "rust".to_owned(),
                kinds: Vec::new(),
            },
            deployment: "test".to_owned(),
            level: Cell::new(Level::Debug),
            logs: RefCell::default(),
            masked: Vec::new(),
            stop_after: None,
            began: SystemTime::UNIX_EPOCH + BEGINNING,
            serving: RefCell::default(),
            clients: BTreeMap::new(),
            clock: Clock::default(),
            stage: Cell::default(),
            waiting: RefCell::default(),
        }
    }
}

thread_local! {
    /// The memory of the test that runs on this thread; an empty one outside of `Context::run`, so
    /// that code which only logs needs no context.
    static CURRENT: RefCell<Rc<Memory>> = RefCell::default();
}

fn current() -> Rc<Memory> {
    CURRENT.with(|current| Rc::clone(&current.borrow()))
}

/// Makes the memory before it the current one again, also when the test panics.
struct Restore(Rc<Memory>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.with(|current| current.replace(Rc::clone(&self.0)));
    }
}

impl Memory {
    /// Runs `future` with this memory as the host.
    pub(crate) fn run<T>(self: &Rc<Self>, future: impl Future<Output = T>) -> T {
        let _restore = Restore(CURRENT.with(|current| current.replace(Rc::clone(self))));
        if let Some(time) = self.stop_after {
            let memory = Rc::clone(self);
            self.clock.spawn(async move {
                memory.clock.sleep(time.saturating_sub(memory.now())).await;
                memory.shut_down();
            });
        }
        log::within(|| self.clock.run(future))
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Lets time pass without running anything.
    pub(crate) fn advance(&self, time: Duration) {
        self.clock.advance_by(time);
    }

    pub(crate) fn drain(&self) {
        self.advance_to(Stage::Draining);
    }

    pub(crate) fn shut_down(&self) {
        self.advance_to(Stage::Stopping);
    }

    fn advance_to(&self, stage: Stage) {
        self.stage.set(self.stage.get().max(stage));
        for waker in self.waiting.take() {
            waker.wake();
        }
    }
}

/// Virtual time of the current memory.
pub(crate) fn now() -> Duration {
    current().now()
}

pub(crate) fn system_time() -> SystemTime {
    let memory = current();
    memory.began + memory.now()
}

/// Of all contexts of a process the clock begins at the same moment.
pub(crate) fn instant() -> Instant {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    *BEGAN + now()
}

pub(crate) fn log(level: Level, message: &str, attributes: &str) {
    let attributes = match serde_json::from_str(attributes) {
        Ok(Value::Object(attributes)) => attributes,
        _ => Map::new(),
    };
    let line = LogLine { level, message: message.to_owned(), attributes, request_id: request_id() };
    current().logs.borrow_mut().push(line);
}

pub(crate) fn get_level() -> Level {
    current().level.get()
}

pub(crate) fn known_level() -> Level {
    get_level()
}

/// Nothing is remembered that could have changed.
pub(crate) fn resumed() {}

pub(crate) fn set_level(level: Level) -> Level {
    current().level.replace(level)
}

pub(crate) fn variable(name: &str) -> Option<String> {
    let memory = current();
    let found = memory.variables.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone())
}

pub(crate) fn variable_names() -> Vec<String> {
    current().variables.iter().map(|(name, _)| name.clone()).collect()
}

pub(crate) fn deployment() -> String {
    current().deployment.clone()
}

pub(crate) fn describe() -> Identity {
    current().identity.clone()
}

pub(crate) fn settings() -> String {
    current().settings.to_string()
}

pub(crate) fn feature_settings(name: &str) -> Option<String> {
    current().features.get(name).map(Value::to_string)
}

/// Tests write values.
pub(crate) fn substitutions(_feature: Option<&str>) -> Vec<Substitution> {
    Vec::new()
}

/// As the contract limits it.
pub(crate) fn set_serving(service: &str, serving: bool) {
    let memory = current();
    let mut known = memory.serving.borrow_mut();
    assert!(service.len() <= 256, "the name of a service is longer than 256 bytes");
    let is_new = !known.contains_key(service);
    assert!(!is_new || known.len() < 1024, "health is told of more than 1024 services");
    known.insert(service.to_owned(), serving);
}

pub(crate) async fn draining() {
    reached(Stage::Draining).await;
}

pub(crate) async fn shutdown_notice() {
    reached(Stage::Stopping).await;
}

async fn reached(stage: Stage) {
    poll_fn(|context| {
        let memory = current();
        if memory.stage.get() >= stage {
            return Poll::Ready(());
        }
        memory.waiting.borrow_mut().push(context.waker().clone());
        Poll::Pending
    })
    .await;
}

pub(crate) async fn sleep(duration: Duration) {
    let memory = current();
    memory.clock.sleep(duration).await;
}

pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    current().clock.spawn(in_call(call::current(), future));
}
