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
              `$DIR/service.toml:1:8` and `$DIR/service.toml:1:8` are both named `user`
              `$DIR/service.toml:5:10` and `$DIR/service.toml:5:10` both listen on port 18080
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

/// What a command says in JSON of services.
fn json(verb: &str, services: &[&Service]) -> serde_json::Value {
    let mut command = Command::new([verb, "--json"]);
    command.arguments(services.iter().map(|service| service.path()));
    serde_json::from_str(&command.run().stdout).expect("it is JSON")
}

#[test]
fn a_collision_is_with_the_later_file_and_has_a_position() {
    let (user, bff) = (service("user", "http:18080"), service("bff", "http:18080"));
    let last = service("last", "http:0");
    let path = serde_json::json!(bff.path());

    let checked = json("check", &[&user, &bff, &last]);
    let examined = json("doctor", &[&user, &bff, &last]);

    let is_collision = |row: &&serde_json::Value| {
        row["message"].as_str().is_some_and(|message| message.contains("both listen on port 18080"))
    };
    for (document, rows) in [(&checked, "problems"), (&examined, "checks")] {
        let found = |index: usize| {
            document[index][rows].as_array().and_then(|rows| rows.iter().find(is_collision))
        };
        assert!(found(0).is_none() && found(2).is_none(), "{document}");
        let row = found(1).unwrap_or_else(|| panic!("{document}"));
        assert_eq!((&row["path"], &row["line"], &row["column"]), (&path, &5.into(), &10.into()));
    }
}

#[test]
fn clients_that_need_no_socket_are_told() {
    let user = service("user", "http:0");
    let caller = |table: &str| {
        let service = Service::new(guests::STARTS, "http:0");
        named("bff", service.tables(&format!("[clients.User]\nhost = '127.0.0.1'\n{table}")))
    };
    let local = caller("protocol = 'http'");
    let others = [caller("protocol = 'grpc'"), caller("protocol = 'http'\ntransport = 'network'")];

    let text = |verb: &str| {
        let mut command = Command::new([verb]);
        command.arguments([user.path(), local.path()]);
        command.run().stdout
    };
    assert!(text("check").contains("calls `User` in this process\n"), "{}", text("check"));
    assert!(text("inspect").contains("User in this process, http\n"), "{}", text("inspect"));
    let told = "client: `User` is served in this process\n";
    assert!(text("doctor").contains(told), "{}", text("doctor"));

    let in_process = |services: &[&Service]| json("check", services)[1]["in_process"].clone();
    assert_eq!(in_process(&[&user, &local]), serde_json::json!(["User"]));
    for other in &others {
        assert_eq!(in_process(&[&user, other]), serde_json::json!([]));
    }
    assert_eq!(json("check", &[&local])["in_process"], serde_json::json!([]));
}

#[test]
fn doctor_examines_each_and_says_as_much_of_clients_as_check() {
    let user = service("user", "http:0");
    let tables =
        "[clients.orders]\nhost = '127.0.0.1'\n[clients.orders.tls]\nroots_file = 'none.pem'";
    let bff = named("bff", Service::new(guests::STARTS, "http:0").tables(tables));

    let documents = json("doctor", &[&user, &bff]);

    let of = |index: usize, check: &str| {
        let rows = documents[index]["checks"].as_array().expect("there are checks");
        rows.iter().filter(|row| row["check"] == check).cloned().collect::<Vec<_>>()
    };
    assert_eq!(documents[1]["path"].as_str(), bff.path().to_str());
    assert_eq!((of(0, "cache").len(), of(1, "cache").len()), (1, 0));
    assert!(of(0, "client").is_empty(), "{documents}");
    let message = |row: &serde_json::Value| row["message"].as_str().unwrap_or_default().to_owned();
    let messages = of(1, "client").iter().map(message).collect::<Vec<_>>().join("\n");
    assert!(messages.contains("the certificate authorities of client `orders`"), "{messages}");
    assert!(messages.contains("`[clients.orders]` has no effect"), "{messages}");
    let mut command = Command::new(["doctor"]);
    command.arguments([user.path(), bff.path()]);
    let text = command.run();
    assert_eq!(text.status, 2, "{}", text.outline());
    for service in [&user, &bff] {
        let heading = format!("{}\n", service.path().display());
        assert!(text.stdout.contains(&heading), "{}", text.stdout);
    }
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
