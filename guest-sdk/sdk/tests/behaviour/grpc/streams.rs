//! Messages of clients and services, one after another.

use mikros_sdk::grpc::{Code, ReplyStream, Status, Streaming};
use mikros_sdk::stream::{self, StreamExt as _};
use mikros_sdk::testing::Context;

#[test]
fn messages_end_with_none() {
    let messages = Context::new().run(async {
        let mut messages = Streaming::of([1, 2]);
        let mut seen = Vec::new();
        while let Some(message) = messages.message().await? {
            seen.push(message);
        }
        assert_eq!(messages.message().await?, None, "the end stays the end");
        Ok::<_, Status>(seen)
    });

    assert_eq!(messages.ok(), Some(vec![1, 2]));
}

#[test]
fn a_client_that_breaks_off_is_an_error_and_no_end() {
    Context::new().run(async {
        let broken = stream::iter([Ok(1), Err(Status::cancelled("gone")), Ok(2)]);
        let mut messages = Streaming::new(broken);

        assert_eq!(messages.message().await.ok(), Some(Some(1)));
        assert_eq!(messages.message().await.expect_err("it broke").code(), Code::Cancelled);
        assert_eq!(messages.message().await.ok(), Some(None), "nothing follows an error");
    });
}

#[test]
fn messages_are_a_stream() {
    let doubled: Vec<u32> = Context::new().run(async {
        let messages = Streaming::of([1, 2]);
        messages.map(|message| message.map_or(0, |message| message * 2)).collect().await
    });

    assert_eq!(doubled, [2, 4]);
}

#[test]
fn replies_can_be_read_by_a_test() {
    let replies = Context::new().run(async {
        let replies = ReplyStream::new(stream::iter([Ok(1), Err(Status::aborted("enough"))]));
        replies.map(|reply| reply.map_err(|status| status.code())).collect::<Vec<_>>().await
    });

    assert_eq!(replies, [Ok(1), Err(Code::Aborted)]);
}
