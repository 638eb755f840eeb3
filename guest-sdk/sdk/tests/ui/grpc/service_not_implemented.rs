use mikros_sdk::prelude::*;
use proto::echo_server::EchoServer;

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

mikros_sdk::export!(Hello: grpc);

fn main() {}
