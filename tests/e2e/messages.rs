//! Every message about bad input, word for word, with its exit status.
//! Does not know what is done with good input.

mod component;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use expect_test::{Expect, expect, expect_file};

use crate::support::directory::Directory;
use crate::support::{Command, Host, Service, guests};

/// What is wrong before there is a log: text on stderr, exit status 2, nothing started.
#[track_caller]
fn cannot_be_read(path: &Path, expected: &Expect) {
    let finished = Command::new([Path::new("run"), path]).run();

    expected.assert_eq(&finished.outline());
}

/// A definition that is wrong.
#[track_caller]
fn is_wrong(text: impl AsRef<[u8]>, expected: &Expect) {
    cannot_be_read(&Service::of_text(text).path(), expected);
}

/// What goes wrong once there is a log: the line that says why the service does not run.
#[track_caller]
fn does_not_run(service: &Service, expected: &Expect) {
    let stopped = Host::launch(Host::command(service)).ended();

    expected.assert_eq(&stopped.outline());
}

#[test]
fn a_definition_that_is_not_there() {
    cannot_be_read(
        Path::new("/nowhere/service.toml"),
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: cannot read `/nowhere/service.toml`
            cause: No such file or directory (os error 2)
             help: pass the path of the service's `service.toml`, or make a service with `mikros-host new`
        "#]],
    );

    let empty = Directory::new();
    cannot_be_read(
        empty.path(),
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: cannot read `$DIR/service.toml`
            cause: No such file or directory (os error 2)
             help: pass the path of the service's `service.toml`, or make a service with `mikros-host new`
        "#]],
    );
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: cannot read `service.toml`
        cause: No such file or directory (os error 2)
         help: pass the path of the service's `service.toml`, or make a service with `mikros-host new`
    "#]]
    .assert_eq(&Command::new(["run"]).within(empty.path()).run().outline());
}

#[test]
fn a_definition_that_cannot_be_read() {
    let directory = Directory::new();
    let path = directory.write("service.toml", "name = 'probe'");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_err() {
        cannot_be_read(
            &path,
            &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: cannot read `$DIR/service.toml`
            cause: Permission denied (os error 13)
        "#]],
        );
    }

    // What even the superuser cannot read: something else than a file.
    std::fs::create_dir(directory.path().join("inner")).unwrap();
    std::fs::create_dir(directory.path().join("inner/service.toml")).unwrap();
    cannot_be_read(
        &directory.path().join("inner"),
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: cannot read `$DIR/inner/service.toml`
        cause: Is a directory (os error 21)
         help: pass the `service.toml`, not its directory
    "#]],
    );
}

