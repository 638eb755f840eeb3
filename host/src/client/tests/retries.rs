//! What is sent again, and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use h2::Reason;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;

use super::support::{
    Server, client, code, get, head, http2, refuse, respond, retrying, sentence, status,
};
use crate::client::error::TransportFault;
use crate::client::settings::{self, CircuitBreaker, Protocol::Grpc, Protocol::Http, Retries};
use crate::client::{CallTerms, Client, ClientError, Messages, RequestBody};

/// Counts requests from 1.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU32>);

impl Count {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A server that refuses `times` RPCs with a code and then serves.
async fn refusing(
    times: u32,
    code: Code,
    more: &'static [(&'static str, &'static str)],
) -> (Server, Count) {
    let count = Count::default();
    let counted = count.clone();
    let server = Server::grpc(move |_, to| {
        let count = counted.next();
        async move {
            if count > times {
                respond(to, b"done");
            } else {
                refuse(to, code, more);
            }
        }
    });
    (server.await, count)
}

#[tokio::test]
async fn a_listed_status_is_asked_again() {
    let (server, count) = refusing(2, Code::Unavailable, &[]).await;
    let (_clients, client) = client(retrying(server.address, Grpc, 3));

    assert_eq!(get(&client).await.unwrap().message, "done");

    assert_eq!(count.get(), 3);
}

#[tokio::test]
async fn the_last_attempt_decides() {
    let (server, count) = refusing(9, Code::Unavailable, &[]).await;
    let (_clients, client) = client(retrying(server.address, Grpc, 3));

    assert_eq!(code(get(&client).await.unwrap_err()), Code::Unavailable);

    assert_eq!(count.get(), 3);
}

#[tokio::test]
async fn another_status_is_final() {
    let (server, count) = refusing(9, Code::Internal, &[]).await;
    let (_clients, client) = client(retrying(server.address, Grpc, 3));

    assert_eq!(code(get(&client).await.unwrap_err()), Code::Internal);

    assert_eq!(count.get(), 1);
}

#[tokio::test]
async fn after_the_head_of_a_response_nothing_is_asked_again() {
    let count = Count::default();
    let counted = count.clone();
    let server = Server::grpc(move |_, mut to| {
        counted.next();
        async move {
            let mut body = to.send_response(head(), false).unwrap();
            body.send_trailers(status(Code::Unavailable)).unwrap();
        }
    })
    .await;
    let (_clients, client) = client(retrying(server.address, Grpc, 3));

    assert_eq!(code(get(&client).await.unwrap_err()), Code::Unavailable);

    assert_eq!(count.get(), 1);
}

#[tokio::test]
async fn the_server_says_when_or_that_not() {
    const LATER: &[(&str, &str)] = &[("grpc-retry-pushback-ms", "60")];
    const NEVER: &[(&str, &str)] = &[("grpc-retry-pushback-ms", "-1")];

    let (server, _) = refusing(1, Code::Unavailable, LATER).await;
    let (_clients, patient) = client(retrying(server.address, Grpc, 3));
    let begun = std::time::Instant::now();
    get(&patient).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(60));

    let (server, count) = refusing(9, Code::Unavailable, NEVER).await;
    let (_clients, client) = client(retrying(server.address, Grpc, 3));
    assert_eq!(code(get(&client).await.unwrap_err()), Code::Unavailable);
    assert_eq!(count.get(), 1);
}

#[tokio::test]
async fn no_wait_goes_beyond_the_deadline() {
    const LATE: &[(&str, &str)] = &[("grpc-retry-pushback-ms", "60000")];
    let (server, count) = refusing(9, Code::Unavailable, LATE).await;
    let (_clients, client) = client(retrying(server.address, Grpc, 3));

    let error = get(&client).await.unwrap_err();

    assert_eq!(code(error), Code::Unavailable);
    assert_eq!(count.get(), 1);
}

#[tokio::test]
async fn the_budget_bounds_retries_of_many_calls() {
    let (server, count) = refusing(u32::MAX, Code::Unavailable, &[]).await;
    let (_clients, client) = client(retrying(server.address, Grpc, 5));

    for _ in 0..50 {
        get(&client).await.unwrap_err();
    }

    // 10 that there always are and 20 % of 50, give or take rounding.
    assert!((60..=72).contains(&count.get()), "{}", count.get());
}

#[tokio::test]
async fn a_refused_stream_is_asked_again_even_without_retries() {
    let count = Count::default();
    let counted = count.clone();
    let server = Server::grpc(move |_, mut to| {
        let count = counted.next();
        async move {
            if count == 1 {
                to.send_reset(Reason::REFUSED_STREAM);
            } else {
                respond(to, b"done");
            }
        }
    })
    .await;
    let (_clients, client) = client(retrying(server.address, Grpc, 1));

    assert_eq!(get(&client).await.unwrap().message, "done");
}

#[tokio::test]
async fn a_stream_that_is_refused_again_and_again_is_an_error() {
    let server =
        Server::grpc(|_, mut to| async move { to.send_reset(Reason::REFUSED_STREAM) }).await;
    let (_clients, client) = client(retrying(server.address, Grpc, 1));

    let error = get(&client).await.unwrap_err();

    assert!(
        matches!(error, ClientError::Transport { fault: TransportFault::Refused, .. }),
        "{}",
        sentence(&error)
    );
}

