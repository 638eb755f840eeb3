//! Clients with certificates: who is let in, and who the service believes them to be.

use serde_json::Value;

use super::{Secured, text};
use crate::support::certificates::{Authority, Name, Pair};
use crate::support::grpc::{Client, Request};
use crate::support::http::{self, Client as Http};
use crate::support::probe::{CONTEXT, ContextReply, Empty};
use crate::support::tunnel::Tunnel;
use crate::support::{Host, Service, guests};

const ORDERS: Name = Name::Uri("spiffe://example.org/orders");
const REQUIRED: &str = "client_roots = 'ca.pem'";

/// The port of kind `grpc`.
fn grpc_port(host: &Host) -> u16 {
    let running = host.wait_for("service-running");
    running.text("address").rsplit_once(':').expect("it has a port").1.parse().expect("a number")
}

/// What the service says of who calls.
fn caller(secured: &Secured, host: &Host, own: Option<&Pair>, header: &str) -> String {
    let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", own);
    http::request(tunnel.port(), "GET", "/caller", header, b"").text().to_owned()
}

#[test]
fn a_service_knows_who_calls_over_http() {
    let secured = Secured::echoes(REQUIRED);
    let host = secured.start();
    let names = [
        &[Name::Common("c"), Name::Dns("orders.internal"), ORDERS][..],
        &[Name::Common("c"), Name::Dns("orders.internal")],
        &[Name::Common("billing")],
        &[],
    ];

    let found = names.map(|names| {
        let own = secured.authority.sign(names.iter().copied());
        caller(&secured, &host, Some(&own), "")
    });

    let subjects = ["spiffe://example.org/orders", "orders.internal"];
    for (found, subject) in found.iter().zip(subjects) {
        let found: Value = serde_json::from_str(found).expect("it is JSON");
        assert_eq!((&found["subject"], &found["scheme"]), (&subject.into(), &"certificate".into()));
    }
    // Nobody verifies common names.
    assert_eq!(found[2..], ["null", "null"]);
    host.stop();
}

#[test]
fn a_service_knows_who_calls_over_grpc_whatever_the_client_says_of_itself() {
    let secured = Secured::new(Service::new(guests::STREAMS, "grpc:0"), REQUIRED);
    let host = secured.start();
    let ask = |names: &[Name]| -> ContextReply {
        let own = secured.authority.sign(names.iter().copied());
        let tunnel = Tunnel::new(grpc_port(&host), &secured.authority, "h2", Some(&own));
        let request = Request::new(CONTEXT).header("service-context-caller", "somebody else");
        Client::connect(tunnel.port()).call(request.message(&Empty {})).reply()
    };

    let known = ask(&[ORDERS]);
    assert_eq!(known.caller.as_deref(), Some("spiffe://example.org/orders"));
    assert_eq!(known.service_context["caller"], "spiffe://example.org/orders");
    let nameless = ask(&[]);
    assert_eq!((nameless.caller, nameless.service_context.get("caller")), (None, None));
    host.stop();
}

#[test]
fn who_has_no_certificate_that_is_accepted_is_not_let_in() {
    let secured = Secured::echoes(REQUIRED);
    let host = secured.start();
    let stranger = Authority::new().sign([ORDERS]);
    let expired = secured.authority.sign_until([ORDERS], 2001);

    for own in [None, Some(&stranger), Some(&expired)] {
        let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", own);
        let mut client = Http::connect(tunnel.port());
        client.get("/caller");
        assert!(client.try_response().is_err(), "{own:?}");
    }

    let refused = host.wait_for("tls-client-refused");
    assert_eq!((refused.level(), refused.number("handshakes.failed")), ("WARN", 1));
    let known = secured.authority.sign([ORDERS]);
    assert!(caller(&secured, &host, Some(&known), "").contains("orders"));
    host.stop();
}

#[test]
fn a_certificate_that_is_optional_is_verified() {
    let secured = Secured::echoes("client_roots = 'ca.pem'\nclient_auth = 'optional'");
    let host = secured.start();
    let known = secured.authority.sign([ORDERS]);
    let stranger = Authority::new().sign([ORDERS]);

    assert_eq!(caller(&secured, &host, None, ""), "null");
    assert!(caller(&secured, &host, Some(&known), "").contains("orders"));
    let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", Some(&stranger));
    let mut client = Http::connect(tunnel.port());
    client.get("/caller");
    assert!(client.try_response().is_err());
    host.stop();
}

#[test]
fn curl_shows_its_certificate() {
    let secured = Secured::echoes(REQUIRED);
    let host = secured.start();
    let own = secured.authority.sign([Name::Dns("curl.internal")]);
    secured.service.write("own.pem", &own.certificate);
    secured.service.write("own.key", &own.key);

    let options = ["--cert", "own.pem", "--key", "own.key"];
    let Some(known) = secured.curl(&host, "/caller", &options) else { return };
    assert!(
        text(&known.stdout).contains(r#""subject":"curl.internal""#),
        "{}",
        text(&known.stdout)
    );
    let unknown = secured.curl(&host, "/caller", &[]).expect("as before");
    assert!(!unknown.status.success() && unknown.stdout.is_empty());
    host.stop();
}

#[test]
fn a_certificate_takes_the_place_of_no_credentials() {
    let secured = Secured::echoes(REQUIRED);
    let tables = "[features.http_auth]\nenabled = true\n\
                  [[features.http_auth.basic]]\nname = 'ann'\npassword = 'correct horse battery staple'";
    let secured = Secured { service: secured.service.tables(tables), ..secured };
    let host = secured.start();
    let own = secured.authority.sign([ORDERS]);

    let refused = caller(&secured, &host, Some(&own), "");
    assert!(!refused.contains("subject") && refused != "null", "{refused}");
    let credentials = "authorization: Basic YW5uOmNvcnJlY3QgaG9yc2UgYmF0dGVyeSBzdGFwbGU=\r\n";
    let known = caller(&secured, &host, Some(&own), credentials);
    assert!(known.contains(r#""subject":"ann""#), "{known}");
    host.stop();
}
