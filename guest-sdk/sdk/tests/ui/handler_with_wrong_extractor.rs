use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

struct Paging;

impl Hello {
    async fn list(&self, _paging: Paging) -> &'static str {
        "hello"
    }
}

impl Http for Hello {
    fn routes() -> Router<Self> {
        Router::new().get("/", Self::list)
    }
}

fn main() {}
