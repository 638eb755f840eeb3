//! Changes that come to nothing: the version that serves goes on, and the log says why, once.
//! Does not know the rules that they break.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::versions;
use crate::support::http::{self, Client};
use crate::support::{Host, Service, Signal, guests, mask, without_numbers};

const REFUSED: &str = "swap-failed";

/// A service whose component is a copy that can be broken.
fn with_own_component() -> (Service, std::path::PathBuf) {
    let service = Service::with_component(Path::new("app.wasm"), "http:0, native");
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
    assert_eq!(line.msg(), "could not replace service, the version that serves goes on");

    let help = if line.has("error.help") { line.text("error.help") } else { "-" };
    let text = format!("{}\nhelp: {help}\n", line.text("error.message"));
    expected.assert_eq(&without_numbers(&mask(&text)));
    assert_eq!(super::ask(&mut client, "/who"), "v1.0.0 unmarked");
    assert_eq!(http::get(host.port(), "/who").text(), "v1.0.0 unmarked");
    let stopped = host.stop();
    assert_eq!(stopped.lines(REFUSED).len(), 1);
    assert_eq!(stopped.lines("swap-completed").len(), 0);
}

#[test]
fn a_definition_with_a_mistake() {
    let service = versions();
    refuses(
        &service,
        || service.edit("product", "produkt"),
        &expect![[r#"
            invalid service definition
              $DIR/service.toml:1:1: `product` is missing
                help: add `product = "Matrix"`
              $DIR/service.toml:4:1: unknown key `produkt`
                4 | produkt = 'Tests'
                  | ^^^^^^^
                help: did you mean `product`?
            help: -
        "#]],
    );
}

#[test]
fn a_definition_that_is_gone() {
    let service = versions();
    refuses(
        &service,
        || fs::remove_file(service.path()).expect("it is there"),
        &expect![[r#"
            cannot read `$DIR/service.toml`: No such file or directory (os error 2)
            help: put a `service.toml` there again
        "#]],
    );
}

/// Lets something take the place of a file that whoever opens it waits for.
fn replace_by_pipe(path: &Path) {
    fs::remove_file(path).expect("it is there");
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, path, FileType::Fifo, mode, 0).expect("the target directory can be written");
}

#[test]
fn a_definition_that_is_a_pipe() {
    let service = versions();
    refuses(
        &service,
        || replace_by_pipe(&service.path()),
        &expect![[r#"
        cannot read `$DIR/service.toml`: it is a named pipe, not a regular file
        help: put a `service.toml` there again
    "#]],
    );
}

#[test]
fn a_component_that_is_a_pipe() {
    let (service, component) = with_own_component();
    refuses(
        &service,
        || replace_by_pipe(&component),
        &expect![[r#"
        cannot read component `$DIR/app.wasm`: it is a named pipe, not a regular file
        help: -
    "#]],
    );
}

#[test]
fn a_component_that_is_cut_off() {
    let (service, component) = with_own_component();
    let bytes = fs::read(&component).expect("it is there");
    let half = &bytes[..bytes.len() / 2];
    refuses(
        &service,
        || fs::write(&component, half).expect("it can be written"),
        &expect![[r#"
            `$DIR/app.wasm` is truncated after $N bytes
            help: build it again with `mikros-host build`
        "#]],
    );
}

#[test]
fn a_component_that_is_gone() {
    let (service, component) = with_own_component();
    refuses(
        &service,
        || fs::remove_file(&component).expect("it is there"),
        &expect![[r#"
        cannot read component `$DIR/app.wasm`: No such file or directory (os error 2)
        help: build it with `mikros-host build`, or put there what was built elsewhere
    "#]],
    );
}

#[test]
fn a_component_that_does_not_fit() {
    let (service, component) = with_own_component();
    let other = guests::SCRIPTS.component();
    refuses(
        &service,
        || {
            fs::copy(other, &component).expect("the component is there");
        },
        &expect![[r#"
            `$DIR/app.wasm` does not fit `service.toml`:
              kind `http` is declared in `types`, but the component does not export `mikros:service/http@0.2.0`
                help: add `http` to `mikros_sdk::export!`, or remove it from `types`
              kind `native` is declared in `types`, but the component does not export `mikros:service/native@0.2.0`
                help: add `native` to `mikros_sdk::export!`, or remove it from `types`
              the component exports `mikros:service/script@0.2.0`, but kind `script` is not declared in `types`
                help: add `script` to `types`, or remove it from `mikros_sdk::export!`
            help: -
        "#]],
    );
}

#[test]
fn an_error_in_on_start() {
    let service = versions().tables("[service]\non_start = 'return'");
    refuses(
        &service,
        || service.edit("'return'", "'fail'"),
        &expect![[r#"
        `on-start` failed: told to fail: by its settings
        help: -
    "#]],
    );
}

#[test]
fn a_trap_in_on_start() {
    let service = versions().tables("[service]\non_start = 'return'");
    refuses(
        &service,
        || service.edit("'return'", "'panic'"),
        &expect![[r#"
        the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:
        told to panic
        help: -
    "#]],
    );
}

#[test]
fn an_on_start_that_takes_too_long() {
    let service =
        versions().host("start_timeout = '300ms'").tables("[service]\non_start = 'return'");
    refuses(
        &service,
        || service.edit("'return'", "'block'"),
        &expect![[r#"
        `on-start` did not return within 300ms
        help: -
    "#]],
    );
}

#[test]
fn a_port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let service = versions();
    let to = format!("http:{port}");
    refuses(
        &service,
        || service.edit("http:0", &to),
        &expect![[r#"
            cannot listen on 127.0.0.1 port $N for kind `http`: Address already in use (os error 98)
            help: stop the process that uses the port, which `ss -tlnp` names, or choose another one in `types`, for example `http:$N`; port 0 takes any free one
        "#]],
    );
}

#[test]
fn an_address_that_overlaps_with_the_one_before() {
    let port = super::free_port();
    let service = Service::new(guests::VERSIONS, &format!("http:{port}, native"));
    refuses(
        &service,
        || service.edit("'127.0.0.1'", "'0.0.0.0'"),
        &expect![[r#"
        cannot listen on 0.0.0.0 port $N for kind `http` beside 127.0.0.1:$N, where the service listens
        help: restart the service, or let the kind listen on another port in `types`
    "#]],
    );
}

#[test]
fn a_script_instead_of_a_service() {
    let service = versions();
    let script = guests::SCRIPTS.component().display().to_string();
    let versions = guests::VERSIONS.component().display().to_string();
    refuses(
        &service,
        || {
            service.edit(&versions, &script);
            service.edit("'http:0', 'native'", "'script'");
        },
        &expect![[r#"
            a script cannot take over from a service that runs
            help: stop the service and start the script
        "#]],
    );
}
