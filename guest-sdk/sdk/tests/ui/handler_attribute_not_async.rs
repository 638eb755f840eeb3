use mikros_sdk::prelude::*;

struct Shop;

impl Service for Shop {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Shop {
    #[mikros_sdk::handler]
    fn items(&self) -> &'static str {
        "items"
    }
}

impl Http for Shop {
    fn routes() -> Router<Self> {
        Router::new().get("/{id}", Self::items)
    }
}

fn main() {}
