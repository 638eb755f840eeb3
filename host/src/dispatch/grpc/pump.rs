//! Messages of a client on their way to the guest.

use tokio::sync::oneshot;
use tonic::Status;

use crate::bindings::errors::Error as ServiceError;
use crate::call::error::request_cut_off;
use crate::call::grpc::RequestMessage;
use crate::call::stream::{self, Feed, Source};

/// The only message of a request. Another number of them is `UNIMPLEMENTED` in the protocol.
pub(super) async fn only(
    messages: &mut impl Source<Item = RequestMessage, Error = Status>,
) -> Result<RequestMessage, Status> {
    let Some(message) = messages.next().await? else {
        return Err(Status::unimplemented("the request has no message"));
    };
    match messages.next().await? {
        None => Ok(message),
        Some(_) => Err(Status::unimplemented("the request has more than one message")),
    }
}

/// Moves the messages of a client to the guest. `done` is told when the last one is sent.
pub(super) async fn pump(
    messages: impl Source<Item = RequestMessage, Error = Status>,
    feed: Feed<RequestMessage, Result<(), ServiceError>>,
    done: oneshot::Sender<()>,
) -> Result<(), Status> {
    stream::pump(messages, feed, |_| request_cut_off()).await?;
    // Nobody has to want to know.
    let _ = done.send(());
    Ok(())
}

/// A message that has been read before.
pub(super) struct Single(pub(super) Option<RequestMessage>);

impl Source for Single {
    type Item = RequestMessage;
    type Error = Status;

    async fn next(&mut self) -> Result<Option<RequestMessage>, Status> {
        Ok(self.0.take())
    }
}
