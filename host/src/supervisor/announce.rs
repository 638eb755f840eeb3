//! What the log says about a service as a whole.

use std::net::SocketAddr;
use std::time::Instant;

use serde_json::{Value, json};

use super::Look;
use crate::definition::{Definition, HumanDuration, HumanSize, Kind};
use crate::lifecycle::Endpoint;
use crate::observe::{ServiceAddress, ServiceStatus};
use crate::telemetry::{self, Attributes, Event, Level, Logger, info, warn};

/// The log of a version as its definition and the command line want it, with what stands in every line.
pub(super) fn log_settings(definition: &Definition, look: Look) -> telemetry::LogSettings {
    let identity = &definition.identity;
    let kinds: Vec<_> = definition.kinds.iter().map(Kind::name).collect();
    let fixed = [
        ("service.name", identity.name.clone()),
        ("service.type", kinds.join(",")),
        ("service.version", identity.version.clone()),
        ("service.env", definition.environment.deployment.as_str().to_owned()),
        ("service.product", identity.product.clone()),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
    telemetry::LogSettings {
        format: look.format,
        level: look.level.unwrap_or(definition.log.level),
        fixed: fixed.chain(definition.log.attributes.iter().cloned()).collect(),
        local_timestamp: definition.log.local_timestamp,
        max_line: definition.log.max_line,
    }
}

/// The log while there is no definition.
pub(super) fn bare_log_settings(look: Look) -> telemetry::LogSettings {
    telemetry::LogSettings {
        format: look.format,
        level: look.level.unwrap_or_default(),
        fixed: Vec::new(),
        local_timestamp: false,
        max_line: telemetry::MAX_LINE,
    }
}

pub(super) fn warnings(definition: &Definition) {
    for warning in &definition.warnings {
        let place = warning.located(&definition.path);
        warn!(DefinitionWarning, help = warning.help.as_deref(), "{place}");
    }
}

/// `features` are those that have started, with what they say of themselves.
pub(super) fn resources(
    logger: &Logger,
    definition: &Definition,
    features: Vec<(String, Attributes)>,
    began: Instant,
) {
    let host = &definition.host;
    let limits = host.limits;
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut attributes = Attributes::from_iter([
        ("component".to_owned(), Value::from(host.component.display().to_string())),
        ("limits.memory".to_owned(), Value::from(limits.memory)),
        ("limits.max_concurrency".to_owned(), Value::from(limits.max_concurrency.get())),
        ("started_in_ms".to_owned(), Value::from(millis)),
    ]);
    if !features.is_empty() {
        let features = features.into_iter().map(|(name, own)| (name, Value::from(own)));
        attributes.insert("features".to_owned(), features.collect());
    }
    let logger = logger.event(Event::ServiceResources);
    logger.log(Level::Info, "service resources", &attributes, &Attributes::new());
}

/// That a kind without sockets of the host's runs; `own` is what it says of itself.
pub(super) fn running(logger: &Logger, kind: &'static str, own: Option<&Attributes>) {
    let mut attributes = Attributes::from_iter([("kind".to_owned(), Value::from(kind))]);
    attributes.extend(own.cloned().unwrap_or_default());
    let logger = logger.event(Event::ServiceRunning);
    logger.log(Level::Info, "service is running", &attributes, &Attributes::new());
}

pub(super) fn endpoint(endpoint: &Endpoint) {
    let addresses = endpoint.addresses.iter().map(ToString::to_string).collect::<Vec<_>>();
    info!(
        ServiceRunning,
        kind = endpoint.kind,
        address = addresses.join(", "),
        scheme = endpoint.is_secured.then_some("https"),
        port.source = %endpoint.source,
        "service is running"
    );
}

/// What those who look from outside are told of the version that serves. Names of variables, not their values.
pub(super) fn status(
    status: &mut ServiceStatus,
    definition: &Definition,
    digest: String,
    endpoints: &[Endpoint],
) {
    let limits = &definition.host.limits;
    let size = |bytes: usize| json!(HumanSize(bytes as u64));
    let names = |names: Vec<&String>| Value::from(names.into_iter().cloned().collect::<Vec<_>>());
    let enabled = definition.features.iter().filter(|feature| feature.is_enabled);
    let variables = definition.environment.declared.iter().map(|(name, _)| name);
    status.name.clone_from(&definition.identity.name);
    status.version.clone_from(&definition.identity.version);
    status.digest = Some(digest);
    let addresses = endpoints.iter().flat_map(|endpoint| {
        let kind = endpoint.kind;
        let address = move |address: &SocketAddr| ServiceAddress {
            kind: kind.to_owned(),
            address: address.to_string(),
        };
        endpoint.addresses.iter().map(address)
    });
    status.addresses = addresses.collect();
    status.limits = Attributes::from_iter([
        ("memory".to_owned(), size(limits.memory)),
        ("call_timeout".to_owned(), json!(HumanDuration(limits.call_timeout))),
        ("max_concurrency".to_owned(), limits.max_concurrency.get().into()),
        ("max_queue".to_owned(), limits.max_queue.into()),
        ("max_body".to_owned(), size(limits.max_body)),
    ]);
    status.grants = Attributes::from_iter([
        ("variables".to_owned(), names(variables.collect())),
        (
            "clients".to_owned(),
            names(definition.clients.iter().map(|client| &client.name).collect()),
        ),
        ("features".to_owned(), names(enabled.map(|feature| &feature.name).collect())),
    ]);
}
