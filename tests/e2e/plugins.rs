//! Features as components, as services enable them: what they decide, what they provide, how they fail.
//! Does not know how plug-ins are written; the guests do what settings and headers say.

mod breaches;
mod components;
mod example;
mod failures;
mod hooks;
mod lifecycle;
mod order;
mod provided;
mod rpcs;
mod settings;
mod swaps;
mod unwinding;

use serde_json::Value;

use crate::support::grpc;
use crate::support::guests::{self, Guest};
use crate::support::http::{self, Response};
use crate::support::{Host, Line, Service};

/// The table of a feature that is a plug-in. `rest` is what stands below `component`.
fn plugin(name: &str, guest: Guest, rest: &str) -> String {
    let component = guest.component();
    format!("[features.{name}]\nenabled = true\ncomponent = '{}'\n{rest}\n", component.display())
}

/// The plug-in that does what `x-probe` or its settings say, with these settings.
fn probe(settings: &str) -> String {
    plugin("probe", guests::PLUGIN_PROBE, &format!("[features.probe.settings]\n{settings}"))
}

/// The same under another name, with keys of the host.
fn probe_named(name: &str, keys: &str, settings: &str) -> String {
    let rest = format!("{keys}\n[features.{name}.settings]\n{settings}");
    plugin(name, guests::PLUGIN_PROBE, &rest)
}

/// A service of kind `http` that answers what it gets, with these tables.
fn echoes(tables: &str) -> Service {
    Service::new(guests::ECHOES, "http:0").tables(&format!("[log]\nlevel = 'debug'\n{tables}"))
}

/// A service of kind `grpc` that does what messages ask for, with these tables.
fn streams(tables: &str) -> Service {
    Service::new(guests::STREAMS, "grpc:0").tables(&format!("[log]\nlevel = 'debug'\n{tables}"))
}

/// A connection to kind `grpc`.
fn connect(host: &Host) -> grpc::Client {
    grpc::Client::connect(host.wait_until("the port of kind `grpc`", |log| {
        let is_grpc = |line: &&Line| line.has("address") && line.text("kind") == "grpc";
        let line = log.iter().find(is_grpc)?;
        line.text("address").rsplit_once(':')?.1.parse().ok()
    }))
}

/// `GET path` with header lines, each ended by CR LF.
fn get(host: &Host, path: &str, headers: &str) -> Response {
    http::request(host.port(), "GET", path, headers, b"")
}

/// `GET path` that tells the probe what to do.
fn probed(host: &Host, path: &str, actions: &str) -> Response {
    get(host, path, &format!("x-probe: {actions}\r\n"))
}

/// The JSON of an answer.
#[track_caller]
fn json(response: &Response) -> Value {
    let text = response.text();
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{response:?} is no JSON"))
}

/// All values of a header that reached the service, of an answer of `/head`.
#[track_caller]
fn received(response: &Response, name: &str) -> Vec<String> {
    assert_eq!(response.status, 200, "{response:?}");
    let seen = json(response);
    let fields = seen["fields"].as_array().expect("the fields are a list");
    let values = fields.iter().filter(|field| field[0] == name);
    values.map(|field| field[1].as_str().expect("fields are texts").to_owned()).collect()
}

/// How many requests have reached the handlers of `echoes` in its instance.
fn seen(host: &Host) -> String {
    get(host, "/seen", "x-probe: pass\r\n").text().to_owned()
}

/// The values of a header of an answer.
fn values<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
    let headers = response.headers.iter().filter(|(header, _)| header == name);
    headers.map(|(_, value)| value.as_str()).collect()
}
