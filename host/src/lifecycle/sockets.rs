//! The sockets of a service: which kinds listen, on what, and what answers there.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use tokio::sync::watch;

use super::StartError;
use super::crew::{AnyDispatcher, Post};
use super::load::Loaded;
use crate::capability::{Said, Stopping};
use crate::definition::{Definition, Deployment, Grpc, Http, Kind, Origin, Port};
use crate::dispatch::{
    Dispatcher, ErrorRules, GrpcDispatcher, GrpcRules, GrpcSettings, Health, HttpRules, Routes,
    Standard,
};
use crate::guest::Workers;
use crate::listener::{self, ConnectionRules, Keepalive, Phase, Timeouts};
use crate::telemetry::Logger;

/// Requests at a time on one HTTP/2 connection: fewer than an instance has places by default, so that
/// one client cannot take them all.
const STREAMS_PER_CONNECTION: u32 = 128;
/// How long a gRPC client may take to say that it speaks HTTP/2.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a kind listens.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub kind: &'static str,
    pub address: SocketAddr,
    /// Where the port comes from.
    pub source: Origin,
}

/// The sockets of one kind, one per thread, and what answers there.
pub(super) struct Outpost {
    pub(super) endpoint: Endpoint,
    sockets: Vec<TcpListener>,
    rules: ConnectionRules,
    answers: Answers,
}

enum Answers {
    Http { rules: Arc<HttpRules>, health: Health },
    Grpc { rules: Arc<GrpcRules>, routes: Arc<Routes>, standard: Standard },
}

/// What every answer needs.
pub(super) struct Needs {
    pub(super) workers: Workers,
    pub(super) logger: Logger,
    /// True while the service is up and not stopping.
    pub(super) serving: watch::Receiver<bool>,
    pub(super) stopping: watch::Receiver<Stopping>,
    /// What the service says of its health.
    pub(super) said: watch::Receiver<Said>,
}

/// Binds the sockets of all kinds that listen.
pub(super) fn bind(
    loaded: &Loaded,
    count: usize,
    needs: &Needs,
) -> Result<Vec<Outpost>, StartError> {
    let mut outposts = Vec::new();
    for kind in &loaded.definition.kinds {
        let (port, rules, answers) = match kind {
            Kind::Http(http) => (&http.port, of_http(http), loaded.http(http, needs)),
            Kind::Grpc(grpc) => (&grpc.port, of_grpc(grpc), loaded.grpc(grpc, needs)?),
            Kind::Native | Kind::Script => continue,
        };
        let (sockets, endpoint) = listen(&loaded.definition, kind.name(), port, count)?;
        outposts.push(Outpost { endpoint, sockets, rules, answers });
    }
    Ok(outposts)
}

fn listen(
    definition: &Definition,
    kind: &'static str,
    port: &Port,
    count: usize,
) -> Result<(Vec<TcpListener>, Endpoint), StartError> {
    let address = definition.host.address;
    let failed = |source| StartError::Bind { kind, address, port: port.number, source };
    let sockets = listener::bind(address, port.number, count).map_err(failed)?;
    let address = listener::local_address(&sockets[0]).map_err(failed)?;
    Ok((sockets, Endpoint { kind, address, source: port.source.clone() }))
}

impl Outpost {
    /// One of the sockets, for the thread of the worker `local`.
    pub(super) fn post(&mut self, local: usize, needs: &Needs) -> Option<Post> {
        let listener = self.sockets.pop()?;
        let (workers, logger) = (needs.workers.clone(), needs.logger.clone());
        let dispatcher = match &self.answers {
            Answers::Http { rules, health } => AnyDispatcher::Http(Dispatcher::new(
                rules.clone(),
                (workers, local),
                logger,
                health.clone(),
            )),
            Answers::Grpc { rules, routes, standard } => AnyDispatcher::Grpc(GrpcDispatcher {
                rules: rules.clone(),
                routes: routes.clone(),
                standard: standard.clone(),
                workers,
                local,
                logger,
                serving: needs.serving.clone(),
                stopping: needs.stopping.clone(),
            }),
        };
        Some(Post { listener, rules: self.rules, dispatcher })
    }
}

impl Loaded {
    fn http(&self, http: &Http, needs: &Needs) -> Answers {
        let definition = &*self.definition;
        let rules = HttpRules {
            base_path: http.base_path.clone(),
            health: http.health.clone(),
            request_id_header: self.request_id_header(),
            max_head: http.max_header_bytes,
            max_body: definition.host.limits.max_body,
            read_timeout: http.timeouts.read,
            errors: self.error_rules(),
            logs_errors: definition.log.display_errors,
        };
        Answers::Http { rules: Arc::new(rules), health: self.health(needs) }
    }

    fn grpc(&self, grpc: &Grpc, needs: &Needs) -> Result<Answers, StartError> {
        let settings = GrpcSettings {
            call_timeout: self.definition.host.limits.call_timeout,
            max_request: grpc.max_request,
            max_response: grpc.max_response,
            max_metadata: grpc.max_metadata,
            compresses: grpc.compresses,
            maps_codes: grpc.maps_codes,
        };
        let rules = GrpcRules::new(
            settings,
            self.error_rules(),
            self.request_id_header(),
            self.definition.log.display_errors,
        );
        // A component without a declaration was refused when it was linked.
        let services = self.program.surface().services.clone().unwrap_or_default();
        let standard = Standard::new(
            grpc.health.then(|| self.health(needs)),
            grpc.reflection.then_some(&services),
            grpc.max_request,
            needs.stopping.clone(),
        )
        .map_err(|error| StartError::Descriptors(error.to_string()))?;
        let routes = Arc::new(Routes::new(&services));
        Ok(Answers::Grpc { rules: Arc::new(rules), routes, standard })
    }

    fn health(&self, needs: &Needs) -> Health {
        let services = self.program.surface().services.iter().flat_map(|all| &all.services);
        let names = services.map(|service| service.name.clone());
        Health::new(needs.serving.clone(), needs.said.clone(), needs.workers.clone(), names)
    }

    fn request_id_header(&self) -> HeaderName {
        let name = &self.definition.environment.tracker_header;
        HeaderName::from_bytes(name.as_bytes()).expect("the definition has checked the name")
    }

    fn error_rules(&self) -> ErrorRules {
        let environment = &self.definition.environment;
        ErrorRules {
            service_name: self.definition.identity.name.clone(),
            hidden: environment.hidden_fields.clone(),
            shows_internal_causes: environment.deployment != Deployment::Prod,
        }
    }
}

fn of_http(http: &Http) -> ConnectionRules {
    ConnectionRules {
        timeouts: Timeouts {
            header: http.timeouts.header,
            write: Some(http.timeouts.write),
            idle: Some(http.timeouts.idle),
            age: None,
            age_grace: None,
        },
        max_head: http.max_header_bytes,
        max_streams: STREAMS_PER_CONNECTION,
        keepalive: None,
        dates: true,
        accepts_from: Phase::Accept,
    }
}

fn of_grpc(grpc: &Grpc) -> ConnectionRules {
    let connections = grpc.connections;
    ConnectionRules {
        timeouts: Timeouts {
            header: PREFACE_TIMEOUT,
            write: connections.write_timeout,
            idle: connections.idle_timeout,
            age: connections.max_age,
            age_grace: connections.max_age_grace,
        },
        max_head: grpc.max_metadata,
        max_streams: connections.max_streams,
        keepalive: connections
            .keepalive_interval
            .map(|interval| Keepalive { interval, timeout: connections.keepalive_timeout }),
        dates: false,
        // So that the health check can say that the service starts.
        accepts_from: Phase::Hold,
    }
}
