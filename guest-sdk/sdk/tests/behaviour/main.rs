//! What a service sees of the SDK, one module per subject. Deliberately uses the public interface only.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT` writes them")]
#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

mod bodies;
mod callers;
mod clients;
mod conditions;
mod contexts;
mod environment;
mod errors;
mod errors_of_ones_own;
mod extraction;
mod forms;
#[cfg(feature = "grpc")]
mod grpc;
mod handlers;
mod handover;
mod health;
mod json;
mod layers;
#[cfg(all(
    feature = "cookie-private",
    feature = "cookie-signed",
    feature = "multipart",
    feature = "static-files",
    feature = "typed-header"
))]
mod libraries;
mod logging;
mod misfits;
mod misplaced_layers;
#[cfg(feature = "openapi")]
mod openapi;
mod other_services;
mod plugins;
mod responses;
mod routing;
mod settings;
mod tasks;
mod time;
#[cfg(feature = "tower")]
mod tower;
#[cfg(all(feature = "tracing", feature = "log"))]
mod tracing;

use mikros_sdk::Result;
use mikros_sdk::testing::{Context, Reply};
use serde_json::Value;

/// Runs the async body of a test in an empty context; an error fails the test.
#[track_caller]
fn run<T>(body: impl Future<Output = Result<T>>) -> T {
    Context::new().run(body).expect("the body of the test succeeds")
}

/// Status, content type and body in one text, for snapshots.
async fn show(reply: Reply) -> Result<String> {
    let status = reply.status().as_u16();
    let kind = reply.header("content-type").unwrap_or("no content type").to_owned();
    Ok(format!("{status} {kind}: {}", reply.text().await?))
}

/// Status and body; of an error the message and one line per bad field.
async fn show_fields(reply: Reply) -> Result<String> {
    let status = reply.status().as_u16();
    let body = reply.text().await?;
    let Ok(error) = serde_json::from_str::<Value>(&body) else {
        return Ok(format!("{status} {body}"));
    };
    if status < 400 {
        return Ok(format!("{status} {body}"));
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let cause = error["cause"].as_str().map(|cause| format!(" ({cause})")).unwrap_or_default();
    let fields =
        error["field_violations"].as_array().into_iter().flatten().map(|field| {
            format!("\n  `{}`: {}", text(&field["field"]), text(&field["description"]))
        });
    let head = format!("{status} {}{cause}", text(&error["message"]));
    Ok(std::iter::once(head).chain(fields).collect())
}
