//! End-to-end tests: the real binary runs real guests, and is talked to over real sockets.
//! Knows nothing of the host's modules; what needs no guest is tested beside its code.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

/// Tools of all tests: the host as a process, services, guests, HTTP.
mod support;

/// The rules of the house that text alone can show.
mod layers;

/// What other crates can name.
mod api;

/// Documents say what the code does.
mod documents;

/// Every command from what is typed to what is printed.
mod commands;

/// Every message about bad input, word for word.
mod messages;

/// Compiled components on disk.
mod cache;

/// Phases, steps of the lifecycle, and what happens when one fails.
mod lifecycle;

/// Kind `native`: work in the background.
mod natives;

/// Kind `script`: run, cleanup, exit status.
mod scripts;

/// Kind `cronjob`: a task with a schedule.
mod cronjobs;

/// What systemd is told.
mod service_manager;

/// SIGINT and SIGTERM in every phase, and the drain.
mod signals;

/// The log: levels, fields, lines of guests, and who waits for whom.
mod logs;

/// HTTP as clients see it.
mod http;

/// gRPC as clients see it.
mod grpc;

/// TLS of listeners.
mod tls;

/// Features that the host ships, as services enable them.
mod features;

/// What operators see: the admin listener, metrics, the access log.
mod observe;

/// Features as components.
mod plugins;

/// Calls of services to others: servers of grpcio and Node.js, and services of this host.
mod clients;

/// gRPC and OpenAPI with the clients of others.
mod interop;

/// Clients that break the rules of HTTP, or of good manners.
mod malformed;

/// Services that fail in every way they can.
mod faults;

/// A machine that has too little.
mod shortages;

/// `[host.limits]`.
mod limits;

/// Requests that do not fit into an instance together.
mod intake;

/// Many calls at the same time, in one instance and in several.
mod concurrency;

/// What a service can see of the machine it runs on.
mod isolation;

/// One version of a service after the other, without a gap.
mod swaps;

/// Several services in one process.
mod several;

/// `dev`: sources, builds, and one version after the other.
mod dev;
