//! RPCs: what the host answers itself, and what goes to the guest.

mod answer;
mod details;
mod encoding;
mod foreign;
mod frame;
mod health_list;
mod hooked;
mod pump;
mod reflection;
mod reply;
mod routes;
mod rpc;
mod standard;
mod status;
mod timeout;

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::HeaderName;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use tokio::sync::{oneshot, watch};
use tokio::time::{Duration, Instant, sleep, timeout_at};
use tonic::Status;

use self::encoding::Encoding;
use self::frame::Frames;
use self::pump::{Single, only, pump};
pub(crate) use self::reply::GrpcBody;
use self::reply::MessageEncoder;
pub(crate) use self::routes::Routes;
use self::routes::{Found, Shape};
use self::rpc::Rpc;
pub(crate) use self::standard::Standard;
use self::status::StatusRules;
use super::hooks::Hooks;
use super::problem::ErrorRules;
use super::pump::Pump;
use super::{head, request_id};
use crate::call::grpc::{RequestMessage, RequestMessages, RpcRequest, RpcResponse};
use crate::call::metadata;
use crate::call::stream::stream;
use crate::call::{CallDepth, Context, Deadline, Fault, PeerIdentity, RequestAnnotations};
use crate::capability::Stopping;
use crate::definition::StatusMessage;
use crate::extension::{self as hook, Transport};
use crate::guest::Workers;
use crate::header::CALLER;
use crate::http2::RequestBody;
use crate::observe::{RequestDetails, Route, RouteTable};
use crate::telemetry::Logger;

/// How long a service that stops waits for a message that was announced.
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

/// How a service wants its RPCs to be treated. Sources in `service.toml` are named in the definition.
#[derive(Debug)]
pub(crate) struct GrpcRules {
    statuses: StatusRules,
    request_id_header: HeaderName,
    settings: GrpcSettings,
    /// Whether errors that the service returns are logged.
    logs_errors: bool,
}

/// The part of the rules that is numbers and switches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GrpcSettings {
    /// Longest time until the guest has returned.
    pub call_timeout: Duration,
    /// Largest message of a client, in bytes.
    pub max_request: usize,
    /// Largest message of the guest, in bytes.
    pub max_response: usize,
    /// Largest metadata of a request, in bytes.
    pub max_metadata: usize,
    /// Whether messages are compressed when the service does not say.
    pub compresses: bool,
    /// Whether an error's code follows its kind; otherwise it is always `UNKNOWN`.
    pub maps_codes: bool,
    pub status_message: StatusMessage,
}

impl GrpcRules {
    pub(crate) fn new(
        settings: GrpcSettings,
        errors: ErrorRules,
        request_id_header: HeaderName,
        logs_errors: bool,
    ) -> Self {
        let statuses = StatusRules {
            errors,
            maps_codes: settings.maps_codes,
            status_message: settings.status_message,
        };
        Self { statuses, request_id_header, settings, logs_errors }
    }
}

/// Answers the RPCs that arrive on one thread.
#[derive(Debug, Clone)]
pub(crate) struct GrpcDispatcher {
    pub rules: Arc<GrpcRules>,
    pub routes: Arc<Routes>,
    pub standard: Standard,
    pub workers: Workers,
    /// Index of the worker on this thread.
    pub local: usize,
    pub logger: Logger,
    /// True while the service is up and not stopping.
    pub serving: watch::Receiver<bool>,
    pub stopping: watch::Receiver<Stopping>,
    pub hooks: Hooks,
    /// All methods, those of the host's own services included.
    pub route_table: Arc<RouteTable>,
}

impl GrpcDispatcher {
    pub(crate) fn route_of(&self, path: &str) -> Option<Route> {
        self.route_table.find(path)
    }

    /// Answers one RPC of a client at `peer`.
    ///
    /// # Cancel safety
    /// When the future is dropped, because the client went away, the guest is told so.
    pub(crate) async fn respond(
        &self,
        request: Request<RequestBody>,
        peer: SocketAddr,
    ) -> Response<GrpcBody> {
        if let Some(refused) = foreign::refuse(&request) {
            return refused;
        }
        let request = match self.standard.respond(request).await {
            Ok(response) => return GrpcBody::standard(response),
            Err(request) => request,
        };
        let (mut parts, body) = request.into_parts();
        head::join_cookies(&mut parts.headers);
        let id = request_id::of(&parts.headers, &self.rules.request_id_header);
        if let Some(hooks) = self.hooks.all() {
            let request = hook::Request::new(Transport::Grpc, &mut parts, peer, self.local, id);
            return Box::pin(self.respond_hooked(hooks, request, body)).await;
        }
        RequestDetails::note(&parts.extensions, &id, None);
        let begun = Instant::now();
        let annotations = PeerIdentity::of(&parts.extensions).cloned();
        let context =
            RpcContext { id, peer, begun, annotations, hides_id: false, compresses: false };
        self.answer(&parts, body, context).await
    }

