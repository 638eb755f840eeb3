//! Calls of a service to others. What it calls are servers of grpcio and Node.js, as far as nothing else is said.
//! Does not know how the guest asks for them; that is written in `tests/guests/calls`.

mod egress;
mod errors;
mod faults;
mod hostile;
mod http;
mod interop;
mod local;
mod outages;
mod restarts;
mod rpc;

use crate::support::foreign::{Foreign, Language};
use crate::support::process::Process;
use crate::support::{Host, Service, guests, http as own};

/// A server that is not ours.
struct Peer {
    process: Process,
    ports: Vec<u16>,
}

impl Peer {
    /// grpcio's; `None` when it cannot be had here.
    fn grpc() -> Option<Self> {
        Self::start(Language::Python, "server", 1)
    }

    /// Node's for HTTP/1.1, and on its second port one that sends garbage; `None` when they cannot be had here.
    fn http() -> Option<Self> {
        Self::start(Language::Node, "server", 2)
    }

    /// grpc-js's; `None` when it cannot be had here.
    fn grpc_js() -> Option<Self> {
        Self::start(Language::Node, "test_service", 1)
    }

    fn start(language: Language, script: &str, count: usize) -> Option<Self> {
        let process = Foreign::of(language)?.serve(script, [] as [&str; 0]);
        let ports = process.wait_until("the ports of the server", |lines, _| {
            let ports = lines.get(..count)?.iter();
            Some(ports.map(|line| line.parse().expect("it is a port")).collect())
        });
        Some(Self { process, ports })
    }

    fn port(&self) -> u16 {
        self.ports[0]
    }

    /// Waits until it has said `line` so often.
    fn wait_for(&self, line: &str, count: usize) {
        self.process.wait_until(line, |lines, _| {
            (lines.iter().filter(|said| *said == line).count() >= count).then_some(())
        });
    }
}

/// The table of a client on this machine, with further keys.
fn client(name: &str, protocol: &str, port: u16, keys: &str) -> String {
    format!(
        "[clients.{name}]\nhost = '127.0.0.1'\nport = {port}\nprotocol = '{protocol}'\n{keys}\n"
    )
}

/// A host whose service calls `peer` over gRPC, with further keys of the client.
fn calling_grpc(peer: &Peer, keys: &str) -> Host {
    Host::start(&Service::new(guests::CALLS, "http:0").tables(&client(
        "peer",
        "grpc",
        peer.port(),
        keys,
    )))
}

/// The same over HTTP.
fn calling_http(peer: &Peer, keys: &str) -> Host {
    Host::start(&Service::new(guests::CALLS, "http:0").tables(&client(
        "web",
        "http",
        peer.port(),
        keys,
    )))
}

/// The response of the service to a GET, which has to succeed.
fn ok(host: &Host, path: &str) -> String {
    let response = own::get(host.port(), path);
    assert_eq!(response.status, 200, "{path}: {}", response.text());
    response.text().to_owned()
}

/// Status and error of the service's response to a GET.
fn failed(host: &Host, path: &str) -> (u16, serde_json::Value) {
    let response = own::get(host.port(), path);
    let error = serde_json::from_slice(&response.body);
    (response.status, error.unwrap_or_else(|_| panic!("{path}: {}", response.text())))
}
