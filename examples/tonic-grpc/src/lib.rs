//! A gRPC server that tonic has generated, with a method of every shape. All that is different from one with a socket
//! of its own is where `main` was, and the timer.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mikros_sdk::stream::{self, Stream, StreamExt as _};
use mikros_sdk::{OrServiceError as _, ServiceError};
use proto::greeter_server::{Greeter, GreeterServer};
use proto::{HelloReply, HelloRequest, HellosRequest};
use tonic::{Request, Response, Status, Streaming};

#[cfg(test)]
mod tests;

#[expect(
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    unused_qualifications,
    reason = "generated code"
)]
pub mod proto {
    //! What the build script has made of `proto/greeter.proto`.
    tonic::include_proto!("helloworld");

    /// The descriptors of the service.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("greeter");
}

/// Time between two greetings of a stream.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Hello {
    /// How many were greeted.
    greeted: AtomicU64,
}

type Greetings = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

#[tonic::async_trait]
impl Greeter for Hello {
    type SayHellosStream = Greetings;
    type ChatStream = Greetings;

    async fn say_hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloReply>, Status> {
        let region = request.metadata().get("x-region").cloned();
        let mut response = Response::new(greet(&request.into_inner().name)?);
        if let Some(region) = region {
            response.metadata_mut().insert("x-region", region);
        }
        let greeted = self.greeted.fetch_add(1, Ordering::Relaxed) + 1;
        response.metadata_mut().insert("x-greeted", greeted.into());
        Ok(response)
    }

    async fn say_hellos(
        &self,
        request: Request<HellosRequest>,
    ) -> Result<Response<Greetings>, Status> {
        let HellosRequest { name, times } = request.into_inner();
        let greetings = stream::iter(0..times).then(move |number| {
            let name = name.clone();
            async move {
                if number > 0 {
                    mikros_sdk::sleep(PAUSE).await;
                }
                Ok(greet(&name)?)
            }
        });
        Ok(Response::new(Box::pin(greetings)))
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
        let last = names.pop().or_invalid_arguments("there is nobody to greet")?;
        let all = if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) };
        Ok(Response::new(greet(&all)?))
    }

    async fn chat(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<Greetings>, Status> {
        let greetings = request.into_inner().map(|request| Ok(greet(&request?.name)?));
        Ok(Response::new(Box::pin(greetings)))
    }
}

fn greet(name: &str) -> Result<HelloReply, ServiceError> {
    if name.is_empty() {
        return Err(ServiceError::invalid_arguments("`name` is empty"));
    }
    Ok(HelloReply { message: format!("Hello {name}") })
}

mikros_sdk::export_tonic!(
    proto::DESCRIPTORS;
    GreeterServer<Hello> = GreeterServer::new(Hello::default()),
);
