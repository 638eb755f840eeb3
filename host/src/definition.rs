//! `service.toml` in, valid [`Definition`] out, or everything that is wrong with it.
//!
//! The text becomes a tree in which every value knows its place (`document`). Each table of the tree is read as a type
//! (`typed`) that the module of the table declares: a key is a field, and its doc comment, example and default are
//! also the documentation (`tables`) and the JSON Schema (`schema`). The module then makes its part of the definition.
//!
//! Does not know WebAssembly, sockets or async, and reads neither the component nor the process's
//! environment.

mod address;
mod catalogue;
pub(crate) mod client;
mod collision;
mod decode;
mod derived;
mod document;
mod environment;
mod extension;
mod features;
mod file;
mod framework;
mod grpc;
mod hosting;
mod http;
mod human;
mod identity;
mod indirection;
mod invocation;
mod kinds;
mod listener_tls;
mod load;
mod log;
mod nesting;
mod origin;
mod place;
mod places;
mod problem;
mod quantity;
mod reader;
mod relocation;
mod schema;
mod secrecy;
mod settings;
mod snippet;
mod suggestion;
mod syntax;
mod tables;
mod testing;
#[cfg(test)]
mod tests;
mod typed;
mod unknown;
mod valid;
mod variables;

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use self::address::{Address, AddressPolicy};
pub(crate) use self::catalogue::{Catalogue, FeatureEntry, KindEntry, SettingsType, TypedSettings};
pub use self::catalogue::{ExtensionSettings, NoSettings, PortUse, Stage, ValidationErrors};
pub(crate) use self::client::{Certificate, Client};
pub(crate) use self::collision::{Collision, CollisionError, check_together};
pub(crate) use self::extension::{
    ComponentFeature, ComponentLimits, CustomKind, Feature, FeatureSource, OnFailure, Typed,
};
pub(crate) use self::grpc::{Grpc, StatusMessage};
pub(crate) use self::hosting::Dev;
pub(crate) use self::http::Http;
pub use self::human::{HumanDuration, HumanSize};
pub(crate) use self::identity::kebab_case;
pub(crate) use self::invocation::Invocation;
pub(crate) use self::kinds::{Script, suggest_kind};
pub(crate) use self::listener_tls::{KindTls, ListenerTls};
pub(crate) use self::origin::{Effective, Origin};
pub(crate) use self::places::Places;
pub(crate) use self::problem::{LoadError, Position, Problem};
pub(crate) use self::relocation::Relocation;
pub use self::schema::schema;
pub(crate) use self::settings::Settings;
pub(crate) use self::snippet::Snippet;
pub(crate) use self::suggestion::did_you_mean;
#[cfg(test)]
pub(crate) use self::tables::{kind_settings_table, settings_table};
pub use self::tables::{reference_table, variables_table};
pub(crate) use self::testing::Tests;
pub use self::variables::{LoadContext, Variables};
use crate::telemetry::Level;

/// One service, checked: every value can be used without looking at it again.
#[derive(Debug)]
pub struct Definition {
    /// The file, as given by the user.
    pub path: PathBuf,
    pub identity: ServiceIdentity,
    /// In the order of the file, never empty, each kind at most once.
    pub kinds: Vec<Kind>,
    pub host: Hosting,
    pub log: Log,
    pub environment: Environment,
    /// `[service]`.
    pub settings: Settings,
    /// Those that are enabled stand in the order in which they start.
    pub features: Vec<Feature>,
    pub clients: Vec<Client>,
    pub tests: Tests,
    /// The environment variables that the file asks for, in `envs` or with `@env`, in alphabetical order.
    pub required_variables: BTreeSet<String>,
    /// What is accepted but deserves a line in the log.
    pub warnings: Vec<Problem>,
    effective: Vec<Effective>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceIdentity {
    /// In kebab-case.
    pub name: String,
    /// As in the file.
    pub declared: String,
    pub version: String,
    pub product: String,
    pub language: String,
}

/// How a service is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Http(Http),
    Grpc(Grpc),
    Native,
    Script(Script),
    Custom(CustomKind),
}

impl Kind {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Grpc(_) => "grpc",
            Self::Native => "native",
            Self::Script(_) => "script",
            Self::Custom(custom) => custom.name,
        }
    }

    /// Where it listens; `None` if it does not, or if it knows that alone.
    pub(crate) fn port(&self) -> Option<&Port> {
        match self {
            Self::Http(http) => Some(&http.port),
            Self::Grpc(grpc) => Some(&grpc.port),
            Self::Custom(custom) => custom.port.as_ref(),
            Self::Native | Self::Script(_) => None,
        }
    }

    /// Whether it has a socket of its own.
    pub fn listens(&self) -> bool {
        matches!(self, Self::Http(_) | Self::Grpc(_))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// 0: any free port.
    pub number: u16,
    pub source: Origin,
}

