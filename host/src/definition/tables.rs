//! The keys of `service.toml` as Markdown, for the pages in `docs`.
//!
//! Does not know the pages; tests compare.

pub(super) mod rows;
#[cfg(test)]
mod settings;

#[cfg(test)]
pub(crate) use self::settings::{kind_settings_table, settings_table};
use super::{framework, schema};

/// Every key of `service.toml`.
pub fn reference_table() -> String {
    let mut table =
        String::from("| key | example | default | meaning and unit |\n|---|---|---|---|\n");
    for of in rows::of(&schema::of_file()) {
        table.push_str(&row([code(&of.key), of.example.clone(), of.default.clone(), of.meaning()]));
    }
    table
}

/// Every variable of the framework.
pub fn variables_table() -> String {
    let mut table = String::from("| variable | default | must be | meaning |\n|---|---|---|---|\n");
    for variable in framework::ALL {
        let default =
            if variable.default.is_empty() { String::new() } else { code(variable.default) };
        table.push_str(&row([
            code(variable.name),
            default,
            variable.expected.to_owned(),
            variable.meaning.to_owned(),
        ]));
    }
    table
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn row<const CELLS: usize>(cells: [String; CELLS]) -> String {
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}
