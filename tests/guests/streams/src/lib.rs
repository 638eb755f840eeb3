//! Answers RPCs of every shape, and fails in every way they can fail: what is done stands in the messages.
//! Deliberately knows nothing about how the host answers them.

mod failures;
mod flows;
mod marks;
mod visits;

use std::time::{Duration, Instant};

use marks::{Mark, Marking};
use mikros_sdk::grpc::{
    self, AsPart, BoxReplyStream, InterceptedService, ReplyStream, Request, Response, Status,
    Streaming,
};
use mikros_sdk::health;
use mikros_sdk::prelude::*;
use others::acme::self_::v1::vault_server::{Vault, VaultServer};
use others::clinic::patients_server::{Patients, PatientsServer};
use proto::probe_server::{Probe, ProbeServer};
use proto::{
    CancelledReply, Chunk, Compression, ContextReply, EchoReply, EchoRequest, PourRequest,
    ServingRequest, SpinRequest, SumReply,
};
use serde::Deserialize;
use visits::Visits;

#[expect(clippy::pedantic, reason = "generated code")]
pub mod proto {
    //! What the build script has made of `proto/probe.proto`.
    mikros_sdk::include_proto!("probe");
}

pub mod others {
    //! What it has made of services that are there to be found by server reflection.
    include!(concat!(env!("OUT_DIR"), "/others.rs"));
}

/// The table `[service]`; see `acts` for the words.
#[derive(Deserialize)]
#[serde(default)]
struct Settings {
    on_start: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { on_start: "return".to_owned() }
    }
}

#[derive(Default)]
struct Streams {
    visits: Visits,
    others: Others,
}

/// Implements what server reflection is to find, and knows nothing of the rest.
#[derive(Default)]
struct Others;

impl Service for Streams {
    async fn on_start() -> Result<Self> {
        let settings: Settings = mikros_sdk::settings()?;
        acts::act(&settings.on_start).await?;
        log::info!("an instance has started");
        Ok(Self::default())
    }
}

impl Grpc for Streams {
    type Services = (
        InterceptedService<ProbeServer<Self>, Marking>,
        VaultServer<Others>,
        PatientsServer<Others>,
    );
}

impl AsPart<Others> for Streams {
    fn as_part(&self) -> &Others {
        &self.others
    }
}

impl Vault for Others {}

impl Patients for Others {}

impl Probe for Streams {
    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoReply>, Status> {
        let visit = self.visits.begin();
        let compressed = request.is_compressed();
        let (received, _extensions, asked) = request.into_parts();
        pause(asked.sleep_ms).await;
        let compression = compression(asked.compression());
        if let Some(how) = asked.failure.and_then(|failure| failure.how) {
            visit.end();
            return Err(failures::fail(how));
        }
        let reply = EchoReply { data: asked.data, compressed };
        let mut response = Response::new(reply).with_compression(compression);
        for name in asked.echo_metadata {
            for value in received.get_all(&name) {
                set(response.metadata_mut(), &format!("initial-{name}"), value, &received)?;
                set(response.trailers_mut(), &format!("trailing-{name}"), value, &received)?;
            }
        }
        visit.end();
        Ok(response)
    }

    async fn sum(&self, request: Request<Streaming<Chunk>>) -> Result<Response<SumReply>, Status> {
        let visit = self.visits.begin();
        let sum = flows::sum(request.into_inner()).await;
        visit.end();
        sum.map(Response::new)
    }

    async fn pour(
        &self,
        request: Request<PourRequest>,
    ) -> Result<Response<BoxReplyStream<'_, Chunk>>, Status> {
        let visit = self.visits.begin();
        Ok(Response::new(flows::pour(request.into_inner(), visit)))
    }

    async fn chat(
        &'static self,
        request: Request<Streaming<Chunk>>,
    ) -> Result<Response<ReplyStream<Chunk>>, Status> {
        let visit = self.visits.begin();
        Ok(Response::new(flows::chat(request.into_inner(), visit)))
    }

    async fn spin(&self, request: Request<SpinRequest>) -> Result<Response<()>, Status> {
        let begin = Instant::now();
        let time = Duration::from_millis(request.into_inner().ms.into());
        while begin.elapsed() < time {
            std::hint::spin_loop();
        }
        Ok(Response::new(()))
    }

    async fn set_serving(&self, request: Request<ServingRequest>) -> Result<Response<()>, Status> {
        let ServingRequest { service, serving } = request.into_inner();
        health::set_serving(&service, serving);
        Ok(Response::new(()))
    }

    async fn context(&self, request: Request<()>) -> Result<Response<ContextReply>, Status> {
        log::info!("an RPC asks what is known of it");
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).ok();
        Ok(Response::new(ContextReply {
            request_id: mikros_sdk::request_id(),
            remaining_ms: request.remaining().and_then(milliseconds),
            timeout_ms: request.timeout().and_then(milliseconds),
            service_context: request.metadata().service_context().map(owned).collect(),
            method: request.method().to_owned(),
            metadata: request
                .metadata()
                .iter()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect(),
            caller: mikros_sdk::caller().map(|caller| caller.subject().to_owned()),
            mark: request.extensions().get::<Mark>().map(|mark| mark.0.clone()),
        }))
    }

    async fn cancelled(&self, _request: Request<()>) -> Result<Response<CancelledReply>, Status> {
        let (dropped, active) = (self.visits.dropped(), self.visits.active());
        Ok(Response::new(CancelledReply { dropped, active }))
    }
}

/// Sets what came as text or as bytes under another name.
fn set(
    target: &mut grpc::Metadata,
    name: &str,
    value: &str,
    received: &grpc::Metadata,
) -> Result<(), Status> {
    let bytes = name.split_once('-').and_then(|(_, original)| received.get_bin(original));
    match bytes {
        Some(bytes) => target.append_bin(name, bytes)?,
        None => target.append(name, value)?,
    }
    Ok(())
}

async fn pause(milliseconds: u32) {
    if milliseconds > 0 {
        mikros_sdk::sleep(Duration::from_millis(milliseconds.into())).await;
    }
}

fn compression(asked: Compression) -> grpc::Compression {
    match asked {
        Compression::Configured => grpc::Compression::Configured,
        Compression::Off => grpc::Compression::Off,
        Compression::On => grpc::Compression::On,
    }
}

mikros_sdk::export!(Streams: grpc);
