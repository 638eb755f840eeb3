use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Hello {
    fn routes() -> Router<Self> {
        Router::new()
    }
}

mikros_sdk::export!(Hello: htpp, http, consumer, worker);

fn main() {}
