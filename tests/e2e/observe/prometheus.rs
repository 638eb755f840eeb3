//! Prometheus itself reads the metrics. Skipped where it is not installed, unless clients are required.

use std::process::{Command as Program, Stdio};

use super::metrics::scraped;
use super::{METRICS, admin_port, eventually, free_port, misbehaves};
use crate::support::Host;
use crate::support::directory::Directory;
use crate::support::foreign::are_required;
use crate::support::http;
use crate::support::process::Process;

/// Whether these programs are here.
#[expect(clippy::print_stderr, reason = "the test runner shows it on demand")]
fn is_here(program: &str) -> bool {
    let mut run = Program::new(program);
    let status = run.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_here = status.is_ok_and(|status| status.success());
    assert!(is_here || !are_required(), "this test needs `{program}` of the package `prometheus`");
    if !is_here {
        eprintln!("skipped: needs `{program}` of the package `prometheus`");
    }
    is_here
}

/// A host that has answered a few requests.
fn used() -> Host {
    let host = Host::start(&misbehaves(METRICS));
    for path in ["/answered", "/panic", "/nothing", "/answered"] {
        http::get(host.port(), path);
    }
    host
}

#[test]
fn its_linter_has_no_objections() {
    if !is_here("promtool") {
        return;
    }
    let host = used();
    let directory = Directory::new();
    let text = directory.write("metrics", scraped(admin_port(&host)));

    let input = std::fs::File::open(text).expect("it was written");
    let checked = Program::new("promtool").args(["check", "metrics"]).stdin(input).output();

    let checked = checked.expect("it is here");
    let told = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success() && told.is_empty(), "{told}");
    host.stop();
}

#[test]
fn it_stores_what_it_reads() {
    if !is_here("prometheus") {
        return;
    }
    let host = used();
    let (target, port, directory) = (admin_port(&host), free_port(), Directory::new());
    let configuration = directory.write(
        "prometheus.yml",
        format!(
            "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n\
             - job_name: host\n  static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n"
        ),
    );
    let mut program = Program::new("prometheus");
    program
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--storage.tsdb.path={}", directory.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--enable-feature=native-histograms");
    let prometheus = Process::spawn(program, true);
    prometheus.wait_until("Prometheus to serve", |_, told| {
        told.contains("Server is ready to receive web requests").then_some(())
    });

    let found = eventually("what Prometheus has read", || {
        let name = "mikros_calls_entered_total";
        let answer = http::get(port, &format!("/api/v1/query?query={name}"));
        let answer: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        answer["data"]["result"].as_array()?.first().cloned()
    });

    assert_eq!(found["metric"]["service_name"], "probe");
    let up = http::get(port, "/api/v1/query?query=up");
    assert!(up.text().contains("\"1\"]"), "{up:?}");
    host.stop();
}
