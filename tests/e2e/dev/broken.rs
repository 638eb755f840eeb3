//! Changes that come to nothing: it is said why, once, and the version before serves on.
//! Does not know builds that fail by themselves.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use expect_test::{Expect, expect};

use super::{Dev, hanging, project, runs, set_mark};
use crate::support::process::Process;
use crate::support::{Service, Signal, guests, http};

/// Makes a change that comes to nothing, corrects it, and compares all that was said.
#[track_caller]
fn refuses(service: &Service, change: impl FnOnce(), correct: impl FnOnce(), expected: &Expect) {
    let mut dev = Dev::serving(service);
    dev.serves("version1");

    change();
    dev.shows("still serving", 1);
    dev.serves("version1");
    correct();
    set_mark(service, "version2");
    let mut dev = serves_at_last(dev, "version2");

    dev.serves("version2");
    let said = dev.stopped_by(Signal::TERM);
    // What follows the correction depends on which file is seen first.
    let told = said.find("still serving").expect("it was said");
    let end = said[told..].find('\n').map_or(said.len(), |length| told + length);
    expected.assert_eq(&super::without_times(&said[..end]));
    let refusals = said.matches("replacing failed").count() + said.matches("build failed").count();
    assert_eq!(refusals, 1, "{said}");
}

/// Waits for the version with this mark.
fn serves_at_last(dev: Dev, mark: &str) -> Dev {
    let mut count = 1;
    loop {
        count += 1;
        dev.shows("ready in", count);
        if http::get(dev.port(), "/who").text().ends_with(mark) {
            return dev;
        }
    }
}

#[test]
fn a_build_that_fails() {
    let service = project();
    refuses(
        &service,
        || set_mark(&service, "error: no mark"),
        || (),
        &expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        error: no mark
        src/mark changed · build failed after $T · still serving the version of $TIME
    "#]],
    );
}

