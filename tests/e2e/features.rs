//! Features that the host ships, as services enable them.
//! Does not know how features are started and stopped.

mod auth;
mod compression;
mod cors;
mod rate_limit;
mod tracker;

use crate::support::{Command, Host, Line, Service, guests};

/// A service of kind `http` that answers what it gets, with a feature.
fn echoes(settings: &str) -> Service {
    Service::new(guests::ECHOES, "http:0").tables(settings)
}

/// A service of kind `grpc` that does what messages ask for, with a feature.
fn probe(settings: &str) -> Service {
    Service::new(guests::STREAMS, "grpc:0").tables(settings)
}

/// The port of kind `grpc`.
fn rpc_port(host: &Host) -> u16 {
    host.wait_until("the port of kind `grpc`", |log| {
        let is_grpc = |line: &&Line| line.has("address") && line.text("kind") == "grpc";
        let line = log.iter().find(is_grpc)?;
        line.text("address").rsplit_once(':')?.1.parse().ok()
    })
}

/// What `run` says to settings that cannot work.
#[track_caller]
fn refusal(settings: &str) -> String {
    let service = echoes(settings);
    let ended = Command::new(["run".as_ref(), service.path().as_os_str()]).run();
    assert_eq!(ended.status, 2, "{ended:?}");
    ended.stderr
}
