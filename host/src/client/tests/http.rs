//! HTTP exchanges over plain HTTP/1.1.

use bytes::Bytes;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::support::{Server, client, sentence, settings};
use crate::client::settings::Protocol::Http;
use crate::client::{CallTerms, ClientError, RequestBody, ResponseBody};

/// Reads a request until it ends with `end`, and says what it was.
async fn request(stream: &mut TcpStream, end: &str) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(end.as_bytes()) {
        let byte = stream.read_u8().await.ok()?;
        request.push(byte);
    }
    Some(String::from_utf8(request).unwrap())
}

#[tokio::test]
async fn requests_one_after_another_share_a_connection() {
    let server = Server::new(|mut stream| async move {
        while let Some(request) = request(&mut stream, "\r\n\r\n").await {
            let length = request.len();
            let response =
                format!("HTTP/1.1 404 Nope\r\ncontent-length: {length}\r\n\r\n{request}");
            stream.write_all(response.as_bytes()).await.unwrap();
        }
    })
    .await;
    let (_clients, client) = client(settings(server.address, Http));

    for _ in 0..3 {
        let request = Request::get("/users?id=7").body(RequestBody::Whole(Bytes::new())).unwrap();
        let response = client.send(request, &CallTerms::default()).await.unwrap();
        assert_eq!(response.status(), 404);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(text, format!("GET /users?id=7 HTTP/1.1\r\nhost: {}\r\n\r\n", server.address));
    }

    // One was opened in advance, perhaps a moment too late for the first request.
    assert!(server.connections() <= 2, "{}", server.connections());
}

#[tokio::test]
async fn bodies_are_streamed_in_both_directions() {
    let server = Server::new(|mut stream| async move {
        let text = request(&mut stream, "\r\n\r\n").await.unwrap();
        assert!(text.contains("transfer-encoding: chunked"), "{text}");
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        let body = request(&mut stream, "0\r\n\r\n").await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
    })
    .await;
    let (_clients, client) = client(settings(server.address, Http));
    let pieces =
        ["one", "two"].map(|piece| Ok::<_, std::io::Error>(Frame::data(Bytes::from(piece))));
    let body = RequestBody::streamed(StreamBody::new(futures_util::stream::iter(pieces)));

    let response = client.send(Request::post("/").body(body).unwrap(), &CallTerms::default()).await;

    let body: ResponseBody = response.unwrap().into_body();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "onetwo");
}

#[tokio::test]
async fn half_a_response_is_an_error() {
    let server = Server::new(|mut stream| async move {
        request(&mut stream, "\r\n\r\n").await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await.unwrap();
    })
    .await;
    let (_clients, client) = client(settings(server.address, Http));
    let request = Request::get("/").body(RequestBody::Whole(Bytes::new())).unwrap();

    let response = client.send(request, &CallTerms::default()).await.unwrap();
    let error = response.into_body().collect().await.unwrap_err();

    assert!(matches!(error, ClientError::Transport { .. }));
    assert_eq!(
        sentence(&error),
        format!(
            "client `user` lost the connection to {}: error reading a body from connection: \
             end of file before message length reached",
            server.address
        )
    );
}

#[tokio::test]
async fn garbage_is_an_invalid_response() {
    let server = Server::new(|mut stream| async move {
        request(&mut stream, "\r\n\r\n").await.unwrap();
        stream.write_all(b"what do you want\r\n\r\n").await.unwrap();
    })
    .await;
    let (_clients, client) = client(settings(server.address, Http));
    let request = Request::get("/").body(RequestBody::Whole(Bytes::new())).unwrap();

    let error = client.send(request, &CallTerms::default()).await.unwrap_err();

    assert_eq!(
        sentence(&error),
        format!(
            "client `user` got an invalid response from {}: invalid HTTP version parsed",
            server.address
        )
    );
}
