//! Messages of a client on their way to the guest.

use tokio::sync::oneshot;
use tonic::Status;

use super::frame::Frames;
use super::routes::Shape;
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

/// Moves messages to the guest. `done` is told when the last one is sent.
pub(super) async fn pump(
    mut frames: Frames,
    feed: Feed<guest::RequestMessage, Result<(), ServiceError>>,
    shape: Shape,
    done: oneshot::Sender<()>,
) -> Result<(), Status> {
    let Feed { data, end, .. } = feed;
    let result = async {
        if shape == Shape::ServerStreaming {
            // A guest that is gone, or does not want to know, is not the client's fault.
            let _ = data.send(only(&mut frames).await?).await;
            return Ok(());
        }
        while let Some(message) = frames.next().await? {
            if data.send(message).await.is_err() {
                // The guest does not want the rest. That is its right.
                break;
            }
        }
        Ok(())
    };
    let result = result.await;
    drop(data);
    if result.is_ok() {
        // A guest that is gone does not need to know.
        drop(end.send(Ok(())));
        let _ = done.send(());
    }
    // Otherwise the guest is told that the request was cut off, because nobody says how it ended.
    result
}
