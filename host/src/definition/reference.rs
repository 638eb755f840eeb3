//! Every key of `service.toml`, declared once: what it may hold, its default and what it means.
//!
//! Reading, the check for unknown keys, the JSON Schema and the README's table all follow this
//! table. Does not know how values are checked ([`super::shape`]) nor what is done with them.

use std::time::Duration;

use super::catalogue::Stage;
use super::shape::Shape;
use crate::telemetry::Level;

/// One key.
pub(super) struct Key {
    /// Dotted; `*` stands for a name the user chooses.
    pub(super) path: &'static str,
    pub(super) shape: Shape,
    pub(super) presence: Requirement,
    /// A TOML value.
    pub(super) example: &'static str,
    pub(super) meaning: &'static str,
}

pub(super) enum Requirement {
    Required,
    /// May be left out, and then there is nothing.
    Optional,
    /// A TOML value that stands for a key that is left out.
    Default(&'static str),
}

const MILLISECOND: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const DURATION: Shape = Shape::Duration { least: MILLISECOND, most: DAY, nanoseconds: false };
/// Existing files hold these as integers, which count nanoseconds.
const OLD_DURATION: Shape = Shape::Duration { least: MILLISECOND, most: DAY, nanoseconds: true };

/// Of connections that may be meant to last.
const LASTING: Shape = Shape::DurationOr { least: MILLISECOND, most: DAY, word: "never" };
const MESSAGE: Shape = Shape::Size { least: KIB, most: GIB, bytes: false };

pub(super) const LEVELS: &[&str] = &[
    Level::Debug.name(),
    Level::Internal.name(),
    Level::Info.name(),
    Level::Warn.name(),
    "warning",
    Level::Error.name(),
    Level::Fatal.name(),
];

const STAGES: &[&str] = &[
    Stage::Negotiate.as_str(),
    Stage::Track.as_str(),
    Stage::Identify.as_str(),
    Stage::Admit.as_str(),
    Stage::Adapt.as_str(),
    Stage::Encode.as_str(),
];

#[rustfmt::skip] // One key, one paragraph: what it is, then what it means.
pub(super) const REFERENCE: &[Key] = &[
    key("name", Shape::Text, Requirement::Required, r#""greeter""#,
        "Name of the service. Used in kebab-case everywhere: `UserService` becomes `user-service`."),
    key("types", Shape::Kinds, Requirement::Required, r#"["http:8080"]"#,
        "Kinds of the service, each `kind` or `kind:port`: `http`, `grpc`, `native` (also spelled `worker`), `cronjob`, another one that is part of this host, or `script`, which stands alone. Port `0` takes any free port. Without a port, `MIKROS_HTTP_PORT` or else 8080 counts for `http`, `MIKROS_GRPC_PORT` or else 7070 for `grpc`."),
    key("version", Shape::Version, Requirement::Required, r#""v1.2.0""#,
        "Version of the service: SemVer, with or without `v`, or `v1`, `v1.2`."),
    key("language", Shape::Text, Requirement::Required, r#""rust""#,
        "Language the service is written in. One that is not known to compile to components is a warning."),
    key("product", Shape::Text, Requirement::Required, r#""Matrix""#,
        "Product the service belongs to. Part of every log line."),
    key("envs", Shape::Names, Requirement::Default("[]"), r#"["DATABASE_URL"]"#,
        "Environment variables the service needs, and the only ones it can see. All must be set and not empty."),
    key("log.level", Shape::Choice(LEVELS), Requirement::Default(r#""info""#), r#""debug""#,
        "Least level that is logged. `warning` is another word for `warn`."),
    key("log.error_stack_trace", Shape::Choice(&["default", "disabled", "structured"]), Requirement::Default(r#""structured""#), r#""default""#,
        "The guest's stack in the line of a trap: `default` as one text, `structured` as an array of frames, `disabled` none."),
    key("log.error_stacktrace", Shape::Switch, Requirement::Optional, "true",
        "Older spelling: `true` is `error_stack_trace = \"default\"`."),
    key("log.attributes", Shape::Texts, Requirement::Default("{}"), r#"{ team = "core" }"#,
        "Attributes added to every log line."),
    key("log.max_line", Shape::Size { least: 4 * KIB, most: MIB, bytes: false }, Requirement::Default(r#""16KiB""#), r#""64KiB""#,
        "The longest line, its end included. What is longer is shortened, message and stack first, and tells by how many bytes: `log.shortened`."),
    key("log.local_timestamp", Shape::Switch, Requirement::Default("true"), "false",
        "Time of log lines in the local zone, or else in UTC."),
    key("log.display_errors", Shape::Switch, Requirement::Default("true"), "false",
        "Whether errors that are the caller's doing are logged, at level `debug`. Others always are."),
    key("tests.command", Shape::Text, Requirement::Optional, r#""pytest tests""#,
        "What `mikros-host test` runs while the service runs, by `sh -c` in the directory of this file. Without it, `cargo test` runs the files in `tests/`."),
    key("tests.discard_log_messages", Shape::Switch, Requirement::Optional, "false",
        "The service's log during `mikros-host test`: `false` shows it as it comes, `true` never. Without it, it is shown when something fails."),
    key("tests.execute_lifecycle", Shape::Switch, Requirement::Default("false"), "true",
        "Has no effect: here a service always starts and ends in order."),
    key("features.*", Shape::Feature, Requirement::Optional, "{ enabled = false }",
        "Settings of a feature. It runs only with `enabled = true`, and is one of this host or a component. The keys below are those of a component; one of this host has keys of its own."),
    key("features.*.enabled", Shape::Switch, Requirement::Default("false"), "true",
        "Whether the feature runs."),
    key("features.*.component", Shape::Text, Requirement::Optional, r#""plugins/audit.wasm""#,
        "The component that is the feature. Relative to this file."),
    key("features.*.stage", Shape::Choice(STAGES), Requirement::Default(r#""adapt""#), r#""identify""#,
        "Where the feature stands on the path of a request: the stages follow each other in this order, and a response passes them in the reverse order. A feature of this host has a place of its own, which this replaces."),
    key("features.*.needs", Shape::Features, Requirement::Default("[]"), r#"["tracker"]"#,
        "Features that have to be enabled too. They start before it and end after it."),
    key("features.*.on_failure", Shape::Choice(&["closed", "open"]), Requirement::Default(r#""closed""#), r#""open""#,
        "What becomes of a request when the feature fails to decide about it: `closed` refuses it, `open` lets it pass as it is."),
    key("features.*.limits.memory", Shape::Size { least: MIB, most: 4 * GIB, bytes: false }, Requirement::Default(r#""64MiB""#), r#""16MiB""#,
        "Most memory of one instance of the feature."),
    key("features.*.limits.call_timeout", Shape::Duration { least: MILLISECOND, most: MINUTE, nanoseconds: false }, Requirement::Default(r#""1s""#), r#""100ms""#,
        "Longest time one call may spend in the feature."),
    key("features.*.limits.max_concurrency", Shape::Integer { least: 1, most: 65_535 }, Requirement::Default("256"), "64",
        "Most calls in flight in one instance of the feature; further ones wait."),
    key("features.*.settings", Shape::Free, Requirement::Default("{}"), "{ deny = [\"/admin\"] }",
        "The feature's own settings, handed to it as they are. Dates arrive as strings."),
    key("clients.*.host", Shape::Text, Requirement::Optional, r#""orders.internal""#,
        "Host of another service. This version connects no clients."),
    key("clients.*.port", Shape::Integer { least: 1, most: 65_535 }, Requirement::Optional, "7070",
        "Port of another service. This version connects no clients."),
    key("services.http.base_path", Shape::BasePath, Requirement::Default(r#""""#), r#""/api""#,
        "Path in front of every route."),
    key("services.http.health", Shape::HealthPath, Requirement::Default(r#""/health""#), r#""/healthz""#,
        "Path of the health check on the service's port; `false` turns it off."),
    key("services.http.header_timeout", DURATION, Requirement::Default(r#""10s""#), r#""5s""#,
        "Longest time until the whole head of a request has arrived."),
    key("services.http.read_timeout", OLD_DURATION, Requirement::Default(r#""15s""#), r#""30s""#,
        "Longest silence while the body of a request arrives. An integer counts nanoseconds."),
    key("services.http.write_timeout", OLD_DURATION, Requirement::Default(r#""15s""#), r#""30s""#,
        "Longest time without the client taking any of the data that waits for it. An integer counts nanoseconds."),
    key("services.http.idle_timeout", OLD_DURATION, Requirement::Default(r#""60s""#), r#""2m""#,
        "Longest life of a keep-alive connection without a request. An integer counts nanoseconds."),
    key("services.http.keepalive_interval", LASTING, Requirement::Default(r#""1m""#), r#""10s""#,
        "An HTTP/2 connection is pinged when nothing has arrived for so long."),
    key("services.http.keepalive_timeout", DURATION, Requirement::Default(r#""20s""#), r#""5s""#,
        "An HTTP/2 connection is closed when a ping is not answered for so long."),
    key("services.http.max_header_bytes", Shape::Size { least: 8 * KIB, most: 16 * MIB, bytes: true }, Requirement::Default("65536"), r#""1MiB""#,
        "Largest head of a request. An integer counts bytes."),
    key("services.http.disable_auth", Shape::Switch, Requirement::Optional, "true",
        "Read for the sake of existing files: `true` contradicts `[features.http_auth]`, `false` demands it."),
    key("services.http.cors_strict", Shape::Switch, Requirement::Optional, "true",
        "Has no effect, and is accepted with a warning: mistakes in `[features.http_cors]` always keep the service from starting."),
    key("services.grpc.health", Shape::Switch, Requirement::Default("true"), "false",
        "Whether the host answers `grpc.health.v1.Health`, `Check`, `List` and `Watch`, for the whole and for each service."),
    key("services.grpc.reflection", Shape::Switch, Requirement::Default("true"), "false",
        "Whether the host answers server reflection, `v1` and `v1alpha`, from the descriptors in the component."),
    key("services.grpc.compression", Shape::Choice(&["off", "on"]), Requirement::Default(r#""off""#), r#""on""#,
        "Whether messages are sent compressed (gzip or zstd, as the client prefers) when the service does not say otherwise. Compressed requests are always understood."),
    key("services.grpc.error_codes", Shape::Choice(&["mapped", "unknown"]), Requirement::Default(r#""mapped""#), r#""unknown""#,
        "Status code of errors the service answers with: by their kind, or always `UNKNOWN`, which older clients expect."),
    key("services.grpc.status_message", Shape::Choice(&["text", "json"]), Requirement::Default(r#""text""#), r#""json""#,
        "Message of the status of an error that the service answers with: its sentence, with its JSON in the details, or its JSON, which clients of the other Mikros frameworks decode."),
    key("services.grpc.max_request", MESSAGE, Requirement::Default(r#""4MiB""#), r#""16MiB""#,
        "Largest message of a client, decompressed. Further ones are answered `RESOURCE_EXHAUSTED`."),
    key("services.grpc.max_response", MESSAGE, Requirement::Default(r#""4MiB""#), r#""16MiB""#,
        "Largest message of the service, not compressed. Further ones are answered `RESOURCE_EXHAUSTED`."),
    key("services.grpc.max_metadata", Shape::Size { least: 8 * KIB, most: MIB, bytes: false }, Requirement::Default(r#""16KiB""#), r#""64KiB""#,
        "Largest metadata of a request. Beyond twice of it HTTP answers with 431."),
    key("services.grpc.max_streams", Shape::Integer { least: 1, most: 65_535 }, Requirement::Default("128"), "1000",
        "Most RPCs at a time on one connection; clients hold further ones back. All connections share `[host.limits] max_concurrency`."),
    key("services.grpc.keepalive_interval", LASTING, Requirement::Default(r#""1m""#), r#""10s""#,
        "A connection is pinged when nothing has arrived for so long."),
    key("services.grpc.keepalive_timeout", DURATION, Requirement::Default(r#""20s""#), r#""5s""#,
        "A connection is closed when a ping is not answered for so long."),
    key("services.grpc.max_connection_age", LASTING, Requirement::Default(r#""never""#), r#""30m""#,
        "A connection is to end (GOAWAY) when it is so old, give or take a tenth, so that clients spread over new instances."),
    key("services.grpc.max_connection_age_grace", LASTING, Requirement::Default(r#""never""#), r#""1m""#,
        "RPCs that are still in flight so long after that are cut off."),
    key("services.grpc.idle_timeout", LASTING, Requirement::Default(r#""15m""#), r#""5m""#,
        "A connection is to end (GOAWAY) after so long without an RPC."),
    key("services.grpc.write_timeout", LASTING, Requirement::Default(r#""5m""#), r#""30s""#,
        "A connection is closed when the client takes none of the data that waits for it for so long."),
    key("services.native", Shape::Nothing, Requirement::Optional, "{}",
        "No keys yet."),
    key("services.script.stdio", Shape::Choice(&["log", "inherit"]), Requirement::Default(r#""log""#), r#""inherit""#,
        "With `\"log\"`, what the script prints becomes log lines, and its standard input is empty. With `\"inherit\"`, it has the standard input and output of the host, for pipes, and the log goes to standard error."),
    key("service", Shape::Free, Requirement::Default("{}"), "{ max_diff_range = 100 }",
        "The service's own settings, handed to it as they are. Dates arrive as strings."),
    key("host.component", Shape::Text, Requirement::Required, r#""target/wasm32-wasip2/release/greeter.wasm""#,
        "The compiled service. Relative to this file. A path in the workspace's `target` follows `CARGO_TARGET_DIR` and `build.target-dir` if `build` is a plain `cargo build` without `--target-dir`."),
    key("host.build", Shape::Text, Requirement::Optional, r#""cargo build --release --target wasm32-wasip2""#,
        "Command that compiles the service, run in the directory of this file by `build`, `run --build` and `dev`."),
    key("host.instances", Shape::IntegerOr { least: 1, most: 1024, word: "auto" }, Requirement::Default("1"), r#""auto""#,
        "Instances of the component, each with its own state. `\"auto\"` is one per core."),
    key("host.address", Shape::Address, Requirement::Default(r#""::""#), r#""127.0.0.1""#,
        "Address all kinds listen on. `::` is every IPv6 and IPv4 address, `0.0.0.0` every IPv4 address. With `dev` the default is `127.0.0.1` and `::1`."),
    key("host.start_timeout", DURATION, Requirement::Default(r#""30s""#), r#""10s""#,
        "Longest time the service may take to start."),
    key("host.drain_delay", Shape::Duration { least: Duration::ZERO, most: DAY, nanoseconds: false }, Requirement::Default(r#""0s""#), r#""10s""#,
        "Extra time to serve after SIGTERM, new connections included, while health checks already say 503 and `NOT_SERVING`, so that load balancers stop sending requests. `shutdown_timeout` starts when it is over. Another signal ends it; SIGINT does not wait for it."),
    key("host.shutdown_timeout", DURATION, Requirement::Default(r#""30s""#), r#""10s""#,
        "Longest time the service may take to stop, requests in flight included."),
    key("host.limits.memory", Shape::Size { least: MIB, most: 4 * GIB, bytes: false }, Requirement::Default(r#""256MiB""#), r#""64MiB""#,
        "Most memory of one instance."),
    key("host.limits.call_timeout", DURATION, Requirement::Default(r#""30s""#), r#""5s""#,
        "Longest time one call may spend in the service."),
    key("host.limits.max_concurrency", Shape::Integer { least: 1, most: 65_535 }, Requirement::Default("256"), "64",
        "Most calls in flight in one instance, streams that stay open included; further ones wait."),
    key("host.limits.max_queue", Shape::Integer { least: 0, most: 1_000_000 }, Requirement::Default("1024"), "128",
        "Most calls that wait; further ones are refused. Connections take turns."),
    key("host.limits.max_body", Shape::Size { least: 0, most: GIB, bytes: false }, Requirement::Default(r#""4MiB""#), r#""1MiB""#,
        "Largest body of a request."),
    key("host.dev.watch", Shape::Paths, Requirement::Optional, r#"["src", "../shared/proto"]"#,
        "Files and directories whose changes make `dev` build the service anew, relative to this file. Without it: the cargo package in the directory of this file, the packages it depends on by path and whatever else cargo has read for the component, or else that directory; `\"...\"` in the list stands for all of these. This file and the component are always watched."),
];

const fn key(
    path: &'static str,
    shape: Shape,
    presence: Requirement,
    example: &'static str,
    meaning: &'static str,
) -> Key {
    Key { path, shape, presence, example, meaning }
}

/// Keys of older versions and of documents that were ahead of the code, with what replaces them.
pub(super) const MOVED: &[(&str, &str)] = &[
    ("deploy", "write the table of the kind, for example `[services.http]`"),
    ("http", "write `[services.http]`"),
    ("tracing", "remove it: this version has no tracing yet"),
    ("metrics", "remove it: this version has no metrics yet"),
    ("tls", "remove it: this version does not serve TLS"),
    ("services.http.tls", "remove it: this version does not serve TLS"),
    ("services.grpc.tls", "remove it: this version does not serve TLS"),
    ("services.grpc.use_tls", "remove it: this version does not serve TLS"),
    ("services.http.port", "write the port in `types`, for example `types = [\"http:8080\"]`"),
    ("services.http.use_tls", "remove it: this version does not serve TLS"),
    ("services.http.max_request_body_size", "write `max_body = \"4MiB\"` in `[host.limits]`"),
    (
        "services.http.disable_panic_recovery",
        "remove it: a panic in the service never stops the host",
    ),
    ("services.grpc.port", "write the port in `types`, for example `types = [\"grpc:7070\"]`"),
    ("services.native.workers", "write `instances` in `[host]`"),
];

/// What a path of the file is.
pub(super) enum Entry {
    Key(&'static Key),
    /// A table that holds keys.
    Table,
}

/// The entry at a pattern such as `host.limits`, if there is one.
pub(super) fn entry(pattern: &str) -> Option<Entry> {
    if let Some(key) = REFERENCE.iter().find(|key| key.path == pattern) {
        return Some(Entry::Key(key));
    }
    children(pattern).next().map(|_| Entry::Table)
}

/// The names directly below a pattern; the root is the empty pattern.
pub(super) fn children(pattern: &str) -> impl Iterator<Item = &'static str> {
    let inside = move |key: &'static Key| {
        let rest = match pattern {
            "" => key.path,
            _ => key.path.strip_prefix(pattern)?.strip_prefix('.')?,
        };
        rest.split('.').next()
    };
    let mut last = None;
    REFERENCE.iter().filter_map(inside).filter(move |name| last.replace(*name) != Some(*name))
}

/// `parent.name`, or `name` at the root.
pub(super) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}
