use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Hello {
    async fn read(&self) -> Result<String, std::io::Error> {
        std::fs::read_to_string("greeting")
    }
}

impl Http for Hello {
    fn routes() -> Router<Self> {
        Router::new().get("/", Self::read)
    }
}

fn main() {}
