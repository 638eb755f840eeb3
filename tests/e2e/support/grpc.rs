//! gRPC by hand, over hyper's HTTP/2 client behind blocking calls: what is sent is what the test says, also
//! when that is wrong.
//! Does not know which services there are.

mod answer;
mod encoding;

use std::net::Ipv4Addr;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::http2::{Builder as Http2, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, oneshot};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use self::answer::split;
pub(crate) use self::answer::{Answer, Received};
pub(crate) use self::encoding::{compress, decompress};
use super::LIMIT;

/// A runtime on a thread of its own, so that connections go on while a test does something else. It ends
/// with this value, and what it runs with it.
#[derive(Debug)]
struct Driven {
    handle: Handle,
    _stop: oneshot::Sender<()>,
}

impl Driven {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("the system has what a runtime needs");
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::spawn(move || runtime.block_on(stopped));
        Self { handle, _stop: stop }
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.handle.block_on(future)
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    runtime: Driven,
    sender: SendRequest<Outgoing>,
    connection: tokio::task::JoinHandle<hyper::Result<()>>,
}

/// A request that is being put together.
#[derive(Debug)]
pub(crate) struct Request {
    http: http::Request<()>,
    body: Vec<Bytes>,
}

/// An RPC that goes on.
#[derive(Debug)]
pub(crate) struct Rpc<'a> {
    runtime: &'a Driven,
    body: Option<mpsc::UnboundedSender<Result<Bytes, BrokenOff>>>,
    answering: Answering,
    /// Bytes of the answer that belong to no message yet.
    buffer: Vec<u8>,
}

#[derive(Debug)]
enum Answering {
    Waiting(tokio::task::JoinHandle<hyper::Result<http::Response<Incoming>>>),
    Reading { headers: HeaderMap, body: Incoming },
}

/// Where the HTTP status is kept; no host may send this.
const STATUS: HeaderName = HeaderName::from_static("test-http-status");

/// The frame of a message.
pub(crate) fn frame(message: &impl Message) -> Vec<u8> {
    frame_of(0, &message.encode_to_vec())
}

/// A frame with any flags around any bytes.
pub(crate) fn frame_of(flags: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("tests send small messages");
    let mut frame = vec![flags];
    frame.extend(length.to_be_bytes());
    frame.extend(data);
    frame
}

impl Request {
    /// A request as every client makes it.
    pub(crate) fn new(path: &str) -> Self {
        let http = http::Request::post(format!("http://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(());
        Self { http: http.expect("the path is valid"), body: Vec::new() }
    }

    /// Sets a header, or takes it away when `value` is empty.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("tests set valid headers");
        self.http.headers_mut().remove(&name);
        if !value.is_empty() {
            self.http.headers_mut().append(name, value.parse().expect("tests set valid headers"));
        }
        self
    }

    /// Adds a header next to others of the name.
    pub(crate) fn metadata(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("tests set valid headers");
        self.http.headers_mut().append(name, value.parse().expect("tests set valid headers"));
        self
    }

    pub(crate) fn timeout(self, value: &str) -> Self {
        self.header("grpc-timeout", value)
    }

    pub(crate) fn method(mut self, method: http::Method) -> Self {
        *self.http.method_mut() = method;
        self
    }

    pub(crate) fn message(self, message: &impl Message) -> Self {
        self.bytes(frame(message))
    }

    /// Adds bytes to the body as they are.
    pub(crate) fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body.push(bytes.into().into());
        self
    }
}

impl Client {
    pub(crate) fn connect(port: u16) -> Self {
        let runtime = Driven::new();
        let (sender, connection) = runtime.block_on(async {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
            let io = TokioIo::new(stream.expect("the host accepts"));
            let handshake = Http2::new(TokioExecutor::new()).handshake(io).await;
            let (sender, connection) = handshake.expect("the host speaks HTTP/2");
            #[expect(clippy::disallowed_methods, reason = "it ends with the runtime of the client")]
            let connection = tokio::spawn(connection);
            (sender, connection)
        });
        Self { runtime, sender, connection }
    }

    /// Sends a whole request and waits for the whole answer.
    #[track_caller]
    pub(crate) fn call(&mut self, request: Request) -> Answer {
        let mut rpc = self.open(request);
        rpc.finish();
        rpc.answer()
    }

    /// `call` with one message, as every client makes it.
    #[track_caller]
    pub(crate) fn unary(&mut self, path: &str, message: &impl Message) -> Answer {
        self.call(Request::new(path).message(message))
    }

    /// Sends all requests before it waits for the first answer.
    #[track_caller]
    pub(crate) fn call_all(&mut self, requests: Vec<Request>) -> Vec<Answer> {
        let open =
            requests.into_iter().map(|request| begin(&self.runtime, &mut self.sender, request));
        let open: Vec<_> = open.collect();
        open.into_iter()
            .map(|mut rpc| {
                rpc.finish();
                rpc.answer()
            })
            .collect()
    }

    /// Begins an RPC; more messages can follow.
    pub(crate) fn open(&mut self, request: Request) -> Rpc<'_> {
        begin(&self.runtime, &mut self.sender, request)
    }

    /// Begins many RPCs on this connection.
    pub(crate) fn open_all(&mut self, requests: Vec<Request>) -> Vec<Rpc<'_>> {
        let Self { runtime, sender, .. } = self;
        requests.into_iter().map(|request| begin(runtime, sender, request)).collect()
    }

    /// Waits until the host has ended the connection.
    #[track_caller]
    pub(crate) fn wait_until_closed(&mut self) {
        let closed = limited(&self.runtime, &mut self.connection);
        // How it is closed makes no difference.
        drop(closed.expect("the host closes the connection in time"));
    }
}

