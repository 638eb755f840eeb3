//! HTTP/2 with prior knowledge, by hyper's client behind blocking calls.
//! Does not know what is asked.

use std::net::Ipv4Addr;

use futures_util::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::LIMIT;
use super::http::Response;

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    runtime: Runtime,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    pub(crate) fn connect(port: u16) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("the system has what a runtime needs");
        let sender = runtime.block_on(async {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
            let io = TokioIo::new(stream.expect("the host accepts"));
            let (sender, connection) =
                handshake(TokioExecutor::new(), io).await.expect("the host speaks HTTP/2");
            #[expect(
                clippy::disallowed_methods,
                reason = "it ends with the runtime of the client"
            )]
            tokio::spawn(connection);
            sender
        });
        Self { runtime, sender }
    }

    /// `GET` of each path, all at the same time; the answers are in the order of the paths.
    pub(crate) fn get_all(&mut self, paths: &[&str]) -> Vec<Response> {
        let requests = paths.iter().map(|path| request(&authority(path)));
        self.ask_all(requests.collect())
    }

    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.ask(request(&authority(path)))
    }

    pub(crate) fn ask(&mut self, request: http::Request<Full<Bytes>>) -> Response {
        self.ask_all(vec![request]).remove(0)
    }

    /// The same for requests of any kind.
    pub(crate) fn ask_all(&mut self, requests: Vec<http::Request<Full<Bytes>>>) -> Vec<Response> {
        let Self { runtime, sender } = self;
        runtime.block_on(async {
            sender.ready().await.expect("the connection is open");
            let answers = requests.into_iter().map(|request| answer(sender.send_request(request)));
            let answers = timeout(LIMIT, join_all(answers)).await;
            answers.expect("the host answers in time")
        })
    }
}

/// The address of a path; HTTP/2 clients say whom they talk to.
fn authority(path: &str) -> String {
    format!("http://localhost{path}")
}

fn request(uri: &str) -> http::Request<Full<Bytes>> {
    http::Request::get(uri).body(Full::default()).expect("the address is valid")
}

async fn answer(
    response: impl Future<Output = hyper::Result<http::Response<hyper::body::Incoming>>>,
) -> Response {
    let (parts, body) = response.await.expect("the host answers").into_parts();
    let body = body.collect().await.expect("the answer is whole").to_bytes().to_vec();
    let headers = parts.headers.iter().map(|(name, value)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Response { status: parts.status.as_u16(), headers: headers.collect(), body }
}
