//! `[host]`: which component runs, how often, and within which limits.
//!
//! Does not know whether the component exists.

use std::net::{IpAddr, Ipv6Addr};
use std::num::{NonZeroU16, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;

use super::document::Place;
use super::listener_tls::{self, ListenerTlsTable};
use super::reader::{Reader, Section};
use super::typed::{self, DeclaredTable};
use super::valid::{DurationIn, InstanceCount, IntegerIn, Paths, SizeIn, Switchable, Text};
use super::{Address, Egress, Hosting, Instances, Kind, KindTls, Limits};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = Self::REQUIRED))]
pub(super) struct HostTable {
    /// The compiled service. Relative to this file. A path in the workspace's `target` follows `CARGO_TARGET_DIR` and
    /// `build.target-dir` if `build` is a plain `cargo build` without `--target-dir`.
    #[schemars(example = "target/wasm32-wasip2/release/greeter.wasm")]
    component: Option<Text>,
    /// Command that compiles the service, run in the directory of this file by `build`, `run --build` and `dev`.
    #[schemars(example = "cargo build --release --target wasm32-wasip2")]
    build: Option<Text>,
    /// Instances of the component, each with its own state. `"auto"` is one per core.
    #[schemars(example = &"auto")]
    instances: InstanceCount,
    /// Address that all kinds listen on. `::` is every IPv6 and IPv4 address, `0.0.0.0` every IPv4 address. With
    /// `dev`, the default is `127.0.0.1` and `::1`.
    #[schemars(example = "127.0.0.1", with = "String", extend("pattern" = "^[0-9a-fA-F:.]+$"))]
    address: IpAddr,
    /// The certificates with which all kinds use TLS, unless `tls` of a kind says otherwise. `false` is plaintext.
    #[schemars(example = false)]
    tls: Switchable<ListenerTlsTable>,
    /// Maximum time for the service to start.
    #[schemars(example = "10s")]
    start_timeout: DurationIn,
    /// Time for which the service keeps serving after SIGTERM, new connections included, while health checks
    /// report 503 and `NOT_SERVING`, so that load balancers stop sending requests. `shutdown_timeout` starts
    /// afterwards. Another signal ends the delay; SIGINT skips it.
    #[schemars(example = "10s")]
    drain_delay: DurationIn<0>,
    /// Maximum time for the service to stop, requests in flight included.
    #[schemars(example = "10s")]
    shutdown_timeout: DurationIn,
    limits: LimitsTable,
    /// Whether clients are kept from addresses that `[clients.<name>] allow` does not list. `audit` logs a warning
    /// and connects. What is not the address of a service, such as `0.0.0.0`, is refused in any case.
    #[schemars(example = &"audit")]
    egress: Egress,
    dev: DevTable,
}

impl DeclaredTable for HostTable {
    const REQUIRED: &'static [&'static str] = &["component"];
}

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct LimitsTable {
    /// Maximum memory of one instance.
    #[schemars(example = "64MiB")]
    memory: SizeIn<MIB, { 4 * GIB }>,
    /// Maximum time of one call in the service.
    #[schemars(example = "5s")]
    call_timeout: DurationIn,
    /// Maximum number of concurrent calls in one instance, open streams included. Further calls wait.
    #[schemars(example = 64)]
    max_concurrency: NonZeroU16,
    /// Maximum number of waiting calls. Further calls are refused. Connections take turns.
    #[schemars(example = 128)]
    max_queue: IntegerIn<0, 1_000_000>,
    /// Maximum size of the body of a request.
    #[schemars(example = "1MiB")]
    max_body: SizeIn<0, GIB>,
}

#[derive(Default, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct DevTable {
    /// Files and directories that `dev` watches, relative to this file. Default: the cargo package in the
    /// directory of this file, the packages it depends on by path, and other files that cargo reads for the
    /// component; without a package, that directory. `"..."` in the list adds the default. This file and the
    /// component are always watched.
    #[schemars(example = ["src", "../shared/proto"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    watch: Option<Paths>,
}

