//! The body of a response under observation.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};

use super::request::Observation;

/// A body, and the observation of its request, which ends with it.
pub(crate) struct ObservedBody<B: Body<Data = Bytes> + Unpin> {
    body: B,
    observation: Option<Box<Observation>>,
}

impl<B: Body<Data = Bytes> + Unpin> ObservedBody<B> {
    pub(crate) fn new(
        response: Response<B>,
        mut observation: Option<Box<Observation>>,
    ) -> Response<Self> {
        if let Some(observation) = &mut observation {
            observation.note_head(response.status(), response.headers());
        }
        response.map(|body| Self { body, observation })
    }
}

impl<B: Body<Data = Bytes> + Unpin> Drop for ObservedBody<B> {
    fn drop(&mut self) {
        if let Some(mut observation) = self.observation.take()
            && self.body.is_end_stream()
        {
            observation.note_complete();
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for ObservedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(observation) = &mut self.observation {
            match &polled {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        observation.note_data(data.len());
                    } else if let Some(trailers) = frame.trailers_ref() {
                        observation.note_code(trailers);
                        observation.note_complete();
                    }
                }
                // Over, whatever is still kept of the body.
                Some(Err(_)) => {
                    observation.note_cut_off();
                    self.observation = None;
                }
                None => {
                    observation.note_complete();
                    self.observation = None;
                }
            }
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
