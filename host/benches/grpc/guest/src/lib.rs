//! What the gRPC benchmark measures: one method of every shape that does as little as possible.
//! Deliberately neither logs nor counts: the SDK and the host are what is measured.

use std::time::Duration;

use mikros_sdk::grpc::{ReplyStream, Request, Response, Status, Streaming};
use mikros_sdk::prelude::*;
use mikros_sdk::stream;
use proto::benchmark_server::{Benchmark, BenchmarkServer};
use proto::{Chunk, PourRequest, TakeReply};

pub mod proto {
    //! What the build script has made of `proto/benchmark.proto`.
    mikros_sdk::include_proto!("benchmark");
}

struct Contender;

impl Service for Contender {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Grpc for Contender {
    type Services = BenchmarkServer<Self>;
}

impl Benchmark for Contender {
    async fn echo(&self, request: Request<Chunk>) -> Result<Response<Chunk>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn pour(
        &self,
        request: Request<PourRequest>,
    ) -> Result<Response<ReplyStream<Chunk>>, Status> {
        let PourRequest { messages, size } = request.into_inner();
        let chunk = Chunk { data: vec![0; size as usize], pause_ms: 0 };
        let chunks = (0..messages).map(move |_| Ok(chunk.clone()));
        Ok(Response::new(ReplyStream::new(stream::iter(chunks))))
    }

    async fn take(
        &self,
        request: Request<Streaming<Chunk>>,
    ) -> Result<Response<TakeReply>, Status> {
        let mut chunks = request.into_inner();
        let mut reply = TakeReply::default();
        while let Some(chunk) = chunks.message().await? {
            reply.messages += 1;
            reply.bytes += chunk.data.len() as u64;
            if chunk.pause_ms > 0 {
                mikros_sdk::sleep(Duration::from_millis(chunk.pause_ms.into())).await;
            }
        }
        Ok(Response::new(reply))
    }

    async fn chat(
        &self,
        request: Request<Streaming<Chunk>>,
    ) -> Result<Response<ReplyStream<Chunk>>, Status> {
        Ok(Response::new(ReplyStream::new(request.into_inner())))
    }
}

mikros_sdk::export!(Contender: grpc);
