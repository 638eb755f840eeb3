//! A service as an operator sees it: ports, probes, times, sizes, variables, and files.
//!
//! Does not know where it runs.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::GenerateError;
use crate::definition::client::Roots;
use crate::definition::{Address, Definition, FeatureSource, Http, Instances, Kind, Origin};

/// Calls that ignore the end get this much longer.
const GRACE: Duration = Duration::from_secs(5);
/// Bytes for the host itself: connections, buffers, compiled code.
const HOST_MEMORY: usize = 128 << 20;

/// Where a service is installed, below its name for systemd.
pub(super) const DIRECTORY: &str = "/srv";

pub(super) struct Workload<'d> {
    pub(super) definition: &'d Definition,
    pub(super) ports: Vec<ListenPort>,
}

/// A port on which a kind listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListenPort {
    pub(super) kind: &'static str,
    /// 0: any free port.
    pub(super) number: u16,
}

/// How to find out whether the service serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HealthCheck<'d> {
    Http {
        path: &'d str,
        port: u16,
        /// Without a certificate of the client.
        is_tls: bool,
    },
    Grpc {
        port: u16,
    },
    /// The port can be connected to.
    Connect {
        port: u16,
    },
}

/// A file that the service is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceFile {
    /// Relative to the directory from which it is copied.
    pub(super) source: PathBuf,
    /// Absolute.
    pub(super) installed: PathBuf,
}

impl<'d> Workload<'d> {
    /// # Errors
    /// When the definition asks for a variable that nobody can set.
    pub(super) fn new(definition: &'d Definition) -> Result<Self, GenerateError> {
        let is_name = |name: &&String| {
            let is_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
            name.bytes().next().is_some_and(is_start)
                && name.bytes().all(|byte| is_start(byte) || byte.is_ascii_digit())
        };
        if let Some(name) = definition.required_variables.iter().find(|name| !is_name(name)) {
            return Err(GenerateError::Variable(name.clone()));
        }
        let listen = |kind: &Kind| {
            let number = kind.port()?.number;
            Some(ListenPort { kind: kind.name(), number })
        };
        Ok(Self { definition, ports: definition.kinds.iter().filter_map(listen).collect() })
    }