fn begin<'a>(runtime: &'a Driven, sender: &mut SendRequest<Outgoing>, request: Request) -> Rpc<'a> {
    let (body, receiver) = mpsc::unbounded_channel();
    for chunk in request.body {
        body.send(Ok(chunk)).expect("the receiver is there");
    }
    let request = request.http.map(|()| Outgoing(receiver));
    let ready = limited(runtime, sender.ready()).expect("the host takes RPCs in time");
    ready.expect("the connection is open");
    let answering = runtime.handle.spawn(sender.send_request(request));
    Rpc { runtime, body: Some(body), answering: Answering::Waiting(answering), buffer: Vec::new() }
}

impl Rpc<'_> {
    /// Sends a message.
    pub(crate) fn send(&self, message: &impl Message) {
        self.send_bytes(frame(message));
    }

    /// Sends bytes as they are; the host need not want them any more.
    pub(crate) fn send_bytes(&self, bytes: Vec<u8>) {
        if let Some(body) = &self.body {
            drop(body.send(Ok(bytes.into())));
        }
    }

    /// Sends no more.
    pub(crate) fn finish(&mut self) {
        self.body = None;
    }

    /// The initial metadata; waits for it.
    #[track_caller]
    pub(crate) fn headers(&mut self) -> HeaderMap {
        self.begin_reading();
        match &self.answering {
            Answering::Reading { headers, .. } => headers.clone(),
            Answering::Waiting(_) => unreachable!("the answer has begun"),
        }
    }

    /// The next message; `None` when there is none any more.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Option<Received> {
        loop {
            if let Some(message) = split(&mut self.buffer) {
                return Some(message);
            }
            match self.frame() {
                Some(frame) => {
                    let data = frame.into_data().expect("a message comes before the end");
                    self.buffer.extend_from_slice(&data);
                }
                None => return None,
            }
        }
    }

    /// The rest of the answer.
    #[track_caller]
    pub(crate) fn answer(mut self) -> Answer {
        self.try_answer().expect("the answer is whole")
    }

    /// The rest of the answer; an error when the host breaks the stream off.
    #[track_caller]
    pub(crate) fn try_answer(&mut self) -> hyper::Result<Answer> {
        self.begin_reading();
        let mut buffer = std::mem::take(&mut self.buffer);
        let Answering::Reading { headers, body } = &mut self.answering else {
            unreachable!("the answer has begun");
        };
        let status = headers.get(STATUS).and_then(|status| status.to_str().ok());
        let http_status = status.and_then(|status| status.parse().ok()).unwrap_or_default();
        let collected = limited(self.runtime, body.collect());
        let collected = collected.expect("the host answers in time")?;
        let mut headers = headers.clone();
        headers.remove(STATUS);
        let trailers = collected.trailers().cloned().unwrap_or_else(|| headers.clone());
        buffer.extend_from_slice(&collected.to_bytes());
        let messages = std::iter::from_fn(|| split(&mut buffer)).collect();
        assert!(buffer.is_empty(), "the answer ends in the middle of a message");
        Ok(Answer { http_status, headers, messages, trailers })
    }

    /// Waits until the host breaks the stream off without an answer.
    #[track_caller]
    pub(crate) fn expect_broken_off(mut self) {
        let Answering::Waiting(response) = &mut self.answering else {
            panic!("the answer has begun");
        };
        let response = limited(self.runtime, response).expect("the host acts in time");
        let response = response.expect("the task goes on");
        assert!(response.is_err(), "{response:?}");
    }

    /// Leaves the RPC without waiting for its end.
    pub(crate) fn cancel(self) {
        if let Some(body) = &self.body {
            drop(body.send(Err(BrokenOff)));
        }
        if let Answering::Waiting(response) = &self.answering {
            response.abort();
        }
    }

    #[track_caller]
    fn begin_reading(&mut self) {
        let Answering::Waiting(response) = &mut self.answering else { return };
        let response = limited(self.runtime, response);
        let response = response.expect("the host answers in time").expect("the task goes on");
        let (parts, body) = response.expect("the host answers").into_parts();
        let mut headers = parts.headers;
        headers.insert(STATUS, HeaderValue::from(parts.status.as_u16()));
        self.answering = Answering::Reading { headers, body };
    }

    #[track_caller]
    fn frame(&mut self) -> Option<Frame<Bytes>> {
        self.begin_reading();
        let Answering::Reading { body, .. } = &mut self.answering else { return None };
        let frame = limited(self.runtime, body.frame());
        frame.expect("the host answers in time").map(|frame| frame.expect("the stream goes on"))
    }
}

/// Waits for what the host does.
fn limited<T>(runtime: &Driven, future: impl Future<Output = T>) -> Result<T, Elapsed> {
    // A timer needs the runtime when it is made.
    runtime.block_on(async { timeout(LIMIT, future).await })
}

/// A body that a test writes as it goes.
#[derive(Debug)]
struct Outgoing(mpsc::UnboundedReceiver<Result<Bytes, BrokenOff>>);

/// Makes hyper reset the stream instead of ending it.
#[derive(Debug, thiserror::Error)]
#[error("the test breaks it off")]
struct BrokenOff;

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
