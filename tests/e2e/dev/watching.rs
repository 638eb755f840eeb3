//! What is watched, and what follows from a change of `service.toml`.
//! Does not know the ways in which files change.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};

use expect_test::expect;

use super::{Dev, project, project_of, set_mark, without_times};
use crate::support::{Service, Signal, guests, http};

fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    socket.local_addr().expect("it is bound").port()
}

#[test]
fn without_a_list_the_whole_directory_is_watched() {
    let service = project_of("http:0, native");
    let mut dev = Dev::serving(&service);

    service.write("service.proto", "");
    dev.shows("the component is the same", 1);
    set_mark(&service, "version2");
    dev.shows("ready in", 2);

    dev.serves("version2");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        service.proto changed · built in $T · the component is the same · still serving the version of $TIME
        src/mark changed · built in $T · ready in $T
    "#]]);
}

#[test]
fn a_list_that_changes_counts_from_then_on() {
    let service = project();
    let other = service.directory().join("other");
    fs::create_dir(&other).expect("the target directory can be written");
    let mut dev = Dev::serving(&service);

    service.replace("other/file", "not watched");
    service.edit("watch = ['src']", "watch = ['src', 'other', 'not-yet']");
    dev.shows("ready in", 2);
    // The list is read when the new version is on its way already.
    dev.pass_a_second();
    service.replace("other/file", "watched");
    dev.shows("other/file changed", 1);
    fs::create_dir(service.directory().join("not-yet")).expect("it can be written");
    service.write("not-yet/file", "");
    dev.shows("not-yet/file changed", 1);
    dev.shows("the component is the same", 2);

    dev.serves("version1");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        service.toml changed · ready in $T
        other/file changed · built in $T · the component is the same · still serving the version of $TIME
        not-yet/file changed · built in $T · the component is the same · still serving the version of $TIME
    "#]]);
}

#[test]
fn a_new_address_is_told() {
    let service = project();
    let mut dev = Dev::serving(&service);
    let before = dev.port();
    let port = free_port();

    dev.client = None;
    service.edit("http:0", &format!("http:{port}"));
    dev.shows("http  http://", 2);

    dev.serves("version1");
    assert_eq!(dev.port(), port);
    assert_ne!(before, port);
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        service.toml changed · ready in $T
        http  http://127.0.0.1:$N
    "#]]);
}

#[test]
fn settings_follow_without_a_build() {
    let service = project()
        .limits("call_timeout = '30s'")
        .tables("[log]\nlevel = 'info'\n[service]\nmark = 'first'");
    let mut dev = Dev::serving(&service);
    dev.serves("first");

    service.edit("'first'", "'second'");
    dev.shows("ready in", 2);
    dev.serves("second");
    service.edit("call_timeout = '30s'", "call_timeout = '100ms'");
    dev.shows("ready in", 3);
    assert_eq!(http::get(dev.port(), "/wait/60000").status, 504);
    service.edit("'info'", "'error'");
    dev.shows("ready in", 4);
    let lines = |dev: &Dev| dev.process.stdout().concat().matches("waiting begins").count();
    let before = lines(&dev);
    assert_eq!(http::get(dev.port(), "/wait/60000").status, 504);

    service.edit("'error'", "'info'");
    dev.shows("ready in", 5);
    assert_eq!(http::get(dev.port(), "/wait/60000").status, 504);
    dev.logs("waiting begins", before + 1);
    let said = without_times(&dev.stopped_by(Signal::TERM));
    // The host may not know yet that the client has taken the last answer.
    let lines = said.lines().filter(|line| !line.starts_with("stopping, "));
    expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        service.toml changed · ready in $T
        service.toml changed · ready in $T
        service.toml changed · ready in $T
        service.toml changed · ready in $T
    "#]]
    .assert_eq(&lines.map(|line| line.to_owned() + "\n").collect::<String>());
}

#[test]
fn kinds_follow_with_the_component_that_has_them() {
    let service = project();
    let natives = guests::NATIVES.component();
    let mut dev = Dev::serving(&service);
    dev.serves("version1");

    // Two changes, of which the first one alone does not fit.
    service.write("build.sh", format!("cp {} app.wasm", natives.display()));
    service.edit("'http:0', 'native'", "'native'");
    set_mark(&service, "version2");
    dev.shows("ready in", 2);

    assert!(dev.client.as_mut().is_some_and(http::Client::is_closed));
    let said = dev.stopped_by(Signal::TERM);
    assert_eq!(said.matches("ready in").count(), 2, "{said}");
}

#[test]
fn a_newer_change_takes_the_place_of_one_that_does_not_start() {
    let service = project().tables("[service]\non_start = 'return'");
    let mut dev = Dev::serving(&service);
    service.edit("on_start = 'return'", "on_start = 'wait'");
    dev.logs("on-start begins", 2);
    dev.serves("version1");

    service.edit("on_start = 'wait'", "mark = 'second'");
    dev.shows("ready in", 2);

    dev.serves("second");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        service.toml changed · ready in $T
    "#]]);
}

/// A service whose definition does not say where it listens.
fn anywhere(types: &str) -> Service {
    let service = project_of(types);
    service.edit("address = '127.0.0.1'\n", "");
    service
}

fn port_of(dev: &Dev, scheme: &str) -> u16 {
    dev.process.wait_until("the address", |_, stderr| {
        stderr.rsplit_once(scheme)?.1.split_once("localhost:")?.1.lines().next()?.parse().ok()
    })
}

#[test]
fn by_default_a_service_is_reached_from_this_machine_only() {
    let service = anywhere("http:0, native");
    let dev = Dev::start(&service);
    dev.shows("ready in", 1);
    let port = port_of(&dev, "http  ");

    assert_eq!(http::get(port, "/who").text(), "v1.0.0 version1");
    let has_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    assert_eq!(TcpStream::connect((Ipv6Addr::LOCALHOST, port)).is_ok(), has_ipv6);
    // Of this machine as well, but one of the many that `::` stands for.
    assert!(TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), port)).is_err());
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://localhost:$N
        for this machine only; `--address ::` or `[host] address` lets others in
    "#]]);
}

#[test]
fn an_address_that_is_typed_counts() {
    let service = project_of("http:0, native");
    let mut command = Dev::command(&service);
    command.arguments(["--address", "::"]);
    let dev = Dev::launch(command);
    dev.shows("ready in", 1);
    let port = port_of(&dev, "http  ");

    assert!(TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), port)).is_ok());
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://localhost:$N
    "#]]);
}
