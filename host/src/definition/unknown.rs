//! What to write instead of an unknown key.
//!
//! Does not know which keys there are: the schema of the file says.

use serde_json::Value as Json;

use super::derived;
use super::document::join;
use super::suggestion::did_you_mean;

/// Keys of older versions and of documents that were ahead of the code, with what replaces them.
const MOVED: &[(&str, &str)] = &[
    ("deploy", "write the table of the kind, for example `[services.http]`"),
    ("http", "write `[services.http]`"),
    ("tracing", "remove it: this version has no tracing yet"),
    ("metrics", "remove it: this version has no metrics yet"),
    ("tls", "write `[host.tls]`"),
    ("services.grpc.use_tls", "write `[host.tls]`, with `certificate` and `key`"),
    ("services.http.port", "write the port in `types`, for example `types = [\"http:8080\"]`"),
    ("services.http.use_tls", "write `[host.tls]`, with `certificate` and `key`"),
    ("services.http.max_request_body_size", "write `max_body = \"4MiB\"` in `[host.limits]`"),
    (
        "services.http.disable_panic_recovery",
        "remove it: a panic in the service never stops the host",
    ),
    ("services.grpc.port", "write the port in `types`, for example `types = [\"grpc:7070\"]`"),
    ("services.native.workers", "write `instances` in `[host]`"),
];

/// What to write instead of the unknown key `name` in the table at `parent`, where `*` is any name. `file` is the
/// schema of the whole file.
pub(super) fn instead(file: &Json, parent: &str, name: &str) -> Option<String> {
    let path = join(parent, name);
    if name.contains('.') && derived::at(file, &path).is_some() {
        return Some("remove the quotes".to_owned());
    }
    let moved = MOVED.iter().find(|(old, _)| *old == path).map(|(_, help)| (*help).to_owned());
    let siblings = derived::at(file, parent).and_then(|table| table.get("properties"));
    let siblings = siblings.and_then(Json::as_object).into_iter().flat_map(|all| all.keys());
    moved
        .or_else(|| did_you_mean(name, siblings.map(String::as_str)))
        .or_else(|| Some(format!("did you mean `{}`?", elsewhere(file, "", name)?)))
}

/// The key of this name in another table below `parent`.
fn elsewhere(table: &Json, parent: &str, name: &str) -> Option<String> {
    let keys = table.get("properties")?.as_object()?;
    keys.iter().find_map(|(key, schema)| {
        let path = join(parent, key);
        if schema.get("properties").is_some() {
            return elsewhere(schema, &path, name);
        }
        (key == name && schema.pointer("/additionalProperties/properties").is_none())
            .then_some(path)
    })
}
