//! `token`: who may ask.

use super::{admin_port, eventually, free_port, misbehaves};
use crate::support::http::{self, Response};
use crate::support::{Command, Host, Service, Signal};

const TOKEN: &str = "correct-horse-battery";

fn guarded(port: u16, token: &str) -> Service {
    let settings = format!("[features.admin]\nenabled = true\nport = {port}\ntoken = '{token}'");
    misbehaves(&settings)
}

fn with(port: u16, path: &str, authorization: &str) -> Response {
    http::request(port, "GET", path, &format!("authorization: {authorization}\r\n"), b"")
}

#[test]
fn probes_need_none_and_all_else_does() {
    let host = Host::start(&guarded(0, TOKEN));
    let port = admin_port(&host);

    for path in ["/livez", "/readyz"] {
        assert_eq!(http::get(port, path).status, 200, "{path}");
    }
    for path in ["/", "/services", "/loglevel", "/debug/dump", "/metrics", "/nothing"] {
        let refused = http::get(port, path);
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    }
    let refused = http::request(port, "PUT", "/loglevel", "", br#"{"level": "debug"}"#);
    assert_eq!(refused.status, 401);
    for wrong in ["Bearer correct-horse", "Bearer", "Bearer ", &format!("Basic {TOKEN}"), TOKEN] {
        assert_eq!(with(port, "/services", wrong).status, 401, "{wrong}");
    }
    for right in ["Bearer", "bearer"] {
        assert_eq!(with(port, "/services", &format!("{right} {TOKEN}")).status, 200);
    }
    host.stop();
}

#[test]
fn services_that_share_a_listener_share_its_token() {
    let port = free_port();
    let (one, two) = (guarded(port, TOKEN), guarded(port, "another-token-of-16"));
    one.edit("name = 'probe'", "name = 'one'");
    two.edit("name = 'probe'", "name = 'two'");
    let mut command = Command::new(["run"]);
    command.arguments([one.path(), two.path()]);

    let host = Host::launch(command);
    host.wait_for("service-aborted");
    host.wait_for("service-running");
    host.signal(Signal::TERM);
    let ended = host.ended();

    let told = ended.outline();
    assert_eq!(ended.status, Some(1), "{told}");
    assert!(told.contains("has another token"), "{told}");
    assert!(told.contains("service.toml:") && told.contains("the same"), "{told}");
    assert!(!told.contains(TOKEN), "{told}");
}

#[test]
fn a_swap_changes_it() {
    let port = free_port();
    let service = guarded(port, TOKEN);
    let host = Host::start(&service);

    service.edit(TOKEN, "another-token-of-16");
    host.signal(Signal::HUP);
    host.wait_for("swap-completed");

    assert_eq!(with(port, "/services", "Bearer another-token-of-16").status, 200);
    eventually("the end of the token before", || {
        (with(port, "/services", &format!("Bearer {TOKEN}")).status == 401).then_some(())
    });
    host.stop();
}
