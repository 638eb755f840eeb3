use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Grpc for Hello {
    type Services = Hello;
}

mikros_sdk::export!(Hello: grpc);

fn main() {}
