//! Calls whose names, methods, and fields are not what they should be.
//! Deliberately makes one at a time.

use super::bindings::mikros::service::clients::{
    self, Body, Compression, Options, Protocol, RequestMessages,
};
use super::bindings::mikros::service::errors::Error;
use super::bindings::{wit_future, wit_stream};
use super::{OPTIONS, line, rpc_line, show};

const METHOD: &str = "/probe.Probe/Echo";

pub(super) async fn names() -> Vec<String> {
    let long = "n".repeat(10_000_000);
    let names =
        ["", "orders", "web\0", "we\"b", "web]\r\n[host", "WEB", "../web", "127.0.0.1:1", &long];
    let mut lines = Vec::new();
    for name in names {
        lines.push(line(name, clients::declared(name, Protocol::Http)));
        lines.push(rpc_line(name, unary(name, METHOD, b"").await));
        lines.push(line(name, send(name, "GET /head\r\n").await));
    }
    // Most of them differ by what was tried only.
    lines.dedup();
    lines
}

pub(super) async fn protocols() -> Vec<String> {
    vec![
        line("web", clients::declared("web", Protocol::Grpc)),
        rpc_line("web", unary("web", METHOD, b"").await),
        line("peer", clients::declared("peer", Protocol::Http)),
        line("peer", send("peer", "GET /head\r\n").await),
    ]
}

pub(super) async fn methods() -> Vec<String> {
    let methods = [
        "",
        "/",
        "/probe.Probe",
        "/probe.Probe/",
        "probe.Probe/Echo",
        "//Echo",
        "/probe.Probe//Echo",
        "/probe.Probe/Echo/More",
        "/probe.Probe/Echo?x=1",
        "/probe.Probe/Echo\r\nx-forged: 1",
        "/probe.Probe/Echo HTTP/1.1\r\nhost: evil\r\n\r\n",
        "/probe.Probe/Ec ho",
        "/probe.Probe/Echo\0",
        "http://169.254.169.254/probe.Probe/Echo",
        "*",
    ];
    let mut lines = Vec::new();
    for method in methods {
        lines.push(rpc_line(method, unary("peer", method, b"").await));
        let messages = RequestMessages::One(Vec::new());
        let streaming =
            clients::streaming("peer".into(), method.into(), Vec::new(), messages, OPTIONS);
        lines.push(rpc_line(method, streaming.await));
    }
    lines.dedup();
    lines
}

pub(super) async fn metadata() -> Vec<String> {
    let metadata: [&[u8]; 17] = [
        b"no colon\r\n",
        b"x-one: 1",
        b": 1\r\n",
        b"x one: 1\r\n",
        b"x-one: 1\nx-two: 2\r\n",
        b"x-one: \0\r\n",
        b":authority: evil\r\n",
        b":path: /evil\r\n",
        b"host: evil\r\n",
        b"te: gzip\r\n",
        b"connection: close\r\n",
        b"transfer-encoding: chunked\r\n",
        b"content-type: text/html\r\n",
        b"content-length: 7\r\n",
        b"grpc-timeout: 99999999H\r\n",
        b"grpc-encoding: evil\r\n",
        b"x-one-bin: !\r\n",
    ];
    let mut lines = Vec::new();
    for packed in metadata {
        let attempt = String::from_utf8_lossy(packed);
        lines.push(rpc_line(&attempt, unary("peer", METHOD, packed).await));
    }
    lines
}

