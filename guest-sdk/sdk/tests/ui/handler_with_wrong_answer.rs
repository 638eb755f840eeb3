use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Hello {
    async fn count(&self) -> u64 {
        7
    }
}

impl Http for Hello {
    fn routes() -> Router<Self> {
        Router::new().get("/", Self::count)
    }
}

fn main() {}
