//! Tests of the definition: each rule, each message, and that no input makes it panic.
//!
//! They see what the rest of the host sees; only `reference` and `properties` look behind `parse`.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

mod client_rules;
mod clients;
mod compatibility;
mod components;
mod custom_kinds;
mod damaged;
mod environment;
mod everything;
mod extensions;
mod features;
mod file;
mod grpc;
mod hosting;
mod http;
mod identity;
mod indirection;
mod kinds;
mod listener_tls;
mod log;
mod ordering;
mod properties;
mod reference;
mod settings;
mod snippets;
mod syntax;
mod tables;
mod typed;

use std::path::Path;

use expect_test::Expect;

use super::{Catalogue, Definition, Effective, LoadContext, Problem, Variables};

const FILE: &str = "service.toml";

/// The keys every definition needs, in this order.
const REQUIRED: [(&str, &str); 5] = [
    ("name", "\"greeter\""),
    ("types", "[\"http\"]"),
    ("version", "\"v1.2.0\""),
    ("language", "\"rust\""),
    ("product", "\"Matrix\""),
];

/// A valid definition with some keys changed or added at the top (from line 1; an empty value
/// removes the key) and with `rest` at its end, which is inside of `[host]`.
fn with(changes: &[(&str, &str)], rest: &str) -> String {
    let is_new = |(key, _): &&(&str, &str)| REQUIRED.iter().all(|(required, _)| required != key);
    let lines = REQUIRED.iter().chain(changes.iter().filter(is_new)).map(|(key, value)| {
        match changes.iter().find(|(changed, _)| changed == key).map_or(*value, |change| change.1) {
            "" => String::new(),
            value => format!("{key} = {value}\n"),
        }
    });
    lines.collect::<String>() + "[host]\ncomponent = \"greeter.wasm\"\n" + rest
}

fn variables(list: &[(&str, &str)]) -> Variables {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn parse(text: &str, list: &[(&str, &str)]) -> Result<Definition, Vec<Problem>> {
    parse_with(Catalogue::default(), text, list)
}

/// With these features and kinds.
fn parse_with(
    catalogue: Catalogue,
    text: &str,
    list: &[(&str, &str)],
) -> Result<Definition, Vec<Problem>> {
    let context = LoadContext {
        variables: variables(list),
        catalogue: catalogue.into(),
        ..LoadContext::default()
    };
    Definition::parse(Path::new(FILE), text, &context)
}

#[track_caller]
fn accepted(text: &str, list: &[(&str, &str)]) -> Definition {
    parse(text, list).unwrap_or_else(|problems| panic!("rejected: {}", listed(&problems)))
}

/// The problems of a definition that is not valid.
#[track_caller]
fn rejects(text: &str, list: &[(&str, &str)], expected: &Expect) {
    let problems = parse(text, list).expect_err("the definition must be rejected");
    expected.assert_eq(&listed(&problems));
}

/// The warnings of a definition that is valid.
#[track_caller]
fn warns(text: &str, list: &[(&str, &str)], expected: &Expect) {
    expected.assert_eq(&listed(&accepted(text, list).warnings));
}

/// The effective values whose key starts with `prefix`.
fn explained(definition: &Definition, prefix: &str) -> String {
    let values = definition.explain().iter().filter(|value| value.key.starts_with(prefix));
    let shown = |value: &Effective| format!("{} = {} ({})", value.key, value.value, value.origin);
    values.map(shown).collect::<Vec<_>>().join("\n")
}

/// Problems without their snippets: those are the subject of `snippets`.
fn listed(problems: &[Problem]) -> String {
    let mut lines = Vec::new();
    for problem in problems {
        lines.push(problem.located(Path::new(FILE)));
        lines.extend(problem.help.iter().map(|help| format!("help: {help}")));
    }
    lines.join("\n")
}
