use mikros_sdk::plugin::{NoSettings, Plugin, Refusal};

struct Auth;

impl Plugin for Auth {
    type Settings = NoSettings;

    async fn on_start(_settings: NoSettings) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

mikros_sdk::export_plugin!(Auth:);

fn main() {}
