//! The example as it is run: a host of one's own, its feature, and a service.
//! Does not know every address: that is tested beside the code.

#[path = "../../../tests/examples/host.rs"]
mod host;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use host::{Host, Scene};

const BINARY: &str = env!("CARGO_BIN_EXE_feature-rust");
const SERVICE: &str = "feature-rust-service";

fn scene(test: &str, changes: &[(&str, &str)]) -> Scene {
    Scene::new(test, SERVICE, &[&[("http:8080", "http:0")], changes].concat())
}

/// The host and the address of its service.
fn start(scene: &Scene) -> (Host, String) {
    let mut host = Host::start(BINARY, scene);
    let line = host.wait_for(&[r#""event":"service-running""#]);
    let address = line.split(r#""address":""#).nth(1).and_then(|rest| rest.split('"').next());
    let address = address.expect("the line has the address").to_owned();
    (host, address)
}

/// The status and the body of the answer to a request from `from`.
fn get(address: &str, path: &str, from: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("the service listens");
    // What the caller says of itself must not count.
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\nx-country: ZZ\r\n{from}\r\n"
    );
    stream.write_all(request.as_bytes()).expect("the service reads");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("the service answers");
    let (head, body) = response.split_once("\r\n\r\n").expect("it is a response");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("the head begins with the status"), body.to_owned())
}

#[test]
fn the_hook_tells_the_service_where_callers_are() {
    let debug = ("[features.geo]", "[log]\nlevel = \"debug\"\n[features.geo]");
    let scene = scene("hook", &[debug]);
    let (host, address) = start(&scene);
    let welcome = |from: &str| get(&address, "/", from);

    assert_eq!(welcome(""), (200, "welcome, DE\n".to_owned()));
    assert_eq!(welcome("x-forwarded-for: 192.0.2.7\r\n"), (200, "welcome, FR\n".to_owned()));
    let unknown = "x-forwarded-for: 198.51.100.1\r\n";
    assert_eq!(welcome(unknown), (200, "welcome, wherever you are\n".to_owned()));
    // Only the last address is the proxy's.
    let (status, body) = welcome("x-forwarded-for: 192.0.2.7, 203.0.113.9\r\n");
    assert_eq!(status, 403);
    assert!(body.contains("requests from your country are not served"), "{body}");

    let log = host.stop();
    let has = |parts: &[&str]| log.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(has(&[r#""geo.networks":5"#]), "{log:#?}");
    assert!(has(&[r#""geo.country":"XX""#, "403"]), "{log:#?}");
    assert!(has(&[r#""msg":"geo is done""#, r#""geo.refused":1"#]), "{log:#?}");
}

#[test]
fn the_service_asks_the_import() {
    let scene = scene("import", &[]);
    let (host, address) = start(&scene);
    let country = |of: &str| get(&address, &format!("/countries/{of}"), "");

    assert_eq!(country("192.0.2.7"), (200, "FR\n".to_owned()));
    assert_eq!(country("2001:db8::1"), (200, "NZ\n".to_owned()));
    let (status, body) = country("198.51.100.1");
    assert_eq!(status, 404, "{body}");
    assert!(body.contains("no network holds this address"), "{body}");
    let (status, body) = country("here");
    assert_eq!(status, 400, "{body}");
    assert!(body.contains("must be an IPv4 or IPv6 address"), "{body}");

    host.stop();
}

#[test]
fn a_disabled_feature_is_an_error_that_the_service_can_tell() {
    let scene = scene("disabled", &[("enabled = true", "enabled = false")]);
    let (host, address) = start(&scene);

    let (status, body) = get(&address, "/countries/192.0.2.7", "");
    assert_eq!(status, 412, "{body}");
    assert!(body.contains("feature `geo` is disabled"), "{body}");
    // Nobody touches requests any more.
    assert_eq!(get(&address, "/", ""), (200, "welcome, ZZ\n".to_owned()));

    let log = host.stop();
    assert!(!log.iter().any(|line| line.contains("geo is done")), "{log:#?}");
}

#[test]
fn wrong_settings_are_told_with_their_places() {
    let wrong = [
        ("192.0.2.0/24", "192.0.2.1/24"),
        (r#"country = "NZ""#, r#"country = "nz""#),
        (r#"["XX"]"#, "[\"XX\", \"YY\"]\nheader = \"Host\""),
    ];
    let scene = scene("settings", &wrong[..2]);
    let (status, log, stderr) = Host::start(BINARY, &scene).ended();

    assert_eq!((status, log), (Some(2), Vec::new()), "{stderr}");
    assert!(stderr.contains("service.toml:18:"), "{stderr}");
    assert!(stderr.contains("must not have bits set beyond its prefix"), "{stderr}");
    assert!(stderr.contains("service.toml:19:"), "{stderr}");
    assert!(stderr.contains("must be two capital letters"), "{stderr}");

    drop(scene);
    let scene = self::scene("settings", &wrong[2..]);
    let (status, _, stderr) = Host::start(BINARY, &scene).ended();

    assert_eq!(status, Some(2), "{stderr}");
    assert!(stderr.contains("`features.geo.blocked[1]` is the country of no network"), "{stderr}");
    assert!(stderr.contains("add a network of that country"), "{stderr}");
    assert!(stderr.contains("`features.geo.header` must not be a header that HTTP"), "{stderr}");
}
