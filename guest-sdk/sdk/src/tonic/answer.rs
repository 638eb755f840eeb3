//! What tonic answers, as the host takes it.
//! Deliberately reads a stream only when it is asked for, so that a slow client slows the method.

use std::cell::RefCell;
use std::future::ready;
use std::pin::Pin;
use std::rc::Rc;

use bytes::Buf as _;
use futures_util::FutureExt as _;
use futures_util::stream::{StreamExt as _, empty, unfold};
use http_body::Body;
use http_body_util::BodyExt as _;

use super::frames::Unframed;
use super::status::{self, Outcome};
use crate::error::ServiceError;
use crate::grpc::call::UnaryReply;
use crate::grpc::reply_stream::StreamingReply;
use crate::grpc::{Compression, Metadata, ReplyBytes, Status};
use crate::tower::BoxError;

/// The one message and what goes with it.
pub(super) async fn unary<B>(response: ::http::Response<B>) -> Result<UnaryReply, Status>
where
    B: Body<Error: Into<BoxError>>,
{
    let (head, body) = response.into_parts();
    if let Some(outcome) = status::of_head(head.status, &head.headers, &head.extensions) {
        outcome?;
        return Err(wrong("no message"));
    }
    let mut replies = Replies::new(body);
    let data = replies.next().await?;
    if data.is_some() && replies.next().await?.is_some() {
        return Err(wrong("more than one message"));
    }
    let trailers = replies.outcome()?;
    let data = data.ok_or_else(|| wrong("no message"))?;
    let metadata = Metadata::from_headers(&head.headers);
    Ok(UnaryReply { metadata, data, compression: Compression::Configured, trailers })
}

/// The messages as they come.
pub(super) fn streaming<B>(response: ::http::Response<B>) -> Result<StreamingReply, Status>
where
    B: Body<Error: Into<BoxError>> + 'static,
{
    let (head, body) = response.into_parts();
    if let Some(outcome) = status::of_head(head.status, &head.headers, &head.extensions) {
        let trailers = ready(Ok(outcome?)).boxed_local();
        return Ok(StreamingReply::of_parts(Metadata::new(), empty().boxed_local(), trailers));
    }
    let metadata = Metadata::from_headers(&head.headers);
    // The host asks how it ended when it has taken the last message.
    let ended = Rc::new(RefCell::new(None));
    let told = Rc::clone(&ended);
    let messages = unfold(Replies::new(body), move |mut replies| {
        let told = Rc::clone(&told);
        async move {
            let message = replies.next().await.transpose();
            if message.is_none() {
                told.replace(Some(replies.outcome()));
            }
            let compression = Compression::Configured;
            let message = message?.map(|data| ReplyBytes { data, compression });
            Some((message, replies))
        }
    });
    let ended = async move { ended.take().unwrap_or_else(|| Err(wrong("no end"))) };
    Ok(StreamingReply::of_parts(metadata, messages.boxed_local(), ended.boxed_local()))
}

fn wrong(what: &str) -> Status {
    ServiceError::internal(format!("a server of tonic has answered {what}")).into()
}

/// The messages of a server, then how they ended.
struct Replies<B> {
    body: Pin<Box<B>>,
    unframed: Unframed,
    outcome: Option<Outcome>,
}

impl<B: Body<Error: Into<BoxError>>> Replies<B> {
    fn new(body: B) -> Self {
        Self { body: Box::pin(body), unframed: Unframed::default(), outcome: None }
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, Status> {
        loop {
            if let Some(message) = self.unframed.pop()? {
                return Ok(Some(message));
            }
            // Behind trailers nothing may follow: the body would go on with what stands behind a failed message.
            if self.outcome.is_some() {
                return Ok(None);
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            match frame.map_err(status::of_error)?.into_data() {
                Ok(mut data) => self.unframed.push(data.copy_to_bytes(data.remaining())),
                Err(frame) => {
                    let told = frame.trailers_ref().and_then(status::of_trailers);
                    self.outcome = Some(told.unwrap_or_else(|| Err(wrong("no status"))));
                }
            }
        }
    }

    /// How it ended, when there are no more messages.
    fn outcome(&mut self) -> Outcome {
        if !self.unframed.is_empty() {
            return Err(wrong("a message that is cut off"));
        }
        self.outcome.take().unwrap_or_else(|| Err(wrong("no status")))
    }
}
