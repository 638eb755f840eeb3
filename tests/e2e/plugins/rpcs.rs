//! What plug-ins decide about RPCs, and about what they are answered with.
//! Does not know decisions that break the contract.

use tonic_health::pb::HealthCheckRequest;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use super::{connect, probe, streams};
use crate::support::Host;
use crate::support::grpc::{Answer, Client, Request};
use crate::support::probe::{CHAT, CONTEXT, ContextReply, ECHO, EchoReply, Empty};
use crate::support::probe::{EchoRequest, How, ServiceError, chunk, echo, failing};

/// The whole service.
pub(super) fn health_request() -> HealthCheckRequest {
    HealthCheckRequest::default()
}

/// An RPC that tells what is known of it, and the probe what to do.
fn context(client: &mut Client, actions: &str) -> Answer {
    client.call(Request::new(CONTEXT).metadata("x-probe", actions).message(&Empty {}))
}

/// The values of the metadata `name` that reached the service.
fn received(reply: &ContextReply, name: &str) -> Vec<String> {
    let pairs = reply.metadata.iter().filter_map(|line| line.split_once(": "));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).collect()
}

#[test]
fn changes_are_what_the_service_sees() {
    let host = Host::start(&streams(&probe("")));
    let mut client = connect(&host);
    let actions = "set=x-a:new, append=x-a:more, remove=x-b, set=x-c-bin:AAE, tell";
    let request = Request::new(CONTEXT)
        .metadata("x-probe", actions)
        .metadata("x-a", "1")
        .metadata("x-a", "2")
        .metadata("x-b", "3");

    let reply: ContextReply = client.call(request.message(&Empty {})).reply();
    let untouched: ContextReply = context(&mut client, "pass").reply();

    assert_eq!(received(&reply, "x-a"), ["new", "more"]);
    assert_eq!(received(&reply, "x-b"), [""; 0]);
    assert_eq!(received(&reply, "x-c-bin").len(), 1);
    let told = |name: &str| received(&reply, name).concat();
    assert_eq!((told("x-saw-method"), told("x-saw-path")), ("POST".into(), CONTEXT.into()));
    assert_eq!(told("x-saw-transport"), "grpc");
    assert!(told("x-saw-peer").starts_with("127.0.0.1:"), "{reply:?}");
    assert_eq!(reply.method, CONTEXT);
    assert_eq!(received(&untouched, "x-probe"), ["pass"]);
    assert_eq!(received(&untouched, "x-c-bin"), [""; 0]);
    host.stop();
}

#[test]
fn a_refusal_ends_an_rpc_with_the_code_that_fits() {
    let host = Host::start(&streams(&probe("")));
    let mut client = connect(&host);

    for (actions, code) in [
        ("refuse=", 7),
        ("refuse=UnauthenticatedError", 16),
        ("refuse=NotFoundError", 5),
        ("refuse=CustomError", 2),
        ("refuse=ResourceExhaustedError", 8),
        ("refuse=InternalError", 13),
        ("refuse=UnavailableError", 14),
        // A status is HTTP's alone.
        ("refuse=:404", 7),
        ("challenge", 16),
        ("answer=200:early", 2),
        ("answer=503", 14),
        ("answer=404:gone", 5),
    ] {
        let answer = context(&mut client, actions);
        assert_eq!((answer.http_status, answer.code()), (200, code), "{actions}: {answer:?}");
        assert!(answer.messages.is_empty(), "{actions}: {answer:?}");
    }
    let refused = context(&mut client, "refuse=");
    assert!(refused.message().contains("refused by the probe"), "{refused:?}");
    assert_eq!(refused.trailer("x-refused"), Some("yes"));
    let challenge = context(&mut client, "challenge");
    assert_eq!(challenge.trailer("www-authenticate"), Some("Probe"));
    assert_eq!(context(&mut client, "pass").code(), 0);

    let asked = host.stop();
    assert_eq!(asked.lines("an RPC asks what is known of it").len(), 1);
}

#[test]
fn the_service_and_the_log_know_whom_a_plug_in_has_identified() {
    let host = Host::start(&streams(&probe("")));
    let mut client = connect(&host);

    let ada: ContextReply = context(&mut client, "identify=ada, attribute=tenant:acme").reply();
    let nobody: ContextReply = context(&mut client, "pass").reply();

    assert_eq!((ada.caller.as_deref(), nobody.caller), (Some("ada"), None));
    let guest = host.wait_for("an RPC asks what is known of it");
    assert_eq!(guest.text("tenant"), "acme");
    assert_eq!(host.wait_for("rpc-answered").text("tenant"), "acme");
    assert!(!host.wait_for_count("rpc-answered", 2).has("tenant"));
    host.stop();
}

