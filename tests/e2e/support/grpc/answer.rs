//! What the host answered to an RPC.
//! Does not know what was asked.

use http::HeaderMap;
use prost::Message;

/// How an RPC ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) http_status: u16,
    /// Initial metadata.
    pub(crate) headers: HeaderMap,
    pub(crate) messages: Vec<Received>,
    /// Trailing metadata; the headers when there is nothing else.
    pub(crate) trailers: HeaderMap,
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) compressed: bool,
    pub(crate) data: Vec<u8>,
}

impl Answer {
    /// `grpc-status`.
    #[track_caller]
    pub(crate) fn code(&self) -> u32 {
        let code = self.trailer("grpc-status").expect("an answer has a status");
        code.parse().expect("a status is a number")
    }

    /// `grpc-message`, decoded.
    pub(crate) fn message(&self) -> String {
        percent_decoded(self.trailer("grpc-message").unwrap_or_default())
    }

    pub(crate) fn trailer(&self, name: &str) -> Option<&str> {
        self.trailers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The only message, of an RPC that succeeded.
    #[track_caller]
    pub(crate) fn reply<M: Message + Default>(&self) -> M {
        assert_eq!((self.code(), self.message().as_str()), (0, ""));
        let [message] = self.messages.as_slice() else { panic!("{self:?} has not one message") };
        M::decode(message.data.as_slice()).expect("the message can be decoded")
    }
}

impl Received {
    pub(crate) fn decode<M: Message + Default>(&self) -> M {
        M::decode(self.data.as_slice()).expect("the message can be decoded")
    }
}

/// Takes the first message off.
pub(super) fn split(buffer: &mut Vec<u8>) -> Option<Received> {
    let (prefix, rest) = buffer.split_first_chunk::<5>()?;
    let [flags, a, b, c, d] = *prefix;
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    let data = rest.get(..length)?.to_vec();
    buffer.drain(..5 + length);
    Some(Received { compressed: flags == 1, data })
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let hex =
            (byte == b'%').then(|| [bytes.next(), bytes.next()].map(Option::unwrap_or_default));
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok());
        decoded.push(hex.unwrap_or(byte));
    }
    String::from_utf8(decoded).expect("a message is UTF-8")
}
