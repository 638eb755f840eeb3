//! The commands that take several services, and what they say when these do not go together.
//! Does not know what is said of a single one.

use std::path::Path;

use expect_test::{Expect, expect};

use super::{command, named};
use crate::support::{Command, Service, guests};

fn service(name: &str, types: &str) -> Service {
    named(name, Service::new(guests::STARTS, types))
}

#[track_caller]
fn check(verb: &str, services: &[&Service], options: &[&str], expected: &Expect) {
    let mut command = Command::new([verb]);
    command.arguments(services.iter().map(|service| service.path()));
    command.arguments(options);
    expected.assert_eq(&command.run().outline());
}

#[test]
fn services_that_want_the_same_do_not_start() {
    let user = service("user", "http:18080");

    check(
        "run",
        &[&user, &service("user", "http:0"), &service("bff", "http:18080")],
        &[],
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: the services cannot run in one process:
              `$DIR/service.toml:1` and `$DIR/service.toml:1` are both named `user`
              `$DIR/service.toml:5` and `$DIR/service.toml:5` both listen on port 18080
             help: give one of the services another `name`
        "#]],
    );
    check(
        "run",
        &[&user, &user],
        &[],
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: the services cannot run in one process:
              `$DIR/service.toml` is given twice
             help: name each service once
        "#]],
    );
}

#[test]
fn what_is_wrong_with_each_is_told() {
    let one = Service::of_text("name = 1\n");
    let other = Service::of_text("name =\n");

    let finished = command(&[&one, &other]).run();

    assert_eq!((finished.status, finished.stdout.as_str()), (2, ""));
    assert_eq!(finished.stderr.matches("error: ").count(), 2, "{}", finished.stderr);
}

#[test]
fn arguments_are_for_one_script() {
    let services = [service("user", "http:0"), service("bff", "http:0")];

    check(
        "run",
        &[&services[0], &services[1]],
        &["--", "a"],
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: arguments after `--` are for one script, and 0 of the services are scripts
             help: run the script by itself to give it arguments
        "#]],
    );
}

#[test]
fn check_looks_at_each_and_at_all_together() {
    let (user, other) = (service("user", "http:18080"), service("other", "http:0"));
    let bff = service("bff", "http:18080");
    let missing = named("missing", Service::with_component(Path::new("no.wasm"), "http:0"));

    check(
        "check",
        &[&user, &other],
        &[],
        &expect![[r#"
            status 0
            --- stdout
            $DIR/service.toml: no problems
            $DIR/service.toml: no problems
            --- stderr
        "#]],
    );
    let mut all = Command::new(["check"]);
    all.arguments([user.path(), missing.path(), bff.path()]);
    let all = all.run();
    assert_eq!(all.status, 2, "{}", all.outline());
    assert!(all.stdout.contains("both listen on port 18080"), "{}", all.stdout);
    let ends =
        all.stdout.lines().filter_map(|line| line.split_once("service.toml: ").map(|(_, end)| end));
    let ends = ends.filter(|end| end.contains("problem")).collect::<Vec<_>>();
    assert_eq!(ends, ["no problems", "1 problem", "1 problem"], "{}", all.stdout);

    let mut json = Command::new(["check", "--json"]);
    json.arguments([user.path(), missing.path()]);
    let json = json.run();
    assert_eq!(json.status, 2, "{}", json.outline());
    let list: serde_json::Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    let ok = |index: usize| list[index]["ok"].as_bool();
    assert_eq!((ok(0), ok(1)), (Some(true), Some(false)));
    assert_eq!(list[1]["path"].as_str(), missing.path().to_str());
}

#[test]
fn inspect_shows_each() {
    let user = service("user", "http:0");
    let bff = service("bff", "http:0");
    let mut text = Command::new(["inspect"]);
    text.arguments([user.path(), bff.path()]);
    let mut json = Command::new(["inspect", "--json"]);
    json.arguments([user.path(), bff.path()]);

    let (text, json) = (text.run(), json.run());

    assert_eq!((text.status, json.status), (0, 0));
    let names = |output: &str| {
        let list: serde_json::Value = serde_json::from_str(output).expect("it is JSON");
        let name = |one: &serde_json::Value| one["name"].as_str().map(str::to_owned);
        list.as_array().expect("it is a list").iter().filter_map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&json.stdout), ["user", "bff"]);
    assert!(text.stdout.contains("user") && text.stdout.contains("bff"), "{}", text.stdout);
}

#[test]
fn build_builds_each() {
    let builds = |name| {
        let service = Service::with_component(Path::new("app.wasm"), "http:0");
        named(name, service.host("build = 'touch app.wasm'"))
    };
    let (user, bff) = (builds("user"), builds("bff"));

    check(
        "build",
        &[&user, &bff],
        &[],
        &expect![[r#"
            status 0
            --- stdout
            --- stderr
            building `user`: touch app.wasm
            building `bff`: touch app.wasm
        "#]],
    );
    assert!(bff.directory().join("app.wasm").exists());
}

#[test]
fn lines_for_people_tell_whose_they_are() {
    let services = [
        named("one", Service::new(guests::SCRIPTS, "script")),
        named("two", Service::new(guests::SCRIPTS, "script")),
    ];
    let mut command = command(&[&services[0], &services[1]]);
    command.arguments(["--log-format", "text"]);

    let finished = command.run();

    for name in ["one", "two"] {
        let begins = format!(" {name} INFO  run begins");
        assert!(finished.stdout.contains(&begins), "{}", finished.stdout);
    }
}
