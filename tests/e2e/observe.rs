//! What operators see of a service from outside: the admin listener, metrics, the access log.
//! Does not know how any of it is collected.

mod access_log;
mod admin;
mod crowds;
mod level;
mod metrics;
mod prometheus;
mod status;
mod swapping;
mod token;

use std::net::{Ipv4Addr, TcpListener};
use std::time::Instant;

use serde_json::Value;

use crate::support::http::{self, Response};
use crate::support::{Host, LIMIT, Line, Service, guests};

/// The listener for operators on a free port.
const ADMIN: &str = "[features.admin]\nenabled = true\nport = 0";

/// The same with metrics.
const METRICS: &str =
    "[features.metrics]\nenabled = true\n[features.admin]\nenabled = true\nport = 0";

fn misbehaves(settings: &str) -> Service {
    Service::new(guests::MISBEHAVES, "http:0").tables(settings)
}

/// The port of the listener for operators.
fn admin_port(host: &Host) -> u16 {
    host.wait_until("the address of the admin listener", |log| {
        let line = log.iter().find(|line| line.name() == "service-resources")?;
        let address = line.get("features")?.get("admin")?.get("address")?.as_str()?;
        address.rsplit_once(':')?.1.parse().ok()
    })
}

/// A port that nobody uses right now.
fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    socket.local_addr().expect("it is bound").port()
}

#[track_caller]
fn json(response: &Response) -> Value {
    serde_json::from_str(response.text()).unwrap_or_else(|_| panic!("not JSON: {response:?}"))
}

/// Looks until `look` finds what it looks for: what is told may come a little later than what it is about.
#[track_caller]
fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

/// Sets the level of the log.
fn put_level(port: u16, body: &str) -> Response {
    http::request(port, "PUT", "/loglevel", "", body.as_bytes())
}

/// The lines of the access log.
fn accesses(log: &[Line]) -> Vec<Line> {
    log.iter().filter(|line| line.name() == "access").cloned().collect()
}
