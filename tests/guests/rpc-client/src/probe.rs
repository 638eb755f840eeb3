//! RPCs to what the guest `streams` serves; what came of them is the response.
//! Deliberately does not know what is right.

use std::time::Duration;

use mikros_sdk::grpc::{Compression, Request};
use mikros_sdk::prelude::*;
use mikros_sdk::stream;
use serde::Deserialize;

use crate::RpcClient;
use crate::proto::probe::failure::How;
use crate::proto::probe::{
    Chunk, EchoRequest, Failure, PourRequest, ServiceError as AskedError, ServingRequest,
    Status as AskedStatus, Then,
};

/// Longer than any test runs.
const FOR_EVER: u32 = 3_600_000;

pub(crate) fn routes() -> Router<RpcClient> {
    Router::new()
        .get("/context", context)
        .get("/compressed", compressed)
        .get("/shapes", shapes)
        .get("/error", error)
        .get("/status", status)
        .get("/late", late)
        .get("/sleep", sleep)
        .get("/pour", pour)
        .get("/cancelled", cancelled)
        .get("/health", health)
        .get("/serving", serving)
}

/// What the other service sees of a request, one field per line, in order of their names.
async fn context(client: &'static RpcClient) -> Result<String> {
    let mut request = Request::new(());
    request.metadata_mut().insert("x-own", "1")?;
    request.metadata_mut().insert_bin("x-own-bin", [0, 255])?;
    request.metadata_mut().insert("service-context-caller", "somebody-else")?;
    let seen = client.probe.context(request).await?.into_inner();
    let mut lines = seen.metadata;
    // `user-agent` and the like are the network's.
    lines.retain(|line| !line.starts_with("grpc-timeout: "));
    lines.sort_unstable();
    lines.push(format!("request id: {}", seen.request_id.unwrap_or_default()));
    lines.push(format!("has a timeout: {}", seen.timeout_ms.is_some_and(|time| time <= 30_000)));
    lines.push(format!("has time left: {}", seen.remaining_ms.is_some_and(|time| time <= 30_000)));
    Ok(lines.join("\n"))
}

#[derive(Deserialize)]
struct Options {
    /// How the message is sent: `on`, `off`, or as configured.
    #[serde(default)]
    compression: String,
    /// Milliseconds.
    timeout: Option<u64>,
    serving: Option<bool>,
}

impl Options {
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message).with_compression(match self.compression.as_str() {
            "on" => Compression::On,
            "off" => Compression::Off,
            _ => Compression::Configured,
        });
        if let Some(timeout) = self.timeout {
            request.set_timeout(Duration::from_millis(timeout));
        }
        request
    }
}

/// Whether a message arrives compressed.
async fn compressed(client: &'static RpcClient, Query(options): Query<Options>) -> Result<String> {
    let request = EchoRequest { data: vec![0; 100_000], ..Default::default() };
    let reply = client.probe.echo(options.request(request)).await?.into_inner();
    Ok(format!("{} of {} bytes", reply.compressed, reply.data.len()))
}

fn chunks(count: usize) -> impl stream::Stream<Item = Chunk> {
    stream::iter((0..count).map(|_| Chunk { data: vec![b'x'; 1000], ..Default::default() }))
}

/// Each shape once, with messages that are counted.
async fn shapes(client: &'static RpcClient) -> Result<String> {
    let echo = client.probe.echo(EchoRequest { data: vec![1; 10], ..Default::default() }).await?;
    let sum = client.probe.sum(chunks(100)).await?.into_inner();
    let poured = PourRequest { messages: 50, size: 1000, ..Default::default() };
    let mut poured = client.probe.pour(poured).await?.into_inner();
    let mut size = 0;
    while let Some(chunk) = poured.message().await? {
        size += chunk.data.len();
    }
    let trailer = poured.trailers().await?.get("x-poured").unwrap_or_default().to_owned();
    let mut chat = client.probe.chat(chunks(20)).await?.into_inner();
    let mut answers = 0;
    while chat.message().await?.is_some() {
        answers += 1;
    }
    Ok(format!(
        "echo {}, sum {} in {}, pour {size} with {trailer}, chat {answers}",
        echo.get_ref().data.len(),
        sum.bytes,
        sum.messages
    ))
}

async fn fail(client: &RpcClient, how: How) -> Result<String> {
    let failure = Some(Failure { how: Some(how) });
    client.probe.echo(EchoRequest { failure, ..Default::default() }).await?;
    Ok("it did not fail".to_owned())
}

/// Passes an error of the other service on.
async fn error(client: &'static RpcClient) -> Result<String> {
    let error = AskedError {
        kind: "not-found".to_owned(),
        message: "no such probe".to_owned(),
        code: 42,
        attributes: [("owner".to_owned(), "\"ada\"".to_owned())].into(),
        ..Default::default()
    };
    fail(client, How::Error(error)).await
}

/// Passes a status that is not of a Mikros service on.
async fn status(client: &'static RpcClient) -> Result<String> {
    let status =
        AskedStatus { code: 9, message: "the shop is closed".to_owned(), ..Default::default() };
    fail(client, How::Status(status)).await
}

/// A stream that fails after its second message.
async fn late(client: &'static RpcClient) -> Result<String> {
    let request = PourRequest {
        messages: 5,
        size: 10,
        after: Some(2),
        then: Then::Fail.into(),
        ..Default::default()
    };
    let mut messages = client.probe.pour(request).await?.into_inner();
    let mut count = 0;
    loop {
        match messages.message().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => return Ok(format!("{count}, then the end")),
            Err(status) => {
                let trailer = status.metadata().get("x-enough").unwrap_or_default();
                let (code, message) = (status.code().number(), status.message());
                return Ok(format!("{count}, then {code} {message} with {trailer}"));
            }
        }
    }
}

/// Waits for a response that does not come.
async fn sleep(client: &'static RpcClient, Query(options): Query<Options>) -> Result<String> {
    let request = EchoRequest { sleep_ms: FOR_EVER, ..Default::default() };
    client.probe.echo(options.request(request)).await?;
    Ok("it has come".to_owned())
}

/// Reads one message of a stream that goes on, and leaves it.
async fn pour(client: &'static RpcClient) -> Result<String> {
    let request = PourRequest {
        messages: 2,
        size: 10,
        after: Some(1),
        then: Then::Wait.into(),
        ..Default::default()
    };
    let mut messages = client.probe.pour(request).await?.into_inner();
    let message = messages.message().await?.unwrap_or_default();
    Ok(message.data.len().to_string())
}

/// How many methods and streams were dropped before they were done, and how many are not done.
async fn cancelled(client: &'static RpcClient) -> Result<String> {
    let reply = client.probe.cancelled(()).await?.into_inner();
    Ok(format!("{} {}", reply.dropped, reply.active))
}

/// What the other service says of its health; its response has a number as its only field.
async fn health(client: &'static RpcClient) -> Result<String> {
    let request = Request::new(String::new());
    let reply = client.channel.unary::<_, i32>("/grpc.health.v1.Health/Check", request).await?;
    Ok(reply.into_inner().to_string())
}

async fn serving(client: &'static RpcClient, Query(options): Query<Options>) -> Result<()> {
    let serving = options.serving.unwrap_or_default();
    client.probe.set_serving(ServingRequest { service: String::new(), serving }).await?;
    Ok(())
}
