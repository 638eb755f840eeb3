use std::fmt;

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

#[derive(Debug)]
enum OwnError {
    Empty,
}

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is empty")
    }
}

impl std::error::Error for OwnError {}

fn checked(text: Text) -> Result<Text, OwnError> {
    if text.text.is_empty() { Err(OwnError::Empty) } else { Ok(text) }
}

impl Grpc for Hello {
    type Services = EchoServer<Self>;
}

impl Echo for Hello {
    async fn say(&self, request: Request<Text>) -> Result<Response<Text>, Status> {
        Ok(Response::new(checked(request.into_inner())?))
    }
}

mikros_sdk::export!(Hello: grpc);

fn main() {}