    pub(super) fn name(&self) -> &'d str {
        &self.definition.identity.name
    }

    /// Name and tag; a tag has no `+`.
    pub(super) fn image(&self) -> String {
        format!("{}:{}", self.name(), self.definition.identity.version.replace('+', "-"))
    }

    /// Whether it ends by itself.
    pub(super) fn is_script(&self) -> bool {
        self.has(|kind| matches!(kind, Kind::Script(_)))
    }

    /// Whether two of it do more than one: schedules and other work of its own are done by each.
    pub(super) fn can_be_replicated(&self) -> bool {
        self.has(Kind::listens) && self.definition.kinds.iter().all(Kind::listens)
    }

    fn has(&self, is_it: impl FnMut(&Kind) -> bool) -> bool {
        self.definition.kinds.iter().any(is_it)
    }

    pub(super) fn fixed_ports(&self) -> impl Iterator<Item = &ListenPort> {
        self.ports.iter().filter(|port| port.number != 0)
    }

    pub(super) fn needs_privileged_port(&self) -> bool {
        self.fixed_ports().any(|port| port.number < 1024)
    }

    /// HTTP's first: more programs can ask for it.
    pub(super) fn health_check(&self) -> Option<HealthCheck<'d>> {
        let of_kind = |kind: &'d Kind| {
            let port = kind.port()?.number;
            let tls = self.definition.tls(kind);
            // Probes have no certificate.
            let is_closed = tls.is_some_and(|tls| tls.files.demands_certificates());
            Some(match kind {
                Kind::Http(Http { health: Some(path), .. }) if !is_closed => {
                    HealthCheck::Http { path, port, is_tls: tls.is_some() }
                }
                // Those of Kubernetes cannot speak TLS to it.
                Kind::Grpc(grpc) if grpc.health && tls.is_none() => HealthCheck::Grpc { port },
                Kind::Http(_) | Kind::Grpc(_) => HealthCheck::Connect { port },
                Kind::Native | Kind::Script(_) | Kind::Custom(_) => return None,
            })
        };
        let checks = self.definition.kinds.iter().filter_map(of_kind);
        checks.min_by_key(|check| match check {
            HealthCheck::Http { .. } => 0,
            HealthCheck::Grpc { .. } => 1,
            HealthCheck::Connect { .. } => 2,
        })
    }

    /// Seconds from the signal to the end.
    pub(super) fn stop_seconds(&self) -> u64 {
        let host = &self.definition.host;
        seconds(host.drain_delay + host.shutdown_timeout + GRACE)
    }

    pub(super) fn start_seconds(&self) -> u64 {
        seconds(self.definition.host.start_timeout)
    }

    /// `None`: as many as there are processors.
    pub(super) fn instances(&self) -> Option<usize> {
        match self.definition.host.instances {
            Instances::Count(count) => Some(count.get()),
            Instances::Auto => None,
        }
    }

    /// MiB that one version takes at most with so many instances.
    pub(super) fn memory(&self, instances: usize) -> usize {
        let plug_ins = self.definition.features.iter().filter(|feature| feature.is_enabled);
        let plug_ins = plug_ins.map(|feature| match &feature.source {
            FeatureSource::Component(component) => component.limits.memory,
            FeatureSource::Native(_) | FeatureSource::Absent => 0,
        });
        let instance = self.definition.host.limits.memory + plug_ins.sum::<usize>();
        (HOST_MEMORY + instances * instance).div_ceil(1 << 20)
    }

    /// The environment variables without which it does not start.
    pub(super) fn variables(&self) -> impl Iterator<Item = &'d str> {
        self.definition.required_variables.iter().map(String::as_str)
    }

    /// Whether the address of a client depends on where the service runs.
    pub(super) fn needs_namespace(&self) -> bool {
        self.definition.clients.iter().any(|client| {
            let key = format!("clients.{}.host", client.name);
            let mut values = self.definition.explain().iter();
            values.any(|value| value.key == key && value.origin == Origin::Default)
        })
    }

    /// Whether a client trusts the certificate authorities of the system.
    pub(super) fn trusts_system(&self) -> bool {
        let mut tls = self.definition.clients.iter().filter_map(|client| client.tls.as_ref());
        tls.any(|tls| matches!(tls.roots, Roots::System | Roots::Both(_)))
    }

    /// The components, where `service.toml` expects them when it is in `directory`.
    pub(super) fn components(&self, directory: &str) -> Vec<ServiceFile> {
        let own = self.directory();
        let component = |path: &Path| {
            let relative = path.strip_prefix(own).unwrap_or(path);
            let is_below = relative.components().all(|part| matches!(part, Component::Normal(_)));
            // What is elsewhere is put beside `service.toml` to be copied.
            let beside = relative.file_name().map(PathBuf::from).unwrap_or_default();
            let source = if is_below { relative.to_owned() } else { beside };
            ServiceFile { source, installed: normalized(&Path::new(directory).join(relative)) }
        };
        self.definition.components().map(component).collect()
    }

    fn directory(&self) -> &'d Path {
        self.definition.path.parent().unwrap_or(Path::new(""))
    }

    pub(super) fn notes_on_containers(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let is_local = match self.definition.host.address {
            Address::Loopback => true,
            Address::Of(ip) => ip.is_loopback(),
        };
        if is_local && !self.ports.is_empty() {
            notes.push(
                "`[host] address` is a loopback address, which nobody outside of the container can reach".to_owned(),
            );
        }
        for path in self.secret_files() {
            let relative = path.strip_prefix(self.directory()).unwrap_or(path);
            let installed = normalized(&Path::new(DIRECTORY).join(relative));
            notes.push(format!(
                "TLS needs a file that is not in the image: mount `{}`",
                installed.display()
            ));
        }
        notes
    }

    /// Certificates and keys, which belong into no image.
    pub(super) fn secret_files(&self) -> impl Iterator<Item = &'d Path> {
        let clients = self.definition.clients.iter().filter_map(|client| client.tls.as_ref());
        let of_clients = clients.flat_map(|tls| {
            let own = tls.certificate.iter().flat_map(|own| [&*own.certificate, &*own.key]);
            tls.roots.file().into_iter().chain(own)
        });
        let listeners = self.definition.kinds.iter().filter_map(|kind| self.definition.tls(kind));
        let of_listeners = listeners.flat_map(|tls| tls.files.all());
        let all = of_clients.chain(of_listeners).collect::<BTreeSet<_>>();
        all.into_iter()
    }

    pub(super) fn notes_on_load_balancing(&self) -> Vec<String> {
        let is_needed = self.has(Kind::listens) && self.definition.host.drain_delay.is_zero();
        let note = "`[host] drain_delay` is 0, so requests fail that reach a pod after it has begun to stop; set it to \
                    `\"5s\"`";
        is_needed.then(|| note.to_owned()).into_iter().collect()
    }
}

fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Without `.` and `..`; `path` is absolute.
fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => (),
            Component::ParentDir => drop(normalized.pop()),
            part => normalized.push(part),
        }
    }
    normalized
}
