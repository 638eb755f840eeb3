//! The reference as Markdown, for the pages in `docs`.
//!
//! Does not know the pages; tests compare.

#[cfg(test)]
mod settings;

#[cfg(test)]
pub(crate) use self::settings::{kind_settings_table, settings_table};
use super::framework;
use super::reference::{Key, REFERENCE, Requirement};

/// Every key of `service.toml`.
pub fn reference_table() -> String {
    let mut table =
        String::from("| key | example | default | meaning and unit |\n|---|---|---|---|\n");
    for key in REFERENCE {
        table.push_str(&row([
            code(&key.path.replace('*', "<name>")),
            code(key.example),
            default(key),
            format!("{} {}", key.meaning, expected(key)).trim().to_owned(),
        ]));
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

fn default(key: &Key) -> String {
    match key.presence {
        Requirement::Required => "required".to_owned(),
        Requirement::Optional => String::new(),
        Requirement::Default(text) => code(text),
    }
}

/// The rule of the key, when it says more than the example.
fn expected(key: &Key) -> String {
    use super::shape::Shape;
    match key.shape {
        Shape::Integer { .. }
        | Shape::IntegerOr { .. }
        | Shape::Duration { .. }
        | Shape::DurationOr { .. }
        | Shape::Size { .. }
        | Shape::Choice(_) => {
            let rule = key.shape.to_string();
            let mut characters = rule.chars();
            let first = characters.next().map(|first| first.to_ascii_uppercase());
            format!("{}{}.", first.unwrap_or_default(), characters.as_str())
        }
        _ => String::new(),
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn row<const CELLS: usize>(cells: [String; CELLS]) -> String {
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}
