//! HTTP/2 as raw frames, for what well-behaved clients do not do.
//! Understands of HPACK only what is needed to ask.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use super::LIMIT;

/// What a client says first (RFC 9113 section 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Types of frames (RFC 9113 section 6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

// Flags of frames.
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A setting (RFC 9113 section 6.5.2).
const INITIAL_WINDOW_SIZE: u16 = 4;

/// How a block of header fields with `:status: 204` begins: number 9 of the static table.
pub(crate) const STATUS_204: [u8; 1] = [0x89];

/// How a block of header fields with `:status: 400` begins: number 12 of the static table.
pub(crate) const STATUS_400: [u8; 1] = [0x8c];

/// How a block of header fields with `:status: 503` begins: the name is number 8 of the static table,
/// the value is three bytes of Huffman code (RFC 7541 appendices A and B).
pub(crate) const STATUS_503: [u8; 5] = [0x48, 0x83, 0x6c, 0x0c, 0xff];

/// One connection.
#[derive(Debug)]
pub(crate) struct Client(TcpStream);

/// One frame of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Client {
    /// Connects and exchanges settings, which are all the default.
    pub(crate) fn connect(port: u16) -> Self {
        let mut client = Self::silent(port);
        client.send(PREFACE);
        client.frame(SETTINGS, 0, 0, &[]);
        client.until(SETTINGS);
        client.frame(SETTINGS, 1, 0, &[]);
        client
    }

    /// Connects as a client that has room for `window` bytes of each stream.
    pub(crate) fn with_window(port: u16, window: u32) -> Self {
        let mut client = Self::silent(port);
        client.send(PREFACE);
        let setting = [&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &window.to_be_bytes()].concat();
        client.frame(SETTINGS, 0, 0, &setting);
        client.until(SETTINGS);
        client.frame(SETTINGS, 1, 0, &[]);
        client
    }

    /// Makes room for all of a stream.
    pub(crate) fn open_window(&mut self, stream: u32) {
        for stream in [0, stream] {
            self.frame(WINDOW_UPDATE, 0, stream, &(1_u32 << 30).to_be_bytes());
        }
    }

    /// Connects and says nothing.
    pub(crate) fn silent(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the host accepts");
        let bounded = stream
            .set_read_timeout(Some(LIMIT))
            .and_then(|()| stream.set_write_timeout(Some(LIMIT)))
            .and_then(|()| stream.set_nodelay(true));
        bounded.expect("a connected socket takes options");
        Self(stream)
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).expect("the host reads");
    }

    /// Sends a frame.
    pub(crate) fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.try_frame(kind, flags, stream, payload).expect("the host reads");
    }

    /// Sends a frame, unless the host has closed the connection.
    pub(crate) fn try_frame(
        &mut self,
        kind: u8,
        flags: u8,
        stream: u32,
        payload: &[u8],
    ) -> io::Result<()> {
        self.0.write_all(&frame(kind, flags, stream, payload))
    }

    /// Sends `GET path` as the whole of a stream.
    pub(crate) fn get(&mut self, stream: u32, path: &str) {
        self.frame(HEADERS, END_HEADERS | END_STREAM, stream, &fields(path));
    }

    /// Reads frames up to the first of this kind.
    pub(crate) fn until(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.read().expect("the host sends such a frame");
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// Reads one frame.
    pub(crate) fn read(&mut self) -> io::Result<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.read_exact(&mut payload)?;
        Ok(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }

    /// Reads until the host closes the connection, whatever it says before.
    pub(crate) fn is_closed_at_last(&mut self) -> bool {
        match self.0.read_to_end(&mut Vec::new()) {
            Ok(_) => true,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }
}

/// A frame as it is sent.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("tests send small frames");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The header fields of `POST path` with a body of this type.
pub(crate) fn post_fields(path: &str, content_type: &str) -> Vec<u8> {
    let mut fields = fields(path);
    // `:method: POST` instead of `GET`.
    fields[0] = 0x83;
    // `content-type` is number 31 of the static table.
    fields.extend([0x0f, 0x10]);
    fields.push(u8::try_from(content_type.len()).expect("types of content are short"));
    fields.extend(content_type.as_bytes());
    fields
}

/// The header fields of `OPTIONS path`, without compression.
pub(crate) fn options(path: &str) -> Vec<u8> {
    let mut options = vec![0x02, 7];
    options.extend(b"OPTIONS");
    options.extend(&fields(path)[1..]);
    options
}

/// The header fields of `GET path`, without compression.
pub(crate) fn fields(path: &str) -> Vec<u8> {
    // `:method: GET`, `:scheme: http`, then `:path` and `:authority` with values of their own.
    let mut fields = vec![0x82, 0x86];
    for (name, value) in [(0x04, path), (0x01, "localhost")] {
        fields.push(name);
        fields.push(u8::try_from(value.len()).expect("tests ask for short paths"));
        fields.extend(value.as_bytes());
    }
    fields
}
