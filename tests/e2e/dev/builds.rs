//! When something is built, when not, and what ends a build.
//! Does not know how files change.

use std::fs;
use std::path::Path;

use expect_test::expect;

use super::{Dev, hanging, project, project_of, runs, set_mark};
use crate::support::{Command, Service, Signal, guests, http, mask};

#[test]
fn a_first_build_that_fails_is_followed_by_one_that_does_not() {
    let service = project();
    set_mark(&service, "error: no mark");
    let mut dev = Dev::start(&service);
    dev.shows("waiting for a change", 1);

    set_mark(&service, "version1");
    dev.shows("ready in", 1);

    dev.serves("version1");
    dev.said(&expect![[r#"
        error: no mark
        build failed after $T · waiting for a change
        src/mark changed · built in $T · ready in $T
        http  http://127.0.0.1:$N
    "#]]);
}

#[test]
fn a_build_that_makes_no_component_is_told_with_the_reason() {
    let service = project();
    service.edit("build = 'sh build.sh'", "build = 'true'");
    let package = "[package]\nname = 'probe'\nversion = '1.0.0'\nedition = '2024'\n[workspace]\n";
    service.write("Cargo.toml", package);
    service.write("src/lib.rs", "");
    let mut dev = Dev::start(&service);

    dev.shows("waiting for a change", 1);
    service.edit("build = 'true'", "build = 'sh build.sh'");
    dev.shows("ready in", 1);

    dev.serves("version1");
    dev.said(&expect![[r#"
        build failed after $T: the build succeeded, but it has made no component `$DIR/app.wasm`: `$DIR/Cargo.toml` has no `crate-type = ["cdylib"]`
         help: change `$DIR/Cargo.toml`, or let `mikros-host doctor --fix` do it:
             6 +
             7 + [lib]
             8 + crate-type = ["cdylib"]
        waiting for a change
        service.toml changed · built in $T · ready in $T
        http  http://127.0.0.1:$N
    "#]]);
}

#[test]
fn a_manifest_that_cargo_does_not_read_is_told_and_the_service_runs() {
    let service = project_of("http:0, native");
    service.write("Cargo.toml", "[package\n");
    let mut dev = Dev::serving(&service);

    dev.serves("version1");
    set_mark(&service, "version2");
    dev.shows("ready in", 2);

    dev.serves("version2");
    dev.said(&expect![[r#"
        cannot find the sources in `$DIR`: cargo says: unclosed table, expected `]`
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        src/mark changed · built in $T · ready in $T
    "#]]);
}

#[test]
fn a_first_definition_with_a_mistake_is_told_and_its_correction_is_built() {
    let service = project();
    service.edit("product", "produkt");
    let mut dev = Dev::start(&service);
    dev.shows("waiting for a change", 1);

    service.edit("produkt", "product");
    dev.shows("ready in", 1);

    dev.serves("version1");
    set_mark(&service, "version2");
    dev.shows("ready in", 2);
    dev.serves("version2");
    dev.said(&expect![[r#"
        start failed: invalid service definition
          $DIR/service.toml:1:1: `product` is missing
            help: add `product = "Matrix"`
          $DIR/service.toml:4:1: unknown key `produkt`
            4 | produkt = 'Tests'
              | ^^^^^^^
            help: did you mean `product`?
        waiting for a change
        service.toml changed · built in $T · ready in $T
        http  http://127.0.0.1:$N
        src/mark changed · built in $T · ready in $T
    "#]]);
}

#[test]
fn a_definition_that_is_not_there_is_a_wrong_argument() {
    let service = project();
    let mut command = Command::new(["dev"]);
    command.arguments([service.directory().join("nowhere.toml")]);

    expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: cannot read `$DIR/nowhere.toml`
        cause: No such file or directory (os error 2)
         help: pass the path of the service's `service.toml`, or make a service with `mikros-host new`
    "#]]
    .assert_eq(&command.run().outline());
}

#[test]
fn a_change_during_a_build_ends_it_with_all_it_has_started() {
    let service = project();
    let mut dev = Dev::serving(&service);
    set_mark(&service, "hang");
    dev.shows("hangs", 1);
    let processes = hanging(&service);
    assert!(processes.iter().all(|process| runs(*process)));

    dev.serves("version1");
    set_mark(&service, "version2");
    dev.shows("ready in", 2);

    assert!(!processes.into_iter().any(runs));
    dev.serves("version2");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        hangs
        src/mark changed · built in $T · ready in $T
    "#]]);
}

#[test]
fn changes_while_a_build_is_being_ended_are_in_the_next_one() {
    let service = project();
    // The shell that is told to end does so when the test has made its changes.
    service.write(
        "slow.sh",
        "trap 'until test -e src/go; do sleep 0.01; done; exit 1' TERM; sh build.sh & wait $!",
    );
    service.edit("sh build.sh", "sh slow.sh");
    let mut dev = Dev::serving(&service);
    set_mark(&service, "hang");
    dev.shows("hangs", 1);

    set_mark(&service, "version2");
    service.write("src/other", "");
    set_mark(&service, "version3");
    service.write("src/go", "");
    dev.shows("ready in", 2);

    dev.serves("version3");
    let said = dev.stopped_by(Signal::TERM);
    assert_eq!(said.matches("ready in").count(), 2, "{said}");
}

#[test]
fn a_build_that_changes_nothing_changes_nothing() {
    let service = project();
    let mut dev = Dev::serving(&service);

    service.replace("src/notes", "a comment");
    dev.shows("the component is the same", 1);

    dev.serves("version1");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        src/notes changed · built in $T · the component is the same · still serving the version of $TIME
    "#]]);
}

#[test]
fn a_build_that_always_writes_the_same_into_the_sources_is_built_once() {
    let service = project();
    let generate = "echo generated > src/.new; mv src/.new src/generated; sh build.sh";
    service.write("generate.sh", generate);
    service.edit("sh build.sh", "sh generate.sh");
    service.write("src/generated", "generated\n");
    let mut dev = Dev::serving(&service);

    set_mark(&service, "version2");
    dev.shows("ready in", 2);
    dev.pass_a_second();

    dev.serves("version2");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        src/mark changed · built in $T · ready in $T
    "#]]);
}

/// Runs a build that writes another content into the sources each time, until it is known to do so.
#[track_caller]
fn writes_its_sources(build: &str) {
    let service = project();
    service.write("generate.sh", build);
    service.edit("sh build.sh", "sh generate.sh");
    let mut dev = Dev::start(&service);
    dev.shows("src/generated` changes during every build, so it does not lead to another one", 1);
    dev.shows("ready in", 1);

    set_mark(&service, "version2");
    dev.shows("ready in", 2);
    // For the builds that are on their way.
    dev.pass_a_second();
    let before = dev.process.stderr();
    dev.pass_a_second();

    dev.serves("version2");
    let said = dev.stopped_by(Signal::TERM);
    assert_eq!(said, before);
    assert_eq!(said.matches("changes during every build").count(), 1, "{said}");
}

#[test]
fn a_build_that_writes_something_else_each_time_comes_to_an_end() {
    writes_its_sources("echo $$ > src/generated; sh build.sh");
}

#[test]
fn a_slow_build_that_writes_something_else_each_time_comes_to_an_end() {
    // Slow enough for the change to be noticed while it runs.
    writes_its_sources("echo $$ > src/generated; sleep 0.3; sh build.sh");
}

#[test]
fn a_user_who_is_faster_than_the_builds_is_not_taken_for_one() {
    let service = project();
    // Fast enough to come to its end, and slow enough to be disturbed.
    service.write("slow.sh", "echo begins; sleep 0.3; sh build.sh");
    service.edit("sh build.sh", "sh slow.sh");
    let mut dev = Dev::serving(&service);

    for number in 1..=5 {
        set_mark(&service, &format!("typing {number}"));
        dev.shows("begins", number + 1);
    }
    set_mark(&service, "version2");
    dev.shows("ready in", 2);
    let mut count = 2;
    while http::get(dev.port(), "/who").text() != "v1.0.0 version2" {
        count += 1;
        dev.shows("ready in", count);
    }

    dev.serves("version2");
    let said = dev.stopped_by(Signal::TERM);
    assert!(said.contains("/src/mark` changed again, after this build comes another\n"), "{said}");
    assert!(!said.contains("changes during every build"), "{said}");
}

#[test]
fn a_build_that_makes_no_component_has_failed() {
    let service = project();
    let mut dev = Dev::serving(&service);

    set_mark(&service, "nothing");
    dev.shows("still serving", 1);

    dev.serves("version1");
    set_mark(&service, "version2");
    dev.shows("ready in", 2);
    dev.serves("version2");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        src/mark changed · build failed after $T: the build succeeded, but there is no component `$DIR/app.wasm`
         help: let `[host] component` in `$DIR/service.toml` name the file that `sh build.sh` writes
        still serving the version of $TIME
        src/mark changed · built in $T · ready in $T
    "#]]);
}

#[test]
fn another_command_is_a_reason_to_build() {
    let service = project();
    let mut dev = Dev::serving(&service);

    service.edit("'sh build.sh'", "'sh build.sh; echo done with it'");
    dev.shows("ready in", 2);
    service.edit("; echo done with it", "; kill -9 $$");
    dev.shows("build failed", 1);

    dev.serves("version1");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        done with it
        service.toml changed · built in $T · ready in $T
        service.toml changed · build failed after $T: it was ended by signal 9 · still serving the version of $TIME
    "#]]);
}

#[test]
fn a_component_that_others_build_is_served() {
    let service = Service::with_component(Path::new("app.wasm"), "http:0, native");
    let guest = fs::read(guests::VERSIONS.component()).expect("the component is there");
    service.write("app.wasm", guest);
    let mut dev = Dev::serving(&service);
    dev.serves("unmarked");

    let other = project_of("http:0, native");
    set_mark(&other, "version2");
    let mut built = Dev::serving(&other);
    built.serves("version2");
    let component = fs::read(other.directory().join("app.wasm")).expect("it was built");
    service.replace("app.wasm", component);
    dev.shows("app.wasm", 1);
    dev.shows("ready in", 2);

    dev.serves("version2");
    let said = mask(&built.stopped_by(Signal::TERM));
    assert!(said.starts_with("built in"), "{said}");
    dev.said(&expect![[r#"
        ready in $T
        http  http://127.0.0.1:$N
        app.wasm changed · ready in $T
    "#]]);
}
