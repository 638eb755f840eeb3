//! What the benchmark of features measures: a plug-in that looks at one header of each request.
//! Deliberately does nothing else: the way into the plug-in and back is what is measured.

use mikros_sdk::plugin::{Answer, NoSettings, Pass, Plugin, Refusal, RequestHead, RequestHook};

struct Looks;

impl Plugin for Looks {
    type Settings = NoSettings;

    async fn on_start(_settings: NoSettings) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl RequestHook for Looks {
    async fn on_request(&self, request: &RequestHead) -> Result<Pass, Answer> {
        match request.header("x-blocked") {
            None => Ok(Pass::new()),
            Some(_) => Err(Answer::unauthenticated("blocked", "Benchmark")),
        }
    }
}

mikros_sdk::export_plugin!(Looks: request_hook);
