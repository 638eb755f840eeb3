//! Services that answer nothing, garbage, half an answer, or without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use h2::Reason;
use http::HeaderMap;
use http::uri::PathAndQuery;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tonic::Code;

use super::support::{
    Server, client, code, framed, get, head, read, respond, retrying, sentence, settings, status,
};
use crate::client::error::TransportFault;
use crate::client::settings::{self, ClientTls, Protocol::Grpc, Roots};
use crate::client::{CallTerms, Client, ClientError, IncomingMessages, Messages};

const METHOD: PathAndQuery = PathAndQuery::from_static("/user.Users/List");

async fn list(client: &Client) -> IncomingMessages {
    let one = Messages::One(Bytes::new());
    let reply = client.streaming(METHOD, HeaderMap::new(), one, &CallTerms::default()).await;
    reply.unwrap().messages
}

#[track_caller]
fn is_transport(error: &ClientError) {
    assert!(matches!(error, ClientError::Transport { .. }), "{}", sentence(error));
}

#[tokio::test]
async fn garbage_is_not_taken_for_http_2() {
    let server = Server::new(|mut stream| async move {
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    })
    .await;
    let (_clients, client) = client(settings(server.address, Grpc));

    is_transport(&get(&client).await.unwrap_err());
}

#[tokio::test]
async fn a_connection_that_ends_without_a_response_is_named() {
    let server = Server::new(|mut stream| async move {
        let mut bytes = [0; 256];
        let _length = stream.read(&mut bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        while stream.read(&mut bytes).await.unwrap_or_default() > 0 {}
    })
    .await;
    let (_clients, client) = client(settings(server.address, Grpc));

    let error = get(&client).await.unwrap_err();

    is_transport(&error);
    let subject = format!("to {}", server.address);
    assert!(sentence(&error).contains(&subject), "{}", sentence(&error));
}

#[tokio::test]
async fn half_an_answer_is_an_error() {
    let server = Server::grpc(|_, mut to| async move {
        let mut body = to.send_response(head(), false).unwrap();
        let message = framed(b"hello");
        body.send_data(message.slice(..7), true).unwrap();
    })
    .await;
    let (_clients, client) = client(settings(server.address, Grpc));

    let error = get(&client).await.unwrap_err();

    assert!(matches!(error, ClientError::Status { .. }), "{}", sentence(&error));
}

#[tokio::test]
async fn an_answer_without_a_status_or_a_message_is_an_error() {
    let server = Server::grpc(|request, mut to| async move {
        let is_status = request.headers().contains_key("x-status");
        let mut body = to.send_response(head(), false).unwrap();
        if is_status {
            body.send_trailers(status(Code::Ok)).unwrap();
        } else {
            body.send_data(framed(b"hello"), true).unwrap();
        }
    })
    .await;
    let (_clients, client) = client(settings(server.address, Grpc));

    for metadata in [
        HeaderMap::new(),
        HeaderMap::from_iter([("x-status".parse().unwrap(), "1".parse().unwrap())]),
    ] {
        let reply = client.unary(METHOD, metadata, Bytes::new(), &CallTerms::default()).await;
        assert!(matches!(reply.unwrap_err(), ClientError::Status { .. }));
    }
}

#[tokio::test]
async fn a_server_that_never_speaks_is_given_up() {
    let server = Server::new(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let tls = ClientTls { roots: Roots::System, certificate: None, server_name: None };
    let (_clients, client) = client(settings::Client {
        tls: Some(tls),
        connect_timeout: Duration::from_millis(300),
        ..settings(server.address, Grpc)
    });

    let error = get(&client).await.unwrap_err();

    assert!(
        matches!(error, ClientError::Transport { fault: TransportFault::Tls, .. }),
        "{}",
        sentence(&error)
    );
}

#[tokio::test]
async fn an_endless_stream_stops_at_a_reader_that_is_slow() {
    const PIECE: usize = 16 * 1024;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let (stalled, mut stalls) = mpsc::unbounded_channel();
    let server = Server::grpc(move |_, mut to| {
        let (counted, stalled) = (counted.clone(), stalled.clone());
        async move {
            let mut body = to.send_response(head(), false).unwrap();
            let message = framed(&[7; PIECE - 5]);
            loop {
                body.reserve_capacity(PIECE);
                if body.capacity() < PIECE {
                    stalled.send(()).unwrap();
                }
                while body.capacity() < PIECE {
                    let capacity = std::future::poll_fn(|context| body.poll_capacity(context));
                    let Some(Ok(_)) = capacity.await else { return };
                }
                body.send_data(message.clone(), false).unwrap();
                counted.fetch_add(PIECE, Ordering::SeqCst);
            }
        }
    })
    .await;
    let (_clients, client) = client(settings(server.address, Grpc));

    let mut messages = list(&client).await;
    assert_eq!(messages.message().await.unwrap().unwrap().len(), PIECE - 5);
    stalls.recv().await.unwrap();

    let sent = sent.load(Ordering::SeqCst);
    assert!(sent <= 1024 * 1024, "{sent} bytes were sent to somebody who has read {PIECE}");
}

#[tokio::test]
async fn small_messages_that_nobody_reads_end_no_connection() {
    const COUNT: usize = 20_000;
    let (told, mut events) = mpsc::unbounded_channel();
    let server = Server::grpc(move |request, mut to| {
        let told = told.clone();
        async move {
            if request.uri().path() != METHOD.path() {
                respond(to, b"done");
                return;
            }
            let mut body = to.send_response(head(), false).unwrap();
            for count in 0..COUNT {
                body.send_data(framed(b"x"), false).unwrap();
                // One frame per message: the connection gets to write it.
                if count % 100 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            told.send(()).unwrap();
            body.send_trailers(status(Code::Ok)).unwrap();
        }
    })
    .await;
    let (_clients, client) = client(retrying(server.address, Grpc, 1));

    let mut messages = list(&client).await;
    events.recv().await.unwrap();
    assert_eq!(get(&client).await.unwrap().message, "done");
    let mut count = 0;
    while messages.message().await.unwrap().is_some() {
        count += 1;
    }

    assert_eq!(count, COUNT);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn the_reset_of_a_stream_is_a_status() {
    for (reason, expected) in [
        (Reason::PROTOCOL_ERROR, Code::Internal),
        (Reason::FLOW_CONTROL_ERROR, Code::Internal),
        (Reason::CANCEL, Code::Cancelled),
        (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
        (Reason::INADEQUATE_SECURITY, Code::PermissionDenied),
    ] {
        let count = Arc::new(AtomicUsize::new(0));
        let has_begun = Arc::new(Notify::new());
        let (counted, told) = (count.clone(), has_begun.clone());
        let server = Server::grpc(move |request, mut to| {
            counted.fetch_add(1, Ordering::SeqCst);
            let told = told.clone();
            async move {
                if request.uri().path() == METHOD.path() {
                    let mut body = to.send_response(head(), false).unwrap();
                    told.notified().await;
                    body.send_reset(reason);
                } else {
                    to.send_reset(reason);
                }
            }
        })
        .await;
        let (_clients, client) = client(retrying(server.address, Grpc, 3));

        assert_eq!(code(get(&client).await.unwrap_err()), expected, "{reason:?}");
        assert_eq!(count.load(Ordering::SeqCst), 1, "{reason:?}: it is not a code to retry");

        let mut messages = list(&client).await;
        has_begun.notify_one();
        assert_eq!(code(messages.message().await.unwrap_err()), expected, "{reason:?}");
    }
}

#[tokio::test]
async fn a_reset_is_asked_again_if_its_code_is_listed() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let server = Server::grpc(move |_, mut to| {
        let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_first {
                to.send_reset(Reason::ENHANCE_YOUR_CALM);
            } else {
                respond(to, b"done");
            }
        }
    })
    .await;
    let mut settings = retrying(server.address, Grpc, 3);
    settings.retries.codes = vec![Code::ResourceExhausted];
    let (_clients, client) = client(settings);

    assert_eq!(get(&client).await.unwrap().message, "done");
}

#[tokio::test]
async fn small_messages_to_a_server_that_does_not_read_end_no_connection() {
    const COUNT: usize = 5000;
    // The windows of the server, and how many messages fit into one.
    for (window, fitting) in [(65_535, 1000), (1024 * 1024, COUNT)] {
        let may_read = Arc::new(Notify::new());
        let waiting = may_read.clone();
        let server = Server::new(move |stream| {
            let waiting = waiting.clone();
            async move {
                let mut builder = h2::server::Builder::new();
                builder.initial_window_size(window).initial_connection_window_size(window);
                let mut connection = builder.handshake::<_, Bytes>(stream).await.unwrap();
                let mut streams = JoinSet::new();
                while let Some(Ok((request, to))) = connection.accept().await {
                    let waiting = waiting.clone();
                    streams.spawn(async move {
                        waiting.notified().await;
                        let length = read(request.into_body()).await.len();
                        respond(to, length.to_string().as_bytes());
                    });
                }
            }
        })
        .await;
        let (_clients, client) = client(retrying(server.address, Grpc, 1));
        let messages = stream::unfold(0, move |sent| {
            let may_read = may_read.clone();
            async move {
                // One frame per message: the connection gets to write it.
                tokio::task::yield_now().await;
                if sent == fitting {
                    may_read.notify_one();
                }
                (sent < COUNT).then(|| (Ok(Bytes::from_static(&[7; 50])), sent + 1))
            }
        });

        let (messages, terms) = (Messages::Many(messages.boxed()), CallTerms::default());
        let reply = client.streaming(METHOD, HeaderMap::new(), messages, &terms);
        let mut reply = reply.await.unwrap().messages;

        let length = reply.message().await.unwrap().unwrap();
        assert_eq!(length, (COUNT * framed(&[7; 50]).len()).to_string());
        assert_eq!(server.connections(), 1);
    }
}
