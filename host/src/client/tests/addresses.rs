//! Names, their addresses, and what goes to which.

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use h2::server::SendResponse;
use tonic::Code;

use super::support::{
    LONG, Server, client, code, get, http2, named, refuse, respond, sentence, servers, settings,
};
use crate::client::error::TransportFault;
use crate::client::settings::{self, LoadBalancing, OutlierEjection, Protocol::Grpc, Retries};
use crate::client::{Client, ClientError};

fn by_name(address: IpAddr, to: SendResponse<Bytes>) {
    respond(to, address.to_string().as_bytes());
}

async fn who(client: &Client) -> String {
    let reply = get(client).await.unwrap();
    String::from_utf8(reply.message.to_vec()).unwrap()
}

/// Waits until `is_so` of an answer.
async fn until(client: &Client, is_so: impl Fn(&str) -> bool) {
    let waiting = async {
        while !is_so(&who(client).await) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.unwrap();
}

#[tokio::test]
async fn calls_go_to_all_addresses_in_turn() {
    let [first, second] = servers(by_name, ["127.0.0.1", "127.0.0.2"]).await;
    let (_clients, client) = named(settings(first.address, Grpc), [vec!["127.0.0.1", "127.0.0.2"]]);
    until(&client, |who| who == "127.0.0.1").await;
    until(&client, |who| who == "127.0.0.2").await;

    let mut counts = [0, 0];
    for _ in 0..20 {
        counts[usize::from(who(&client).await == "127.0.0.2")] += 1;
    }

    assert_eq!(counts, [10, 10]);
    assert_eq!((first.connections(), second.connections()), (1, 1));
}

#[tokio::test]
async fn the_least_loaded_address_gets_the_call() {
    // The first one keeps what it gets.
    static HELD: Mutex<Vec<SendResponse<Bytes>>> = Mutex::new(Vec::new());
    let handle = |address: IpAddr, to| match address.to_string().as_str() {
        "127.0.0.1" => HELD.lock().unwrap().push(to),
        _ => by_name(address, to),
    };
    let [first, _second] = servers(handle, ["127.0.0.1", "127.0.0.2"]).await;
    let settings = settings::Client {
        load_balancing: LoadBalancing::LeastLoaded,
        ..settings(first.address, Grpc)
    };
    let (_clients, client) = named(settings, [vec!["127.0.0.1", "127.0.0.2"]]);

    // Until it is answered by the address that keeps it.
    let mut stuck = Box::pin(async {
        loop {
            drop(get(&client).await);
        }
    });
    let others = async {
        while HELD.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        // Others get stuck, too, until the second address is connected.
        loop {
            tokio::select! {
                _reply = get(&client) => break,
                () = tokio::time::sleep(Duration::from_millis(20)) => (),
            }
        }
        for _ in 0..20 {
            assert_eq!(who(&client).await, "127.0.0.2");
        }
    };
    tokio::select! {
        () = &mut stuck => (),
        () = others => (),
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_reached_costs_no_call() {
    let [first, second] = servers(by_name, ["127.0.0.1", "127.0.0.2"]).await;
    drop(second);
    let (_clients, client) = named(settings(first.address, Grpc), [vec!["127.0.0.1", "127.0.0.2"]]);

    for _ in 0..20 {
        assert_eq!(who(&client).await, "127.0.0.1");
    }
}

#[tokio::test]
async fn one_of_two_may_go_and_come_back() {
    let [first, second] = servers(by_name, ["127.0.0.1", "127.0.0.2"]).await;
    let address = second.address;
    let retries = Retries { attempts: 3, ..settings(address, Grpc).retries };
    let settings = settings::Client { retries, ..settings(first.address, Grpc) };
    let (_clients, client) = named(settings, [vec!["127.0.0.1", "127.0.0.2"]]);
    until(&client, |who| who == "127.0.0.2").await;

    drop(second);
    for _ in 0..20 {
        who(&client).await;
    }
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    let _second = Server::on(socket.listen(64).unwrap(), |stream| {
        http2(stream, |_, to| async { respond(to, b"again") })
    });

    until(&client, |who| who == "again").await;
}

#[tokio::test]
async fn a_name_that_changes_is_followed() {
    let [first, _second] = servers(by_name, ["127.0.0.1", "127.0.0.2"]).await;
    let settings = settings::Client {
        resolve_interval: Duration::from_millis(20),
        ..settings(first.address, Grpc)
    };
    let answers = [vec!["127.0.0.1"], vec!["127.0.0.1"], vec!["127.0.0.2"]];
    let (_clients, client) = named(settings, answers);

    until(&client, |who| who == "127.0.0.2").await;

    for _ in 0..10 {
        assert_eq!(who(&client).await, "127.0.0.2");
    }
}

#[tokio::test]
async fn a_name_that_disappears_or_turns_forbidden_keeps_its_addresses() {
    for answer in [vec![], vec!["169.254.169.254"], vec!["0.0.0.0"]] {
        let [server] = servers(by_name, ["127.0.0.1"]).await;
        let settings = settings::Client {
            resolve_interval: Duration::from_millis(5),
            ..settings(server.address, Grpc)
        };
        let (_clients, client) = named(settings, [vec!["127.0.0.1"], answer]);

        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_millis(50) {
            assert_eq!(who(&client).await, "127.0.0.1");
        }
    }
}

#[tokio::test]
async fn a_forbidden_address_is_never_connected_to() {
    for (address, reason) in [
        (
            "127.0.0.1",
            "127.0.0.1 is a loopback address; if this is intended, add `allow = [\"loopback\"]` to \
             `[clients.user]`",
        ),
        (
            "::ffff:169.254.169.254",
            "::ffff:169.254.169.254 is a metadata address; if this is intended, add \
             `allow = [\"metadata\"]` to `[clients.user]`",
        ),
        ("0.0.0.0", "0.0.0.0 is not the address of a service"),
    ] {
        let [server] = servers(by_name, ["127.0.0.1"]).await;
        let settings = settings::Client { allow: Vec::new(), ..settings(server.address, Grpc) };
        let (_clients, client) = named(settings, [vec![address]]);

        let error = get(&client).await.unwrap_err();

        let port = server.address.port();
        assert_eq!(
            sentence(&error),
            format!("client `user` may not connect to user.test:{port}: {reason}")
        );
        assert_eq!(server.connections(), 0);
    }
}

#[tokio::test]
async fn localhost_is_this_machine() {
    let [server] = servers(by_name, ["127.0.0.1"]).await;
    let settings =
        settings::Client { host: "localhost".to_owned(), ..settings(server.address, Grpc) };

    let (_clients, client) = client(settings);

    assert_eq!(who(&client).await, "127.0.0.1");
}

#[tokio::test]
async fn a_name_without_addresses_is_asked_for_again() {
    let [server] = servers(by_name, ["127.0.0.1"]).await;
    let answers = [vec![], vec![], vec!["127.0.0.1"]];
    let (_clients, client) = named(settings(server.address, Grpc), answers);

    let error = get(&client).await.unwrap_err();
    assert!(matches!(error, ClientError::Transport { fault: TransportFault::Resolve, .. }));
    assert!(sentence(&error).ends_with(": it has no address"), "{}", sentence(&error));

    let waiting = async { while get(&client).await.is_err() {} };
    tokio::time::timeout(LONG, waiting).await.unwrap();
}

#[tokio::test]
async fn an_address_that_fails_again_and_again_is_left_out() {
    let handle = |address: IpAddr, to| match address.to_string().as_str() {
        "127.0.0.1" => refuse(to, Code::Internal, &[]),
        _ => by_name(address, to),
    };
    let [first, _second] = servers(handle, ["127.0.0.1", "127.0.0.2"]).await;
    let ejection = OutlierEjection { failures: 2, eject_for: LONG, max_ejected: 50 };
    let settings =
        settings::Client { outlier_ejection: Some(ejection), ..settings(first.address, Grpc) };
    let (_clients, client) = named(settings, [vec!["127.0.0.1", "127.0.0.2"]]);

    let mut failures = 0;
    for _ in 0..40 {
        if let Err(error) = get(&client).await {
            assert_eq!(code(error), Code::Internal);
            failures += 1;
        }
    }

    assert_eq!(failures, 2);
}

#[tokio::test]
async fn an_audit_connects_to_what_would_be_refused_but_never_to_what_is_no_service() {
    let [server] = servers(by_name, ["127.0.0.1"]).await;
    let audited = settings::Client {
        allow: Vec::new(),
        egress: settings::Egress::Audit,
        ..settings(server.address, Grpc)
    };
    let (_clients, client) = named(audited.clone(), [vec!["127.0.0.1", "0.0.0.0"]]);
    assert_eq!(who(&client).await, "127.0.0.1");

    let (_clients, client) = named(audited, [vec!["0.0.0.0"]]);
    assert!(sentence(&get(&client).await.unwrap_err()).contains("not the address of a service"));
}
