//! Services as programs see them that have nothing in common with the host: gRPC by grpcio for Python and grpc-js for
//! Node.js, OpenAPI by a validator.
//! Does not know what the cases demand; that is written in `tests/clients`.

mod corpus;
mod health;
mod openapi;
mod reflection;

use crate::support::foreign::{Foreign, Language};
use crate::support::{Host, Line, Service, guests};

/// One test per case of the gRPC project's interoperability tests, and one that none is forgotten.
macro_rules! cases {
    ($language:ident: $($case:ident)*) => {
        use super::{Language, lists, passes};

        #[test]
        fn every_case_of_the_client_is_here() {
            lists(Language::$language, &[$(stringify!($case)),*]);
        }

        $(
            #[test]
            fn $case() {
                passes(Language::$language, stringify!($case));
            }
        )*
    };
}

mod python {
    // `client_compressed_streaming` is beyond grpcio: it compresses all messages of a call or none.
    cases! { Python:
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
        client_compressed_unary
        server_compressed_unary
        server_compressed_streaming
        rpc_soak
        channel_soak
    }
}

mod node {
    cases! { Node:
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
        client_compressed_unary
        client_compressed_streaming
        server_compressed_unary
        server_compressed_streaming
        rpc_soak
        channel_soak
    }
}

/// The official test service.
fn service() -> Service {
    Service::new(guests::GRPC_INTEROP, "grpc:0")
}

/// Runs `case` against a host of its own, which has to end well after it.
#[track_caller]
fn passes(language: Language, case: &str) {
    let Some(client) = Foreign::of(language) else { return };
    let host = Host::start(&service());

    let finished = client.run("interop", ["--port", &port(&host), "--case", case]);

    assert_eq!((finished.status, finished.stderr.as_str()), (0, ""));
    host.stop();
}

/// Demands that the client knows `cases` and no others.
#[track_caller]
fn lists(language: Language, cases: &[&str]) {
    let Some(client) = Foreign::of(language) else { return };

    let finished = client.run("interop", ["--case", "list"]);

    let mut known: Vec<_> = finished.stdout.lines().collect();
    let mut cases = cases.to_vec();
    known.sort_unstable();
    cases.sort_unstable();
    assert_eq!(known, cases);
}

/// The port of kind `grpc`.
fn port(host: &Host) -> String {
    host.wait_until("the port of kind `grpc`", |log| {
        let is_grpc = |line: &&Line| line.has("address") && line.text("kind") == "grpc";
        let line = log.iter().find(is_grpc)?;
        Some(line.text("address").rsplit_once(':')?.1.to_owned())
    })
}
