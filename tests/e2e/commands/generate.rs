//! `generate`: what it writes is accepted by those it is for, and works.
//! Does not know the texts: those are tested beside their code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use crate::support::command::Finished;
use crate::support::directory::Directory;
use crate::support::foreign::{Foreign, Language, has_program};
use crate::support::{Command, Host, Service, guests, workspace};

/// One service for every way to be reached or to run.
const TYPES: [&str; 6] =
    ["http:8080", "grpc:7070", "http:80, grpc", "native", "http:1, cronjob", "script"];

fn generate(service: &Path, arguments: &[&str]) -> Finished {
    let mut command = Command::new(["generate"]).env("DATABASE_URL", "postgres://secret");
    command.arguments(arguments);
    command.arguments([service]);
    command.run()
}

fn service(types: &str) -> Service {
    let schedule =
        if types.contains("cronjob") { "[services.cronjob]\ncron = '@daily'\n" } else { "" };
    let tables = format!(
        "[service]\ntoken = 'API_TOKEN@env'\n{schedule}[clients.users]\n[clients.users.tls]\n\
         certificate = 'a.pem'\nkey = 'a.key'"
    );
    let service = Service::with_component(Path::new("no.wasm"), types).tables(&tables);
    service.edit("name = 'probe'", "name = 'Orders'\nenvs = ['DATABASE_URL']");
    service
}

/// What is generated from every kind of service, in files of this format.
fn files(directory: &Directory, format: &str) -> Vec<PathBuf> {
    let file = |(index, types): (usize, &&str)| {
        let service = service(types);
        let output = directory.path().join(index.to_string());
        let finished =
            generate(&service.path(), &[format, "--output", &output.display().to_string()]);
        assert_eq!(finished.status, 0, "{}", finished.outline());
        let path = PathBuf::from(finished.stdout.trim_end());
        let text = fs::read_to_string(&path).expect("it was written");
        assert!(text.contains("DATABASE_URL") && text.contains("API_TOKEN"), "{text}");
        assert!(!text.contains("postgres"), "{text}");
        path
    };
    TYPES.iter().enumerate().map(file).collect()
}

#[test]
fn kubernetes_accepts_the_manifests() {
    let Some(python) = Foreign::of(Language::Python) else { return };
    let directory = Directory::new();

    let finished = python.run("manifests", files(&directory, "kubernetes"));

    assert_eq!(finished.status, 0, "{}", finished.outline());
    let kinds = finished.stdout.lines().filter_map(|line| line.strip_suffix(" orders"));
    let kinds = kinds.collect::<Vec<_>>();
    let network = ["ConfigMap", "Deployment", "Service", "HorizontalPodAutoscaler"];
    let alone = ["ConfigMap", "Deployment"];
    let scheduled = ["ConfigMap", "Deployment", "Service"];
    let script = ["ConfigMap", "Job"];
    let all = [&network[..], &network, &network, &alone, &scheduled, &script];
    assert_eq!(kinds, all.concat());
}

#[test]
fn systemd_accepts_the_units() {
    if !has_program("systemd-analyze", "systemd") {
        return;
    }
    let directory = Directory::new();
    for path in files(&directory, "systemd") {
        // The program has to be there.
        let unit = fs::read_to_string(&path).expect("it was written");
        let unit = unit.replace("/usr/local/bin/mikros-host", env!("CARGO_BIN_EXE_mikros-host"));
        fs::write(&path, &unit).expect("the directory is ours");

        let verified = process::Command::new("systemd-analyze").arg("verify").arg(&path).output();

        let verified = verified.expect("it was just started");
        let told = String::from_utf8_lossy(&verified.stderr).into_owned();
        let about: Vec<_> = told.lines().filter(|line| line.contains("orders")).collect();
        assert!(verified.status.success() && about.is_empty(), "{told}\n{unit}");
    }
}

#[test]
fn the_health_check_of_the_image_works() {
    let serves = Service::new(guests::HELLO_HTTP, "http:0").tables("[service]\ngreeting = 'hi'");
    let finished = generate(&service("http:8080").path(), &["dockerfile"]);
    let check = finished.stdout.lines().find(|line| line.starts_with("HEALTHCHECK"));
    let (_, command) = check.and_then(|line| line.split_once(" CMD ")).expect("there is one");
    let command: Vec<String> = serde_json::from_str(command).expect("it is JSON");
    let host = Host::start(&serves);
    let script = command[2].replace("/localhost/8080", &format!("/localhost/{}", host.port()));
    let run =
        || process::Command::new("bash").args(["-c", &script]).output().expect("there is bash");

    assert!(run().status.success(), "{script}\n{:?}", run());
    host.stop();
    assert!(!run().status.success(), "{script}");
}

#[test]
fn the_examples_are_deployable() {
    for example in ["hello-http", "greeter-grpc", "cronjob", "script-report", "feature-wasm"] {
        for format in ["systemd", "dockerfile", "kubernetes"] {
            let finished = generate(&workspace().join("examples").join(example), &[format]);
            assert_eq!(finished.status, 0, "{}", finished.outline());
        }
    }
}

#[test]
fn a_file_is_replaced_by_force_only() {
    let directory = Directory::new();
    let service = service("http:8080");
    let output = directory.path().join("new/deploy");
    let arguments = ["kubernetes", "--output", output.to_str().expect("it is UTF-8")];
    let path = output.join("orders.yaml");

    assert_eq!(generate(&service.path(), &arguments).status, 0);
    fs::write(&path, "mine").expect("the directory is ours");
    let refused = generate(&service.path(), &arguments);
    assert_eq!(refused.status, 2);
    let expected = format!("error: `{}` exists\n help: `--force` replaces it\n", path.display());
    assert_eq!(refused.stderr, expected);
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "mine");

    let forced = generate(&service.path(), &[&arguments[..], &["--force"]].concat());
    assert_eq!(forced.status, 0, "{}", forced.outline());
    let text = fs::read_to_string(&path).expect("it is there");
    assert!(text.contains("kind: Deployment"), "{text}");
    let names = fs::read_dir(&output).expect("it is there").count();
    assert_eq!(names, 1, "nothing unfinished is left");
}

#[test]
fn what_kubernetes_does_not_take_is_refused() {
    let any = generate(&service("http:0").path(), &["kubernetes"]);

    assert_eq!((any.status, any.stdout.as_str()), (2, ""));
    let expected = "error: kind `http` listens on any free port, and a Service needs to know which\n help: choose a port in `types`, for example `http:8080`\n";
    assert_eq!(any.stderr, expected);
    assert_eq!(generate(&service("http:0").path(), &["dockerfile"]).status, 0);
}
