//! The texts, word for word, of a service that has everything.

use expect_test::{Expect, expect, expect_file};

use super::*;

const EVERYTHING: &str = r#"
name = "Orders"
types = ["http:80", "grpc"]
version = "v1.2.0+a"
language = "rust"
product = "50% off"
envs = ["DATABASE_URL"]

[host]
component = "../build/orders.wasm"
instances = 2
drain_delay = "5s"
address = "127.0.0.1"

[service]
token = "API_TOKEN@env"

[services.http]
health = "/it's"

[features.audit]
enabled = true
component = "plug ins/audit.wasm"
limits = { memory = "64MiB" }

[clients.users]
tls = { certificate = "own.pem", key = "/etc/own.key" }
"#;

const SCRIPT: &str = r#"
name = "report"
types = ["script"]
version = "v1"
language = "rust"
product = "Matrix"

[host]
component = "report.wasm"
instances = "auto"
"#;

fn definition(text: &str) -> Definition {
    let context = LoadContext::default().incomplete();
    Definition::parse(Path::new("orders/service.toml"), text, &context).expect("it is valid")
}

fn generated(text: &str, format: DeploymentFormat) -> Generated {
    let definition = definition(text);
    let workload = Workload::new(&definition).expect("it can be deployed");
    generate(format, &workload).expect("it is possible")
}

fn text_of(text: &str, format: DeploymentFormat) -> String {
    generated(text, format).text
}

#[track_caller]
fn refuses(text: &str, expected: &Expect) {
    let definition = definition(text);
    let generated = Workload::new(&definition)
        .and_then(|workload| generate(DeploymentFormat::Kubernetes, &workload));
    let error = generated.err().expect("it is refused");
    expected.assert_eq(&error.to_string());
}

#[test]
fn a_service_with_everything() {
    let text = |format| text_of(EVERYTHING, format);
    expect_file!["tests/orders.service"].assert_eq(&text(DeploymentFormat::Systemd));
    expect_file!["tests/orders.Dockerfile"].assert_eq(&text(DeploymentFormat::Dockerfile));
    expect_file!["tests/orders.yaml"].assert_eq(&text(DeploymentFormat::Kubernetes));
}

#[test]
fn a_script() {
    let text = |format| text_of(SCRIPT, format);
    expect_file!["tests/report.service"].assert_eq(&text(DeploymentFormat::Systemd));
    expect_file!["tests/report.Dockerfile"].assert_eq(&text(DeploymentFormat::Dockerfile));
    expect_file!["tests/report.yaml"].assert_eq(&text(DeploymentFormat::Kubernetes));
}

#[test]
fn what_no_file_can_say_is_a_note() {
    let notes = |text: &str, format| generated(text, format).notes.join("\n");
    let delayless = EVERYTHING.replace("5s", "0s");

    assert_eq!(notes(EVERYTHING, DeploymentFormat::Systemd), "");
    assert_eq!(notes(SCRIPT, DeploymentFormat::Kubernetes), "");
    expect![[r#"
        `[host] address` is a loopback address, which nobody outside of the container can reach
        TLS needs a file that is not in the image: mount `/etc/own.key`
        TLS needs a file that is not in the image: mount `/srv/own.pem`
        `[host] drain_delay` is 0, so requests fail that reach a pod after it has begun to stop; set it to `"5s"`"#]].assert_eq(&notes(&delayless, DeploymentFormat::Kubernetes));
}

#[test]
fn what_has_its_own_work_is_never_run_twice() {
    let text = SCRIPT.replace("script", "http', 'native").replace('"', "'");

    let manifests = text_of(&text, DeploymentFormat::Kubernetes);

    assert!(manifests.contains("replicas: 1\n") && manifests.contains("Recreate"), "{manifests}");
    assert!(!manifests.contains("HorizontalPodAutoscaler"), "{manifests}");
}

#[test]
fn without_its_health_check_a_port_is_probed() {
    let text = format!("{}[services.http]\nhealth = false\n", SCRIPT.replace("script", "http"));
    let probe = "readinessProbe:\n          tcpSocket:\n            port: 8080\n";
    assert!(text_of(&text, DeploymentFormat::Kubernetes).contains(probe));
    assert!(!text_of(&text, DeploymentFormat::Dockerfile).contains("HEALTHCHECK"));

    let text = SCRIPT.replace("script", "grpc");
    let probe = "readinessProbe:\n          grpc:\n            port: 7070\n";
    assert!(text_of(&text, DeploymentFormat::Kubernetes).contains(probe));
}

#[test]
fn what_cannot_be_deployed_is_refused() {
    refuses(
        &SCRIPT.replace("script", "http:0"),
        &expect!["kind `http` listens on any free port, and a Service needs to know which"],
    );
    refuses(
        &SCRIPT.replace("\"report\"", "\"1report\""),
        &expect!["`1report` cannot be the name of a Service: it must begin with a letter"],
    );
    refuses(
        &SCRIPT.replace("\"report\"", &format!("\"{}\"", "a".repeat(64))),
        &expect![
            "`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` cannot be the name of a Service: it must have 1 to 63 characters"
        ],
    );
    refuses(
        &format!("{SCRIPT}[service]\nkey = \"A B@env\"\n"),
        &expect!["`A B` cannot be the name of an environment variable in a shell"],
    );
}
