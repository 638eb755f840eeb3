//! The native server: tonic on one thread, with the methods of the guest in plain Rust.
//!
//! Does not know anything of Wasm, nor of stopping: it is killed. Written as tonic's own generator
//! writes a server, which needs a compiler of protobuf.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use http::{Request, Response};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{
    ClientStreamingService, Grpc, ServerStreamingService, StreamingService, UnaryService,
};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;

use super::messages::{CHAT, Chunk, ECHO, POUR, PourRequest, TAKE, TakeReply};

/// Prints where it listens, in the form of the host's log, and serves until the process ends.
pub(crate) async fn serve() -> io::Result<()> {
    let incoming = TcpIncoming::bind((Ipv4Addr::LOCALHOST, 0).into())?.with_nodelay(Some(true));
    println!("{{\"address\":\"{}\"}}", incoming.local_addr()?);
    let served = Server::builder().serve_with_incoming(Benchmark, incoming).await;
    served.map_err(io::Error::other)
}

#[derive(Debug, Clone, Copy)]
struct Benchmark;

impl Service<Request<Body>> for Benchmark {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match request.uri().path() {
            ECHO => Box::pin(async {
                let codec = ProstCodec::<Chunk, Chunk>::default();
                Ok(Grpc::new(codec).unary(Echo, request).await)
            }),
            POUR => Box::pin(async {
                let codec = ProstCodec::<Chunk, PourRequest>::default();
                Ok(Grpc::new(codec).server_streaming(Pour, request).await)
            }),
            TAKE => Box::pin(async {
                let codec = ProstCodec::<TakeReply, Chunk>::default();
                Ok(Grpc::new(codec).client_streaming(Take, request).await)
            }),
            CHAT => Box::pin(async {
                let codec = ProstCodec::<Chunk, Chunk>::default();
                Ok(Grpc::new(codec).streaming(Chat, request).await)
            }),
            path => {
                let status = Status::unimplemented(path.to_owned());
                Box::pin(async move { Ok(status.into_http()) })
            }
        }
    }
}

type Answer<T> = BoxFuture<tonic::Response<T>, Status>;
type Chunks = BoxStream<'static, Result<Chunk, Status>>;

struct Echo;

impl UnaryService<Chunk> for Echo {
    type Response = Chunk;
    type Future = Answer<Chunk>;

    fn call(&mut self, request: tonic::Request<Chunk>) -> Self::Future {
        Box::pin(async { Ok(tonic::Response::new(request.into_inner())) })
    }
}

struct Pour;

impl ServerStreamingService<PourRequest> for Pour {
    type Response = Chunk;
    type ResponseStream = Chunks;
    type Future = Answer<Chunks>;

    fn call(&mut self, request: tonic::Request<PourRequest>) -> Self::Future {
        let PourRequest { messages, size } = request.into_inner();
        let chunk = Chunk { data: vec![0; size as usize], pause_ms: 0 };
        let chunks = stream::iter((0..messages).map(move |_| Ok(chunk.clone())));
        Box::pin(async { Ok(tonic::Response::new(chunks.boxed())) })
    }
}

struct Take;

impl ClientStreamingService<Chunk> for Take {
    type Response = TakeReply;
    type Future = Answer<TakeReply>;

    fn call(&mut self, request: tonic::Request<Streaming<Chunk>>) -> Self::Future {
        Box::pin(async {
            let mut chunks = request.into_inner();
            let mut reply = TakeReply::default();
            while let Some(chunk) = chunks.message().await? {
                reply.messages += 1;
                reply.bytes += chunk.data.len() as u64;
                if chunk.pause_ms > 0 {
                    tokio::time::sleep(Duration::from_millis(chunk.pause_ms.into())).await;
                }
            }
            Ok(tonic::Response::new(reply))
        })
    }
}

struct Chat;

impl StreamingService<Chunk> for Chat {
    type Response = Chunk;
    type ResponseStream = Streaming<Chunk>;
    type Future = Answer<Streaming<Chunk>>;

    fn call(&mut self, request: tonic::Request<Streaming<Chunk>>) -> Self::Future {
        Box::pin(async { Ok(tonic::Response::new(request.into_inner())) })
    }
}
