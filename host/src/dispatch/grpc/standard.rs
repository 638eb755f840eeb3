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
use tonic::server::Grpc;
use tonic_health::pb::health_server::HealthServer;
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_server::ServerReflectionServer as ReflectionServer;
use tonic_reflection::pb::{v1 as reflection_v1, v1alpha as reflection_v1alpha};

use super::health_list::{self, HealthList};
use super::reflection::{Index, Reflection};
use super::status;
use crate::capability::Stopping;
use crate::dispatch::health::Health;
use crate::engine::Services;
use crate::http2::RequestBody;

const HEALTH: &str = "/grpc.health.v1.Health/";
const HEALTH_LIST: &str = "/grpc.health.v1.Health/List";
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

/// The methods of what the host answers.
const METHODS: [&str; 5] = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/List",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// What the host answers, as far as it is switched on.
#[derive(Clone)]
pub(crate) struct Standard {
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
    /// When their descriptors are malformed.
    pub(crate) fn new(
        health: Option<Health>,
        reflected: Option<&Services>,
        max_request: usize,
        stopping: watch::Receiver<Stopping>,
    ) -> Result<Self, prost::DecodeError> {
        let mut services = Vec::new();
        if let Some(described) = reflected {
            let index = Arc::new(index(described, health.is_some())?);
            let server = accepting!(ReflectionServer::new(Reflection(index)), max_request);
            let server = answer(server);
            services.push((REFLECTION, server.clone()));
            services.push((OLD_REFLECTION, as_version_1(server)));
        }
        if let Some(health) = health {
            services.push((HEALTH_LIST, list(health.clone(), max_request)));
            services.push((HEALTH, answer(accepting!(HealthServer::new(health), max_request))));
        }
        Ok(Self { services, stopping })
    }

    /// The paths of the methods that it answers.
    pub(crate) fn paths(&self) -> impl Iterator<Item = String> {
        let is_there = |path: &&str| self.services.iter().any(|(own, _)| path.starts_with(own));
        METHODS.into_iter().filter(is_there).map(str::to_owned)
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

fn list(health: Health, max_request: usize) -> Answer {
    Arc::new(move |request| {
        let mut server = accepting!(Grpc::new(ProstCodec::default()), max_request);
        let method = HealthList(health.clone());
        Box::pin(async move { server.unary(method, request).await })
    })
}

/// The versions of reflection differ in nothing but their paths.
fn as_version_1(answer: Answer) -> Answer {
    Arc::new(move |mut request| {
        if let Some(method) = request.uri().path().strip_prefix(OLD_REFLECTION) {
            // Parts of a path are a path.
            *request.uri_mut() = format!("{REFLECTION}{method}").parse().unwrap_or_default();
        }
        answer(request)
    })
}

/// What reflection tells of. The host's own files come first, so that they are what they are.
fn index(services: &Services, with_health: bool) -> Result<Index, prost::DecodeError> {
    let own = [
        (
            "grpc.reflection.v1.ServerReflection",
            "grpc/reflection/v1/reflection.proto",
            reflection_v1::FILE_DESCRIPTOR_SET,
        ),
        (
            "grpc.reflection.v1alpha.ServerReflection",
            "grpc/reflection/v1alpha/reflection.proto",
            reflection_v1alpha::FILE_DESCRIPTOR_SET,
        ),
        ("grpc.health.v1.Health", "grpc/health/v1/health.proto", &*health_list::descriptors()?),
    ];
    let own = &own[..if with_health { 3 } else { 2 }];
    let own_names = own.iter().map(|(name, ..)| (*name).to_owned());
    let names = services.services.iter().map(|service| service.name.clone());
    let mut index = Index::new(own_names.chain(names));
    for (_, file, set) in own {
        index.add_own(set, file)?;
    }
    index.add(&services.descriptors)?;
    Ok(index)
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
