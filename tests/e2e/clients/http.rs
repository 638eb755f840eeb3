//! HTTP requests: heads, bodies in both directions, and what a bad server does.

use expect_test::expect;
use serde_json::Value;

use super::{Peer, calling_http, failed, ok};
use crate::support::http::Client;

#[test]
fn a_request_arrives_as_it_was_made() {
    let Some(peer) = Peer::http() else { return };
    let host = calling_http(&peer, "");

    let response = ok(&host, "/web/get?target=/echo%3Fa%3D1");

    let (status, seen) = response.split_once(' ').unwrap();
    let seen: Value = serde_json::from_str(seen).unwrap();
    assert_eq!(
        (status, &seen["method"], &seen["target"]),
        ("200", &"GET".into(), &"/echo?a=1".into())
    );
    let headers = seen["headers"].as_array().unwrap();
    let has = |name: &str, value: &str| headers.contains(&serde_json::json!([name, value]));
    assert!(has("x-own", "1") && has("service-context-caller", "probe"), "{headers:?}");
    assert!(has("host", &format!("127.0.0.1:{}", peer.port())), "{headers:?}");
    host.stop();
}

#[test]
fn bodies_stream_in_both_directions() {
    let Some(peer) = Peer::http() else { return };
    let host = calling_http(&peer, "");

    assert_eq!(ok(&host, "/web/post/3000?target=/body&method=POST"), "3000000");
    assert_eq!(ok(&host, "/web/size?target=/chunks"), "100000");
    host.stop();
}

#[test]
fn a_body_that_is_cut_off_is_not_taken_for_a_whole_one() {
    let Some(peer) = Peer::http() else { return };
    let host = calling_http(&peer, "");

    let size = ok(&host, "/web/size?target=/half");

    assert!(size.starts_with("100000 the service `web` is unavailable"), "{size}");
    host.stop();
}

#[test]
fn a_stream_without_an_end_is_left_when_time_is_up() {
    let Some(peer) = Peer::http() else { return };
    let host = calling_http(&peer, "");

    let size = ok(&host, "/web/size?target=/endless&timeout=200");

    assert!(size.contains("the service `web` did not respond in time"), "{size}");
    peer.wait_for("the client has left", 1);
    host.stop();
}

#[test]
fn an_error_of_a_mikros_service_is_read_from_its_json() {
    let Some(peer) = Peer::http() else { return };
    let host = calling_http(&peer, "retries = { attempts = 1 }");

    let all = ["/error", "/unavailable"].map(|target| {
        let (status, error) = failed(&host, &format!("/web/error?target={target}"));
        format!("{status} {error}")
    });

    expect![[r#"
        404 {"kind":"NotFoundError","message":"not found","code":42,"service_name":"probe","destination":"web"}
        500 {"kind":"RPCError","message":"the service `web` responded with 503 Service Unavailable","cause":"busy","code":0,"service_name":"probe","destination":"web"}"#]].assert_eq(&all.join("\n"));
    host.stop();
}

#[test]
fn a_redirect_is_not_followed() {
    let Some(peer) = Peer::http() else { return };
    let host = calling_http(&peer, "");

    assert_eq!(ok(&host, "/web/get?target=/redirect"), "302 ");
    host.stop();
}

#[test]
fn a_target_cannot_lead_elsewhere() {
    let Some(peer) = Peer::http() else { return };
    let host = calling_http(&peer, "");

    for target in ["http://169.254.169.254/", "//169.254.169.254/", "*", ""] {
        let path = format!("/web/get?target={target}");
        let mut connection = Client::connect(host.port());
        connection.get(&path);
        let response = connection.response();
        // Two slashes are a path: the server that is declared has seen it.
        let is_path = response.text().starts_with("404 no such route");
        assert!(response.status == 500 || is_path, "{target}: {}", response.text());
    }
    host.stop();
}

#[test]
fn a_caller_that_leaves_cancels_the_request_that_was_made_for_it() {
    let Some(peer) = Peer::http() else { return };
    let host = calling_http(&peer, "");

    let mut connection = Client::connect(host.port());
    connection.get("/web/wait?target=/never");
    peer.wait_for("a request waits", 1);
    connection.reset();

    peer.wait_for("the client has left", 1);
    host.stop();
}
