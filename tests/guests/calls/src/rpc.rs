//! RPCs to the service `test.Peer` of the client that the query names, `peer` by default. Messages are the well-known
//! wrappers of a string or of bytes.

use std::time::Duration;

use mikros_sdk::grpc::{Channel, Request, Response, Status};
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, StreamExt as _};
use mikros_sdk::task::try_join_all;
use serde::{Deserialize, Serialize};

use crate::{Calls, Counted};

pub(crate) fn routes() -> Router<Calls> {
    Router::new()
        .get("/connect", connect)
        .get("/fail/{form}", fail)
        .get("/describe/{form}", describe)
        .get("/metadata", metadata)
        .get("/connections", connections)
        .get("/many/{count}", many)
        .get("/sequence/{count}", sequence)
        .get("/endless/{count}", endless)
        .get("/sum/{count}", sum)
        .get("/break", break_off)
        .get("/sleep", sleep)
        .get("/trap", trap)
}

#[derive(Deserialize)]
#[serde(default)]
struct Options {
    client: String,
    /// Milliseconds.
    timeout: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { client: "peer".to_owned(), timeout: None }
    }
}

impl Options {
    async fn channel(&self) -> Result<Channel> {
        Channel::connect(self.client.as_str()).await
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(timeout) = self.timeout {
            request.set_timeout(Duration::from_millis(timeout));
        }
        request
    }
}

async fn connect(Query(options): Query<Options>) -> Result<&'static str> {
    options.channel().await?;
    Ok("connected")
}

async fn call(
    channel: &Channel,
    method: &str,
    request: Request<String>,
) -> Result<Response<String>, Status> {
    channel.unary(&format!("/test.Peer/{method}"), request).await
}

/// Fails as `form` says, and lets the error of the other service be the response.
async fn fail(Path(form): Path<String>, Query(options): Query<Options>) -> Result<String> {
    let channel = options.channel().await?;
    Ok(call(&channel, "Fail", options.request(form)).await?.into_inner())
}

/// What the service knows of a failure.
#[derive(Serialize)]
struct Described {
    code: i32,
    message: String,
    details: usize,
    kind: String,
    error: String,
    origin: Option<String>,
    destination: Option<String>,
}

async fn describe(
    Path(form): Path<String>,
    Query(options): Query<Options>,
) -> Result<Json<Described>> {
    let channel = options.channel().await?;
    let Err(status) = call(&channel, "Fail", options.request(form)).await else {
        return Err(ServiceError::internal("it did not fail"));
    };
    let (code, message, details) =
        (status.code().number(), status.message().to_owned(), status.details().len());
    let error = ServiceError::from(status);
    Ok(Json(Described {
        code,
        message,
        details,
        kind: format!("{:?}", error.kind()),
        error: error.message().to_owned(),
        origin: error.origin().map(str::to_owned),
        destination: error.destination().map(str::to_owned),
    }))
}

/// The metadata that the other service has seen, as it says.
async fn metadata(Query(options): Query<Options>) -> Result<String> {
    let channel = options.channel().await?;
    let mut request = options.request(String::new());
    request.metadata_mut().insert("x-own", "1")?;
    request.metadata_mut().insert("service-context-caller", "somebody else")?;
    Ok(call(&channel, "Metadata", request).await?.into_inner())
}

/// From how many connections the other service was called.
async fn connections(Query(options): Query<Options>) -> Result<String> {
    let channel = options.channel().await?;
    Ok(call(&channel, "Connections", options.request(String::new())).await?.into_inner())
}

/// So many calls at a time.
async fn many(Path(count): Path<usize>, Query(options): Query<Options>) -> Result<String> {
    let channel = options.channel().await?;
    let calls =
        (0..count).map(|number| call(&channel, "Echo", options.request(number.to_string())));
    let answers = try_join_all(calls).await?;
    let right = answers
        .iter()
        .enumerate()
        .filter(|(number, answer)| answer.get_ref() == &number.to_string());
    Ok(right.count().to_string())
}

/// So many calls one after the other.
async fn sequence(Path(count): Path<usize>, Query(options): Query<Options>) -> Result<String> {
    let channel = options.channel().await?;
    for number in 0..count {
        call(&channel, "Echo", options.request(number.to_string())).await?;
    }
    Ok(count.to_string())
}

/// Reads so many messages of a stream that has no end, then leaves it.
async fn endless(Path(count): Path<usize>, Query(options): Query<Options>) -> Result<String> {
    let channel = options.channel().await?;
    let request = options.request(String::new());
    let mut messages =
        channel.server_streaming::<_, Vec<u8>>("/test.Peer/Endless", request).await?.into_inner();
    let mut size = 0;
    for _ in 0..count {
        let message = messages.message().await?;
        size += message.or_internal("the stream has no end")?.len();
    }
    Ok(size.to_string())
}

/// Sends so many messages of one byte, and asks how many bytes there were.
async fn sum(Path(count): Path<usize>, Query(options): Query<Options>) -> Result<String> {
    let channel = options.channel().await?;
    let messages = stream::iter((0..count).map(|_| vec![b'x']));
    let sum = channel.client_streaming("/test.Peer/Sum", options.request(messages)).await?;
    let sum: String = sum.into_inner();
    Ok(sum)
}

/// Leaves a stream of requests that has not ended.
async fn break_off(calls: &'static Calls, Query(options): Query<Options>) -> Result<()> {
    let channel = options.channel().await?;
    let messages = stream::iter([vec![b'x']]).chain(stream::pending());
    let counted = Counted::new(calls);
    let sum = channel.client_streaming::<_, String>("/test.Peer/Sum", options.request(messages));
    sum.await?;
    counted.returned();
    Ok(())
}

/// Waits for a response that does not come.
async fn sleep(calls: &'static Calls, Query(options): Query<Options>) -> Result<String> {
    let channel = options.channel().await?;
    let counted = Counted::new(calls);
    let answer = call(&channel, "Sleep", options.request(String::new())).await?;
    counted.returned();
    Ok(answer.into_inner())
}

/// Loses the instance while it sends a stream.
async fn trap(Query(options): Query<Options>) -> Result<()> {
    let channel = options.channel().await?;
    let messages = stream::iter(0..).map(|number| {
        assert!(number < 10, "as the test demands");
        vec![b'x']
    });
    channel.client_streaming::<_, String>("/test.Peer/Sum", options.request(messages)).await?;
    Ok(())
}
