//! `doctor`: the checks, the fixes, and that nothing else is changed.
//! Does not compile anything: scripts stand for the toolchain, but for what cargo says of crates.

mod fixes;

use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::thread;
use std::time::Instant;

use expect_test::expect;
use serde_json::Value;

use super::check;
use crate::support::command::Finished;
use crate::support::directory::Directory;
use crate::support::{Command, LIMIT, Service, Signal, guests, mask, workspace};

/// A service that is well, on a machine that is: a crate, its component, a toolchain with the target.
fn well() -> Service {
    let service = Service::new(guests::HELLO_HTTP, "http:0").tables("[service]\ngreeting = 'hi'");
    let manifest = "[package]\nname = 'probe'\nversion = '1.0.0'\nedition = '2024'\n\
                    [lib]\ncrate-type = ['cdylib']\n[workspace]\n";
    service.write("Cargo.toml", manifest);
    for directory in ["src", "cache", "library"] {
        fs::create_dir(service.directory().join(directory)).expect("the directory is ours");
    }
    service.write("src/lib.rs", "");
    service.write("library/libstd-1.rlib", "");
    // What tests were just given is newer than any component.
    age(&service, &["Cargo.toml", "src/lib.rs"]);
    toolchain(&service);
    service
}

fn age(service: &Service, files: &[&str]) {
    for file in files {
        let file = fs::File::options().write(true).open(service.directory().join(file));
        let file = file.expect("it was just written");
        file.set_modified(std::time::UNIX_EPOCH).expect("the file is ours");
    }
}

fn toolchain(service: &Service) {
    let directory = service.directory().display();
    service.program(
        "rustc",
        &format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && exec echo 'rustc 1.95.0 (of the test)'\n\
             [ \"$2\" = target-libdir ] && exec echo {directory}/library\n"
        ),
    );
    let cargo = env!("CARGO");
    service.program(
        "cargo",
        &format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && exec echo 'cargo 1.95.0 (of the test)'\n\
             exec {cargo} \"$@\"\n"
        ),
    );
    service.program(
        "rustup",
        &format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && exec echo 'rustup 1.29.0 (of the test)'\n\
             echo installing: $* >&2\ntouch {directory}/library/libstd-2.rlib\n"
        ),
    );
}

fn examine(service: &Service, arguments: &[&str]) -> Finished {
    let mut command = Command::new(["doctor"]).with_programs(service.directory());
    command = command.env("MIKROS_HOST_CACHE", service.directory().join("cache"));
    command.arguments(arguments);
    command.arguments([service.path()]);
    command.run()
}

