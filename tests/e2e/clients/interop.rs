//! The cases of the gRPC project's interoperability tests with a guest as the client, against servers of grpcio,
//! grpc-js, and the SDK. What each case demands is written in `tests/guests/rpc-client`.
//!
//! | case | why it is not here, or not for each server |
//! |---|---|
//! | `cacheable_unary` | needs an HTTP cache between client and server |
//! | `client_compressed_unary`, its probe | handlers of grpcio and grpc-js do not see whether a message came compressed; bytes on the wire are counted instead |
//! | `client_compressed_streaming` | a call of the SDK compresses all its messages or none, as one of grpcio does |
//! | `server_compressed_unary`, `server_compressed_streaming` | grpc-js has no setting for a response or a message |
//! | `channel_soak` | connections belong to the host, which keeps one |
//! | those about credentials, `goaway`, and `orca` | need servers of Google, or no server has them |

use std::ops::Range;

use super::{Peer, client, ok};
use crate::several::{named, port, start};
use crate::support::proxy::Proxy;
use crate::support::{Host, Service, guests};

/// Nobody listens there.
const NOWHERE: u16 = 1;

/// Far more than a compressed payload, which is all zeros, and far less than one that is not.
const MARGIN: usize = 8192;

/// Who answers.
enum Server {
    Peer(Peer),
    /// The example `grpc-interop`, in a process of its own.
    Host(Host),
}

impl Server {
    fn port(&self) -> u16 {
        match self {
            Self::Peer(peer) => peer.port(),
            Self::Host(host) => port(host, "peer"),
        }
    }
}

fn grpcio() -> Option<Server> {
    Peer::grpc().map(Server::Peer)
}

fn grpc_js() -> Option<Server> {
    Peer::grpc_js().map(Server::Peer)
}

fn served() -> Service {
    named("peer", Service::new(guests::GRPC_INTEROP, "grpc:0"))
}

#[expect(clippy::unnecessary_wraps, reason = "as the others")]
fn sdk() -> Option<Server> {
    Some(Server::Host(Host::start(&served())))
}

/// A service that runs the cases against a server at this port.
fn calling(port: u16) -> Service {
    let table = client("peer", "grpc", port, "");
    Service::new(guests::RPC_CLIENT, "http:0").tables(&table)
}

/// Runs `case`; then how many bytes client and server have sent.
#[track_caller]
fn passes(server: Option<Server>, case: &str) -> Option<(usize, usize)> {
    let server = server?;
    let proxy = Proxy::start(server.port(), []);
    let host = Host::start(&calling(proxy.port()));

    assert_eq!(ok(&host, &format!("/cases/{case}")), "passed");

    if let Server::Peer(peer) = &server
        && case.ends_with("after_first_response")
    {
        peer.wait_for("a conversation has ended", 1);
    }
    host.stop();
    if let Server::Host(host) = server {
        host.stop();
    }
    Some((proxy.sent(), proxy.returned()))
}

/// The same between two services of one process.
#[track_caller]
fn passes_in_process(case: &str) {
    let (caller, server) = (calling(NOWHERE), served());
    let host = start(&[&caller, &server], 2);

    assert_eq!(ok(&host, &format!("/cases/{case}")), "passed");

    host.stop();
}

/// From the size of what is sent plain to a little more.
fn about(size: usize) -> Range<usize> {
    size..size + MARGIN
}

/// One test per case and server.
macro_rules! cases {
    ($server:ident: $($case:ident)*) => {
        mod $server {
            $(
                #[test]
                fn $case() {
                    super::passes(super::$server(), stringify!($case));
                }
            )*
        }
    };
}

macro_rules! cases_in_process {
    ($($case:ident)*) => {
        mod in_process {
            $(
                #[test]
                fn $case() {
                    super::passes_in_process(stringify!($case));
                }
            )*
        }
    };
}

/// With those that no official description has: `deadline_after_first_response`.
macro_rules! for_each_server {
    ($($server:ident)*) => {
        $(cases! { $server:
            empty_unary
            large_unary
            client_streaming
            server_streaming
            ping_pong
            empty_stream
            status_code_and_message
            special_status_message
            custom_metadata
            unimplemented_method
            unimplemented_service
            timeout_on_sleeping_server
            cancel_after_begin
            cancel_after_first_response
            deadline_after_first_response
            rpc_soak
        })*
    };
}

for_each_server! { grpcio grpc_js sdk }

cases_in_process! {
    empty_unary
    large_unary
    client_streaming
    server_streaming
    ping_pong
    empty_stream
    status_code_and_message
    special_status_message
    custom_metadata
    unimplemented_method
    unimplemented_service
    timeout_on_sleeping_server
    cancel_after_begin
    cancel_after_first_response
    deadline_after_first_response
    client_compressed_unary_probe
    client_compressed_unary
    server_compressed_unary
    server_compressed_streaming
    rpc_soak
}

#[test]
fn client_compressed_unary() {
    for server in [grpcio(), grpc_js(), sdk()] {
        // One of both requests is compressed.
        if let Some((sent, _)) = passes(server, "client_compressed_unary") {
            assert!(about(271_828).contains(&sent), "{sent}");
        }
    }
    passes(sdk(), "client_compressed_unary_probe");
}

#[test]
fn server_compressed_unary() {
    for (case, size) in [("server_compressed_unary", 0), ("server_uncompressed_unary", 314_159)] {
        for server in [grpcio(), sdk()] {
            if let Some((_, returned)) = passes(server, case) {
                assert!(about(size).contains(&returned), "{case}: {returned}");
            }
        }
    }
}

#[test]
fn server_compressed_streaming() {
    for server in [grpcio(), sdk()] {
        // No other choice of which message is compressed comes to this size.
        if let Some((_, returned)) = passes(server, "server_compressed_streaming") {
            assert!(about(92_653).contains(&returned), "{returned}");
        }
    }
}
