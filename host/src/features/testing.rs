//! What the tests of features have in common.
//! Does not know what is tested.

use std::fmt::Debug;
use std::path::Path;

use http::request::Parts;
use schemars::SchemaGenerator;
use serde_json::Value as Json;

use crate::extension::{ExtensionSettings, Request, Transport, ValidationErrors};

/// The keys of settings that are objected to.
pub(super) fn errors(settings: &impl ExtensionSettings) -> Vec<String> {
    let mut errors = ValidationErrors::new(Path::new("."));
    settings.check(&mut errors);
    errors.paths()
}

/// Demands that a key which is left out means what the schema says it does.
#[track_caller]
pub(super) fn defaults_are_as_told<S: ExtensionSettings + Debug>(required: &Json) {
    let schema = Json::from(SchemaGenerator::default().into_root_schema_for::<S>());
    let mut told = required.clone();
    for (key, property) in schema["properties"].as_object().expect("settings are a table") {
        let is_there = told.get(key).is_some();
        if let Some(default) = property.get("default").filter(|_| !is_there) {
            told[key] = default.clone();
        }
    }
    let read = |json: &Json| {
        let settings: S = serde_json::from_value(json.clone()).expect("tests have valid settings");
        format!("{settings:?}")
    };
    assert_ne!(told, *required, "there are defaults");
    assert_eq!(read(required), read(&told));
}

/// The head of a request.
pub(super) fn parts(request: http::request::Builder) -> Parts {
    request.body(()).expect("tests build valid requests").into_parts().0
}

/// A request from `peer`, an address without a port, as hooks see it.
pub(super) fn request<'a>(transport: Transport, parts: &'a mut Parts, peer: &str) -> Request<'a> {
    let peer = peer.parse::<std::net::IpAddr>().expect("tests have valid addresses");
    Request::new(transport, parts, (peer, 4711).into(), 0, "id-of-the-host".into())
}