#[test]
fn a_stream_is_decided_about_once() {
    let settings = "response = 'set=x-served:yes, set=x-initial:new, tell'\nrequest = 'set=x-a:1'";
    let host = Host::start(&streams(&probe(settings)));
    let mut client = connect(&host);
    let mut chat = client.open(Request::new(CHAT));

    for text in ["one", "two", "three"] {
        chat.send(&chunk(text.as_bytes()));
        assert!(chat.next().is_some(), "{text}");
    }
    assert_eq!(chat.headers()["x-served"], "yes");
    assert_eq!(chat.headers()["x-saw-grpc-status"], "none");
    chat.finish();
    let end = chat.answer();

    assert_eq!((end.code(), end.trailer("x-served")), (0, None));
    assert_eq!(host.stop().lines("probe stops")[0].number("seen"), 1);
}

#[test]
fn initial_metadata_and_errors_without_messages_are_changed() {
    let host = Host::start(&streams(&probe("response = 'set=x-served:yes, remove=x-gone, tell'")));
    let mut client = connect(&host);
    let asked = EchoRequest { echo_metadata: vec!["gone".to_owned()], ..echo(b"hello") };
    let error = ServiceError { kind: "NotFound".to_owned(), ..ServiceError::default() };

    let good = client.call(Request::new(ECHO).metadata("gone", "1").message(&asked));
    let bad = client.unary(ECHO, &failing(How::Error(error)));
    let unknown = client.unary("/probe.Probe/Nothing", &Empty {});

    assert_eq!(good.header("x-served"), Some("yes"));
    assert_eq!(good.header("initial-gone"), Some("1"));
    assert_eq!(good.trailer("trailing-gone"), Some("1"));
    assert_eq!(good.header("x-saw-grpc-status"), Some("none"));
    assert_eq!(good.reply::<EchoReply>().data, b"hello");
    assert!(bad.code() != 0 && bad.messages.is_empty(), "{bad:?}");
    for failed in [&bad, &unknown] {
        assert_eq!(failed.trailer("x-served"), Some("yes"), "{failed:?}");
        assert_eq!(failed.trailer("x-saw-grpc-status"), failed.trailer("grpc-status"));
    }
    assert_eq!(unknown.code(), 12);
    host.stop();
}

#[test]
fn what_the_transport_needs_stays() {
    let host = Host::start(&streams(&probe("")));
    let mut client = connect(&host);

    for name in ["content-type", "te", "host", "grpc-timeout", "grpc-encoding", "grpc-status"] {
        for action in ["set", "remove"] {
            let answer = context(&mut client, &format!("{action}={name}:1"));
            assert_eq!(answer.code(), 14, "{action} {name}: {answer:?}");
        }
    }
    assert_eq!(context(&mut client, "pass").code(), 0);

    let stopped = host.stop();
    assert_eq!(stopped.lines("feature-failed").len(), 12);
    assert!(stopped.lines("an RPC asks what is known of it").len() == 1);
}

#[test]
fn health_check_and_reflection_are_never_asked_about() {
    let host = Host::start(&streams(&probe("request = 'panic'\nresponse = 'panic'")));
    let mut client = connect(&host);
    let list = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..ServerReflectionRequest::default()
    };

    let health = client.unary("/grpc.health.v1.Health/Check", &health_request());
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let reflection = client.unary(path, &list);

    assert_eq!((health.code(), reflection.code()), (0, 0));
    assert_eq!(reflection.messages.len(), 1);
    assert!(host.stop().lines("instance-lost").is_empty());
}

#[test]
fn the_time_of_a_client_passes_while_a_plug_in_thinks() {
    let host = Host::start(&streams(&probe("")));
    let mut client = connect(&host);
    let request = Request::new(CONTEXT).timeout("100m").metadata("x-probe", "wait");

    let answer = client.call(request.message(&Empty {}));

    assert_eq!(answer.code(), 4, "{answer:?}");
    assert_eq!(context(&mut client, "pass").code(), 0);
    let stopped = host.stop();
    assert_eq!(stopped.lines("an RPC asks what is known of it").len(), 1);
}
