use mikros_sdk::grpc::{Request, Response, Status};
use mikros_sdk::prelude::{Grpc, Result, Service};
use proto::Text;
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
    type Services = (EchoServer<Self>, EchoServer<Self>);
}

impl Echo for Hello {
    async fn say(&self, request: Request<Text>) -> Result<Response<Text>, Status> {
        Ok(request.into_inner().into())
    }
}

mikros_sdk::export!(Hello: grpc);

fn main() {}
