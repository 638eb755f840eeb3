//! What is published about the host as it is shipped: the schema, and the tables of settings in `docs`.
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
fn every_page_has_the_settings_of_what_it_is_about() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    for Shipped { name, table, .. } in shipped() {
        let page = fs::read_to_string(pages.join(format!("{name}.md")));
        let page = page.unwrap_or_else(|error| panic!("docs/{name}.md: {error}"));
        assert!(page.contains(&table), "docs/{name}.md lacks this table:\n{table}");
    }
}