#[test]
fn an_error_in_on_start() {
    let service = project().tables("[service]\non_start = 'return'");
    refuses(
        &service,
        || service.edit("'return'", "'fail'"),
        || service.edit("'fail'", "'return'"),
        &expect![[r#"
            built in $T · ready in $T
            http  http://127.0.0.1:$N
            service.toml changed · replacing failed: `on-start` failed: told to fail: by its settings
            still serving the version of $TIME
        "#]],
    );
}

#[test]
fn a_trap_in_on_start() {
    let service = project().tables("[service]\non_start = 'return'");
    refuses(
        &service,
        || service.edit("'return'", "'panic'"),
        || service.edit("'panic'", "'return'"),
        &expect![[r#"
            built in $T · ready in $T
            http  http://127.0.0.1:$N
            service.toml changed · replacing failed: the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:
            told to panic
            still serving the version of $TIME
        "#]],
    );
}

#[test]
fn an_on_start_that_does_not_return() {
    let service =
        project().host("start_timeout = '300ms'").tables("[service]\non_start = 'return'");
    refuses(
        &service,
        || service.edit("'return'", "'wait'"),
        || service.edit("'wait'", "'return'"),
        &expect![[r#"
            built in $T · ready in $T
            http  http://127.0.0.1:$N
            service.toml changed · replacing failed: `on-start` did not return within 300ms
            still serving the version of $TIME
        "#]],
    );
}

#[test]
fn a_component_that_does_not_fit() {
    let service = project();
    refuses(
        &service,
        || service.edit("'http:0', 'native'", "'http:0'"),
        || service.edit("'http:0'", "'http:0', 'native'"),
        &expect![[r#"
            built in $T · ready in $T
            http  http://127.0.0.1:$N
            service.toml changed · replacing failed: `$DIR/app.wasm` does not fit `service.toml`:
              the component exports `mikros:service/native@0.2.0`, but kind `native` is not declared in `types`
                help: add `native` to `types`, or remove it from `mikros_sdk::export!`
            still serving the version of $TIME
        "#]],
    );
}

#[test]
fn a_definition_with_a_mistake() {
    let service = project();
    refuses(
        &service,
        || service.edit("product", "produkt"),
        || service.edit("produkt", "product"),
        &expect![[r#"
            built in $T · ready in $T
            http  http://127.0.0.1:$N
            service.toml changed · replacing failed: invalid service definition
              $DIR/service.toml:1:1: `product` is missing
                help: add `product = "Matrix"`
              $DIR/service.toml:4:1: unknown key `produkt`
                4 | produkt = 'Tests'
                  | ^^^^^^^
                help: did you mean `product`?
            still serving the version of $TIME
        "#]],
    );
}

#[test]
fn a_definition_that_is_gone() {
    let service = project();
    let text = fs::read(service.path()).expect("it is there");
    refuses(
        &service,
        || fs::remove_file(service.path()).expect("it is there"),
        || service.replace("service.toml", text),
        &expect![[r#"
            built in $T · ready in $T
            http  http://127.0.0.1:$N
            service.toml changed · replacing failed: cannot read `$DIR/service.toml`
            cause: No such file or directory (os error 2)
             help: put a `service.toml` there again
            still serving the version of $TIME
        "#]],
    );
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let service = project();
    let mut dev = Dev::serving(&service);

    service.edit("http:0", &format!("http:{port}"));
    dev.shows("still serving", 1);

    dev.serves("version1");
    drop(taken);
    service.write("src/other", "");
    dev.shows("http  http://", 2);
    assert_eq!(dev.port(), port);
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        service.toml changed · replacing failed: cannot listen on 127.0.0.1 port $N for kind `http`: Address already in use (os error 98)
         help: stop the process that uses the port, which `ss -tlnp` names, or choose another one in `types`, for example `http:$N`; port 0 takes any free one
        still serving the version of $TIME
        src/other changed · built in $T · ready in $T
        http  http://127.0.0.1:$N
    "#]]);
}

#[test]
fn a_component_that_is_cut_off() {
    let service = project();
    refuses(
        &service,
        || set_mark(&service, "half"),
        || (),
        &expect![[r#"
            built in $T · ready in $T
            http  http://127.0.0.1:$N
            src/mark changed · built in $T · replacing failed: `$DIR/app.wasm` is truncated after $N bytes
             help: build it again with `mikros-host build`
            still serving the version of $TIME
        "#]],
    );
}

#[test]
fn a_component_that_is_removed_and_comes_back() {
    let service = project();
    let component = service.directory().join("app.wasm");
    let mut dev = Dev::serving(&service);
    let whole = fs::read(&component).expect("it was built");

    fs::remove_file(&component).expect("it is there");
    dev.shows("still serving", 1);
    dev.serves("version1");
    service.replace("app.wasm", &whole[..whole.len() / 2]);
    dev.shows("still serving", 2);
    dev.serves("version1");
    service.replace("app.wasm", &whole);
    dev.shows("ready in", 2);

    dev.serves("version1");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        app.wasm changed · replacing failed: cannot read component `$DIR/app.wasm`: No such file or directory (os error 2)
         help: build it with `mikros-host build`, or put there what was built elsewhere
        still serving the version of $TIME
        app.wasm changed · replacing failed: `$DIR/app.wasm` is truncated after $N bytes
         help: build it again with `mikros-host build`
        still serving the version of $TIME
        app.wasm changed · ready in $T
    "#]]);
}

/// Time in which a process has computed, in hundredths of a second.
fn computed(process: &Process) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id())).expect("it runs");
    let fields = stat.rsplit_once(')').expect("its name is in parentheses").1;
    // `utime` and `stime`; the state is the first field after the name.
    let times = fields.split_whitespace().skip(11).take(2);
    times.map(|time| time.parse::<u64>().expect("it is a number")).sum()
}

#[test]
fn nothing_is_done_after_a_failure() {
    let never_built = project();
    set_mark(&never_built, "error: no mark");
    let waiting = Dev::start(&never_built);
    waiting.shows("waiting for a change", 1);
    let service = project().tables("[service]\non_start = 'return'");
    // A component that is found in a cache is compiled once more, to learn from it.
    let command =
        Dev::command(&service).env("MIKROS_HOST_CACHE", service.directory().join("cache"));
    let mut dev = Dev::served(command);
    let idle = || {
        let processes = [&dev.process, &waiting.process];
        let before = processes.map(computed);
        dev.pass_a_second();
        let [one, other] = processes.map(computed);
        (one - before[0]).max(other - before[1])
    };

    set_mark(&service, "error: no mark");
    dev.shows("still serving", 1);
    let after_build = idle();
    service.edit("'return'", "'panic'");
    set_mark(&service, "version2");
    dev.shows("still serving", 2);
    let after_start = idle();
    service.edit("product", "produkt");
    dev.shows("still serving", 3);
    let after_definition = idle();
    fs::remove_dir_all(service.directory().join("src")).expect("it is there");
    dev.shows("still serving", 4);
    let without_sources = idle();

    let all = [after_build, after_start, after_definition, without_sources];
    assert!(all.into_iter().all(|time| time < 15), "{all:?}");
    dev.serves("version1");
    assert_eq!(dev.stopped_by(Signal::TERM).matches("still serving").count(), 4);
    assert_eq!(waiting.stopped_by(Signal::TERM).matches("build failed").count(), 1);
}

#[test]
fn a_build_that_fails_after_it_has_written_the_component() {
    let service = project();
    let mut dev = Dev::serving(&service);

    set_mark(&service, "late: no mark");
    dev.shows("still serving", 1);
    dev.pass_a_second();

    dev.serves("version1");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        late: no mark
        src/mark changed · build failed after $T · still serving the version of $TIME
    "#]]);
}

#[test]
fn a_definition_with_a_mistake_during_a_build() {
    let service = project();
    let mut dev = Dev::serving(&service);
    set_mark(&service, "hang");
    dev.shows("hangs", 1);
    let processes = hanging(&service);

    service.edit("product", "produkt");
    dev.shows("still serving", 1);
    dev.pass_a_second();
    assert!(!processes.into_iter().any(runs));
    dev.serves("version1");
    set_mark(&service, "hang");
    service.edit("produkt", "product");
    dev.shows("hangs", 2);

    dev.serves("version1");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        hangs
        src/mark and 1 more changed · replacing failed: invalid service definition
          $DIR/service.toml:1:1: `product` is missing
            help: add `product = "Matrix"`
          $DIR/service.toml:4:1: unknown key `produkt`
            4 | produkt = 'Tests'
              | ^^^^^^^
            help: did you mean `product`?
        still serving the version of $TIME
        hangs
    "#]]);
}

#[test]
fn a_service_that_fails_while_it_runs_is_started_again_by_a_change() {
    let natives = guests::NATIVES.component();
    let service = Service::with_component(&natives, "native").tables("[service]\nstart = 'fail'");
    let dev = Dev::start(&service);
    dev.shows("failed · waiting for a change", 1);

    service.edit("'fail'", "'notice'");
    dev.shows("ready in", 2);

    dev.said(&expect![[r#"
        ready in $T
        failed · waiting for a change
        service.toml changed · ready in $T
    "#]]);
}
