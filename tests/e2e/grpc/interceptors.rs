//! An interceptor of the service, in front of unary and streaming methods.

use super::{connect, probe};
use crate::support::grpc::Request;
use crate::support::probe::{CHAT, CONTEXT, ContextReply, Empty, SUM, chunk};

#[test]
fn what_an_interceptor_finds_out_reaches_the_method() {
    let host = probe("");
    let mut client = connect(&host);

    let marked = Request::new(CONTEXT).metadata("x-colour", "blue").timeout("5S");
    let marked: ContextReply = client.call(marked.message(&Empty {})).reply();
    let other: ContextReply = client.unary(CONTEXT, &Empty {}).reply();

    assert_eq!((marked.mark.as_deref(), marked.timeout_ms), (Some("blue"), Some(5000)));
    assert!(!marked.metadata.iter().any(|entry| entry.starts_with("x-colour")));
    assert_eq!((other.mark, other.method.as_str()), (None, CONTEXT));
    host.stop();
}

#[test]
fn an_interceptor_may_refuse_calls_of_every_shape() {
    let host = probe("");
    let mut client = connect(&host);

    let unary = Request::new(CONTEXT).metadata("x-colour", "red").message(&Empty {});
    let unary = client.call(unary);
    let client_streaming = client.open(Request::new(SUM).metadata("x-colour", "red"));
    client_streaming.send(&chunk(b"a"));
    let client_streaming = client_streaming.answer();
    let both = client.open(Request::new(CHAT).metadata("x-colour", "red")).answer();

    let messages = [unary, client_streaming, both].map(|answer| {
        assert_eq!(answer.code(), 7);
        answer.message()
    });
    let expected = [CONTEXT, SUM, CHAT].map(|method| format!("`{method}` is not red"));
    assert_eq!(messages, expected);
    host.stop();
}
