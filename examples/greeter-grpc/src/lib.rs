//! The smallest thing of everything that a gRPC service does: one method of every shape, an error, and
//! metadata.

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::grpc::{ReplyStream, Request, Response, Status, Streaming};
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, StreamExt as _};
use proto::greeter_server::{Greeter, GreeterServer};
use proto::{HelloReply, HelloRequest, HellosRequest};

#[cfg(test)]
mod tests;

pub mod proto {
    //! What the build script has made of `proto/greeter.proto`.
    mikros_sdk::include_proto!("helloworld");
}

/// Time between two greetings of a stream.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Hello {
    /// How many were greeted. A plain cell: calls take turns.
    greeted: Cell<u64>,
}

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self::default())
    }
}

impl Grpc for Hello {
    type Services = GreeterServer<Self>;
}

impl Greeter for Hello {
    async fn say_hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloReply>, Status> {
        let mut response = Response::new(self.greet(&request.into_inner().name)?);
        response.trailers_mut().insert("x-greeted", self.greeted.get().to_string())?;
        Ok(response)
    }

    async fn say_hellos(
        &'static self,
        request: Request<HellosRequest>,
    ) -> Result<Response<ReplyStream<HelloReply>>, Status> {
        let HellosRequest { name, times } = request.into_inner();
        let greetings = stream::iter(0..times).then(move |number| {
            let name = name.clone();
            async move {
                if number > 0 {
                    mikros_sdk::sleep(PAUSE).await;
                }
                Ok(self.greet(&name)?)
            }
        });
        Ok(Response::new(ReplyStream::new(greetings)))
    }

    async fn say_hello_to_all(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<HelloReply>, Status> {
        let mut requests = request.into_inner();
        let mut names = Vec::new();
        while let Some(request) = requests.message().await? {
            names.push(request.name);
        }
        let last = names.pop().ok_or(GreetError::Nobody)?;
        let all = if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) };
        Ok(Response::new(self.greet(&all)?))
    }

    async fn chat(
        &'static self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<ReplyStream<HelloReply>>, Status> {
        let greetings = request.into_inner().map(|request| Ok(self.greet(&request?.name)?));
        Ok(Response::new(ReplyStream::new(greetings)))
    }
}

/// What can go wrong. `?` makes a `Status` of it, with the code of its kind.
#[derive(Debug, ServiceError)]
enum GreetError {
    #[service_error(kind = invalid_arguments, message = "`name` is empty")]
    Nameless,
    #[service_error(kind = invalid_arguments, message = "there is nobody to greet")]
    Nobody,
}

impl Hello {
    fn greet(&self, name: &str) -> Result<HelloReply, GreetError> {
        if name.is_empty() {
            return Err(GreetError::Nameless);
        }
        self.greeted.set(self.greeted.get() + 1);
        log::info!("greeted", name);
        Ok(HelloReply { message: format!("Hello {name}") })
    }
}

mikros_sdk::export!(Hello: grpc);
