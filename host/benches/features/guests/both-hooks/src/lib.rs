//! What the benchmark of features measures: a plug-in that looks at one header of each request and of its
//! response.
//! Deliberately does nothing else: the way into the plug-in and back is what is measured.

use mikros_sdk::plugin::{
    Answer, Changes, NoSettings, Pass, Plugin, Refusal, RequestHead, RequestHook, ResponseHead,
    ResponseHook,
};

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

impl ResponseHook for Looks {
    async fn on_response(&self, response: &ResponseHead) -> Changes {
        match response.header("x-internal") {
            None => Changes::new(),
            Some(_) => Changes::new().remove_header("x-internal"),
        }
    }
}

mikros_sdk::export_plugin!(Looks: request_hook, response_hook);
