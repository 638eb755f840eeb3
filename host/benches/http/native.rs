//! The native server: hyper as the host uses it, with the answer of the guest in plain Rust.
//!
//! Does not know anything of Wasm, nor of stopping: it is killed.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::exchange::ANSWER;

/// Prints where it listens, in the form of the host's log, and serves until the process ends.
pub(crate) async fn serve() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{{\"address\":\"{}\"}}", listener.local_addr()?);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                connections.spawn_local(converse(stream));
            }
            Some(_) = connections.join_next() => (),
        }
    }
}

async fn converse(stream: TcpStream) {
    let builder = auto::Builder::new(TokioExecutor::new());
    // A client that goes away in the middle of something is not of interest.
    drop(builder.serve_connection(TokioIo::new(stream), service_fn(answer)).await);
}

async fn answer(_request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(ANSWER)));
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}