/// `[host]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosting {
    /// Resolved against the directory of the file.
    pub component: PathBuf,
    /// The command that compiles the service, run in the directory of the file.
    pub build: Option<String>,
    pub instances: Instances,
    pub address: Address,
    /// Of the kinds that have none of their own; `None` is plaintext.
    pub tls: Option<ListenerTls>,
    pub start_timeout: Duration,
    /// How long the service serves on after SIGTERM, while its health check says that it stops.
    pub drain_delay: Duration,
    pub shutdown_timeout: Duration,
    pub limits: Limits,
    pub egress: Egress,
    pub dev: Dev,
}

/// What becomes of connections to addresses that `[clients.<name>] allow` does not list.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Egress {
    #[default]
    Closed,
    /// The host connects, and logs a warning.
    Audit,
}

impl Egress {
    /// As written in `service.toml`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Audit => "audit",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instances {
    Count(NonZeroUsize),
    /// One per core.
    Auto,
}

/// `[host.limits]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes per instance.
    pub memory: usize,
    pub call_timeout: Duration,
    /// Calls in flight per instance.
    pub max_concurrency: NonZeroUsize,
    /// Calls that wait for an instance.
    pub max_queue: usize,
    /// Bytes of one request's body.
    pub max_body: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub level: Level,
    pub stack_trace: StackTrace,
    /// In the order of the file.
    pub attributes: Vec<(String, String)>,
    /// Bytes of the longest line.
    pub max_line: usize,
    pub local_timestamp: bool,
    pub display_errors: bool,
}

/// The stack trace in the log line of an error.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum StackTrace {
    /// One text.
    Default,
    /// None.
    Disabled,
    /// One element per frame.
    Structured,
}

/// What the service gets to know about its environment.
#[derive(Clone, PartialEq, Eq)]
pub struct Environment {
    pub deployment: Deployment,
    /// The HTTP header that carries the request id.
    pub tracker_header: String,
    pub hidden_fields: BTreeSet<ErrorField>,
    pub coupled_namespace: String,
    pub coupled_port: u16,
    /// Whether `MIKROS_CICD_TEST` says so.
    pub is_pipeline: bool,
    /// The declared variables, in the order of the file; none is empty.
    pub declared: Vec<(String, String)>,
}

/// Names only: values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let declared = self.declared.iter().map(|(name, _)| name).collect::<Vec<_>>();
        f.debug_struct("Environment")
            .field("deployment", &self.deployment)
            .field("declared", &declared)
            .finish_non_exhaustive()
    }
}

/// Where the service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployment {
    Local,
    Dev,
    Test,
    Stage,
    Prod,
    Unknown,
}

impl Deployment {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Dev => "dev",
            Self::Test => "test",
            Self::Stage => "stage",
            Self::Prod => "prod",
            Self::Unknown => "unknown",
        }
    }

    /// Whether only those who make the service use it. Everybody else is told less: what is unknown
    /// counts as production.
    pub fn is_development(self) -> bool {
        matches!(self, Self::Local | Self::Dev | Self::Test)
    }

    const KNOWN: [Self; 5] = [Self::Local, Self::Dev, Self::Test, Self::Stage, Self::Prod];

    fn parse(text: &str) -> Self {
        let is_it = |one: &Self| one.as_str().eq_ignore_ascii_case(text);
        Self::KNOWN.into_iter().find(is_it).unwrap_or(Self::Unknown)
    }

    /// The one that somebody had in mind who wrote `production`, `prd` or `staging`.
    fn meant(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let begins = |one: &Self| {
            let word = one.as_str();
            text.starts_with(word) || text.len() > 1 && word.starts_with(&text)
        };
        match text.as_str() {
            "prd" | "live" => Some(Self::Prod),
            "stg" | "staging" => Some(Self::Stage),
            _ => Self::KNOWN.into_iter().find(begins),
        }
    }
}

/// A field of an error response that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorField {
    Message,
    ServiceName,
    Attributes,
    Destination,
    Cause,
    FieldViolations,
}

impl ErrorField {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "message" => Self::Message,
            "service_name" => Self::ServiceName,
            "attributes" => Self::Attributes,
            "destination" => Self::Destination,
            "cause" => Self::Cause,
            "field_violations" => Self::FieldViolations,
            _ => return None,
        })
    }
}
