use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

struct Other;

impl Other {
    async fn index(&self) -> &'static str {
        "hello"
    }
}

impl Http for Hello {
    fn routes() -> Router<Self> {
        Router::new().get("/", Other::index)
    }
}

fn main() {}
