//! RPCs of all shapes over plain HTTP/2.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::HeaderMap;
use http::uri::PathAndQuery;
use tokio::sync::mpsc;
use tonic::Code;

use super::support::{self, LONG, Server, client, framed, head, read, respond, sentence, status};
use crate::call::Deadline;
use crate::client::error::TransportFault;
use crate::client::rpc::{StreamingReply, UnaryReply};
use crate::client::settings::{self, Compression, Protocol::Grpc};
use crate::client::{
    Aborted, CallCompression, CallTerms, Client, ClientError, IncomingMessages, Messages,
};

const METHOD: PathAndQuery = PathAndQuery::from_static("/user.Users/Get");

async fn get(client: &Client, terms: &CallTerms) -> Result<UnaryReply, ClientError> {
    client.unary(METHOD, HeaderMap::new(), Bytes::from_static(b"ada"), terms).await
}

#[tokio::test]
async fn a_message_is_answered_with_a_message() {
    let server = Server::grpc(|request, to| async move {
        assert_eq!(request.uri().path(), "/user.Users/Get");
        assert_eq!(request.headers()["te"], "trailers");
        assert_eq!(request.headers()["x-id"], "7");
        let message = read(request.into_body()).await;
        respond(to, &[b"hello ", &message[5..]].concat());
    })
    .await;
    let (_clients, client) = client(support::settings(server.address, Grpc));
    let metadata = HeaderMap::from_iter([("x-id".parse().unwrap(), "7".parse().unwrap())]);

    let reply = client.unary(METHOD, metadata, "ada".into(), &CallTerms::default()).await.unwrap();

    assert_eq!(reply.message, "hello ada");
    assert_eq!(reply.metadata["content-type"], "application/grpc");
}

