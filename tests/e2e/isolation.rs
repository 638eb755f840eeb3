//! What a service can see of the machine it runs on: only what its definition grants.
//! Does not know what it does with it.

use serde_json::{Value, json};

use crate::support::http;
use crate::support::{Host, Service, guests};

/// What the guest finds out about the variable `name`, and about everything else.
fn look(service: &Service, variables: &[(&str, &str)], name: &str) -> Value {
    let command = variables
        .iter()
        .fold(Host::command(service), |command, (name, value)| command.env(name, value));
    let host = Host::running(service, command);

    let answer = http::get(host.port(), &format!("/variables?name={name}"));

    assert_eq!(answer.status, 200, "{}", answer.text());
    host.stop();
    serde_json::from_slice(&answer.body).expect("the answer is JSON")
}

#[test]
fn a_service_sees_the_variables_it_declares() {
    let service = Service::new(guests::ECHOES, "http:0").top("envs = ['GREETING', 'COLOUR']");
    let variables = [("GREETING", "hello"), ("SECRET", "swordfish"), ("COLOUR", "blue")];

    let seen = look(&service, &variables, "GREETING");

    assert_eq!((&seen["sdk"], &seen["std"]), (&json!("hello"), &json!("hello")));
    assert_eq!(seen["all"], json!([["GREETING", "hello"], ["COLOUR", "blue"]]));
}

#[test]
fn a_service_does_not_see_other_variables() {
    let service = Service::new(guests::ECHOES, "http:0");
    let variables = [("SECRET", "swordfish"), ("MIKROS_SERVICE_DEPLOY", "dev")];

    for name in ["SECRET", "PATH", "MIKROS_SERVICE_DEPLOY", "MIKROS_HOST_CACHE"] {
        let seen = look(&service, &variables, name);
        assert_eq!((&seen["sdk"], &seen["std"]), (&Value::Null, &Value::Null), "{name}");
        assert_eq!(seen["all"], json!([]));
    }
}

#[test]
fn a_service_sees_no_arguments_and_no_directory() {
    let seen = look(&Service::new(guests::ECHOES, "http:0"), &[], "ANY");

    assert_eq!(seen["arguments"], json!([]));
    assert!(seen["directory"].is_null() || seen["directory"] == json!("/"), "{seen}");
}

#[test]
fn a_service_that_wants_files_or_sockets_does_not_start() {
    for guest in [guests::IMPORTS_FS, guests::IMPORTS_NET] {
        let stopped = Host::launch(Host::command(&Service::new(guest, "http:0"))).ended();

        assert_ne!(stopped.status, Some(0));
        assert!(stopped.lines("service-running").is_empty());
    }
}
