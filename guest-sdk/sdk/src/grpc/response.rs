//! A response: what the client gets, and what goes with it.
//! Deliberately the same for one message and for a stream of them.

use super::Metadata;

/// Whether a message is sent compressed. It never is when the client does not take an encoding that
/// the host has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// As `[services.grpc] compression` says.
    #[default]
    Configured,
    /// Not, for example because the message holds secrets or an image.
    Off,
    /// Yes, also where it is not configured.
    On,
}

/// A response: a message, or a [`ReplyStream`](super::ReplyStream) of them.
///
/// ```
/// use mikros_sdk::grpc::{Compression, Response};
///
/// let mut response = Response::new("hello").with_compression(Compression::Off);
/// response.trailers_mut().insert("x-cost", "7")?;
/// # Ok::<_, mikros_sdk::grpc::InvalidMetadata>(())
/// ```
#[derive(Debug)]
pub struct Response<T> {
    message: T,
    metadata: Metadata,
    trailers: Metadata,
    compression: Compression,
}

impl<T> Response<T> {
    /// A response without metadata.
    pub fn new(message: T) -> Self {
        Self {
            message,
            metadata: Metadata::new(),
            trailers: Metadata::new(),
            compression: Compression::Configured,
        }
    }

    /// The answer of another service.
    pub(super) fn of_parts(message: T, metadata: Metadata, trailers: Metadata) -> Self {
        Self { message, metadata, trailers, compression: Compression::Configured }
    }

    /// Says whether the message is sent compressed; of a stream, those that do not say it themselves.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// The message.
    pub fn get_ref(&self) -> &T {
        &self.message
    }

    /// The message, to be changed or read from.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.message
    }

    /// The message without the rest.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// The same response with another message.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { message, metadata, trailers, compression } = self;
        Response { message: change(message), metadata, trailers, compression }
    }

    /// What is sent before the message.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What is sent before the message, to be set.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// What is sent after the message.
    pub fn trailers(&self) -> &Metadata {
        &self.trailers
    }

    /// What is sent after the message, to be set. Of a stream: what is known before it begins; see
    /// [`ReplyStream::with_trailers`](super::ReplyStream::with_trailers) for the rest.
    pub fn trailers_mut(&mut self) -> &mut Metadata {
        &mut self.trailers
    }

    /// Whether the message is sent compressed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Message, metadata and trailers.
    pub(super) fn into_parts(self) -> (T, Metadata, Metadata) {
        (self.message, self.metadata, self.trailers)
    }
}

impl<T> From<T> for Response<T> {
    fn from(message: T) -> Self {
        Self::new(message)
    }
}
