//! Requests over HTTP to the client that the query names, `web` by default.

use std::time::Duration;

use mikros_sdk::clients;
use mikros_sdk::http::Body;
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, StreamExt as _};
use mikros_sdk::task::try_join_all;
use serde::Deserialize;

use crate::{Calls, Counted};

pub(crate) fn routes() -> Router<Calls> {
    Router::new()
        .any("/get", get)
        .any("/wait", wait)
        .any("/many/{count}", many)
        .any("/post/{size}", post)
        .any("/size", size)
        .any("/error", error)
        .any("/host", host)
}

#[derive(Deserialize)]
#[serde(default)]
struct Options {
    client: String,
    /// Of the request that is made.
    target: String,
    method: String,
    /// Milliseconds.
    timeout: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            client: "web".to_owned(),
            target: "/echo".to_owned(),
            method: "GET".to_owned(),
            timeout: None,
        }
    }
}

impl Options {
    fn request(&self) -> Result<clients::RequestBuilder> {
        let client = clients::http(self.client.as_str())?;
        let method = self.method.parse().or_invalid_arguments("it is no method")?;
        let request = client.request(method, self.target.as_str());
        Ok(match self.timeout {
            Some(timeout) => request.timeout(Duration::from_millis(timeout)),
            None => request,
        })
    }
}

/// The status and the body of the response.
async fn get(Query(options): Query<Options>) -> Result<String> {
    let response = options.request()?.header("x-own", "1").send().await?;
    let status = response.status().as_u16();
    Ok(format!("{status} {}", response.text().await?))
}

/// The same, counted while it waits.
async fn wait(calls: &'static Calls, Query(options): Query<Options>) -> Result<String> {
    let counted = Counted::new(calls);
    let response = options.request()?.send().await?;
    counted.returned();
    response.text().await
}

/// So many requests at a time; how many of them were successful.
async fn many(Path(count): Path<usize>, Query(options): Query<Options>) -> Result<String> {
    let one = async || options.request()?.send().await;
    let responses = try_join_all((0..count).map(|_| one())).await?;
    let successful = responses.iter().filter(|response| response.status().is_success());
    Ok(successful.count().to_string())
}

/// Sends so many pieces of 1,000 bytes as a stream; the size of what comes back.
async fn post(Path(size): Path<usize>, Query(options): Query<Options>) -> Result<String> {
    let pieces = stream::iter((0..size).map(|_| Ok(vec![b'x'; 1000])));
    let response = options.request()?.body(Body::stream(pieces)).send().await?;
    let mut chunks = response.error_for_status().await?.stream();
    let mut received = 0;
    while let Some(chunk) = chunks.next().await {
        received += chunk?.len();
    }
    Ok(received.to_string())
}

/// The size of the body of the response, and how it ended.
async fn size(Query(options): Query<Options>) -> Result<String> {
    let mut chunks = options.request()?.send().await?.stream();
    let mut received = 0;
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => received += chunk.len(),
            Err(error) => return Ok(format!("{received} {error}")),
        }
    }
    Ok(received.to_string())
}

/// Lets the failure of the other service be the response.
async fn error(Query(options): Query<Options>) -> Result<String> {
    options.request()?.send().await?.error_for_status().await?.text().await
}

/// Calls itself so many times, each from within the one before.
pub(crate) async fn nest(Path(depth): Path<u64>) -> Result<String> {
    if depth == 0 {
        return Ok("0".to_owned());
    }
    let inner = clients::http("probe")?.get(format!("/nest/{}", depth - 1)).send().await?;
    let inner: u64 =
        inner.error_for_status().await?.text().await?.parse().or_internal("it is a number")?;
    Ok((inner + 1).to_string())
}

/// The clients of a cycle: the one to call, and the one that the service behind it calls.
#[derive(Deserialize)]
pub(crate) struct Cycle {
    to: String,
    back: String,
}

/// Calls the other service so that it calls this one, and so on, until so many calls are within each other.
pub(crate) async fn cycle(
    Path(depth): Path<u64>,
    Query(Cycle { to, back }): Query<Cycle>,
) -> Result<String> {
    if depth == 0 {
        return Ok("the end".to_owned());
    }
    let target = format!("/cycle/{}?to={back}&back={to}", depth - 1);
    clients::http(to.as_str())?.get(target).send().await?.error_for_status().await?.text().await
}

/// Asks for another host than the one that is declared.
async fn host(Query(options): Query<Options>) -> Result<String> {
    let response = options.request()?.header("host", "internal.example").send().await?;
    response.text().await
}
