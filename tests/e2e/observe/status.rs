//! `mikros-host status`: what it shows, and its exit status.

use serde_json::Value;

use super::{ADMIN, admin_port, free_port, misbehaves};
use crate::support::command::Finished;
use crate::support::{Command, Host, Service, guests};

const TOKEN: &str = "correct-horse-battery";

fn status(arguments: &[&str]) -> Finished {
    Command::new(["status"].iter().chain(arguments)).run()
}

fn of(service: &Service) -> Finished {
    let path = service.path();
    status(&[path.to_str().expect("it is text")])
}

#[test]
fn a_service_is_found_by_its_definition() {
    let port = free_port();
    let settings = "[features.admin]\nenabled = true\ntoken = 'TOKEN@env'\naddress = '0.0.0.0'";
    let service = misbehaves(&format!("{settings}\nport = {port}"));
    let host = Host::running(&service, Host::command(&service).env("TOKEN", TOKEN));
    let path = service.path();
    let ask = || Command::new(["status".as_ref(), path.as_os_str()]);

    let shown = ask().env("TOKEN", TOKEN).run();
    let unset = ask().run();
    let wrong = ask().env("TOKEN", "another-token-of-16").run();

    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""), "{shown:?}");
    let address = format!("addresses  http 127.0.0.1:{}", host.port());
    let lines: Vec<_> = shown.stdout.lines().map(str::trim).collect();
    for expected in ["probe v1.0.0", "ready      yes", &address, "log level  info", "swaps      0"]
    {
        assert!(lines.contains(&expected), "{expected}: {}", shown.stdout);
    }
    let digest = lines.iter().find_map(|line| line.strip_prefix("digest     "));
    assert_eq!(digest.map(str::len), Some(12), "{}", shown.stdout);
    assert!(!shown.stdout.contains(TOKEN));
    for refused in [unset, wrong] {
        assert_eq!(refused.status, 1, "{refused:?}");
        assert!(refused.stderr.contains("it requires a token"), "{refused:?}");
    }
    host.stop();
}

#[test]
fn a_listener_is_found_by_its_address() {
    let settings = format!("{ADMIN}\ntoken = '{TOKEN}'");
    let host = Host::start(&misbehaves(&settings));
    let address = format!("127.0.0.1:{}", admin_port(&host));
    let ask = || Command::new(["status", "--json", "--address", &address, "--token-env", "TOKEN"]);

    let shown = ask().env("TOKEN", TOKEN).run();
    let unset = ask().run();

    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""), "{shown:?}");
    let document: Value = serde_json::from_str(&shown.stdout).expect("it is JSON");
    assert_eq!(document["ready"], true);
    assert_eq!(document["services"][0]["status"]["name"], "probe");
    assert_eq!(unset.status, 2, "{unset:?}");
    assert!(unset.stderr.contains("`TOKEN` is not set"), "{unset:?}");
    // The listener of the service itself is none for operators.
    let other = status(&["--address", &format!("127.0.0.1:{}", host.port())]);
    assert_eq!(other.status, 1, "{other:?}");
    assert!(other.stderr.contains("status 404"), "{other:?}");
    host.stop();
}

#[test]
fn a_service_that_starts_is_not_ready() {
    let port = free_port();
    let settings =
        format!("[service]\non_start = 'wait'\n[features.admin]\nenabled = true\nport = {port}");
    let service = Service::new(guests::STARTS, "http:0").tables(&settings);
    let host = Host::launch(Host::command(&service));
    host.wait_for("on-start begins");

    let shown = of(&service);

    assert_eq!(shown.status, 1, "{shown:?}");
    assert!(shown.stdout.contains("ready      no: the service starts"), "{shown:?}");
}

#[test]
fn where_nobody_can_be_asked_it_says_what_to_do() {
    let port = free_port();
    let absent = of(&misbehaves(&format!("[features.admin]\nenabled = true\nport = {port}")));
    let disabled = of(&misbehaves(""));
    let any_port = of(&misbehaves(ADMIN));
    let malformed = status(&["--address", "nowhere"]);

    assert_eq!([absent.status, disabled.status, any_port.status], [1, 2, 2]);
    assert!(absent.stderr.contains("check that the service runs"), "{absent:?}");
    assert!(disabled.stderr.contains("does not enable `[features.admin]`"), "{disabled:?}");
    assert!(any_port.stderr.contains("pass `--address`"), "{any_port:?}");
    assert_eq!(malformed.status, 1, "{malformed:?}");
}
