use mikros_sdk::plugin::{Plugin, Refusal};

struct Settings {
    key: String,
}

struct Auth {
    key: String,
}

impl Plugin for Auth {
    type Settings = Settings;

    async fn on_start(settings: Settings) -> Result<Self, Refusal> {
        Ok(Self { key: settings.key })
    }
}

mikros_sdk::export_plugin!(Auth);

fn main() {}
