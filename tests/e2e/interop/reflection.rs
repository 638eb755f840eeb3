//! Server reflection, in both versions of the protocol.
//! Does not know where the host has the descriptors from.

use expect_test::{Expect, expect};

use super::{port, service};
use crate::support::foreign::{Foreign, Language};
use crate::support::{Host, Service};

/// What the client is told when it asks `question`, which has to be the same in both versions.
#[track_caller]
fn answers(service: &Service, question: &[&str], expected: &Expect) {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let host = Host::start(service);
    let port = port(&host);

    let [new, old] = ["v1", "v1alpha"].map(|version| {
        let common = ["--port", &port, "--version", version];
        client.run("reflection", common.iter().chain(question))
    });

    expected.assert_eq(&new.stdout);
    assert_eq!((new.status, new.stderr.as_str()), (0, ""));
    assert_eq!((old.status, old.stderr, old.stdout), (0, String::new(), new.stdout));
    host.stop();
}

#[test]
fn all_services_are_listed_and_also_the_hosts_own() {
    answers(
        &service(),
        &[],
        &expect![[r#"
        grpc.health.v1.Health
        grpc.reflection.v1.ServerReflection
        grpc.reflection.v1alpha.ServerReflection
        grpc.testing.TestService
    "#]],
    );
}

#[test]
fn a_service_is_described_with_all_that_it_needs() {
    answers(
        &service(),
        &["--service", "grpc.testing.TestService"],
        &expect![[r#"
        rpc EmptyCall(grpc.testing.Empty) returns (grpc.testing.Empty)
        rpc UnaryCall(grpc.testing.SimpleRequest) returns (grpc.testing.SimpleResponse)
        rpc CacheableUnaryCall(grpc.testing.SimpleRequest) returns (grpc.testing.SimpleResponse)
        rpc StreamingOutputCall(grpc.testing.StreamingOutputCallRequest) returns (stream grpc.testing.StreamingOutputCallResponse)
        rpc StreamingInputCall(stream grpc.testing.StreamingInputCallRequest) returns (grpc.testing.StreamingInputCallResponse)
        rpc FullDuplexCall(stream grpc.testing.StreamingOutputCallRequest) returns (stream grpc.testing.StreamingOutputCallResponse)
        rpc HalfDuplexCall(stream grpc.testing.StreamingOutputCallRequest) returns (stream grpc.testing.StreamingOutputCallResponse)
        rpc UnimplementedCall(grpc.testing.Empty) returns (grpc.testing.Empty)
    "#]],
    );
}

#[test]
fn the_hosts_own_services_are_described() {
    answers(
        &service(),
        &["--service", "grpc.health.v1.Health"],
        &expect![[r#"
        rpc Check(grpc.health.v1.HealthCheckRequest) returns (grpc.health.v1.HealthCheckResponse)
        rpc Watch(grpc.health.v1.HealthCheckRequest) returns (stream grpc.health.v1.HealthCheckResponse)
        rpc List(grpc.health.v1.HealthListRequest) returns (grpc.health.v1.HealthListResponse)
    "#]],
    );
}

#[test]
fn a_method_is_found() {
    answers(
        &service(),
        &["--symbol", "grpc.testing.TestService.UnaryCall"],
        &expect![[r#"
        grpc/testing/test.proto
    "#]],
    );
}

#[test]
fn a_message_is_found() {
    answers(
        &service(),
        &["--symbol", "grpc.testing.SimpleRequest"],
        &expect![[r#"
        grpc/testing/messages.proto
    "#]],
    );
}

#[test]
fn a_file_is_found_by_its_name() {
    answers(
        &service(),
        &["--file", "grpc/testing/messages.proto"],
        &expect![[r#"
        grpc/testing/messages.proto
    "#]],
    );
}

#[test]
fn what_is_not_there_is_not_found() {
    answers(&service(), &["--symbol", "grpc.testing.Nothing"], &expect!["status NOT_FOUND\n"]);
    answers(&service(), &["--file", "nothing.proto"], &expect!["status NOT_FOUND\n"]);
}

#[test]
fn reflection_can_be_switched_off() {
    let service = service().tables("[services.grpc]\nreflection = false");

    answers(&service, &[], &expect!["status UNIMPLEMENTED\n"]);
}
