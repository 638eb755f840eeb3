//! Services that the host answers itself: the health check and server reflection.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use tokio::sync::watch;
use tonic::Status;
use tonic::codec::CompressionEncoding;
use tonic::codegen::Service;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::server::Builder;

use super::status;
use crate::capability::Stopping;
use crate::dispatch::health::Health;
use crate::engine::Services;
use crate::http2::RequestBody;

const HEALTH: &str = "/grpc.health.v1.Health/";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/";
const OLD_REFLECTION: &str = "/grpc.reflection.v1alpha.ServerReflection/";

/// Holds one of tonic's services to the rules of the others. A macro, because the method is the same and
/// the types have nothing in common.
macro_rules! accepting {
    ($service:expr, $max_request:expr) => {
        $service
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .max_decoding_message_size($max_request)
    };
}

/// What the host answers, as far as it is switched on.
#[derive(Clone)]
pub struct Standard {
    /// By the beginning of their paths.
    services: Vec<(&'static str, Answer)>,
    stopping: watch::Receiver<Stopping>,
}

/// One of tonic's services; their types have no names.
type Answer = Arc<dyn Fn(Request<RequestBody>) -> Answering + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Response<tonic::body::Body>> + Send>>;

impl std::fmt::Debug for Standard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let paths = self.services.iter().map(|(path, _)| path);
        f.debug_list().entries(paths).finish()
    }
}

impl Standard {
    /// `reflected` are the services to tell of, if reflection is switched on; `max_request` is the largest
    /// message of a client, in bytes.
    ///
    /// # Errors
    /// When their descriptors contradict each other.
    pub fn new(
        health: Option<Health>,
        reflected: Option<&Services>,
        max_request: usize,
        stopping: watch::Receiver<Stopping>,
    ) -> Result<Self, tonic_reflection::server::Error> {
        let mut services = Vec::new();
        if let Some(described) = reflected {
            let builder = || reflection(described, health.is_some());
            services.push((REFLECTION, answer(accepting!(builder().build_v1()?, max_request))));
            let old = accepting!(builder().build_v1alpha()?, max_request);
            services.push((OLD_REFLECTION, answer(old)));
        }
        if let Some(health) = health {
            services.push((HEALTH, answer(accepting!(HealthServer::new(health), max_request))));
        }
        Ok(Self { services, stopping })
    }

    /// Answers the request if it is for one of these services; gives it back otherwise.
    pub(super) async fn respond(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<StandardBody>, Request<RequestBody>> {
        let path = request.uri().path();
        let service = self.services.iter().find(|(prefix, _)| path.starts_with(prefix));
        let Some((_, answer)) = service else { return Err(request) };
        let response = tokio::select! {
            biased;
            response = answer(request) => response,
            // It waits for the end of a request that does not come.
            () = super::patience_ends(&self.stopping) => {
                Status::unavailable("the service is stopping").into_http()
            }
        };
        let mut stopping = self.stopping.clone();
        let draining = async move {
            // A sender that is gone means that the service is gone as well.
            let _ = stopping.wait_for(|stopping| *stopping >= Stopping::Draining).await;
        };
        Ok(response.map(|body| StandardBody { body, draining: Box::pin(draining), ended: false }))
    }
}

fn answer<S>(service: S) -> Answer
where
    S: Service<Request<RequestBody>, Response = Response<tonic::body::Body>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
{
    Arc::new(move |request| {
        let answer = service.clone().call(request);
        Box::pin(async move {
            match answer.await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        })
    })
}

fn reflection(services: &Services, with_health: bool) -> Builder<'_> {
    let mut builder = Builder::configure()
        .register_encoded_file_descriptor_set(&services.descriptors)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        .include_reflection_service(false)
        .with_service_name("grpc.reflection.v1.ServerReflection")
        .with_service_name("grpc.reflection.v1alpha.ServerReflection");
    for service in &services.services {
        builder = builder.with_service_name(service.name.clone());
    }
    if with_health {
        builder = builder
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health");
    }
    builder
}

/// The answer of a standard service. One without an end comes to one when the service stops, once what
/// there was to say is said.
pub(super) struct StandardBody {
    body: tonic::body::Body,
    draining: Pin<Box<dyn Future<Output = ()> + Send>>,
    ended: bool,
}

impl StandardBody {
    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        std::task::ready!(self.draining.as_mut().poll(context));
        self.ended = true;
        Poll::Ready(Some(Ok(Frame::trailers(stopped()))))
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }
}

fn stopped() -> HeaderMap {
    status::failure(&Status::unavailable("the service is stopping"))
}
