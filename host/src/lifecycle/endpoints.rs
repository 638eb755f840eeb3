//! Which kinds of a version listen, on what terms, and what answers there.
//!
//! Does not know the sockets.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use tokio::sync::watch;

use super::StartError;
use super::listener::ListenerKey;
use super::load::Loaded;
use super::running_extensions::RunningExtensions;
use super::threads::{AnyDispatcher, ConnectionService, DrainGuard, Guarded};
use crate::capability::{HealthOverrides, Stopping};
use crate::client::settings::Protocol;
use crate::definition::{Grpc, Http, Kind, Origin};
use crate::dispatch::{
    Condition, Dispatcher, ErrorRules, GrpcDispatcher, GrpcRules, GrpcSettings, Health, Hooks,
    HttpRules, Routes, Standard,
};
use crate::guest::Workers;
use crate::listener::{ConnectionRules, Keepalive, ListenerOptions, Phase, Timeouts};
use crate::observe::ObserveContext;
use crate::observe::{DeclaredRoutes, RouteTable};
use crate::telemetry::Logger;

/// Requests at a time on one HTTP/2 connection: fewer than an instance has places by default, so that
/// one client cannot take them all.
const STREAMS_PER_CONNECTION: u32 = 128;
/// How long a gRPC client may take to say that it speaks HTTP/2.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(10);

/// What answers on the sockets of one kind.
pub(super) enum EndpointRules {
    Http {
        rules: Arc<HttpRules>,
        health: Health,
    },
    Grpc {
        rules: Arc<GrpcRules>,
        routes: Arc<Routes>,
        standard: Standard,
        route_table: Arc<RouteTable>,
    },
}

/// What every dispatcher needs.
#[derive(Debug, Clone)]
pub(super) struct DispatchContext {
    pub(super) workers: Workers,
    pub(super) logger: Logger,
    /// True while the service is up and not stopping, whichever version it is.
    pub(super) serving: watch::Receiver<bool>,
    /// How far the service as a whole has come to its end.
    pub(super) stopping: watch::Receiver<Stopping>,
    pub(super) condition: watch::Receiver<Option<Condition>>,
    pub(super) guard: DrainGuard,
    /// What features have to say about requests.
    pub(super) hooks: Hooks,
    /// Where requests are told.
    pub(super) observe: ObserveContext,
}

/// What a kind listens with: where, on which terms, and who answers.
pub(super) struct EndpointPlan {
    pub(super) key: ListenerKey,
    /// Where the port comes from.
    pub(super) source: Origin,
    options: ListenerOptions,
    answers: EndpointRules,
}

impl EndpointPlan {
    /// How clients reach it.
    pub(super) fn protocol(&self) -> Protocol {
        match self.answers {
            EndpointRules::Http { .. } => Protocol::Http,
            EndpointRules::Grpc { .. } => Protocol::Grpc,
        }
    }

    /// Whether connections use TLS.
    pub(super) fn is_secured(&self) -> bool {
        self.options.tls.is_some()
    }

    /// Who answers on a thread, whose requests go to the worker `local` first.
    pub(super) fn service(&self, local: usize, dispatch: &DispatchContext) -> ConnectionService {
        let (workers, logger) = (dispatch.workers.clone(), dispatch.logger.clone());
        let (guard, observers) = (dispatch.guard.clone(), dispatch.observe.observers.clone());
        let dispatcher = match &self.answers {
            EndpointRules::Http { rules, health } => AnyDispatcher::Http(Guarded {
                dispatcher: Dispatcher {
                    rules: rules.clone(),
                    workers,
                    local,
                    logger,
                    health: health.clone(),
                    hooks: dispatch.hooks.clone(),
                    routes: dispatch.observe.routes.clone(),
                },
                observers,
                _guard: guard,
            }),
            EndpointRules::Grpc { rules, routes, standard, route_table } => {
                AnyDispatcher::Grpc(Guarded {
                    dispatcher: GrpcDispatcher {
                        rules: rules.clone(),
                        routes: routes.clone(),
                        standard: standard.clone(),
                        workers,
                        local,
                        logger,
                        serving: dispatch.serving.clone(),
                        stopping: dispatch.stopping.clone(),
                        hooks: dispatch.hooks.clone(),
                        route_table: route_table.clone(),
                    },
                    observers,
                    _guard: guard,
                })
            }
        };
        ConnectionService { options: self.options.clone(), dispatcher }
    }
}

