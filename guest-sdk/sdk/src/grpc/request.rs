//! A request: what the client sent, and what went with it.
//! Deliberately the same for one message and for a stream of them.

use std::time::Duration;

use ::http::Extensions;

use super::{Compression, Metadata};

/// A request: a message, or a [`Streaming`](super::Streaming) of them.
///
/// ```
/// use mikros_sdk::grpc::Request;
///
/// // As a unit test makes it.
/// let mut request = Request::new("Ada");
/// request.metadata_mut().insert("x-region", "eu")?;
///
/// assert_eq!(request.metadata().get("x-region"), Some("eu"));
/// assert_eq!(request.into_inner(), "Ada");
/// # Ok::<_, mikros_sdk::grpc::InvalidMetadata>(())
/// ```
#[derive(Debug)]
pub struct Request<T> {
    message: T,
    method: String,
    metadata: Metadata,
    extensions: Extensions,
    timeout: Option<Duration>,
    is_compressed: bool,
    /// Of a request to another service.
    compression: Compression,
}

/// The entry of metadata with the time that the client allows.
const TIMEOUT: &str = "grpc-timeout";

impl<T> Request<T> {
    /// A request without metadata, for a [client](crate::clients), or for unit tests.
    pub fn new(message: T) -> Self {
        Self::from_parts(message, String::new(), Metadata::new())
    }

    pub(super) fn from_parts(message: T, method: String, mut metadata: Metadata) -> Self {
        let timeout = metadata.get(TIMEOUT).and_then(parse_timeout);
        metadata.remove(TIMEOUT);
        let (extensions, compression) = (Extensions::new(), Compression::Configured);
        Self { message, method, metadata, extensions, timeout, is_compressed: false, compression }
    }

    /// As the client sent it: path, metadata with the time that it allows, and extensions.
    #[cfg(feature = "tonic")]
    pub(crate) fn into_raw(mut self) -> (String, Metadata, Extensions, T) {
        if let Some(value) = self.timeout.map(format_timeout) {
            self.metadata.push(TIMEOUT, &value);
        }
        (self.method, self.metadata, self.extensions, self.message)
    }

    pub(super) fn set_compressed(&mut self, is_compressed: bool) {
        self.is_compressed = is_compressed;
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

    /// The same request with another message.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Request<U> {
        let (head, message) = self.split();
        head.with_message(change(message))
    }

    /// The request without its message, and the message.
    pub(super) fn split(self) -> (Request<()>, T) {
        let Self { message, method, metadata, extensions, timeout, is_compressed, compression } =
            self;
        let message_less = Request {
            message: (),
            method,
            metadata,
            extensions,
            timeout,
            is_compressed,
            compression,
        };
        (message_less, message)
    }

    /// The same request, for the method with this path.
    pub(super) fn for_method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// The metadata, the extensions and the message.
    pub fn into_parts(self) -> (Metadata, Extensions, T) {
        (self.metadata, self.extensions, self.message)
    }

    /// What the client sent along.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What the client sent along, for an [`Interceptor`](super::Interceptor) to change, or a unit test to set. Of a
    /// request to another service: what is sent along.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Values that an [`Interceptor`](super::Interceptor) has added, by their types.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Values for the method, to be added by an [`Interceptor`](super::Interceptor), or by a unit test.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// The path of the method, `/helloworld.Greeter/SayHello`; empty in a unit test that calls it
    /// directly.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Whether the client had compressed the message. Of a stream each message tells it,
    /// see [`Streaming::received`](super::Streaming::received).
    pub fn is_compressed(&self) -> bool {
        self.is_compressed
    }

    /// How long the client waits, counted from when it sent the request; `None` if it did not say.
    ///
    /// [`remaining`](Self::remaining) also knows of the host's own limit.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Of a request to another service: the longest time that the RPC may take. It only shortens
    /// `[clients.<name>] timeout` and what is left of the call that this service is in.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = Some(timeout);
    }

    /// Of a request to another service: whether its messages are sent compressed. Default: as
    /// `[clients.<name>] compression` says.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    pub(super) fn compression(&self) -> Compression {
        self.compression
    }

    /// Time until this call is cancelled, as [`remaining`](crate::remaining): until the client's deadline
    /// or that of the host, whichever comes first.
    pub fn remaining(&self) -> Option<Duration> {
        crate::remaining()
    }
}

impl Request<()> {
    fn with_message<T>(self, message: T) -> Request<T> {
        let Self { message: (), method, metadata, extensions, timeout, is_compressed, compression } =
            self;
        Request { message, method, metadata, extensions, timeout, is_compressed, compression }
    }
}

/// The metadata with the time that the client allows, as the host of the other service gets it.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn with_timeout(mut metadata: Metadata, timeout: Option<Duration>) -> Metadata {
    if let Some(timeout) = timeout {
        metadata.push(TIMEOUT, &format_timeout(timeout));
    }
    metadata
}

/// One to eight digits and a unit, which the host has checked.
fn parse_timeout(value: &str) -> Option<Duration> {
    let (number, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let number: u32 = number.parse().ok()?;
    let unit = match unit {
        "H" => Duration::from_hours(1),
        "M" => Duration::from_mins(1),
        "S" => Duration::from_secs(1),
        "m" => Duration::from_millis(1),
        "u" => Duration::from_micros(1),
        "n" => Duration::from_nanos(1),
        _ => return None,
    };
    unit.checked_mul(number)
}

/// The smallest unit in which the time has eight digits at most: exact, because it has come as that many.
#[cfg(any(feature = "tonic", not(target_family = "wasm")))]
fn format_timeout(timeout: Duration) -> String {
    let seconds = u128::from(timeout.as_secs());
    let units = [
        (timeout.as_nanos(), 'n'),
        (timeout.as_micros(), 'u'),
        (timeout.as_millis(), 'm'),
        (seconds, 'S'),
        (seconds / 60, 'M'),
    ];
    let fits = units.into_iter().find(|(number, _)| *number < 100_000_000);
    let (number, unit) = fits.unwrap_or((seconds / 3600, 'H'));
    format!("{number}{unit}")
}

#[cfg(all(test, feature = "tonic"))]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_passed_on_exactly() {
        for text in ["1n", "99999999n", "99999999u", "99999999m", "99999999S", "99999999M"] {
            let time = parse_timeout(text).unwrap();
            assert_eq!(parse_timeout(&format_timeout(time)), Some(time), "{text}");
        }
        assert_eq!(format_timeout(parse_timeout("99999999H").unwrap()), "99999999H");
    }
}
