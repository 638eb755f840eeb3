//! Messages of a client on their way to the guest.

use tokio::sync::oneshot;
use tonic::Status;

use super::frame::Frames;
use crate::bindings::errors::Error as ServiceError;
use crate::call::grpc as guest;
use crate::call::stream::Feed;

/// The only message of a request. Another number of them is `UNIMPLEMENTED` in the protocol.
pub(super) async fn only(frames: &mut Frames) -> Result<guest::RequestMessage, Status> {
    let Some(message) = frames.next().await? else {
        return Err(Status::unimplemented("the request has no message"));
    };
    match frames.next().await? {
        None => Ok(message),
        Some(_) => Err(Status::unimplemented("the request has more than one message")),
    }
}

/// Moves the messages of a client to the guest. `done` is told when the last one is sent.
pub(super) async fn pump(
    mut frames: Frames,
    feed: Feed<guest::RequestMessage, Result<(), ServiceError>>,
    done: oneshot::Sender<()>,
) -> Result<(), Status> {
    // On an error the guest is told that the request was cut off, because nobody says how it ended.
    while let Some(message) = frames.next().await? {
        if feed.data.send(message).await.is_err() {
            // The guest does not want the rest. That is its right.
            break;
        }
    }
    finish(feed, done);
    Ok(())
}

/// The same for the only message of a client.
pub(super) async fn hand_over(
    message: guest::RequestMessage,
    feed: Feed<guest::RequestMessage, Result<(), ServiceError>>,
    done: oneshot::Sender<()>,
) -> Result<(), Status> {
    // A guest that does not want it is not the client's fault.
    let _ = feed.data.send(message).await;
    finish(feed, done);
    Ok(())
}

fn finish(feed: Feed<guest::RequestMessage, Result<(), ServiceError>>, done: oneshot::Sender<()>) {
    let Feed { data, end, .. } = feed;
    drop(data);
    // A guest that is gone does not need to know.
    drop(end.send(Ok(())));
    let _ = done.send(());
}
