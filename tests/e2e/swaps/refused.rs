//! Changes that come to nothing: the version that serves goes on, and the log says why, once.
//! Does not know the rules that they break.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};

use super::versions;
use crate::support::http::{self, Client};
use crate::support::{Host, Service, Signal, guests, mask};

const REFUSED: &str = "could not replace service, the version that serves goes on";

/// A service whose component is a copy that can be broken.
fn with_own_component() -> (Service, std::path::PathBuf) {
    let service = Service::with_component(Path::new("app.wasm"), "http:0");
    let component = service.directory().join("app.wasm");
    fs::copy(guests::VERSIONS.component(), &component).expect("the component is there");
    (service, component)
}

/// Tells the host of the change; it says why it refuses it, and the version before serves.
#[track_caller]
fn refuses(service: &Service, change: impl FnOnce(), expected: &Expect) {
    let host = Host::start(service);
    let mut client = Client::connect(host.port());
    super::ask(&mut client, "/who");

    change();
    host.signal(Signal::HUP);
    let line = host.wait_for(REFUSED);

    let help = if line.has("error.help") { line.text("error.help") } else { "-" };
    let text = format!("{}\nhelp: {help}\n", line.text("error.message"));
    let directory = service.directory().display().to_string();
    expected.assert_eq(&mask(&text.replace(&directory, "$SERVICE")));
    assert_eq!(super::ask(&mut client, "/who"), "v1.0.0 unmarked");
    assert_eq!(http::get(host.port(), "/who").text(), "v1.0.0 unmarked");
    let stopped = host.stop();
    assert_eq!(stopped.lines(REFUSED).len(), 1);
    assert_eq!(stopped.lines("service replaced").len(), 0);
}

#[test]
fn a_definition_with_a_mistake() {
    let service = versions("http:0");
    refuses(&service, || service.edit("product", "produkt"), &expect![""]);
}

#[test]
fn a_definition_that_is_gone() {
    let service = versions("http:0");
    refuses(&service, || fs::remove_file(service.path()).expect("it is there"), &expect![""]);
}

#[test]
fn a_component_that_is_cut_off() {
    let (service, component) = with_own_component();
    let bytes = fs::read(&component).expect("it is there");
    let half = &bytes[..bytes.len() / 2];
    refuses(&service, || fs::write(&component, half).expect("it can be written"), &expect![""]);
}

#[test]
fn a_component_that_is_gone() {
    let (service, component) = with_own_component();
    refuses(&service, || fs::remove_file(&component).expect("it is there"), &expect![""]);
}

#[test]
fn a_component_that_does_not_fit() {
    let (service, component) = with_own_component();
    let other = guests::SCRIPTS.component();
    refuses(
        &service,
        || drop(fs::copy(other, &component).expect("the component is there")),
        &expect![""],
    );
}

#[test]
fn an_error_in_on_start() {
    let service = versions("http:0").tables("[service]\non_start = 'return'");
    refuses(&service, || service.edit("'return'", "'fail'"), &expect![""]);
}

#[test]
fn a_trap_in_on_start() {
    let service = versions("http:0").tables("[service]\non_start = 'return'");
    refuses(&service, || service.edit("'return'", "'panic'"), &expect![""]);
}

#[test]
fn an_on_start_that_takes_too_long() {
    let service =
        versions("http:0").host("start_timeout = '300ms'").tables("[service]\non_start = 'return'");
    refuses(&service, || service.edit("'return'", "'block'"), &expect![""]);
}

#[test]
fn a_port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let service = versions("http:0");
    let to = format!("http:{port}");
    refuses(&service, || service.edit("http:0", &to), &expect![""]);
}

#[test]
fn a_script_instead_of_a_service() {
    let service = versions("http:0");
    let script = guests::SCRIPTS.component().display().to_string();
    let versions = guests::VERSIONS.component().display().to_string();
    refuses(
        &service,
        || {
            service.edit(&versions, &script);
            service.edit("http:0", "script");
        },
        &expect![""],
    );
}
