//! What a deadline ends, and what it says about the service.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use h2::server::SendResponse;
use http::HeaderMap;
use http::uri::PathAndQuery;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::support::{
    LONG, Server, client, framed, get, head, named, respond, sentence, servers, settings,
};
use crate::client::error::TransportFault;
use crate::client::local::LocalServices;
use crate::client::settings::{
    self, CircuitBreaker, ClientTransport, OutlierEjection, Protocol::Grpc,
};
use crate::client::{CallTerms, Client, ClientError, Clients, Messages};
use crate::observe::Observers;

const METHOD: PathAndQuery = PathAndQuery::from_static("/user.Users/Get");
const SHORT: Duration = Duration::from_millis(60);
const EJECTION: OutlierEjection = OutlierEjection { failures: 2, eject_for: LONG, max_ejected: 50 };
const BREAKER: CircuitBreaker = CircuitBreaker { failures: 2, open_for: LONG };

/// A call whose caller waits for so long.
async fn get_within(client: &Client, timeout: Duration) -> Result<(), ClientError> {
    let terms = CallTerms { timeout: Some(timeout), ..CallTerms::default() };
    client.unary(METHOD, HeaderMap::new(), Bytes::new(), &terms).await.map(drop)
}

#[track_caller]
fn is_late(error: &ClientError) {
    assert!(matches!(error, ClientError::DeadlineExceeded { .. }), "{}", sentence(error));
}

/// A server that keeps what it gets and never responds.
async fn silent() -> Server {
    Server::grpc(|_, to| async move {
        std::future::pending::<()>().await;
        drop(to);
    })
    .await
}

#[tokio::test]
async fn an_address_that_never_responds_is_left_out() {
    static HELD: Mutex<Vec<SendResponse<Bytes>>> = Mutex::new(Vec::new());
    let [first, _second] = servers(
        |address, to| {
            if address.to_string() == "127.0.0.1" {
                HELD.lock().unwrap().push(to);
            } else {
                respond(to, b"done");
            }
        },
        ["127.0.0.1", "127.0.0.2"],
    )
    .await;
    let settings = settings::Client {
        timeout: SHORT,
        outlier_ejection: Some(EJECTION),
        ..settings(first.address, Grpc)
    };
    let (_clients, client) = named(settings, [vec!["127.0.0.1", "127.0.0.2"]]);

    let mut late = 0;
    for _ in 0..20 {
        if let Err(error) = get(&client).await {
            is_late(&error);
            late += 1;
        }
    }

    assert_eq!(late, 2);
}

#[tokio::test]
async fn callers_that_give_up_leave_no_address_out() {
    static HELD: Mutex<BTreeMap<IpAddr, Vec<SendResponse<Bytes>>>> = Mutex::new(BTreeMap::new());
    let [first, _second] = servers(
        |address, to| HELD.lock().unwrap().entry(address).or_default().push(to),
        ["127.0.0.1", "127.0.0.2"],
    )
    .await;
    let settings =
        settings::Client { outlier_ejection: Some(EJECTION), ..settings(first.address, Grpc) };
    let (_clients, client) = named(settings, [vec!["127.0.0.1", "127.0.0.2"]]);

    // Each address gets more of them than it may fail.
    let waiting = async {
        while HELD.lock().unwrap().values().filter(|held| held.len() > 2).count() < 2 {
            let _dropped = timeout(SHORT, get(&client)).await;
            drop(get_within(&client, SHORT).await);
        }
    };
    timeout(LONG, waiting).await.unwrap();
}

#[tokio::test]
async fn a_service_that_takes_all_of_the_time_opens_the_breaker() {
    let server = silent().await;
    let (_clients, client) = client(settings::Client {
        timeout: SHORT,
        circuit_breaker: Some(BREAKER),
        ..settings(server.address, Grpc)
    });

    for _ in 0..2 {
        is_late(&get(&client).await.unwrap_err());
    }

    let refused = get(&client).await.unwrap_err();
    assert!(matches!(refused, ClientError::BreakerOpen { .. }), "{}", sentence(&refused));
}

#[tokio::test]
async fn callers_with_less_time_do_not_open_the_breaker() {
    let server = silent().await;
    let (_clients, client) = client(settings::Client {
        circuit_breaker: Some(BREAKER),
        ..settings(server.address, Grpc)
    });

    for _ in 0..4 {
        is_late(&get_within(&client, SHORT).await.unwrap_err());
    }
}

#[tokio::test]
async fn requests_that_never_leave_this_process_do_not_open_the_breaker() {
    let services = LocalServices::default();
    // No thread of it takes requests.
    let registration = services.register("user", Grpc);
    registration.publish();
    let settings = settings::Client {
        transport: ClientTransport::Auto,
        circuit_breaker: Some(BREAKER),
        ..settings("127.0.0.1:1".parse().unwrap(), Grpc)
    };
    let clients = Clients::new(&[settings], &services, &Observers::default());
    let client = clients.get("user").unwrap();

    for _ in 0..4 {
        let error = get(client).await.unwrap_err();
        assert!(
            matches!(error, ClientError::Transport { fault: TransportFault::NotTaken, .. }),
            "{}",
            sentence(&error)
        );
    }
}

#[tokio::test]
async fn a_response_that_nobody_reads_ends_at_its_deadline() {
    let (told, mut resets) = mpsc::unbounded_channel();
    let server = Server::grpc(move |request, mut to| {
        let told = told.clone();
        async move {
            if request.uri().path() == METHOD.path() {
                return respond(to, b"done");
            }
            let mut body = to.send_response(head(), false).unwrap();
            body.send_data(framed(b"first"), false).unwrap();
            let reset = std::future::poll_fn(|context| body.poll_reset(context)).await;
            told.send(reset.unwrap()).unwrap();
        }
    })
    .await;
    let (_clients, client) =
        client(settings::Client { max_concurrency: 1, ..settings(server.address, Grpc) });
    let terms = CallTerms { timeout: Some(SHORT), ..CallTerms::default() };
    let list = PathAndQuery::from_static("/user.Users/List");
    let reply = client.streaming(list, HeaderMap::new(), Messages::One(Bytes::new()), &terms);
    let mut messages = reply.await.unwrap().messages;

    // There is one place.
    timeout(LONG / 2, get(&client)).await.unwrap().unwrap();

    assert_eq!(resets.recv().await.unwrap(), h2::Reason::CANCEL);
    is_late(&messages.message().await.unwrap_err());
}

#[tokio::test]
async fn a_reader_that_waits_is_told_of_the_deadline() {
    let server = Server::grpc(|_, mut to| async move {
        let body = to.send_response(head(), false).unwrap();
        std::future::pending::<()>().await;
        drop(body);
    })
    .await;
    let (_clients, client) =
        client(settings::Client { timeout: SHORT, ..settings(server.address, Grpc) });

    is_late(&timeout(LONG / 2, get(&client)).await.unwrap().unwrap_err());
}
