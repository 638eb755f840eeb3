//! Who the service is: `name`, `version`, `product`, `language`.
//!
//! Does not know what the names are used for.

use super::ServiceIdentity;
use super::document::Place;
use super::file::File;
use super::reader::{Reader, Section};
use super::suggestion::did_you_mean;
use super::valid::Text;

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

pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>, file: File) -> ServiceIdentity {
    let text = |text: Option<Text>| text.map(String::from).unwrap_or_default();
    let declared = text(file.name);
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
    let language = text(file.language);
    check_language(reader, root, &language);
    ServiceIdentity {
        name,
        declared,
        version: file.version.map(|version| version.0).unwrap_or_default(),
        language,
        product: text(file.product),
    }
}

fn check_language<'t>(reader: &mut Reader<'t>, root: &Section<'t>, language: &str) {
    let is_known = language.is_empty() || LANGUAGES.contains(&language);
    if let (Some(value), false) = (root.value("language"), is_known) {
        let found = reader.indirections().describe(value);
        let message = format!("`language` must be one that compiles to components, found {found}");
        let is_literal = !reader.indirections().covers(value);
        let help = match language {
            "tinygo" => Some("write `go`".to_owned()),
            _ => did_you_mean(language, LANGUAGES),
        };
        reader.warning(Place::of(value), message, help.filter(|_| is_literal));
    }
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
