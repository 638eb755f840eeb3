//! What is published about the host as it is shipped: the schema, and the tables of the README.
//!
//! Does not know any feature or kind by name.

use std::fs;
use std::path::Path;

use expect_test::expect_file;

use super::*;
use crate::definition::{kind_settings_table, schema, settings_table};

/// A shipped feature or kind.
struct Shipped {
    name: &'static str,
    summary: &'static str,
    table: String,
}

fn extensions() -> Extensions {
    Extensions::new(features::shipped(), kinds::shipped()).expect("no two have the same name")
}

fn shipped() -> Vec<Shipped> {
    let catalogue = extensions().catalogue().clone();
    let features = catalogue.features.iter().map(|entry| {
        let table = settings_table(entry);
        Shipped { name: entry.name, summary: entry.summary, table }
    });
    let kinds = catalogue.kinds.iter().map(|entry| {
        let table = kind_settings_table(entry);
        Shipped { name: entry.name, summary: entry.summary, table }
    });
    features.chain(kinds).collect()
}

#[test]
fn the_schema_is_that_of_the_shipped_host() {
    // Published for editors: `service.toml` files refer to it.
    let schema = schema(extensions().catalogue());
    expect_file!["../../../schema/service.json"].assert_eq(&format!("{schema:#}\n"));
}

#[test]
fn settings_of_what_is_shipped_are_written_down() {
    let part = |Shipped { name, summary, table }| format!("### `{name}`\n\n{summary}\n\n{table}");
    let parts = shipped().into_iter().map(part).collect::<Vec<_>>();
    expect_file!["../definition/tests/extensions.md"].assert_eq(&parts.join("\n"));
}

#[test]
fn the_readme_has_the_settings_of_what_is_shipped() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).expect("the README is there");
    for Shipped { name, table, .. } in shipped() {
        let part = below_heading(&readme, &format!("`{name}`"));
        let part = part.unwrap_or_else(|| panic!("README.md has no heading with `{name}`"));
        assert!(
            part.contains(&table),
            "README.md lacks this below the heading of `{name}`:\n{table}"
        );
    }
}

/// What is between the heading that holds `word` and the next heading.
fn below_heading<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let mut parts = text.split("\n#");
    parts.find(|part| {
        let heading = part.lines().next().unwrap_or_default();
        heading.starts_with(['#', ' ']) && heading.contains(word)
    })
}

#[test]
fn a_heading_ends_at_the_next_one() {
    let text = "# a\n## `one`: first\nx\n### `two`\ny `one`\n#z\n";

    assert_eq!(below_heading(text, "`one`"), Some("# `one`: first\nx"));
    assert_eq!(below_heading(text, "`two`"), Some("## `two`\ny `one`"));
    assert_eq!(below_heading(text, "`three`"), None);
}
