use mikros_sdk::prelude::*;
use proto::echo_server::{Echo, EchoServer};

mod proto {
    include!("../../../../build/tests/golden/_.rs");
}

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Grpc for Hello {
    type Services = EchoServer<Self>;
}

impl Echo for Hello {}

mikros_sdk::export!(Hello: grpc);

fn main() {}
