//! A plug-in that does what its settings or a header say: passes, changes, refuses, answers or breaks.
//! Deliberately knows nothing about how the host takes it.
//!
//! What it does is a list of actions, separated by commas: `set=x-a:1, identify=ada`. For requests it is in the
//! header `x-probe`, or else in the setting `request`; for responses in `x-probe` of the response, or
//! else in `response`. An action is one of `acts`, or one of those in the module `actions`.

mod actions;

use std::cell::Cell;

use mikros_sdk::log;
use mikros_sdk::plugin::{
    Answer, Changes, Pass, Plugin, Refusal, RequestHead, RequestHook, ResponseHead, ResponseHook,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// What `start` does, of `acts`.
    start: String,
    /// The same in an instance that starts after a request has said `mark`; empty for no difference.
    start_again: String,
    /// What is wrong with the settings.
    problems: Vec<Objection>,
    /// What `stop` does, of `acts`.
    stop: String,
    request: String,
    response: String,
    /// Panics in each request of this number and its multiples; 0 for never.
    panic_every: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Objection {
    path: String,
    message: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            start: "return".to_owned(),
            start_again: String::new(),
            problems: Vec::new(),
            stop: "return".to_owned(),
            request: "pass".to_owned(),
            response: "pass".to_owned(),
            panic_every: 0,
        }
    }
}

struct Probe {
    settings: Settings,
    /// Requests that this instance was asked about.
    seen: Cell<u32>,
}

impl Plugin for Probe {
    type Settings = Settings;

    async fn on_start(settings: Settings) -> Result<Self, Refusal> {
        log::info!("probe starts");
        let problems = settings.problems.iter();
        Refusal::unless_empty(problems.map(|problem| (&*problem.path, &*problem.message)))?;
        let is_marked = log::level() == actions::MARK && !settings.start_again.is_empty();
        acts::act(if is_marked { &settings.start_again } else { &settings.start }).await?;
        Ok(Self { settings, seen: Cell::new(0) })
    }

    async fn on_finish(&self) -> mikros_sdk::Result<()> {
        log::info!("probe stops", seen = self.seen.get());
        acts::act(&self.settings.stop).await
    }
}

impl RequestHook for Probe {
    async fn on_request(&self, request: &RequestHead) -> Result<Pass, Answer> {
        self.seen.set(self.seen.get() + 1);
        let every = self.settings.panic_every;
        assert!(every == 0 || !self.seen.get().is_multiple_of(every), "told to panic this time");
        let list = request.header("x-probe").unwrap_or(&self.settings.request);
        let mut pass = Pass::new();
        for action in actions::read(list) {
            pass = actions::about_request(pass, action, request, self.seen.get()).await?;
        }
        Ok(pass)
    }
}

impl ResponseHook for Probe {
    /// # Panics
    ///
    /// When an action fails: a response cannot be refused.
    async fn on_response(&self, response: &ResponseHead) -> Changes {
        let list = response.header("x-probe").unwrap_or(&self.settings.response);
        let mut changes = Changes::new();
        for action in actions::read(list) {
            let outcome = actions::about_response(changes, action, response).await;
            changes = outcome.expect("the action works");
        }
        changes
    }
}

mikros_sdk::export_plugin!(Probe: request_hook, response_hook);
