//! The admin listener and the metrics when one version follows another.

use super::metrics::{REQUESTS, scraped, value};
use super::{METRICS, admin_port, eventually, json};
use crate::support::http::{self, Client};
use crate::support::{Host, Service, Signal, guests};

#[test]
fn the_listener_stays_and_the_counters_go_on() {
    let service = Service::new(guests::VERSIONS, "http:0, native").tables(METRICS);
    let host = Host::start(&service);
    let port = admin_port(&host);
    let mut kept = Client::connect(port);
    kept.get("/livez");
    assert_eq!(kept.response().status, 200);
    assert_eq!(http::get(host.port(), "/who").status, 200);

    service.edit("v1.0.0", "v2.0.0");
    host.signal(Signal::HUP);
    host.wait_for("version-stopped");
    assert_eq!(http::get(host.port(), "/who").status, 200);

    kept.get("/services");
    let services = json(&kept.response());
    assert_eq!(services.as_array().map(Vec::len), Some(1), "{services}");
    let status = &services[0]["status"];
    assert_eq!(
        (&status["version"], &status["swaps"], &status["phase"]),
        (&"v2.0.0".into(), &1.into(), &"running".into())
    );
    eventually("both requests", || {
        let count = value(&scraped(port), REQUESTS, &["http_route=\"/who\""]);
        (count == Some(2.0)).then_some(())
    });
    let text = scraped(port);
    assert_eq!(value(&text, "mikros_version_starts_total", &[]), Some(2.0));
    assert!(value(&text, "mikros_calls_entered_total", &[]).is_some_and(|count| count >= 2.0));
    host.stop();
}
