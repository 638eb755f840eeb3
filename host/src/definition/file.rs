//! `service.toml` as a whole: the keys at its top, and which type describes which table.
//!
//! Does not know how the tables below are read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};

use super::client::ClientTable;
use super::features::ComponentTable;
use super::grpc::GrpcTable;
use super::hosting::HostTable;
use super::http::HttpTable;
use super::kinds::{NativeTable, ScriptTable};
use super::log::LogTable;
use super::testing::TestsTable;
use super::typed::DeclaredTable;
use super::valid::{Below, Kinds, Names, Text, Version};

type ServiceTable = Map<String, Json>;

/// The file.
#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = Self::REQUIRED))]
pub(super) struct File {
    /// Name of the service. Used in kebab-case everywhere: `UserService` becomes `user-service`.
    #[schemars(example = &"greeter")]
    pub(super) name: Option<Text>,
    /// Kinds of the service, each `kind` or `kind:port`: `http`, `grpc`, `native` (or `worker`), `cronjob`, a
    /// kind of your own host, or `script`, which cannot be combined. Port `0` takes any free port. The default
    /// port of `http` is `MIKROS_HTTP_PORT`, then 8080; of `grpc` `MIKROS_GRPC_PORT`, then 7070.
    #[schemars(example = ["http:8080"])]
    pub(super) types: Option<Kinds>,
    /// Version of the service: SemVer, with or without `v`, or `v1`, `v1.2`.
    #[schemars(example = "v1.2.0")]
    pub(super) version: Option<Version>,
    /// Language of the service. A language that is not known to compile to components is a warning.
    #[schemars(example = &"rust")]
    pub(super) language: Option<Text>,
    /// Product the service belongs to. Part of every log line.
    #[schemars(example = &"Matrix")]
    pub(super) product: Option<Text>,
    /// Environment variables that the service needs, and the only ones it can see. All must be set and not empty.
    #[schemars(example = ["DATABASE_URL"])]
    pub(super) envs: Names,
    log: Below<LogTable>,
    tests: Below<TestsTable>,
    features: Below<BTreeMap<String, ComponentTable>>,
    clients: Below<BTreeMap<String, ClientTable>>,
    services: Below<ServicesTable>,
    /// Another word for `services`.
    #[schemars(skip)]
    runtime: Below<ServicesTable>,
    /// The service's own settings, passed to it unchanged. Dates become strings.
    #[schemars(example = json!({ "max_diff_range": 100 }), extend("default" = {}))]
    service: Below<ServiceTable>,
    host: Below<HostTable>,
}

impl DeclaredTable for File {
    const REQUIRED: &'static [&'static str] =
        &["name", "version", "language", "product", "types", "host"];
}

impl Default for File {
    fn default() -> Self {
        Self {
            name: None,
            types: None,
            version: None,
            language: None,
            product: None,
            envs: Names::of(Vec::new()),
            log: Below::default(),
            tests: Below::default(),
            features: Below::default(),
            clients: Below::default(),
            services: Below::default(),
            runtime: Below::default(),
            service: Below::default(),
            host: Below::default(),
        }
    }
}

/// Settings of each kind.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the tables of the kinds, which are read one by one")]
struct ServicesTable {
    http: Option<HttpTable>,
    grpc: Option<GrpcTable>,
    /// No keys yet.
    #[schemars(example = json!({}))]
    native: Option<NativeTable>,
    script: Option<ScriptTable>,
}
