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

impl Script for Hello {
    async fn run(&self, _arguments: Vec<String>) -> Result<()> {
        Ok(())
    }
}

mikros_sdk::export!(Hello: http, script);

fn main() {}
