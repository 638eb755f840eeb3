//! What methods of generated clients take: a message or a request, a stream or a request with one.

use futures_util::stream::Stream;

use crate::grpc::Request;

/// What a method that sends one message takes: the message, or a [`Request`] with metadata or a timeout.
pub trait IntoRequest<T> {
    /// Makes the request.
    fn into_request(self) -> Request<T>;
}

impl<T> IntoRequest<T> for T {
    fn into_request(self) -> Request<T> {
        Request::new(self)
    }
}

impl<T> IntoRequest<T> for Request<T> {
    fn into_request(self) -> Self {
        self
    }
}

/// What a method that sends a stream takes: a [`Stream`] of messages, or a [`Request`] with one.
pub trait IntoStreamingRequest {
    /// The stream.
    type Stream: Stream<Item = Self::Message> + 'static;

    /// Its messages.
    type Message;

    /// Makes the request.
    fn into_streaming_request(self) -> Request<Self::Stream>;
}

impl<S: Stream + 'static> IntoStreamingRequest for S {
    type Stream = S;
    type Message = S::Item;

    fn into_streaming_request(self) -> Request<S> {
        Request::new(self)
    }
}

impl<S: Stream + 'static> IntoStreamingRequest for Request<S> {
    type Stream = S;
    type Message = S::Item;

    fn into_streaming_request(self) -> Self {
        self
    }
}
