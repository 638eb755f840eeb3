//! The keys of a feature or a kind as Markdown.
//!
//! Does not know what they mean.

use serde_json::Value as Json;

use super::super::catalogue::{FeatureEntry, KindEntry};
use super::super::derived;
use super::rows::{self, Row};
use super::{code, row};

/// Every key below `[features.<name>]` that is the feature's own.
pub(crate) fn settings_table(entry: &FeatureEntry) -> String {
    table(&derived::of(entry.settings.schema))
}

/// Every key below `[services.<name>]`.
pub(crate) fn kind_settings_table(entry: &KindEntry) -> String {
    table(&derived::of(entry.settings.schema))
}

fn table(schema: &Json) -> String {
    let rows = rows::of(schema);
    if rows.is_empty() {
        return "It has no settings.\n".to_owned();
    }
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    let cells = |of: &Row| [code(&of.key), of.default.clone(), of.meaning()];
    table.extend(rows.iter().map(cells).map(row));
    table
}
