//! Metadata in both directions.

use super::{connect, probe, service};
use crate::support::Host;
use crate::support::grpc::Request;
use crate::support::probe::{
    CHAT, CONTEXT, ContextReply, ECHO, EchoRequest, Empty, How, Status, echo, failing,
};

#[test]
fn the_service_sees_what_the_client_says_and_nothing_of_the_transport() {
    let host = probe("");
    let request = Request::new(CONTEXT)
        .metadata("x-one", "1")
        .metadata("x-many", "a")
        .metadata("x-many", "b")
        .metadata("x-data-bin", "AAEC")
        .metadata("user-agent", "test")
        .metadata("grpc-trace-bin", "AA")
        .timeout("5S");

    let context: ContextReply = connect(&host).call(request.message(&Empty {})).reply();

    assert_eq!(context.method, CONTEXT);
    assert_eq!(
        context.metadata,
        ["x-one: 1", "x-many: a", "x-many: b", "x-data-bin: AAEC", "user-agent: test"]
    );
    host.stop();
}

#[test]
fn the_service_sets_metadata_before_and_after() {
    let host = probe("");
    let mut client = connect(&host);
    let request = EchoRequest {
        echo_metadata: vec!["x-many".to_owned(), "x-data-bin".to_owned()],
        ..echo(b"hello")
    };
    let request = Request::new(ECHO)
        .metadata("x-many", "a")
        .metadata("x-many", "b")
        .metadata("x-data-bin", "AAEC")
        .message(&request);

    let answer = client.call(request);

    assert_eq!(answer.code(), 0);
    for (side, values) in [("initial", &answer.headers), ("trailing", &answer.trailers)] {
        let all = values.get_all(format!("{side}-x-many"));
        assert!(all.iter().eq(["a", "b"]), "{side}");
        let binary = values[&format!("{side}-x-data-bin")].to_str().unwrap();
        assert_eq!(binary.trim_end_matches('='), "AAEC", "{side}");
    }
    host.stop();
}

#[test]
fn the_request_id_is_the_client_s_or_a_new_one() {
    let host = probe("");
    let mut client = connect(&host);

    let answer =
        client.call(Request::new(CONTEXT).header("x-request-id", "abc").message(&Empty {}));
    assert_eq!(answer.reply::<ContextReply>().request_id.as_deref(), Some("abc"));
    assert_eq!(answer.trailer("x-request-id"), Some("abc"));

    let answer = client.unary(CONTEXT, &Empty {});
    let id = answer.reply::<ContextReply>().request_id.expect("a new one");
    assert_eq!(id.len(), 36);
    assert_eq!(answer.trailer("x-request-id"), Some(id.as_str()));
    host.stop();
}

#[test]
fn the_request_id_is_in_every_answer() {
    let service = service();
    let command = Host::command(&service).env("MIKROS_TRACKER_HEADER_NAME", "X-Trace");
    let host = Host::running(&service, command);
    let mut client = connect(&host);
    let failure = Status { code: 5, ..Status::default() };
    let requests = [
        Request::new("/probe.Probe/Nothing"),
        Request::new(ECHO),
        Request::new(ECHO).message(&failing(How::Status(failure))),
        Request::new(CHAT),
    ];

    for request in requests {
        let answer = client.call(request.header("x-trace", "abc"));
        assert_eq!(answer.trailer("x-trace"), Some("abc"));
    }
    host.stop();
}

#[test]
fn the_context_of_the_caller_reaches_the_service_and_the_log() {
    let host = probe("");
    let mut client = connect(&host);
    let request = |path| {
        Request::new(path)
            .header("service-context-caller", "orders")
            .header("service-context-tenant", "t1")
    };

    let context: ContextReply = client.call(request(CONTEXT).message(&Empty {})).reply();
    client.call(
        request(ECHO).message(&failing(How::Status(Status { code: 13, ..Status::default() }))),
    );

    assert_eq!(context.service_context["caller"], "orders");
    assert_eq!(context.service_context["tenant"], "t1");
    assert_eq!(host.wait_for("rpc-failed").text("grpc.caller"), "orders");
    host.stop();
}

#[test]
fn binary_metadata_that_is_none_is_told_to_the_client() {
    let host = probe("");
    let mut client = connect(&host);

    let request = Request::new(ECHO).metadata("x-data-bin", "not base64!");
    let answer = client.call(request.message(&echo(b"")));

    assert_eq!((answer.code(), answer.messages.len()), (13, 0));
    assert_eq!(answer.message(), "the value of the metadata `x-data-bin` is not base64");
    host.stop();
}
