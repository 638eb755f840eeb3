//! Several services in one process: each runs, fails and stops for itself.
//! Does not know what a service does when it is alone.

mod calls;
mod commands;
mod cycles;
mod dev;
mod order;
mod readme;
mod transports;

use expect_test::expect;

use crate::support::http::{self, Client};
use crate::support::{Command, Host, Line, Service, Signal, Stopped, guests, log};

/// Gives a service another name than all others have; to be done last.
pub(crate) fn named(name: &str, service: Service) -> Service {
    service.edit("name = 'probe'", &format!("name = '{name}'"));
    service
}

fn command(services: &[&Service]) -> Command {
    let mut command = Command::new(["run"]);
    command.arguments(services.iter().map(|service| service.path()));
    command
}

/// Runs services and waits until `kinds` of them are running.
pub(crate) fn start(services: &[&Service], kinds: usize) -> Host {
    let host = Host::launch(command(services));
    host.wait_for_count("service-running", kinds);
    host
}

/// The lines of one service.
fn of<'l>(log: &'l [Line], name: &str) -> Vec<&'l Line> {
    log.iter().filter(|line| line.text("service.name") == name).collect()
}

/// The names of one service's lines.
fn names<'l>(log: &'l [Line], name: &str) -> Vec<&'l str> {
    of(log, name).into_iter().map(Line::name).collect()
}

/// Waits for a line of one service.
fn wait_for(host: &Host, name: &str, line_name: &str) -> Line {
    log::check_name(line_name);
    host.wait_until(&format!("`{line_name}` of `{name}`"), |log| {
        of(log, name).into_iter().find(|line| line.name() == line_name).cloned()
    })
}

/// The port of one service with one kind that listens.
pub(crate) fn port(host: &Host, name: &str) -> u16 {
    let line = wait_for(host, name, "service-running");
    let (_, port) = line.text("address").rsplit_once(':').expect("there is a port");
    port.parse().expect("it is a number")
}

/// How one service ended, as lines of the log.
fn end_of(stopped: &Stopped, name: &str) -> String {
    let lines = of(&stopped.log, name);
    log::outline(lines.into_iter().skip_while(|line| !line.has("signal")))
}

#[test]
fn each_service_has_its_own_lifecycle_and_its_own_lines() {
    let user = named("user", Service::new(guests::STARTS, "http:0"));
    let bff = named("bff", Service::new(guests::STARTS, "http:0").tables("[log]\nlevel = 'warn'"));
    let host = Host::launch(command(&[&user, &bff]));
    let port = port(&host, "user");
    assert_eq!(http::get(port, "/act/return").status, 204);

    let stopped = host.stop();

    assert_eq!(
        names(&stopped.log, "user"),
        [
            "service-starting",
            "features-starting",
            "on-start begins",
            "service-resources",
            "service-running",
            "acting begins",
            "service-stopping",
            "on-finish begins",
            "service-stopped",
        ]
    );
    // Every line is of one of the two, and the level is that of each.
    assert_eq!(names(&stopped.log, "bff"), [] as [&str; 0]);
    assert_eq!(of(&stopped.log, "user").len(), stopped.log.len());
}

#[test]
fn one_fails_and_the_others_go_on() {
    let broken = Service::new(guests::STARTS, "http:0").tables("[service]\non_start = 'fail'");
    let broken = named("broken", broken);
    let missing = named("missing", Service::with_component("/no/such.wasm".as_ref(), "http:0"));
    let user = named("user", Service::new(guests::STARTS, "http:0"));
    let host = start(&[&broken, &user, &missing], 1);
    wait_for(&host, "broken", "service-stopped");
    wait_for(&host, "missing", "service-stopped");

    assert_eq!(http::get(port(&host, "user"), "/act/return").status, 204);
    host.signal(Signal::TERM);
    let stopped = host.ended();

    assert_eq!(stopped.status, Some(1), "{}", stopped.outline());
    assert!(names(&stopped.log, "broken").contains(&"service-aborted"));
    assert!(names(&stopped.log, "missing").contains(&"service-aborted"));
    expect![[r#"
        INFO stopping service signal="SIGTERM"
        INFO on-finish begins requests=0
        INFO service stopped
    "#]]
    .assert_eq(&end_of(&stopped, "user"));
}

#[test]
fn an_instance_that_is_lost_is_lost_to_its_service_alone() {
    let user = named("user", Service::new(guests::STARTS, "http:0"));
    let bff = named("bff", Service::new(guests::STARTS, "http:0"));
    let host = start(&[&user, &bff], 2);
    let mut waiting = Client::connect(port(&host, "bff"));
    waiting.send("POST /read HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
    wait_for(&host, "bff", "reading begins");

    assert_eq!(http::get(port(&host, "user"), "/act/panic").status, 500);
    waiting.send("1\r\nx\r\n0\r\n\r\n");

    assert_eq!(waiting.response().text(), "1 bytes");
    assert_eq!(http::get(port(&host, "user"), "/act/return").status, 204);
    let stopped = host.stop();
    assert_eq!(stopped.lines("instance-lost")[0].text("service.name"), "user");
    assert_eq!(names(&stopped.log, "user").iter().filter(|m| **m == "on-start begins").count(), 2);
    assert_eq!(names(&stopped.log, "bff").iter().filter(|m| **m == "on-start begins").count(), 1);
}

#[test]
fn a_script_ends_while_others_serve_and_gets_the_arguments() {
    let report = named("report", Service::new(guests::SCRIPTS, "script"));
    let user = named("user", Service::new(guests::STARTS, "http:0"));
    let mut command = command(&[&user, &report]);
    command.arguments(["--", "today"]);
    let host = Host::launch(command);
    wait_for(&host, "report", "service-stopped");

    assert_eq!(http::get(port(&host, "user"), "/act/return").status, 204);
    let stopped = host.stop();

    let run = stopped.lines("run begins")[0];
    assert_eq!(run.get("arguments").map(ToString::to_string), Some("[\"today\"]".to_owned()));
}

#[test]
fn the_log_makes_way_for_a_script() {
    let copy = Service::new(guests::SCRIPTS, "script")
        .tables("[service]\nrun = 'copy'\n[services.script]\nstdio = 'inherit'");
    let copy = named("copy", copy);
    let other = named("other", Service::new(guests::SCRIPTS, "script"));

    let finished = command(&[&copy, &other]).run();

    assert_eq!(finished.status, 0, "{}", finished.outline());
    assert_eq!(finished.stdout, "end\n");
    for name in ["copy", "other"] {
        assert!(finished.stderr.contains(&format!("\"service.name\":\"{name}\"")));
    }
}

#[test]
fn each_is_replaced_by_its_own_new_version() {
    let user = named("user", Service::new(guests::VERSIONS, "http:0, native"));
    let bff = named("bff", Service::new(guests::VERSIONS, "http:0, native"));
    let host = start(&[&user, &bff], 4);
    let mut clients = ["user", "bff"].map(|name| Client::connect(port(&host, name)));
    user.edit("v1.0.0", "v2.0.0");
    // A definition that cannot be read is refused; the version that serves goes on.
    bff.edit("types =", "typos =");

    host.signal(Signal::HUP);
    wait_for(&host, "user", "swap-completed");
    wait_for(&host, "bff", "swap-failed");

    let answers = clients.each_mut().map(|client| {
        client.get("/who");
        client.response().text().to_owned()
    });
    assert_eq!(answers, ["v2.0.0 unmarked", "v1.0.0 unmarked"]);
    let stopped = host.stop();
    assert!(!names(&stopped.log, "bff").contains(&"swap-completed"));
}
