//! The part of HTTP/2 that the load needs: frames as bytes, and one request in all its forms.
//!
//! Does not know connections. Understands no header of an answer: an answer without its message and
//! its trailers is wrong, whatever its headers say.

use bytes::BufMut;

/// What a client sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes before the content of a frame.
pub(crate) const HEAD: usize = 9;
/// Window of a connection or stream that nobody has changed.
pub(crate) const WINDOW: i64 = 65_535;
/// How many bytes of answers a server may send before it is told to go on.
pub(crate) const CREDIT: u32 = 1 << 30;

const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

/// A frame that a server sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    Data {
        stream: u32,
        content: &'a [u8],
    },
    /// The last headers of a stream.
    Trailers {
        stream: u32,
    },
    Settings,
    Ping {
        content: &'a [u8],
    },
    /// The connection's window has grown.
    Window {
        by: u32,
    },
    /// A stream or the connection is given up.
    Refused,
    /// Of no interest.
    Other,
}

/// Takes the first frame of `input`, with its length; `None` while it is incomplete.
pub(crate) fn parse(input: &[u8]) -> Option<(Frame<'_>, usize)> {
    let (head, rest) = input.split_first_chunk::<HEAD>()?;
    let &[a, b, c, kind, flags, stream @ ..] = head;
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    let stream = u32::from_be_bytes(stream);
    let content = rest.get(..length)?;
    let frame = match kind {
        DATA => Frame::Data { stream, content },
        HEADERS if flags & END_STREAM != 0 => Frame::Trailers { stream },
        SETTINGS if flags & ACK == 0 => Frame::Settings,
        PING if flags & ACK == 0 => Frame::Ping { content },
        WINDOW_UPDATE if stream == 0 => {
            let by = content.first_chunk().copied().map_or(0, u32::from_be_bytes);
            Frame::Window { by }
        }
        RESET | GO_AWAY => Frame::Refused,
        _ => Frame::Other,
    };
    Some((frame, HEAD + length))
}

fn head(output: &mut Vec<u8>, length: usize, kind: u8, flags: u8, stream: u32) {
    output.put_uint(length as u64, 3);
    output.put_u8(kind);
    output.put_u8(flags);
    output.put_u32(stream);
}

/// Opens a connection.
pub(crate) fn open(output: &mut Vec<u8>) {
    output.put_slice(PREFACE);
    head(output, 0, SETTINGS, 0, 0);
    grant(output, CREDIT);
}

/// Lets the server send so many more bytes.
pub(crate) fn grant(output: &mut Vec<u8>, credit: u32) {
    head(output, 4, WINDOW_UPDATE, 0, 0);
    output.put_u32(credit);
}

/// Confirms the server's settings.
pub(crate) fn confirm_settings(output: &mut Vec<u8>) {
    head(output, 0, SETTINGS, ACK, 0);
}

/// Answers a ping.
pub(crate) fn confirm_ping(output: &mut Vec<u8>, content: &[u8]) {
    head(output, content.len(), PING, ACK, 0);
    output.put_slice(content);
}

/// Headers that both sides remember, in this order, once they were sent. With their names' number in
/// the table of HPACK, if they have one.
const REMEMBERED: [(u8, &str, &str); 5] = [
    (1, ":authority", "localhost"),
    (4, ":path", super::messages::ECHO),
    (0, "te", "trailers"),
    (31, "content-type", "application/grpc"),
    (58, "user-agent", "benchmark"),
];
/// `:method: POST` and `:scheme: http`, by their numbers in that table.
const KNOWN: [u8; 2] = [0x80 | 3, 0x80 | 6];
/// Number of the header that was remembered last.
const NEWEST: u8 = 62;

/// A request as clients of gRPC send it: in full first, then by reference to the first one.
#[derive(Debug)]
pub(crate) struct Request {
    first: Vec<u8>,
    further: Vec<u8>,
    message: Vec<u8>,
}

impl Request {
    /// The request with this message, prefix included.
    pub(crate) fn new(message: &[u8]) -> Self {
        let mut first = KNOWN.to_vec();
        for (number, name, value) in REMEMBERED {
            first.put_u8(0x40 | number);
            if number == 0 {
                put_text(&mut first, name);
            }
            put_text(&mut first, value);
        }
        let mut further = KNOWN.to_vec();
        // The older a header, the higher its number.
        let ages = 0..byte(REMEMBERED.len());
        further.extend(ages.map(|age| 0x80 + NEWEST + age).rev());
        Self { first, further, message: message.to_vec() }
    }

    /// How much of the connection's window it takes.
    pub(crate) fn weight(&self) -> i64 {
        i64::try_from(self.message.len()).unwrap_or(i64::MAX)
    }

    /// Writes the request of a new stream.
    pub(crate) fn put(&self, output: &mut Vec<u8>, stream: u32) {
        let headers = if stream == 1 { &self.first } else { &self.further };
        head(output, headers.len(), HEADERS, END_HEADERS, stream);
        output.put_slice(headers);
        head(output, self.message.len(), DATA, END_STREAM, stream);
        output.put_slice(&self.message);
    }
}

/// A text that is not compressed. All are short.
fn put_text(output: &mut Vec<u8>, text: &str) {
    output.put_u8(byte(text.len()));
    output.put_slice(text.as_bytes());
}

fn byte(number: usize) -> u8 {
    u8::try_from(number).expect("texts and tables of this module are short")
}
