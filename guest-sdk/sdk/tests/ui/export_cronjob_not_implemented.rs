use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

mikros_sdk::export!(Hello: cronjob);

fn main() {}
