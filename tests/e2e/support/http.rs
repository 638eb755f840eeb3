//! HTTP/1.1 as raw bytes over a socket.
//! Understands of an answer only what is needed to find its end.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use super::LIMIT;

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    /// What was read and belongs to the next answer.
    buffer: Vec<u8>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case, in the order of the answer.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The value of the first header `name`, given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }
}

impl Client {
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the host accepts");
        Self::over(stream)
    }

    pub(crate) fn over(stream: TcpStream) -> Self {
        let bounded = stream
            .set_read_timeout(Some(LIMIT))
            .and_then(|()| stream.set_write_timeout(Some(LIMIT)))
            .and_then(|()| stream.set_nodelay(true));
        bounded.expect("a connected socket takes options");
        Self { stream, buffer: Vec::new() }
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("the host reads");
    }

    /// Sends `GET path`.
    pub(crate) fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    }

    /// Sends a request with a body of known length. `headers` are lines that end in CR LF.
    pub(crate) fn request(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) {
        let length = body.len();
        self.send(format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{headers}\r\n"
        ));
        self.send(body);
    }

    /// Reads an answer.
    ///
    /// Panics when there is none, or only a part of one; see [`Client::try_response`].
    pub(crate) fn response(&mut self) -> Response {
        self.try_response().expect("the host answers")
    }

    /// Reads the head of an answer; its body is left in the socket, and the result's is empty.
    pub(crate) fn head(&mut self) -> Response {
        self.read_head().expect("the host answers")
    }

    /// Reads an answer. An error of kind `UnexpectedEof` says that the connection was closed before
    /// the answer was whole.
    pub(crate) fn try_response(&mut self) -> io::Result<Response> {
        let mut response = self.read_head()?;
        response.body = if response.header("transfer-encoding") == Some("chunked") {
            self.chunks()?
        } else if let Some(length) = response.header("content-length") {
            let length = length.parse().expect("a length is a number");
            self.take(length)?
        } else if matches!(response.status, 100..200 | 204 | 304) {
            Vec::new()
        } else {
            self.rest()?
        };
        Ok(response)
    }

    /// Reads the next chunk of a chunked body, empty at its end.
    pub(crate) fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let line = self.line()?;
        let length = usize::from_str_radix(&line, 16).expect("the size of a chunk is hexadecimal");
        let chunk = self.take(length)?;
        self.line()?;
        Ok(chunk)
    }

    /// Everything until the host closes the connection.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = std::mem::take(&mut self.buffer);
        self.stream.read_to_end(&mut rest)?;
        Ok(rest)
    }

    /// Whether the host has closed the connection, with nothing left to read.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.buffer.is_empty()
            && match self.stream.read(&mut [0]) {
                Ok(length) => length == 0,
                // Still open when the time is up, reset otherwise.
                Err(error) => error.kind() != io::ErrorKind::WouldBlock,
            }
    }

    /// Closes the connection with a reset.
    pub(crate) fn reset(self) {
        let linger = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        linger.expect("a connected socket takes options");
    }

    /// The socket itself.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn read_head(&mut self) -> io::Result<Response> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("not an answer: {first}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(Response { status, headers, body: Vec::new() });
            }
            let (name, value) = line.split_once(": ").expect("a header has a name and a value");
            headers.push((name.to_lowercase(), value.to_owned()));
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return Ok(body);
            }
            body.extend(chunk);
        }
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|bytes| bytes == b"\r\n") {
                let line = self.buffer.drain(..end + 2).take(end).collect();
                return Ok(String::from_utf8(line).expect("heads of answers are ASCII"));
            }
            self.fill()?;
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.fill()?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            length => {
                self.buffer.extend_from_slice(&bytes[..length]);
                Ok(())
            }
        }
    }
}

/// One `GET` on a connection of its own.
pub(crate) fn get(port: u16, path: &str) -> Response {
    let mut client = Client::connect(port);
    client.get(path);
    client.response()
}

/// One request with a body on a connection of its own. `headers` are lines that end in CR LF.
pub(crate) fn request(port: u16, method: &str, path: &str, headers: &str, body: &[u8]) -> Response {
    let mut client = Client::connect(port);
    client.request(method, path, headers, body);
    client.response()
}
