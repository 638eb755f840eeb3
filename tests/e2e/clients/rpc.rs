//! RPCs: shapes, deadlines, what travels along, and how they are left.

use serde_json::{Value, json};

use super::{Peer, calling_grpc, failed, ok};
use crate::support::http::{self, Client};

#[test]
fn each_shape_arrives() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    assert_eq!(ok(&host, "/rpc/many/1"), "1");
    assert_eq!(ok(&host, "/rpc/sum/1000"), "1000");
    assert_eq!(ok(&host, "/rpc/endless/100"), "100000");
    host.stop();
}

#[test]
fn hundreds_of_calls_run_at_a_time_in_one_instance() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    assert_eq!(ok(&host, "/rpc/many/500"), "500");
    host.stop();
}

#[test]
fn a_stream_that_is_left_is_cancelled_at_the_other_service() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    // grpcio's stream of this method ends only when its client leaves.
    for _ in 0..3 {
        assert_eq!(ok(&host, "/rpc/endless/1"), "1000");
    }
    peer.wait_for("an endless stream was left", 3);
    host.stop();
}

/// What the other service has seen of a request with these header lines, by name.
fn metadata_of(headers: &str) -> (Value, f64) {
    let peer = Peer::grpc().expect("the caller has asked");
    let host = calling_grpc(&peer, "");
    let response = http::request(host.port(), "GET", "/rpc/metadata", headers, b"");
    let seen: Value = serde_json::from_slice(&response.body).expect("it is JSON");
    let fields = seen["metadata"].as_array().expect("it is a list").iter();
    let fields = fields
        .map(|field| (field[0].as_str().expect("a name is text").to_owned(), field[1].clone()));
    host.stop();
    (
        fields.collect::<serde_json::Map<_, _>>().into(),
        seen["remaining"].as_f64().expect("it is a number"),
    )
}

#[test]
fn ids_traces_and_contexts_travel_along() {
    if Peer::grpc().is_none() {
        return;
    }
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    let (seen, _) = metadata_of(&format!(
        "x-request-id: an-id\r\ntraceparent: {trace}\r\ntracestate: a=1\r\nbaggage: b=2\r\n\
         service-context-user: 7\r\nservice-context-caller: edge\r\nauthorization: secret\r\n"
    ));

    assert_eq!(seen["x-request-id"], "an-id");
    assert_eq!(seen["traceparent"], trace);
    assert_eq!(seen["tracestate"], "a=1");
    assert_eq!(seen["baggage"], "b=2");
    assert_eq!(seen["service-context-user"], "7");
    // A guest cannot speak for another service: it has tried to.
    assert_eq!(seen["service-context-caller"], "probe");
    assert_eq!(seen["x-own"], "1");
    assert_eq!(seen.get("authorization"), None);
}

#[test]
fn the_time_that_is_left_is_that_of_the_call() {
    if Peer::grpc().is_none() {
        return;
    }
    let (_, remaining) = metadata_of("");

    assert!(remaining > 1.0 && remaining <= 30.0, "{remaining}");
}

#[test]
fn a_call_ends_at_its_own_timeout() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    let (status, error) = failed(&host, "/rpc/sleep?timeout=100");

    assert_eq!((status, &error["kind"]), (504, &json!("DeadlineExceededError")));
    assert_eq!(error["destination"], "peer");
    assert!(error["cause"].as_str().unwrap().contains("within 100ms"), "{error}");
    peer.wait_for("the client has left", 1);
    host.stop();
}

#[test]
fn a_call_ends_at_the_client_s_timeout() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "timeout = '150ms'");

    let (status, error) = failed(&host, "/rpc/sleep");

    assert_eq!(status, 504);
    assert!(error["cause"].as_str().unwrap().contains("within 150ms"), "{error}");
    peer.wait_for("the client has left", 1);
    host.stop();
}

#[test]
fn a_caller_that_leaves_cancels_the_calls_that_were_made_for_it() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    let mut connection = Client::connect(host.port());
    connection.get("/rpc/sleep");
    peer.wait_for("a sleep has begun", 1);
    connection.reset();

    peer.wait_for("the client has left", 1);
    // The guest's future was dropped, or has returned an error: both count.
    while ok(&host, "/dropped") != "1" {
        std::thread::yield_now();
    }
    host.stop();
}

#[test]
fn an_instance_that_is_lost_breaks_its_streams_off() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    let (status, _) = failed(&host, "/rpc/trap");

    assert_eq!(status, 500);
    peer.wait_for("a sum was broken off", 1);
    // The connections are the worker's: the next instance calls on.
    assert_eq!(ok(&host, "/rpc/many/10"), "10");
    host.stop();
}

#[test]
fn ten_thousand_calls_open_one_connection() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    for _ in 0..10 {
        assert_eq!(ok(&host, "/rpc/sequence/1000"), "1000");
    }

    assert_eq!(ok(&host, "/rpc/connections"), "1");
    host.stop();
}