#[test]
fn all_is_well() {
    check(
        &examine(&well(), &[]),
        &expect![[r#"
        status 0
        --- stdout
        ok         rust: rustc 1.95.0, cargo 1.95.0
        ok         rustup: version 1.29.0
        ok         target: `wasm32-wasip2` is installed
        ok         cache: `$DIR/cache` is usable
        ok         service.toml: `probe`, kind `http`
        ok         environment: every variable that `service.toml` asks for is set
        warning    build: `$DIR/service.toml` does not say how to build the service
                   help: add to `[host]`, for example, `build = "cargo build --release --target wasm32-wasip2"`
        ok         crate: `probe` is a library that becomes a component
        warning    sdk: `$DIR/Cargo.toml` does not depend on `mikros-sdk`
                   help: `mikros-host init` tells what to add; without the SDK a crate must keep to the contract in `wit` by itself
        ok         component: `$TARGET/wasm32-wasip2/release/hello_http.wasm` fits `service.toml`
        no problems, 2 warnings
        --- stderr
    "#]],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_address_space_is_told() {
    let service = well();
    let mut command = Command::new(["doctor"]).with_programs(service.directory());
    command.arguments([service.path()]);

    let finished = command.limited("-v 3145728").run();

    let line = "warning    memory: address space is limited to 3072 MiB: components run slower, with \
                room for few instances\n           help: raise it with `ulimit -v`, to 67108864 or more\n";
    assert!(finished.stdout.contains(line), "{}", finished.outline());
}

#[test]
fn mistakes_in_the_definition_are_shown_where_they_are() {
    let service = well().top("envs = ['MISSING']").host("instances = 0");

    check(
        &examine(&service, &[]),
        &expect![[r#"
            status 2
            --- stdout
            ok         rust: rustc 1.95.0, cargo 1.95.0
            ok         rustup: version 1.29.0
            ok         target: `wasm32-wasip2` is installed
            ok         cache: `$DIR/cache` is usable
            problem    service.toml: $DIR/service.toml:10:13: `host.instances` must be an integer from 1 to 1024, or `"auto"`, found the integer `0`
                       10 | instances = 0
                          |             ^
                       help: for example `"auto"`
            warning    service.toml: what it says of the build, the component and the ports is examined once it is valid
            ok         crate: `probe` is a library that becomes a component
            warning    sdk: `$DIR/Cargo.toml` does not depend on `mikros-sdk`
                       help: `mikros-host init` tells what to add; without the SDK a crate must keep to the contract in `wit` by itself
            1 problem, 2 warnings
            --- stderr
        "#]],
    );
}

#[test]
fn what_people_must_do_is_told() {
    let service = well()
        .top("envs = ['MISSING']")
        .host("build = 'cargo build --target wasm32-wasip1'")
        .host("instances = 2");
    service.write("Cargo.toml", "[package]\nname = 'probe'\nedition = '2024'\n[workspace]\n");
    fs::remove_file(service.directory().join("src/lib.rs")).expect("it is there");
    service.write("src/main.rs", "");

    check(
        &examine(&service, &[]),
        &expect![[r#"
        status 2
        --- stdout
        ok         rust: rustc 1.95.0, cargo 1.95.0
        ok         rustup: version 1.29.0
        ok         target: `wasm32-wasip2` is installed
        ok         cache: `$DIR/cache` is usable
        ok         service.toml: `probe`, kind `http`
        problem    environment: $DIR/service.toml:6:9: environment variable `MISSING` is not set
                   6 | envs = ['MISSING']
                     |         ^^^^^^^^^
                   help: set `MISSING`, or `PROBE__MISSING` for this service only
        problem    build: `cargo build --target wasm32-wasip1` builds for `wasm32-wasip1`, and components are built for `wasm32-wasip2`
                   help: let `[host] build` say `--target wasm32-wasip2`
        problem    crate: `$DIR/Cargo.toml` describes a program, not a library
                   help: a service is a library: rename `src/main.rs` to `src/lib.rs`, add `[lib]` with `crate-type = ["cdylib"]`, and use `mikros_sdk::export!` instead of `main`
        warning    sdk: `$DIR/Cargo.toml` does not depend on `mikros-sdk`
                   help: `mikros-host init` tells what to add; without the SDK a crate must keep to the contract in `wit` by itself
        ok         component: `$TARGET/wasm32-wasip2/release/hello_http.wasm` fits `service.toml`
        warning    component: `$DIR/src/main.rs` is newer than `$TARGET/wasm32-wasip2/release/hello_http.wasm`
                   help: build it with `mikros-host build`
        3 problems, 2 warnings
        --- stderr
    "#]],
    );
}

#[test]
fn a_port_in_use_is_a_warning() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let service = Service::new(guests::HELLO_HTTP, &format!("http:{port}"));
    toolchain(&service);

    let finished = examine(&service, &[]);

    let line = finished.stdout.lines().find(|line| line.contains("port:"));
    expect!["warning    port: cannot listen on 127.0.0.1 port $PORT for kind `http`: Address already in use (os error 98)"].assert_eq(&line.unwrap_or_default().replace(&port, "$PORT"));
}

#[test]
fn a_component_that_does_not_fit_is_a_problem() {
    let service = well();
    let text = fs::read_to_string(service.path()).unwrap().replace("'http:0'", "'script'");
    service.write("service.toml", text);

    let finished = examine(&service, &[]);

    let about = finished.stdout.lines().skip_while(|line| !line.contains("component:"));
    expect![[r#"
        problem    component: `$TARGET/wasm32-wasip2/release/hello_http.wasm`: kind `script` is declared in `types`, but the component does not export `mikros:service/script@0.2.0`
                   help: add `script` to `mikros_sdk::export!`, or remove it from `types`
        problem    component: `$TARGET/wasm32-wasip2/release/hello_http.wasm`: the component exports `mikros:service/http@0.2.0`, but kind `http` is not declared in `types`
                   help: add `http` to `types`, or remove it from `mikros_sdk::export!`
        2 problems, 2 warnings"#]].assert_eq(&mask(&about.collect::<Vec<_>>().join("\n")));
    assert_eq!(finished.status, 2);
}

#[test]
fn sources_that_are_newer_than_the_component_are_a_hint() {
    let service = well();
    let component = fs::read(guests::HELLO_HTTP.component()).unwrap();
    service.write("old.wasm", component);
    age(&service, &["old.wasm"]);
    service.write("src/lib.rs", "// changed");
    let text = fs::read_to_string(service.path()).unwrap();
    let path = guests::HELLO_HTTP.component().display().to_string();
    service.write("service.toml", text.replace(&path, "old.wasm"));

    let finished = examine(&service, &[]);

    let about = finished.stdout.lines().filter(|line| line.contains("component:"));
    expect![[r#"
        ok         component: `$DIR/old.wasm` fits `service.toml`
        warning    component: `$DIR/src/lib.rs` is newer than `$DIR/old.wasm`"#]]
    .assert_eq(&mask(&about.collect::<Vec<_>>().join("\n")));
    assert_eq!(finished.status, 0, "{}", finished.outline());
}

#[test]
fn outside_of_a_project_only_the_machine_is_examined() {
    let service = well();
    let elsewhere = Directory::new();
    let command = Command::new(["doctor"]).within(elsewhere.path());
    let command = command.with_programs(service.directory());
    let cache = service.directory().join("cache");

    check(
        &command.env("MIKROS_HOST_CACHE", cache).run(),
        &expect![[r#"
        status 0
        --- stdout
        ok         rust: rustc 1.95.0, cargo 1.95.0
        ok         rustup: version 1.29.0
        ok         target: `wasm32-wasip2` is installed
        ok         cache: `$DIR/cache` is usable
        ok         service.toml: there is no `service.toml`, so only the machine was examined
        no problems
        --- stderr
    "#]],
    );
}

#[test]
fn a_service_that_was_named_must_be_there() {
    let service = well();
    fs::remove_file(service.path()).expect("it was just written");

    let finished = examine(&service, &[]);

    assert!(
        finished.stdout.contains("problem    service.toml: cannot read"),
        "{}",
        finished.stdout
    );
    assert_eq!(finished.status, 2);
}

#[test]
fn a_machine_without_rust_cannot_build_crates() {
    let service = well();
    let empty = Directory::new();
    let mut command = Command::new(["doctor"]).env("PATH", empty.path());
    command.arguments([service.path()]);

    let finished = command.run();

    let about: Vec<_> = finished.stdout.lines().take(4).collect();
    expect![[r#"
        problem    rust: `rustc` is not installed
                   help: install Rust with rustup from https://rustup.rs
        warning    rustup: `rustup` is not installed: the toolchain must bring its targets itself
                   help: install Rust with rustup from https://rustup.rs"#]]
    .assert_eq(&about.join("\n"));
    assert_eq!(finished.status, 1, "{}", finished.outline());
}

#[test]
fn where_a_ready_component_runs_nobody_needs_a_compiler() {
    let service = Service::new(guests::HELLO_HTTP, "http:0").tables("[service]\ngreeting = 'hi'");
    let empty = Directory::new();
    let cache = Directory::new();
    fs::set_permissions(cache.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let mut command = Command::new(["doctor"]).env("PATH", empty.path());
    command = command.env("MIKROS_HOST_CACHE", cache.path());
    command.arguments([service.path()]);

    let finished = command.run();

    assert!(finished.stdout.ends_with("no problems\n"), "{}", finished.outline());
    assert_eq!(finished.status, 0, "{}", finished.outline());
}

#[test]
fn a_toolchain_that_is_too_old_is_told() {
    let service = well();
    service.program("rustc", "#!/bin/sh\necho rustc 1.80.1\n");

    let finished = examine(&service, &[]);

    expect!["problem    rust: rustc 1.80.1 is too old: the SDK needs 1.95 or newer"]
        .assert_eq(finished.stdout.lines().next().unwrap_or_default());
    assert_eq!(finished.status, 1);
}

#[test]
fn a_toolchain_that_does_not_start_is_told_in_its_words() {
    let service = well();
    let words = "error: toolchain '1.60.0' is not installed\nhelp: run it\n";
    service.program("rustc", &format!("#!/bin/sh\nprintf '%s' \"{words}\" >&2\nexit 1\n"));

    let finished = examine(&service, &[]);

    let about: Vec<_> = finished.stdout.lines().take(3).collect();
    expect![[r#"
        problem    rust: `rustc` does not work here: toolchain '1.60.0' is not installed
                   help: run `rustup toolchain install` in `$DIR`
        ok         rustup: version 1.29.0"#]]
    .assert_eq(&mask(&about.join("\n")));
    assert_eq!(finished.status, 1);
}

#[test]
fn the_contract_of_the_sdk_is_known() {
    let mut command = Command::new(["doctor", "--json"]);
    command.arguments([workspace().join("examples/hello-http")]);

    let finished = command.run();

    let document: Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
    let rows = document["checks"].as_array().expect("it is an array");
    let sdk = rows.iter().find(|row| row["check"] == "sdk").expect("it was examined");
    let path = workspace().join("guest-sdk/sdk");
    let message = format!("`mikros-sdk` in `{}` speaks `mikros:service@0.2.0`", path.display());
    assert_eq!(sdk["message"], message);
}

/// The end of a pipe that takes nothing more.
fn full() -> io::PipeWriter {
    let (reader, mut writer) = io::pipe().expect("a pipe can be made");
    // Nobody reads, and the pipe must not break.
    std::mem::forget(reader);
    rustix::io::ioctl_fionbio(&writer, true).expect("a pipe can do that");
    while writer.write(&[0]).is_ok() {}
    rustix::io::ioctl_fionbio(&writer, false).expect("a pipe can do that");
    writer
}

#[test]
fn a_signal_ends_it_also_when_its_programs_have_ended() {
    let service = well();
    let asked = service.directory().join("asked");
    let cargo = env!("CARGO");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && exec echo 'cargo 1.95.0 (of the test)'\n\
         echo $$ > {0}.new; mv {0}.new {0}; exec {cargo} \"$@\"\n",
        asked.display()
    );
    service.program("cargo", &script);
    let mut command = Command::new(["doctor"]).with_programs(service.directory());
    command = command.env("MIKROS_HOST_CACHE", service.directory().join("cache"));
    command.arguments([service.path()]);
    let mut process = command.spawn_into(full().into());

    // The last program that it starts.
    let deadline = Instant::now() + LIMIT;
    let is_over = || {
        let id = fs::read_to_string(&asked).ok()?;
        Some(!Path::new("/proc").join(id.trim()).exists())
    };
    while is_over() != Some(true) {
        assert!(Instant::now() < deadline, "cargo was not asked");
        thread::yield_now();
    }
    process.signal(Signal::INT);

    assert_eq!(process.wait().code(), Some(130));
}
