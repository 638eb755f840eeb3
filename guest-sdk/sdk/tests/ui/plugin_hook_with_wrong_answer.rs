use mikros_sdk::plugin::{NoSettings, Pass, Plugin, Refusal, RequestHead, RequestHook};

struct Auth;

impl Plugin for Auth {
    type Settings = NoSettings;

    async fn on_start(_settings: NoSettings) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl RequestHook for Auth {
    async fn on_request(&self, _request: &RequestHead) -> mikros_sdk::Result<Pass> {
        Ok(Pass::new())
    }
}

mikros_sdk::export_plugin!(Auth: request_hook);

fn main() {}