pub(super) async fn heads() -> Vec<String> {
    let heads = [
        "",
        "\r\n",
        "GET\r\n",
        "GET /head",
        "GE\tT /head\r\n",
        "CONNECT internal:22\r\n",
        "GET head\r\n",
        "GET http://169.254.169.254/\r\n",
        "OPTIONS *\r\n",
        "GET /head HTTP/1.1\r\n",
        "GET /head\nx-forged: 1\r\n",
        "GET /he ad\r\n",
        "GET /head\0\r\n",
        "GET /head\r\n\r\nGET /wait\r\n",
        "GET /head\r\nhost: evil\r\n",
        "GET /head\r\nHOST: evil\r\n",
        "GET /head\r\n:authority: evil\r\n",
        "GET /head\r\ntransfer-encoding: chunked\r\n",
        "GET /head\r\nconnection: upgrade\r\n",
        "GET /head\r\nupgrade: websocket\r\n",
        "GET /head\r\nte: trailers\r\n",
        "GET /head\r\nkeep-alive: 1\r\n",
        "GET /head\r\nproxy-connection: 1\r\n",
        "GET /head\r\ntrailer: x\r\n",
        "GET /head\r\ncontent-length: 5\r\n",
        "GET /head\r\ncontent-length: 0\r\ncontent-length: 5\r\n",
        "GET /head\r\nx-one: 1\r\n folded\r\n",
        "GET /head\r\nx-one : 1\r\n",
        "GET /head\r\nx-one: 1\nx-two: 2\r\n",
        "GET /head\r\nx-one: \0\r\n",
        "GET /head\r\nx-one: 1",
    ];
    let mut lines = Vec::new();
    for head in heads {
        lines.push(status_line(head, send("web", head).await));
    }
    for lengths in ["5", "0", "0\r\ncontent-length: 5"] {
        let attempt = format!("a stream with content-length: {lengths}");
        lines.push(status_line(&attempt, send_stream(lengths).await));
    }
    lines
}

/// What is larger than anybody has a use for.
pub(super) async fn sizes() -> Vec<String> {
    let large = "x".repeat(10_000_000);
    let mut lines = Vec::new();
    let method = format!("/probe.Probe/{large}");
    lines.push(rpc_line("a method", unary("peer", &method, b"").await));
    for (attempt, length) in [("a large value", 20_000), ("a huge value", large.len())] {
        let metadata = format!("x-large: {}\r\n", &large[..length]);
        lines.push(rpc_line(attempt, unary("peer", METHOD, metadata.as_bytes()).await));
    }
    let metadata = "x-many: 1\r\n".repeat(9000);
    lines.push(rpc_line("fields", unary("peer", METHOD, metadata.as_bytes()).await));
    lines.push(status_line("a method", send("web", &format!("{large} /head\r\n")).await));
    lines.push(status_line("a target", send("web", &format!("GET /{large}\r\n")).await));
    lines.push(status_line("a value", send("web", &format!("GET /head\r\nx: {large}\r\n")).await));
    let fields = "x-many: 1\r\n".repeat(9000);
    lines.push(status_line("fields", send("web", &format!("GET /head\r\n{fields}")).await));
    lines
}

pub(super) async fn timeouts() -> Vec<String> {
    let mut lines = Vec::new();
    for timeout in [0, 1, u64::MAX] {
        let options = || Options { timeout: Some(timeout), compression: Compression::On };
        let attempt = timeout.to_string();
        let call = clients::unary("peer".into(), METHOD.into(), Vec::new(), Vec::new(), options());
        lines.push(rpc_line(&attempt, call.await));
        let call = clients::send("web".into(), b"GET /head\r\n".into(), Body::None, options());
        lines.push(line(&attempt, call.await));
    }
    lines
}

async fn unary(
    client: &str,
    method: &str,
    metadata: &[u8],
) -> Result<clients::UnaryResponse, clients::Failure> {
    clients::unary(client.into(), method.into(), metadata.into(), Vec::new(), OPTIONS).await
}

/// The status of the response.
async fn send(client: &str, head: &str) -> Result<u16, Error> {
    let response = clients::send(client.into(), head.into(), Body::None, OPTIONS).await?;
    Ok(response.status)
}

/// A request whose body is a stream of five bytes, and whose head has these lengths of it.
async fn send_stream(lengths: &str) -> Result<u16, Error> {
    let (mut writer, data) = wit_stream::new::<u8>();
    let (end_writer, end) = wit_future::new(|| Ok(()));
    wit_bindgen::spawn_local(async move {
        writer.write_all(b"GET /".to_vec()).await;
        drop(writer);
        // The host may have refused the request.
        let _ = end_writer.write(Ok(())).await;
    });
    let head = format!("POST /measure\r\ncontent-length: {lengths}\r\n").into_bytes();
    let body = Body::Streamed(clients::Streamed { data, length: None, end });
    Ok(clients::send("web".into(), head, body, OPTIONS).await?.status)
}

fn status_line(attempt: &str, outcome: Result<u16, Error>) -> String {
    match outcome {
        Ok(status) => format!("{}: {status}", show(attempt)),
        Err(error) => line::<()>(attempt, Err(error)),
    }
}
