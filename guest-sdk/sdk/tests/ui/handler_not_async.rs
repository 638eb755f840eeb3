use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Hello {
    fn index(&self) -> &'static str {
        "hello"
    }
}

impl Http for Hello {
    fn routes() -> Router<Self> {
        Router::new().get("/", Self::index)
    }
}

fn main() {}