#[tokio::test]
async fn calls_one_after_another_and_at_once_share_a_connection() {
    let server = Server::grpc(|request, to| async move {
        respond(to, &read(request.into_body()).await[5..]);
    })
    .await;
    let (_clients, client) = client(support::settings(server.address, Grpc));

    let terms = CallTerms::default();
    futures_util::future::try_join_all((0..200).map(|_| get(&client, &terms))).await.unwrap();
    for _ in 0..200 {
        get(&client, &terms).await.unwrap();
    }

    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn messages_flow_in_both_directions_at_once() {
    let server = Server::grpc(|request, mut to| async move {
        let mut body = to.send_response(head(), false).unwrap();
        let mut messages = request.into_body();
        while let Some(Ok(bytes)) = messages.data().await {
            messages.flow_control().release_capacity(bytes.len()).unwrap();
            body.send_data(bytes, false).unwrap();
        }
        let mut trailers = status(Code::Ok);
        trailers.insert("x-count", "2".parse().unwrap());
        body.send_trailers(trailers).unwrap();
    })
    .await;
    let (_clients, client) = client(support::settings(server.address, Grpc));
    let (send, receive) = mpsc::channel::<Result<Bytes, Aborted>>(1);
    let messages = stream::unfold(receive, |mut receive| async {
        receive.recv().await.map(|message| (message, receive))
    });

    let messages = Messages::Many(messages.boxed());
    let reply = client.streaming(METHOD, HeaderMap::new(), messages, &CallTerms::default()).await;
    let StreamingReply { mut messages, .. } = reply.unwrap();
    for message in ["one", "two"] {
        send.send(Ok(message.into())).await.unwrap();
        assert_eq!(messages.message().await.unwrap().unwrap(), message);
    }
    drop(send);

    assert_eq!(messages.message().await.unwrap(), None);
    assert_eq!(messages.trailers().await.unwrap()["x-count"], "2");
}

#[tokio::test]
async fn a_status_stays_a_status_with_its_details_and_trailers() {
    let server = Server::grpc(|_, mut to| async move {
        let mut response = head();
        response.headers_mut().extend(status(Code::NotFound));
        response.headers_mut().insert("grpc-message", "no%20ada".parse().unwrap());
        response.headers_mut().insert("grpc-status-details-bin", "AQI".parse().unwrap());
        response.headers_mut().insert("x-why", "gone".parse().unwrap());
        to.send_response(response, true).unwrap();
    })
    .await;
    let (_clients, client) = client(support::settings(server.address, Grpc));

    let error = get(&client, &CallTerms::default()).await.unwrap_err();

    let ClientError::Status { status, .. } = error else { panic!("{error}") };
    assert_eq!((status.code(), status.message()), (Code::NotFound, "no ada"));
    assert_eq!(status.details(), [1, 2]);
    assert_eq!(status.metadata().get("x-why").unwrap(), "gone");
}

#[tokio::test]
async fn the_earliest_deadline_is_sent_and_kept() {
    let (asked, mut timeouts) = mpsc::unbounded_channel();
    let server = Server::grpc(move |request, to| {
        let asked = asked.clone();
        async move {
            asked.send(request.headers()["grpc-timeout"].to_str().unwrap().to_owned()).unwrap();
            std::future::pending::<()>().await;
            drop(to);
        }
    })
    .await;
    let (_clients, client) = client(support::settings(server.address, Grpc));
    let terms = CallTerms {
        deadline: Some(Deadline::after(Duration::from_millis(200))),
        timeout: Some(LONG),
        ..CallTerms::default()
    };

    let error = get(&client, &terms).await.unwrap_err();

    assert_eq!(
        error.to_string(),
        format!("client `user` did not get a response from {} within 200ms", server.address)
    );
    let timeout = timeouts.recv().await.unwrap();
    let micros: u32 = timeout.strip_suffix('u').unwrap().parse().unwrap();
    assert!((1..=200_000).contains(&micros), "{timeout}");
}

#[tokio::test]
async fn a_stream_that_never_ends_has_a_deadline() {
    let server = Server::grpc(|_, mut to| async move {
        let mut body = to.send_response(head(), false).unwrap();
        body.send_data(framed(b"one"), false).unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let (_clients, client) = client(support::settings(server.address, Grpc));
    let terms = CallTerms { timeout: Some(Duration::from_millis(200)), ..CallTerms::default() };

    let one = Messages::One(Bytes::new());
    let reply = client.streaming(METHOD, HeaderMap::new(), one, &terms).await.unwrap();
    let mut messages: IncomingMessages = reply.messages;

    assert_eq!(messages.message().await.unwrap().unwrap(), "one");
    let error = messages.message().await.unwrap_err();
    assert!(matches!(error, ClientError::DeadlineExceeded { .. }), "{error}");
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_at_the_other_service() {
    let (told, mut events) = mpsc::unbounded_channel();
    let server = Server::grpc(move |_, mut to| {
        let told = told.clone();
        async move {
            told.send(None).unwrap();
            let reason = std::future::poll_fn(|context| to.poll_reset(context)).await;
            told.send(reason.ok()).unwrap();
        }
    })
    .await;
    let (_clients, client) = client(support::settings(server.address, Grpc));
    let terms = CallTerms::default();
    let mut call = Box::pin(get(&client, &terms));

    tokio::select! {
        _ = &mut call => panic!("nobody responds"),
        begun = events.recv() => assert_eq!(begun, Some(None)),
    }
    drop(call);

    assert_eq!(events.recv().await, Some(Some(h2::Reason::CANCEL)));
}

#[tokio::test]
async fn messages_that_are_aborted_cancel_the_call() {
    let (told, mut events) = mpsc::unbounded_channel();
    let server = Server::grpc(move |_, mut to| {
        let told = told.clone();
        async move {
            let reason = std::future::poll_fn(|context| to.poll_reset(context)).await;
            told.send(reason.ok()).unwrap();
        }
    })
    .await;
    let (_clients, client) = client(support::settings(server.address, Grpc));
    let messages = stream::iter([Ok(Bytes::from_static(b"one")), Err(Aborted)]).boxed();

    let messages = Messages::Many(messages);
    let reply = client.streaming(METHOD, HeaderMap::new(), messages, &CallTerms::default()).await;

    assert!(matches!(reply.unwrap_err(), ClientError::Aborted { .. }));
    assert_eq!(events.recv().await, Some(Some(h2::Reason::CANCEL)));
}

#[tokio::test]
async fn a_refused_port_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (_clients, client) = client(support::settings(address, Grpc));

    let error = get(&client, &CallTerms::default()).await.unwrap_err();

    assert!(matches!(error, ClientError::Transport { fault: TransportFault::Connect, .. }));
    assert_eq!(
        sentence(&error),
        format!("client `user` cannot connect to {address}: Connection refused (os error 111)")
    );
}

#[tokio::test]
async fn what_is_larger_than_allowed_is_refused() {
    let server = Server::grpc(|_, to| async { respond(to, &[7; 2000]) }).await;
    let settings =
        settings::Client { max_response: 1000, ..support::settings(server.address, Grpc) };
    let (_clients, client) = client(settings);

    let error = get(&client, &CallTerms::default()).await.unwrap_err();

    let ClientError::Status { status, .. } = error else { panic!("{error}") };
    assert_eq!(status.code(), Code::OutOfRange);
}

#[tokio::test]
async fn closing_waits_for_what_is_under_way() {
    let (told, mut events) = mpsc::unbounded_channel();
    let server = Server::grpc(move |_, to| {
        let (answer, answered) = tokio::sync::oneshot::channel::<()>();
        told.send(answer).unwrap();
        async move {
            answered.await.unwrap();
            respond(to, b"late");
        }
    })
    .await;
    let (clients, client) = client(support::settings(server.address, Grpc));
    let terms = CallTerms::default();
    let call = get(&client, &terms);

    let closing = async {
        let answer = events.recv().await.unwrap();
        let closed = clients.close(Deadline::after(LONG));
        let answering = async { answer.send(()).unwrap() };
        tokio::join!(closed, answering);
    };
    let (reply, ()) = tokio::join!(call, closing);

    assert_eq!(reply.unwrap().message, "late");
    let error = get(&client, &terms).await.unwrap_err();
    assert!(matches!(error, ClientError::Transport { .. }), "{error}");
}

#[tokio::test]
async fn messages_are_compressed_if_the_call_or_the_client_says_so() {
    for (configured, asked, expected) in [
        (Compression::Off, CallCompression::Configured, None),
        (Compression::Off, CallCompression::On, Some("gzip")),
        (Compression::Zstd, CallCompression::Configured, Some("zstd")),
        (Compression::Zstd, CallCompression::Off, None),
    ] {
        let server = Server::grpc(move |request, to| async move {
            let encoding = request.headers().get("grpc-encoding").cloned();
            assert_eq!(encoding.as_ref().map(|name| name.to_str().unwrap()), expected);
            assert_eq!(read(request.into_body()).await[0], u8::from(expected.is_some()));
            respond(to, b"done");
        })
        .await;
        let settings =
            settings::Client { compression: configured, ..support::settings(server.address, Grpc) };
        let (_clients, client) = client(settings);
        assert_eq!(client.settings.compression, configured);

        let terms = CallTerms { compression: asked, ..CallTerms::default() };

        assert_eq!(get(&client, &terms).await.unwrap().message, "done");
    }
}
