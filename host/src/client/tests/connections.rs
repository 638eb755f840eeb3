//! Connections that break, hang, or are no longer wanted.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::support::{LONG, Server, client, get, listeners, named, respond, sentence, settings};
use crate::call::Deadline;
use crate::client::settings::{self, ClientTls, KeepAlive, Protocol::Grpc, Protocol::Http, Roots};
use crate::client::{CallTerms, Client, ClientError, RequestBody};

/// Much longer than what works takes, and much shorter than the timeouts of the clients.
const SOON: Duration = Duration::from_secs(5);

/// Never speaks, so that no TLS handshake ends.
async fn keep_silent(stream: TcpStream) {
    std::future::pending::<()>().await;
    drop(stream);
}

#[tokio::test]
async fn a_stop_waits_for_no_connection_that_is_being_opened() {
    for protocol in [Grpc, Http] {
        let server = Server::new(keep_silent).await;
        let tls = ClientTls { roots: Roots::System, certificate: None, server_name: None };
        let settings = settings::Client { tls: Some(tls), ..settings(server.address, protocol) };
        let (clients, client) = client(settings);
        while server.connections() == 0 {
            tokio::task::yield_now().await;
        }
        drop(client);

        timeout(SOON, clients.close(Deadline::after(LONG))).await.unwrap();
    }
}

/// The text of the response to a GET.
async fn text(client: &Client) -> Result<Bytes, ClientError> {
    let request = Request::get("/").body(RequestBody::Whole(Bytes::new())).unwrap();
    let response = client.send(request, &CallTerms::default()).await?;
    Ok(response.into_body().collect().await?.to_bytes())
}

#[tokio::test]
async fn the_name_is_resolved_again_when_a_connection_of_http_1_breaks() {
    for half in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
        let [first, second] = listeners(["127.0.0.1", "127.0.0.2"]).await;
        let address = first.local_addr().unwrap();
        let answering = |response: &'static str| {
            move |mut stream: TcpStream| async move {
                let mut request = [0; 1024];
                while stream.read(&mut request).await.unwrap_or_default() > 0 {
                    stream.write_all(response.as_bytes()).await.unwrap();
                    if response == half {
                        return;
                    }
                }
            }
        };
        let _first = Server::on(first, answering(half));
        let whole = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecond";
        let _second = Server::on(second, answering(whole));
        let (_clients, client) =
            named(settings(address, Http), [vec!["127.0.0.1"], vec!["127.0.0.2"]]);

        text(&client).await.unwrap_err();

        let moved = async { while text(&client).await.ok().is_none_or(|text| text != "second") {} };
        timeout(SOON, moved).await.expect(half);
    }
}

#[tokio::test]
async fn a_peer_that_no_longer_answers_pings_is_left() {
    let server = Server::new(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((request, to))) = connection.accept().await {
            if request.headers().contains_key("x-hang") {
                // Nobody drives the connection.
                std::future::pending::<()>().await;
            }
            respond(to, b"done");
        }
    })
    .await;
    let interval = Duration::from_millis(100);
    let keep_alive = KeepAlive { interval: Some(interval), timeout: interval };
    let (_clients, client) =
        client(settings::Client { keep_alive, ..settings(server.address, Grpc) });
    get(&client).await.unwrap();
    assert_eq!(server.connections(), 1);

    let begun = Instant::now();
    let metadata = http::HeaderMap::from_iter([("x-hang".parse().unwrap(), "1".parse().unwrap())]);
    let method = http::uri::PathAndQuery::from_static("/user.Users/Get");
    let lost = client.unary(method, metadata, Bytes::new(), &CallTerms::default()).await;
    let lost = lost.unwrap_err();
    let took = begun.elapsed();

    assert!(matches!(lost, ClientError::Transport { .. }), "{}", sentence(&lost));
    assert!((interval..SOON).contains(&took), "{took:?}");
    get(&client).await.unwrap();
    assert_eq!(server.connections(), 2);
}