    /// What an RPC gets when nobody has answered it before.
    async fn answer(
        &self,
        parts: &Parts,
        body: RequestBody,
        context: RpcContext,
    ) -> Response<GrpcBody> {
        let compresses = context.compresses || self.rules.settings.compresses;
        match self.route(parts, context) {
            Ok(routed) => self.serve(routed, compresses, parts, body).await,
            Err(refused) => refused.rpc.trailers_only(&refused.status),
        }
    }

    /// Finds out what is called and by whom.
    fn route(&self, parts: &Parts, context: RpcContext) -> Result<RoutedRpc, Box<RefusedRpc>> {
        let path = parts.uri.path();
        let found = self.routes.find(path);
        let method = match &found {
            Ok(Found { method, .. }) => method.clone(),
            Err(_) => Arc::from(path),
        };
        let mut rpc = self.rpc(context, method, &parts.headers);
        rpc.depth = CallDepth::of(&parts.extensions);
        let shape = match found {
            Ok(Found { shape, .. }) => shape,
            Err(unknown) => {
                let status = Status::unimplemented(unknown.to_string());
                return Err(Box::new(RefusedRpc { rpc, status }));
            }
        };
        match timeout::of_request(&parts.headers) {
            Ok(timeout) => rpc.timeout = timeout,
            Err(_malformed) => {
                let status =
                    Status::internal("`grpc-timeout` is not one to eight digits and a unit");
                return Err(Box::new(RefusedRpc { rpc, status }));
            }
        }
        Ok(RoutedRpc { rpc, shape })
    }

    /// An RPC of which no timeout is known yet.
    fn rpc(&self, context: RpcContext, method: Arc<str>, headers: &HeaderMap) -> Rpc {
        let RpcContext { id, peer, begun, annotations, hides_id, compresses: _ } = context;
        Rpc {
            rules: self.rules.clone(),
            logger: self.logger.clone(),
            method,
            id,
            peer,
            depth: CallDepth::default(),
            annotations,
            hides_id,
            begun,
            caller: caller(headers),
            timeout: None,
        }
    }

    async fn serve(
        &self,
        RoutedRpc { rpc, shape }: RoutedRpc,
        compresses: bool,
        parts: &Parts,
        body: RequestBody,
    ) -> Response<GrpcBody> {
        let settings = &self.rules.settings;
        let metadata = match metadata::pack(&parts.headers, settings.max_metadata) {
            Ok(metadata) => metadata,
            Err(refused) => return rpc.trailers_only(&refused.status(settings.max_metadata)),
        };
        let encoding = match Encoding::of_request(&parts.headers) {
            Ok(encoding) => encoding,
            Err(name) => return rpc.unknown_encoding(&name),
        };
        let encoder = MessageEncoder {
            encoding: Encoding::for_client(&parts.headers),
            compresses,
            limit: settings.max_response,
        };
        let frames = Frames::new(body, encoding, settings.max_request);
        let incoming = IncomingRpc { rpc, shape, metadata, encoder };
        if let Some(deadline) = incoming.rpc.deadline() {
            let waiting = self.await_service();
            if timeout_at(deadline.at, waiting).await.is_err() {
                return incoming.rpc.trailers_only(&incoming.rpc.overdue());
            }
        } else {
            self.await_service().await;
        }
        match shape {
            Shape::Unary => self.unary(incoming, frames).await,
            _ => self.streaming(incoming, frames).await,
        }
    }

    /// RPCs that arrive before the service has started wait for it; the health check does not.
    async fn await_service(&self) {
        if *self.serving.borrow() {
            return;
        }
        let (mut serving, mut stopping) = (self.serving.clone(), self.stopping.clone());
        tokio::select! {
            _ = serving.wait_for(|serving| *serving) => (),
            _ = stopping.wait_for(|stopping| *stopping != Stopping::No) => (),
        }
    }