#[test]
fn a_definition_that_is_not_toml() {
    is_wrong(
        "name = 'probe\n",
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: invalid service definition
              $DIR/service.toml:1:8: invalid TOML: this string is not closed
                1 | name = 'probe
                  |        ^
                help: add `'` where it ends
        "#]],
    );
    is_wrong(
        b"name = 'pr\xffbe'\n",
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: invalid service definition
              $DIR/service.toml:1:11: invalid TOML: this byte is not UTF-8
                1 | name = 'pr
                  |           ^
                help: save the file as UTF-8
        "#]],
    );
    is_wrong(
        "",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: invalid service definition
          $DIR/service.toml:1:1: `name` is missing
            help: add `name = "greeter"`
          $DIR/service.toml:1:1: `version` is missing
            help: add `version = "v1.2.0"`
          $DIR/service.toml:1:1: `language` is missing
            help: add `language = "rust"`
          $DIR/service.toml:1:1: `product` is missing
            help: add `product = "Matrix"`
          $DIR/service.toml:1:1: `types` is missing
            help: add `types = ["http:8080"]`
          $DIR/service.toml:1:1: `host.component` is missing
            help: add `component = "target/wasm32-wasip2/release/greeter.wasm"` to `[host]`
    "#]],
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = "nmae = 'probe'\n\
                types = ['htpp:80', 'http:99999', 'native', 'worker']\n\
                version = 'one'\n\
                envs = ['MISSING', 'TOKEN']\n\
                [host]\n\
                component = 5\n\
                instances = 0\n\
                [host.limits]\n\
                memory = '256'\n\
                call_timeout = 30\n\
                [service]\n\
                token = 'ALSO_MISSING@env'\n";

    let finished = Command::new([Path::new("run"), &Service::of_text(text).path()]).run();

    expect_file!["messages/everything.txt"].assert_eq(&finished.outline());
}

#[test]
fn an_environment_that_cannot_be_used() {
    let service = Service::new(guests::HELLO_HTTP, "http").top("envs = ['TOKEN']");
    let command = Host::command(&service)
        .env("MIKROS_HTTP_PORT", "http")
        .env("MIKROS_HIDE_RESPONSE_FIELDS", "everything")
        .env("TOKEN", std::ffi::OsStr::from_bytes(b"\xff"));

    expect![[r#"
        status 2
        --- stdout
        --- stderr
        warning: environment variable `TOKEN` counts as not set, because its value is not UTF-8
        error: invalid service definition
          $DIR/service.toml:6:9: environment variable `TOKEN` is not set
            6 | envs = ['TOKEN']
              |         ^^^^^^^
            help: set `TOKEN`, or `PROBE__TOKEN` for this service only
          environment: `MIKROS_HTTP_PORT` must be a port from 0 to 65535
            help: unset it for the default `8080`
    "#]]
    .assert_eq(&command.run().outline());
}

#[test]
fn a_port_that_is_in_use() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = other.local_addr().unwrap().port();
    let service = Service::new(guests::HYBRID_HTTP_NATIVE, &format!("http:{port}, native"));

    let stopped = Host::launch(Host::command(&service)).ended();

    let outline = stopped.outline().replace(&port.to_string(), "$PORT");
    expect![[r#"
        INFO starting service
        INFO starting features
        FATAL aborting service execution reason="could not bootstrap service" error.message="cannot listen on 127.0.0.1 port $PORT for kind `http`: Address already in use (os error 98)" error.help="stop the process that uses the port, which `ss -tlnp` names, or choose another one in `types`, for example `http:8081`; port 0 takes any free one"
        INFO service stopped exit.status=1
        status 1
    "#]].assert_eq(&outline);
    assert_eq!(stopped.status, Some(1));
}

#[test]
fn a_port_that_is_not_permitted() {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 1));
    if !bound.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
        // To the superuser every port is permitted.
        return;
    }
    let service = Service::new(guests::HELLO_HTTP, "http:1");

    does_not_run(
        &service,
        &expect![[r#"
        INFO starting service
        INFO starting features
        FATAL aborting service execution reason="could not bootstrap service" error.message="cannot listen on 127.0.0.1 port 1 for kind `http`: Permission denied (os error 13)" error.help="ports below 1024 need a privilege; choose a higher one in `types`"
        INFO service stopped
        status 1
    "#]],
    );
}

#[test]
fn an_address_of_another_machine() {
    // 192.0.2.0/24 is for documentation (RFC 5737).
    let service = Service::of_text(format!(
        "name = 'probe'\ntypes = ['http:0']\nversion = 'v1'\nlanguage = 'rust'\nproduct = 'Tests'\n\
         [host]\ncomponent = '{}'\naddress = '192.0.2.1'\n[service]\ngreeting = 'hi'\n",
        guests::HELLO_HTTP.component().display()
    ));

    does_not_run(
        &service,
        &expect![[r#"
            INFO starting service
            INFO starting features
            FATAL aborting service execution reason="could not bootstrap service" error.message="cannot listen on 192.0.2.1 port 0 for kind `http`: Cannot assign requested address (os error 99)" error.help="let `[host] address` be an address of this machine"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}
