use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Hello {
    async fn replace(&self, _body: Json<u32>, _id: Path<u64>) -> &'static str {
        "hello"
    }
}

impl Http for Hello {
    fn routes() -> Router<Self> {
        Router::new().put("/{id}", Self::replace)
    }
}

fn main() {}