impl Loaded {
    /// One plan for each kind that listens.
    pub(super) fn plans(
        &self,
        dispatch: &DispatchContext,
    ) -> Result<Vec<EndpointPlan>, StartError> {
        let mut plans = Vec::new();
        for kind in &self.definition.kinds {
            let (port, rules, answers) = match kind {
                Kind::Http(http) => (&http.port, of_http(http), self.http(http, dispatch)),
                Kind::Grpc(grpc) => (&grpc.port, of_grpc(grpc), self.grpc(grpc, dispatch)?),
                Kind::Native | Kind::Script(_) | Kind::Custom(_) => continue,
            };
            let address = self.definition.host.address;
            let key = ListenerKey { kind: kind.name(), address, port: port.number };
            let options =
                ListenerOptions { rules, tls: self.certificates.of(&self.definition, kind) };
            plans.push(EndpointPlan { key, source: port.source.clone(), options, answers });
        }
        Ok(plans)
    }

    /// What the health of this version depends on.
    pub(super) fn condition(
        &self,
        overrides: watch::Receiver<HealthOverrides>,
        workers: &Workers,
    ) -> Condition {
        let services = self.program.surface().services.iter().flat_map(|all| &all.services);
        let names = services.map(|service| service.name.clone());
        Condition::new(overrides, workers.clone(), names)
    }

    /// Where the version tells what it does.
    pub(super) fn observe_context(&self, running: &RunningExtensions) -> ObserveContext {
        let (monitor, observers) = (self.monitor.clone(), running.observers());
        ObserveContext { monitor, observers, routes: self.declared_routes() }
    }

    /// The routes of the kind `http` before its guest has declared any.
    fn declared_routes(&self) -> DeclaredRoutes {
        let http = self.definition.kinds.iter().find_map(|kind| match kind {
            Kind::Http(http) => Some(http),
            _ => None,
        });
        http.map_or_else(DeclaredRoutes::default, |http| {
            DeclaredRoutes::new(&http.base_path, http.health.as_deref())
        })
    }

    fn http(&self, http: &Http, dispatch: &DispatchContext) -> EndpointRules {
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
        EndpointRules::Http { rules: Arc::new(rules), health: health(dispatch) }
    }

    fn grpc(&self, grpc: &Grpc, dispatch: &DispatchContext) -> Result<EndpointRules, StartError> {
        let settings = GrpcSettings {
            call_timeout: self.definition.host.limits.call_timeout,
            max_request: grpc.max_request,
            max_response: grpc.max_response,
            max_metadata: grpc.max_metadata,
            compresses: grpc.compresses,
            maps_codes: grpc.maps_codes,
            status_message: grpc.status_message,
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
            grpc.health.then(|| health(dispatch)),
            grpc.reflection.then_some(&services),
            grpc.max_request,
            dispatch.stopping.clone(),
        )
        .map_err(|error| StartError::Descriptors(error.to_string()))?;
        let routes = Arc::new(Routes::new(&services));
        let route_table = Arc::new(RouteTable::new(0, routes.paths().chain(standard.paths())));
        Ok(EndpointRules::Grpc { rules: Arc::new(rules), routes, standard, route_table })
    }

    pub(super) fn request_id_header(&self) -> HeaderName {
        let name = &self.definition.environment.tracker_header;
        HeaderName::from_bytes(name.as_bytes()).expect("the definition has checked the name")
    }

    fn error_rules(&self) -> ErrorRules {
        let environment = &self.definition.environment;
        ErrorRules {
            service_name: self.definition.identity.name.clone(),
            hidden: environment.hidden_fields.clone(),
            shows_causes: environment.deployment.is_development(),
        }
    }
}

fn health(dispatch: &DispatchContext) -> Health {
    Health::new(dispatch.serving.clone(), dispatch.condition.clone())
}

fn keepalive(interval: Option<Duration>, timeout: Duration) -> Option<Keepalive> {
    interval.map(|interval| Keepalive { interval, timeout })
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
        keepalive: keepalive(http.timeouts.keepalive_interval, http.timeouts.keepalive_timeout),
        dates: true,
        reads_rests: true,
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
        keepalive: keepalive(connections.keepalive_interval, connections.keepalive_timeout),
        dates: false,
        reads_rests: false,
        // So that the health check can say that the service starts.
        accepts_from: Phase::Hold,
    }
}
