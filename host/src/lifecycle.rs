//! The life of a service: a version is [`Loaded`], then [`Starting`], then the one that a [`Service`] serves
//! with, then on its way out, then [`Stopped`].
//!
//! Wires the modules below together; knows no other services, no signals and no exit status.

mod assembly;
mod certificates;
mod end;
mod endpoints;
mod handover;
mod kinds;
mod listener;
mod load;
mod running_extensions;
mod service;
mod start;
mod starting_extensions;
mod thread;
mod threads;
mod version;

use std::io;
use std::net::SocketAddr;

pub(crate) use self::assembly::{Assembler, Module};
pub(crate) use self::end::Stopped;
pub(crate) use self::listener::Endpoint;
pub(crate) use self::load::{LoadError, Loaded, Loader, Pace};
pub(crate) use self::service::{Incident, LeftVersion, Service};
pub(crate) use self::start::Starting;
pub(crate) use self::starting_extensions::StartingExtensions;
pub(crate) use self::version::KindFailure;
use crate::call::Subject;
use crate::definition::Address;
use crate::guest::StartFailure;

/// Why a loaded service did not come up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StartError {
    /// The port is taken or reserved, or the address is not this machine's.
    #[error("cannot listen on {address} port {port} for kind `{kind}`: {source}")]
    Bind { kind: &'static str, address: Address, port: u16, source: io::Error },
    /// The service itself listens on the port, at an address that overlaps.
    #[error(
        "cannot listen on {address} port {port} for kind `{kind}` beside {taken}, where the service listens"
    )]
    Overlap { kind: &'static str, address: Address, port: u16, taken: SocketAddr },
    /// What the component describes its gRPC services with contradicts itself.
    #[error("cannot offer reflection of the gRPC services: {0}")]
    Descriptors(String),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// A feature or a kind of this host did not start.
    #[error(transparent)]
    Extension(Box<UnstartedExtension>),
    /// An instance of a plug-in did not start.
    #[error("feature `{name}` did not start: {}", .failure.of(Subject::Plugin))]
    Plugin { name: String, failure: Box<StartFailure> },
    /// The first instance of a worker did not start.
    #[error(transparent)]
    Instance(Box<StartFailure>),
    /// A thread of the host ended although it should not; it has said why.
    #[error("a worker thread of the host ended unexpectedly")]
    ThreadLost,
}

/// A feature or a kind of this host that did not start.
#[derive(Debug, thiserror::Error)]
#[error("{what} `{name}` did not start: {reason}")]
pub(crate) struct UnstartedExtension {
    /// `feature` or `kind`.
    pub what: &'static str,
    pub name: String,
    pub reason: String,
    /// The setting that is to blame, as a path below its table.
    pub setting: Option<String>,
    pub help: Option<String>,
}

impl StartError {
    /// What the user can do about it.
    pub(crate) fn help(&self) -> Option<&str> {
        match self {
            Self::Extension(unstarted) => unstarted.help.as_deref(),
            Self::Bind { source, .. } => match source.kind() {
                io::ErrorKind::AddrInUse => Some(
                    "stop the process that uses the port, which `ss -tlnp` names, or choose another one in `types`, for \
                     example `http:8081`; port 0 takes any free one",
                ),
                io::ErrorKind::PermissionDenied => {
                    Some("ports below 1024 need a privilege; choose a higher one in `types`")
                }
                io::ErrorKind::AddrNotAvailable => {
                    Some("let `[host] address` be an address of this machine")
                }
                _ => None,
            },
            Self::Overlap { .. } => {
                Some("restart the service, or let the kind listen on another port in `types`")
            }
            _ => None,
        }
    }
}
