//! OpenAPI documents as a validator sees them that has nothing in common with the SDK.
//! Does not know what is in them; the SDK's tests do.

use crate::support::foreign::{Foreign, Language};
use crate::support::{Host, Service, guests, workspace};

#[test]
fn a_service_serves_a_valid_document() {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let host = Host::start(&Service::new(guests::HYBRID_HTTP_NATIVE, "http:0, native"));

    let finished = client.run("openapi", [host.port().to_string()]);

    assert_eq!(
        (finished.stderr.as_str(), finished.stdout.as_str()),
        ("", "openapi 3.1.1\nget / show\npost /add add\n")
    );
    host.stop();
}

#[test]
fn a_document_with_everything_in_it_is_valid() {
    let Some(client) = Foreign::of(Language::Python) else { return };

    let path = workspace().join("guest-sdk/sdk/tests/behaviour/openapi/shop.json");
    let finished = client.run("openapi", [path]);

    assert_eq!((finished.status, finished.stderr.as_str()), (0, ""));
    assert!(finished.stdout.contains("post /v1/items add\n"), "{}", finished.stdout);
}