impl Default for HostTable {
    fn default() -> Self {
        Self {
            component: None,
            build: None,
            instances: InstanceCount::of(Instances::Count(NonZeroUsize::MIN)),
            address: Ipv6Addr::UNSPECIFIED.into(),
            tls: Switchable::Off,
            start_timeout: DurationIn::seconds(30),
            drain_delay: DurationIn::seconds(0),
            shutdown_timeout: DurationIn::seconds(30),
            limits: LimitsTable::default(),
            egress: Egress::Closed,
            dev: DevTable::default(),
        }
    }
}

impl Default for LimitsTable {
    fn default() -> Self {
        const CALLS: NonZeroU16 = NonZeroU16::new(256).expect("it is not zero");
        Self {
            memory: SizeIn::of(256 << 20),
            call_timeout: DurationIn::seconds(30),
            max_concurrency: CALLS,
            max_queue: IntegerIn::of(1024),
            max_body: SizeIn::of(4 << 20),
        }
    }
}

/// `[host.dev]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dev {
    /// Files and directories to watch, resolved against the directory of the file, each once.
    pub watch: Vec<PathBuf>,
    /// Whether what the service is built of is to be found and watched as well.
    pub finds_sources: bool,
}

/// `directory` is that of the file: paths in it are relative to that.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    kinds: &[Kind],
    directory: &Path,
) -> Hosting {
    let section = root.section("host");
    let table: HostTable = typed::read_host(reader, &section);
    let drain_delay = table.drain_delay.0;
    check_drain_delay(reader, &section, drain_delay, kinds);
    check_tls_is_used(reader, &section, kinds);
    Hosting {
        component: directory.join(String::from(table.component.unwrap_or_default())),
        build: table.build.map(String::from),
        instances: table.instances.0,
        address: Address::Of(table.address),
        tls: listener_tls::of_host(reader, &section, table.tls, directory),
        start_timeout: table.start_timeout.0,
        drain_delay,
        shutdown_timeout: table.shutdown_timeout.0,
        limits: Limits {
            memory: table.limits.memory.0,
            call_timeout: table.limits.call_timeout.0,
            max_concurrency: table.limits.max_concurrency.into(),
            max_queue: table.limits.max_queue.0,
            max_body: table.limits.max_body.0,
        },
        egress: table.egress,
        dev: dev(reader, &section.section("dev"), directory),
    }
}

/// The delay is for load balancers, and a service without a listener has none.
fn check_drain_delay<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    delay: Duration,
    kinds: &[Kind],
) {
    let place = section.value("drain_delay").map(Place::of);
    if let Some(place) = place
        && !(delay.is_zero() || kinds.is_empty() || kinds.iter().any(Kind::listens))
    {
        let message =
            "`host.drain_delay` has no effect without the kind `http` or `grpc`".to_owned();
        reader.warning(place, message, None);
    }
}

/// TLS is for the kinds that listen and have none of their own.
fn check_tls_is_used<'t>(reader: &mut Reader<'t>, section: &Section<'t>, kinds: &[Kind]) {
    let tls = section.section("tls");
    let is_used = |kind: &Kind| match kind {
        Kind::Http(http) => http.tls == KindTls::Inherited,
        Kind::Grpc(grpc) => grpc.tls == KindTls::Inherited,
        Kind::Native | Kind::Script(_) | Kind::Custom(_) => false,
    };
    if tls.is_present() && !kinds.is_empty() && !kinds.iter().any(is_used) {
        let message =
            "`host.tls` has no effect: no kind listens without a `tls` of its own".to_owned();
        reader.warning(tls.place, message, None);
    }
}

/// In a list of paths: everything that is watched by default.
const REST: &str = "...";

/// Duplicates are harmless and dropped.
fn dev<'t>(reader: &mut Reader<'t>, section: &Section<'t>, directory: &Path) -> Dev {
    let Some(items) = reader.items(section, "watch") else {
        return Dev { watch: Vec::new(), finds_sources: true };
    };
    let mut paths = Vec::new();
    let finds_sources = items.iter().any(|item| item.text == REST);
    for item in items.into_iter().filter(|item| item.text != REST) {
        if item.text.trim().is_empty() {
            let message = "`host.dev.watch` must not hold empty paths".to_owned();
            let help = "write `.` for the directory of this file".to_owned();
            reader.problem(item.place, message, Some(help));
            continue;
        }
        let path = directory.join(item.text);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Dev { watch: paths, finds_sources }
}
