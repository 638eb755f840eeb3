//! Who the service is: `name`, `version`, `product`, `language`.
//!
//! Does not know what the names are used for.

use super::Identity;
use super::document::Place;
use super::reader::{Reader, Section};
use super::suggestion::did_you_mean;

/// Languages with a compiler to components. Others may get there first: that is only a warning.
const LANGUAGES: [&str; 18] = [
    "assemblyscript",
    "c",
    "c#",
    "c++",
    "cpp",
    "csharp",
    "dart",
    "go",
    "grain",
    "javascript",
    "kotlin",
    "moonbit",
    "python",
    "ruby",
    "rust",
    "swift",
    "typescript",
    "zig",
];

pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Identity {
    let declared = reader.text(root, "name").unwrap_or_default();
    let name = kebab_case(&declared);
    if let (Some(value), false) = (root.value("name"), declared.is_empty()) {
        let place = Place::of(value);
        if declared.chars().any(char::is_control) {
            let message = "`name` must not hold control characters".to_owned();
            reader.problem(place, message, None);
        } else if !name.chars().any(char::is_alphanumeric) {
            let message = "`name` must hold a letter or a digit".to_owned();
            reader.problem(place, message, None);
        }
    }
    Identity {
        name,
        declared,
        version: reader.text(root, "version").unwrap_or_default(),
        language: language(reader, root),
        product: reader.text(root, "product").unwrap_or_default(),
    }
}

fn language<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> String {
    let Some(language) = reader.text(root, "language") else { return String::new() };
    if let (Some(value), false) = (root.value("language"), LANGUAGES.contains(&&*language)) {
        let found = reader.indirections().describe(value);
        let message = format!("`language` must be one that compiles to components, found {found}");
        let is_literal = !reader.indirections().covers(value);
        let help = match language.as_str() {
            "tinygo" => Some("write `go`".to_owned()),
            _ => did_you_mean(&language, LANGUAGES),
        };
        reader.warning(Place::of(value), message, help.filter(|_| is_literal));
    }
    language
}

/// `my_Probe Svc` becomes `my-probe-svc`, `HTTPServer` becomes `http-server`.
///
/// The rule of the Go framework: only ASCII letters have case, dots and other characters stay.
pub(crate) fn kebab_case(name: &str) -> String {
    let characters = name.trim().chars().collect::<Vec<_>>();
    let mut kebab = String::with_capacity(name.len() + 3);
    for (index, &character) in characters.iter().enumerate() {
        let previous = index.checked_sub(1).map(|before| characters[before]);
        let next = characters.get(index + 1);
        let is_boundary = character.is_ascii_uppercase()
            && previous.is_some_and(|previous| {
                previous.is_ascii_lowercase()
                    || previous.is_ascii_uppercase() && next.is_some_and(char::is_ascii_lowercase)
            });
        let is_delimiter = matches!(character, '-' | '_') || character.is_whitespace();
        if (is_boundary || is_delimiter) && !kebab.is_empty() && !kebab.ends_with('-') {
            kebab.push('-');
        }
        if !is_delimiter {
            kebab.push(character.to_ascii_lowercase());
        }
    }
    kebab.truncate(kebab.trim_end_matches('-').len());
    kebab
}