/// Serves one RPC per connection and then goes away, as servers with a maximum age do.
async fn forgetful(stream: TcpStream) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    if let Some(Ok((_, to))) = connection.accept().await {
        respond(to, b"done");
        connection.graceful_shutdown();
    }
    while let Some(Ok((_, to))) = connection.accept().await {
        respond(to, b"late");
    }
}

#[tokio::test]
async fn no_call_is_lost_when_connections_come_and_go() {
    let server = Server::new(forgetful).await;
    let (_clients, client) = client(retrying(server.address, Grpc, 1));

    for _ in 0..50 {
        let at_once = futures_util::future::try_join_all((0..4).map(|_| get(&client))).await;
        assert_eq!(at_once.unwrap().len(), 4);
    }

    assert!(server.connections() > 10);
}

#[tokio::test]
async fn a_peer_that_restarts_under_load_loses_no_call() {
    let handle = |_, to| async move { respond(to, b"done") };
    let first = Server::grpc(handle).await;
    let address = first.address;
    let (_clients, client) = client(settings::Client {
        retries: Retries {
            attempts: 8,
            backoff: Duration::from_millis(20),
            max_backoff: Duration::from_millis(200),
            ..retrying(address, Grpc, 8).retries
        },
        ..retrying(address, Grpc, 8)
    });
    let load = async {
        for _ in 0..200 {
            get(&client).await.unwrap();
        }
    };
    let restart = async move {
        drop(first);
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        // The listener goes with the server's task, which ends soon.
        while socket.bind(address).is_err() {
            tokio::task::yield_now().await;
        }
        Server::on(socket.listen(64).unwrap(), move |stream| http2(stream, handle))
    };

    let ((), _second) = tokio::join!(load, restart);
}

#[tokio::test]
async fn messages_that_flow_are_sent_once() {
    let (server, count) = refusing(9, Code::Unavailable, &[]).await;
    let (_clients, client) = client(retrying(server.address, Grpc, 3));
    let messages = Messages::Many(stream::iter([Ok(Bytes::from_static(b"one"))]).boxed());

    let method = PathAndQuery::from_static("/user.Users/Put");
    let reply = client.streaming(method, HeaderMap::new(), messages, &CallTerms::default()).await;

    assert_eq!(code(reply.unwrap_err()), Code::Unavailable);
    assert_eq!(count.get(), 1);
}

#[tokio::test]
async fn a_breaker_opens_after_failures_in_a_row() {
    let (server, count) = refusing(9, Code::Unavailable, &[]).await;
    let (_clients, client) = client(settings::Client {
        circuit_breaker: Some(CircuitBreaker { failures: 2, open_for: Duration::from_mins(1) }),
        ..retrying(server.address, Grpc, 1)
    });

    for _ in 0..2 {
        assert_eq!(code(get(&client).await.unwrap_err()), Code::Unavailable);
    }
    let error = get(&client).await.unwrap_err();

    assert_eq!(
        error.to_string(),
        format!("client `user` makes no calls to {} after 2 failures in a row", server.address)
    );
    assert_eq!(count.get(), 2);
}

#[tokio::test]
async fn calls_beyond_the_limit_wait_and_then_are_refused() {
    let server = Server::grpc(|_, to| async move {
        std::future::pending::<()>().await;
        drop(to);
    })
    .await;
    let (_clients, client) =
        client(settings::Client { max_concurrency: 1, ..retrying(server.address, Grpc, 1) });
    let mut calls = [Box::pin(get(&client)), Box::pin(get(&client)), Box::pin(get(&client))];
    let [first, second, third] = &mut calls;

    let error = tokio::select! {
        biased;
        _ = first => panic!("nobody responds"),
        _ = second => panic!("it waits"),
        third = third => third.unwrap_err(),
    };

    assert_eq!(
        error.to_string(),
        format!("client `user` is at its limit of 1 calls to {}", server.address)
    );
}

/// A server that ends the connections of so many requests without a response, and then serves.
async fn breaking(times: u32) -> (Server, Count) {
    let count = Count::default();
    let counted = count.clone();
    let server = Server::new(move |mut stream| {
        let count = counted.clone();
        async move {
            let mut request = [0; 1024];
            if stream.read(&mut request).await.unwrap_or_default() > 0 && count.next() > times {
                stream.write_all(b"HTTP/1.1 204 Done\r\n\r\n").await.unwrap();
            }
        }
    });
    (server.await, count)
}

async fn send(client: &Client, method: Method) -> Result<u16, ClientError> {
    let request = Request::builder().method(method).uri("/");
    let request = request.body(RequestBody::Whole(Bytes::from_static(b"ada"))).unwrap();
    Ok(client.send(request, &CallTerms::default()).await?.status().as_u16())
}

#[tokio::test]
async fn idempotent_requests_are_sent_again() {
    for (method, is_sent_again) in [(Method::GET, true), (Method::PUT, true), (Method::POST, false)]
    {
        let (server, count) = breaking(1).await;
        let (_clients, client) = client(retrying(server.address, Http, 4));

        let sent = send(&client, method.clone()).await;

        assert_eq!(sent.is_ok(), is_sent_again, "{method}");
        assert_eq!(count.get(), if is_sent_again { 2 } else { 1 }, "{method}");
    }
}

#[tokio::test]
async fn all_methods_are_sent_again_if_the_service_says_so() {
    let (server, _) = breaking(1).await;
    let settings = retrying(server.address, Http, 4);
    let retries = Retries { all_methods: true, ..settings.retries.clone() };
    let (_clients, client) = client(settings::Client { retries, ..settings });

    assert_eq!(send(&client, Method::POST).await.unwrap(), 204);
}
