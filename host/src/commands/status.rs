//! `status`: what a service that runs says of itself, asked at its admin listener.
//!
//! Does not know how the listener finds out.

mod query;

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::query::QueryError;
use super::target::locate;
use super::{CommandError, json, print};
use crate::cli::{self, ProcessEnv};
use crate::definition::{Definition, FeatureSource};
use crate::features::AdminSettings;
use crate::observe::{Readiness, ServiceStatus};
use crate::report;
use crate::text::harmless;

/// Digits of a digest that people see.
const DIGITS: usize = 12;

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StatusError {
    #[error("`{path}` does not enable `[features.admin]`")]
    NotEnabled { path: PathBuf },
    #[error("the admin listener of `{path}` has any free port")]
    AnyPort { path: PathBuf },
    #[error("the settings of `[features.admin]` in `{path}` need a variable that is not set")]
    Unset { path: PathBuf },
    #[error("environment variable `{name}` is not set")]
    NoToken { name: String },
    #[error("no status from the admin listener at {address}")]
    Query { address: String, source: QueryError },
}

impl StatusError {
    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::NotEnabled { .. } => "set `enabled = true` there, and restart the service",
            Self::AnyPort { .. } => {
                "pass `--address` with the address from `service resources` in the log"
            }
            Self::Unset { .. } => "set it, or pass `--address` and `--token-env`",
            Self::NoToken { .. } => "set it to the `token` of `[features.admin]`",
            Self::Query { source, .. } => source.help(),
        }
    }

    pub(super) fn status(&self) -> report::Status {
        match self {
            Self::Query { .. } => report::Status::Failure,
            _ => report::Status::EditNeeded,
        }
    }
}

/// Where to ask, and with what.
struct AdminEndpoint {
    /// A host and a port.
    address: String,
    token: Option<String>,
}

/// One service, as `/services` has it.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    status: ServiceStatus,
    readiness: Readiness,
}

#[derive(Serialize)]
struct Document<'a> {
    ready: bool,
    services: &'a [Entry],
}

pub(super) fn run(typed: &cli::Status, env: &ProcessEnv) -> Result<report::Status, CommandError> {
    let endpoint = endpoint(typed, env)?;
    let entries = query::services::<Vec<Entry>>(&endpoint.address, endpoint.token.as_deref());
    let services = entries.map_err(|source| {
        let address = endpoint.address.clone();
        StatusError::Query { address, source }
    })?;
    let ready = !services.is_empty() && services.iter().all(|entry| entry.readiness.ready);
    let is_json = typed.output.json;
    print(&if is_json {
        json(&Document { ready, services: &services })
    } else {
        services.iter().map(describe).collect::<Vec<_>>().join("\n")
    })?;
    Ok(if ready { report::Status::Success } else { report::Status::Failure })
}

fn endpoint(typed: &cli::Status, env: &ProcessEnv) -> Result<AdminEndpoint, CommandError> {
    let token = typed.token_env.as_ref().map(|name| {
        let value = env.variables.get(name).map(str::to_owned);
        value.ok_or_else(|| StatusError::NoToken { name: name.clone() })
    });
    let token = token.transpose()?;
    if let Some(address) = typed.address.clone() {
        return Ok(AdminEndpoint { address, token });
    }
    let path = locate(&typed.service, env);
    // The variables of a service that runs elsewhere need not be set here.
    let definition = Definition::load(&path, &env.load_context().incomplete())?;
    let endpoint = of_definition(&path, &definition)?;
    Ok(AdminEndpoint { token: token.or(endpoint.token), ..endpoint })
}

fn of_definition(path: &Path, definition: &Definition) -> Result<AdminEndpoint, StatusError> {
    let path = || path.to_owned();
    let mut features = definition.features.iter();
    let feature = features.find(|feature| feature.name == "admin" && feature.is_enabled);
    let feature = feature.ok_or_else(|| StatusError::NotEnabled { path: path() })?;
    let FeatureSource::Native(settings) = &feature.source else {
        return Err(StatusError::Unset { path: path() });
    };
    let settings = settings.0.downcast_ref::<AdminSettings>();
    let settings = settings.ok_or_else(|| StatusError::Unset { path: path() })?;
    let mut address = settings.address();
    if address.port() == 0 {
        return Err(StatusError::AnyPort { path: path() });
    }
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => (),
    }
    Ok(AdminEndpoint { address: address.to_string(), token: settings.token().map(str::to_owned) })
}

/// A service for people.
fn describe(entry: &Entry) -> String {
    let Entry { status, readiness } = entry;
    let time = |seconds| humantime::format_duration(Duration::from_secs(seconds)).to_string();
    let ready = match &readiness.reason {
        _ if readiness.ready => "yes".to_owned(),
        Some(reason) => format!("no: {reason}"),
        None => "no".to_owned(),
    };
    let addresses = status.addresses.iter();
    let addresses = addresses.map(|at| format!("{} {}", at.kind, at.address)).collect::<Vec<_>>();
    let digest = status.digest.as_deref().unwrap_or("-");
    let digest = digest.get(..DIGITS).unwrap_or(digest);
    let rows = [
        ("ready", ready),
        ("phase", format!("{} for {}", status.phase, time(status.phase_seconds))),
        ("uptime", time(status.uptime_seconds)),
        ("addresses", addresses.join(", ")),
        ("digest", digest.to_owned()),
        ("log level", status.log_level.clone()),
        ("swaps", status.swaps.to_string()),
    ];
    let mut text = format!("{} {}\n", harmless(&status.name), harmless(&status.version));
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "  {name:<9}  {}", harmless(value));
    }
    text
}
