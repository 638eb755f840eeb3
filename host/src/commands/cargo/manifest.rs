//! `crate-type = ["cdylib"]`, added to the text of a `Cargo.toml` that stays as it is otherwise.
//!
//! Does not know files.

use toml::Value;
use toml::de::{DeTable, DeValue};

const KEY: &str = "crate-type";
const LINE: &str = "crate-type = [\"cdylib\"]";

/// The manifest with a `cdylib`; `None` when it has one, or is written in a way in which adding it is
/// left to people.
pub(in crate::commands) fn with_cdylib(manifest: &str) -> Option<String> {
    let edited = edited(manifest)?;
    is_only_change(manifest, &edited).then_some(edited)
}

fn edited(manifest: &str) -> Option<String> {
    let root = DeTable::parse(manifest).ok()?.into_inner();
    let line_end = if manifest.contains("\r\n") { "\r\n" } else { "\n" };
    let insert =
        |at: usize, text: &str| Some([manifest.get(..at)?, text, manifest.get(at..)?].concat());
    let Some((key, lib)) = root.get_key_value("lib") else {
        let missing = if manifest.is_empty() || manifest.ends_with('\n') { "" } else { line_end };
        return Some(format!("{manifest}{missing}{line_end}[lib]{line_end}{LINE}{line_end}"));
    };
    let DeValue::Table(lib) = lib.get_ref() else { return None };
    if let Some(value) = lib.get(KEY) {
        let DeValue::Array(kinds) = value.get_ref() else { return None };
        if kinds.iter().any(|kind| kind.get_ref().as_str() == Some("cdylib")) {
            return None;
        }
        let start = value.span().start + 1;
        let follows_space = manifest.get(start..)?.starts_with(char::is_whitespace);
        let comma = match (kinds.is_empty(), follows_space) {
            (true, _) => "",
            (false, true) => ",",
            (false, false) => ", ",
        };
        return insert(start, &format!("\"cdylib\"{comma}"));
    }
    // Below the header of the table, if it has one: `lib = { … }` and `lib.name = …` have not.
    let before = manifest.get(..key.span().start)?.trim_end_matches([' ', '\t']);
    if !before.ends_with('[') {
        return None;
    }
    let rest = manifest.get(key.span().end..)?;
    match rest.find('\n') {
        Some(end) => insert(key.span().end + end + 1, &format!("{LINE}{line_end}")),
        None => insert(manifest.len(), &format!("{line_end}{LINE}{line_end}")),
    }
}

/// Whether both say the same but for the `cdylib`, which only the second has.
fn is_only_change(old: &str, new: &str) -> bool {
    let (Ok(old), Ok(mut new)) = (old.parse::<toml::Table>(), new.parse::<toml::Table>()) else {
        return false;
    };
    let Some(lib) = new.get_mut("lib").and_then(Value::as_table_mut) else { return false };
    let Some(Value::Array(mut kinds)) = lib.remove(KEY) else { return false };
    let count = kinds.len();
    kinds.retain(|kind| kind.as_str() != Some("cdylib"));
    let is_added = kinds.len() + 1 == count;
    if !kinds.is_empty() || old.get("lib").is_some_and(|lib| lib.get(KEY).is_some()) {
        lib.insert(KEY.to_owned(), Value::Array(kinds));
    }
    if !old.contains_key("lib") && lib.is_empty() {
        new.remove("lib");
    }
    is_added && old == new
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn becomes(manifest: &str, expected: &Expect) {
        expected.assert_eq(&with_cdylib(manifest).unwrap_or_else(|| "left alone".to_owned()));
    }

    #[test]
    fn a_manifest_without_the_table_gets_it_at_its_end() {
        becomes(
            "[package]\nname = 'a' # kept\n",
            &expect![[r#"
                [package]
                name = 'a' # kept

                [lib]
                crate-type = ["cdylib"]
            "#]],
        );
        assert_eq!(
            with_cdylib("[package]\r\nname = 'a'").as_deref(),
            Some("[package]\r\nname = 'a'\r\n\r\n[lib]\r\ncrate-type = [\"cdylib\"]\r\n")
        );
    }

    #[test]
    fn a_table_gets_the_line_below_its_header() {
        becomes(
            "[ lib ] # the library\nname = 'b'\n[dependencies]\n",
            &expect![[r#"
            [ lib ] # the library
            crate-type = ["cdylib"]
            name = 'b'
            [dependencies]
        "#]],
        );
        becomes(
            "[package]\n[lib]",
            &expect![[r#"
            [package]
            [lib]
            crate-type = ["cdylib"]
        "#]],
        );
    }

    #[test]
    fn a_list_of_kinds_is_extended() {
        becomes(
            "[lib]\ncrate-type = [ 'rlib' ] # tests\n",
            &expect![[r#"
                [lib]
                crate-type = ["cdylib", 'rlib' ] # tests
            "#]],
        );
        becomes(
            "lib = { crate-type = [] }\n",
            &expect![[r#"
            lib = { crate-type = ["cdylib"] }
        "#]],
        );
        becomes(
            "[lib]\ncrate-type = [\n  # none\n]\n",
            &expect![[r#"
            [lib]
            crate-type = ["cdylib"
              # none
            ]
        "#]],
        );
    }

    #[test]
    fn what_people_should_do_is_left_to_them() {
        for manifest in [
            "[lib]\ncrate-type = ['cdylib']\n",
            "[lib]\ncrate-type = 'rlib'\n",
            "lib = { name = 'a' }\n",
            "lib.name = 'a'\n",
            "lib = 5\n",
            "[[lib]]\n",
            "[lib\n",
        ] {
            becomes(manifest, &expect!["left alone"]);
        }
    }
}