    async fn unary(
        &self,
        incoming: IncomingRpc,
        mut frames: Frames<RequestBody>,
    ) -> Response<GrpcBody> {
        let IncomingRpc { rpc, metadata, encoder, .. } = incoming;
        let call_timeout = self.rules.settings.call_timeout;
        let limit = rpc.timeout.map_or(call_timeout, |timeout| timeout.min(call_timeout));
        let message = match self.only_message(&rpc, &mut frames).await {
            Ok(message) => message,
            Err(status) => return rpc.trailers_only(&status),
        };
        let request = RpcRequest {
            method: rpc.method.clone(),
            metadata,
            messages: RequestMessages::One(message),
        };
        let context = Context {
            deadline: Some(Deadline { at: rpc.begun + limit, limit }),
            overdue: Some(rpc.begun + call_timeout),
            ..rpc.context()
        };
        match self.workers.grpc(self.local, request, context, None).await {
            Ok(Ok(RpcResponse::One(response))) => rpc.whole(response, encoder),
            Ok(Ok(RpcResponse::Many(_))) => {
                rpc.failed(&Fault::InvalidResponse("it is a stream".into()))
            }
            Ok(Err(failure)) => rpc.trailers_only(&rpc.returned(&failure)),
            Err(fault) => rpc.failed(&fault),
        }
    }

    /// The message of a client that sends one. Nothing enters the guest before it is there.
    async fn only_message(
        &self,
        rpc: &Rpc,
        frames: &mut Frames<RequestBody>,
    ) -> Result<RequestMessage, Status> {
        let limit = self.rules.settings.call_timeout;
        let limit = rpc.timeout.map_or(limit, |timeout| timeout.min(limit));
        tokio::select! {
            biased;
            arrived = timeout_at(rpc.begun + limit, only(frames)) => {
                arrived.unwrap_or_else(|_| Err(rpc.fault(&Fault::DeadlineExceeded { limit })))
            }
            () = patience_ends(&self.stopping) => Err(rpc.fault(&Fault::Stopping)),
        }
    }

    async fn streaming(
        &self,
        incoming: IncomingRpc,
        mut frames: Frames<RequestBody>,
    ) -> Response<GrpcBody> {
        let IncomingRpc { rpc, shape, metadata, encoder } = incoming;
        let (feed, incoming) = stream();
        let (done, last) = oneshot::channel();
        let mut pump = if shape == Shape::ServerStreaming {
            match self.only_message(&rpc, &mut frames).await {
                Ok(message) => Pump::new(pump(Single(Some(message)), feed, done)),
                Err(status) => return rpc.trailers_only(&status),
            }
        } else {
            Pump::new(pump(frames, feed, done))
        };
        let request = RpcRequest {
            method: rpc.method.clone(),
            metadata,
            messages: RequestMessages::Many(incoming),
        };
        let deadline = rpc.deadline();
        let call_ends = rpc.begun + self.rules.settings.call_timeout;
        let overdue = deadline.map(|deadline| deadline.at.max(call_ends));
        let context = Context { deadline, overdue, ..rpc.context() };
        let call = self.workers.grpc(self.local, request, context, Some(last));
        let outgoing = match pump.during(call).await {
            Ok(Ok(Ok(RpcResponse::Many(outgoing)))) => outgoing,
            Ok(Ok(Ok(RpcResponse::One(_)))) => {
                return rpc.failed(&Fault::InvalidResponse("it is no stream".into()));
            }
            Ok(Ok(Err(failure))) => return rpc.trailers_only(&rpc.returned(&failure)),
            Ok(Err(fault)) => return rpc.failed(&fault),
            Err(status) => return rpc.trailers_only(&status),
        };
        rpc.streamed(outgoing, encoder, pump)
    }
}

/// Resolves when a service that stops has waited for its clients for long enough.
async fn patience_ends(stopping: &watch::Receiver<Stopping>) {
    let mut stopping = stopping.clone();
    // A sender that is gone means that the service is gone as well.
    let _ = stopping.wait_for(|stopping| *stopping >= Stopping::Draining).await;
    sleep(DRAIN_PATIENCE).await;
}

/// What is known of an RPC before its method is looked up.
struct RpcContext {
    id: Arc<str>,
    peer: SocketAddr,
    /// When its head had arrived: hooks take of the client's time.
    begun: Instant,
    /// What features have found out.
    annotations: Option<Arc<RequestAnnotations>>,
    /// Whether the client is not told its id.
    hides_id: bool,
    /// Whether a feature wants its messages compressed.
    compresses: bool,
}

/// An RPC whose method the service has.
struct RoutedRpc {
    rpc: Rpc,
    shape: Shape,
}

/// An RPC that does not reach the guest.
struct RefusedRpc {
    rpc: Rpc,
    status: Status,
}

/// An RPC that is about to enter the guest.
struct IncomingRpc {
    rpc: Rpc,
    shape: Shape,
    metadata: bytes::Bytes,
    encoder: MessageEncoder,
}

fn caller(headers: &HeaderMap) -> Option<Box<str>> {
    let caller = headers.get(CALLER)?.to_str().ok()?;
    (!caller.is_empty() && caller.len() <= 128).then(|| caller.into())
}
