//! A backend for a frontend: an HTTP service that calls a gRPC service, one RPC, several at once, and a stream.

use std::time::Duration;

use mikros_sdk::grpc::{Request, Streaming};
use mikros_sdk::prelude::{Body, Http, Json, Path, Query, Result, Router, Service, log};
use mikros_sdk::stream::StreamExt as _;
use mikros_sdk::task::try_join_all;
use proto::greeter_client::GreeterClient;
use proto::{HelloReply, HelloRequest, HellosRequest};

#[cfg(test)]
mod tests;

pub mod proto {
    //! What the build script has made of `greeter.proto`.
    mikros_sdk::include_proto!("helloworld");
}

/// A page waits no longer for a greeting.
const PATIENCE: Duration = Duration::from_secs(2);

struct Bff {
    greeter: GreeterClient,
}

impl Service for Bff {
    async fn on_start() -> Result<Self> {
        Ok(Self { greeter: GreeterClient::connect("greeter-grpc").await? })
    }
}

impl Http for Bff {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/greetings/{name}", Self::greet)
            .get("/greetings", Self::greet_all)
            .get("/greetings/{name}/again", Self::greet_again)
    }
}

#[derive(serde::Deserialize)]
struct Names {
    #[serde(default)]
    name: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Again {
    times: u32,
}

impl Bff {
    /// One RPC. `?` passes the error of the other service on: a greeting of nobody is a 400 here, too.
    async fn greet(&self, Path(name): Path<String>) -> Result<String> {
        Ok(self.greeting_of(name).await?.message)
    }

    /// As many RPCs as there are names, all at the same time.
    async fn greet_all(&self, Query(Names { name }): Query<Names>) -> Result<Json<Vec<String>>> {
        let greetings = try_join_all(name.into_iter().map(|name| self.greeting_of(name))).await?;
        Ok(Json(greetings.into_iter().map(|reply| reply.message).collect()))
    }

    /// A stream of the other service becomes a streamed body, one line per message. A client that leaves cancels the RPC.
    async fn greet_again(
        &self,
        Path(name): Path<String>,
        Query(Again { times }): Query<Again>,
    ) -> Result<Body> {
        let replies: Streaming<HelloReply> =
            self.greeter.say_hellos(HellosRequest { name, times }).await?.into_inner();
        Ok(Body::from_stream(
            replies.map(|reply| reply.map(|reply| format!("{}\n", reply.message))),
        ))
    }

    async fn greeting_of(&self, name: String) -> Result<HelloReply> {
        let mut request = Request::new(HelloRequest { name });
        request.set_timeout(PATIENCE);
        let response = self.greeter.say_hello(request).await?;
        log::debug!("greeted", so_far = response.trailers().get("x-greeted"));
        Ok(response.into_inner())
    }
}

mikros_sdk::export!(Bff: http);
