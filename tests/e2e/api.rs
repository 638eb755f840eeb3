//! What other crates can name of the host and of the SDK: a name that comes or goes is a decision, and
//! changes a list here. Reads sources as text; methods and fields are not listed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;

use crate::support::workspace;

/// The public names below `lib.rs` in a directory, one per line: `extension::Hook`.
fn names(directory: &str) -> String {
    let directory = workspace().join(directory);
    let mut names = BTreeSet::new();
    collect(&directory.join("lib.rs"), &directory, "", &mut names);
    let mut list = names.into_iter().collect::<Vec<_>>().join("\n");
    list.push('\n');
    list
}

/// Adds what a module exports, whose file this is and whose modules are in `children`.
fn collect(file: &Path, children: &Path, prefix: &str, names: &mut BTreeSet<String>) {
    let text = fs::read_to_string(file).expect("modules that are named exist");
    for item in items(&text) {
        if let Some(module) = item.strip_prefix("mod ") {
            let name = module.trim_end_matches([';', '{']).trim();
            names.insert(format!("{prefix}{name}"));
            let (file, below) = (children.join(format!("{name}.rs")), children.join(name));
            if module.ends_with(';') {
                collect(&file, &below, &format!("{prefix}{name}::"), names);
            }
        } else if let Some(path) = item.strip_prefix("use ") {
            names.extend(used(path).map(|name| format!("{prefix}{name}")));
        } else if let Some(name) = declared(&item) {
            names.insert(format!("{prefix}{name}"));
        }
    }
}

/// Every item of a module's top level that is public and documented, on one line and without `pub`.
fn items(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines();
    let mut hidden = false;
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            if line == "#[doc(hidden)]" {
                hidden = true;
            }
            let exported = line.strip_prefix("pub ").or_else(|| line.strip_prefix("macro_rules! "));
            let Some(first) = exported else {
                hidden &= line.starts_with(['#', '/']) || line.is_empty();
                continue;
            };
            let mut item = first.to_owned();
            let ends: &[char] = if item.starts_with("use ") { &[';'] } else { &[';', '{', '}'] };
            while !item.ends_with(ends) {
                let Some(line) = lines.next() else { break };
                item.push_str(line.trim());
            }
            if std::mem::take(&mut hidden) {
                continue;
            }
            return Some(item);
        }
    })
}

/// The names that `pub use` gives: `a::{b, c as d};`.
fn used(path: &str) -> impl Iterator<Item = String> {
    let path = path.trim_end_matches(';');
    let list = match path.split_once('{') {
        Some((_, list)) => list.trim_end_matches('}'),
        None => path,
    };
    let name = |one: &str| {
        let name = one.rsplit("::").next().unwrap_or(one);
        name.rsplit(" as ").next().unwrap_or(name).trim().to_owned()
    };
    list.split(',').map(name).filter(|name| !name.is_empty()).collect::<Vec<_>>().into_iter()
}

/// The name of a function, type, trait, constant or macro.
fn declared(item: &str) -> Option<String> {
    let words = item.split([' ', '<', '(', ':', ';', '{']).filter(|word| !word.is_empty());
    let keywords = ["async", "const", "enum", "fn", "static", "struct", "trait", "type", "unsafe"];
    words.into_iter().find(|word| !keywords.contains(word)).map(ToOwned::to_owned)
}

fn list(name: &str) -> PathBuf {
    workspace().join(format!("tests/e2e/api/{name}.txt"))
}

#[test]
fn the_host_exports_what_it_did() {
    expect_file![list("host")].assert_eq(&names("host/src"));
}

#[test]
fn the_sdk_exports_what_it_did() {
    expect_file![list("sdk")].assert_eq(&names("guest-sdk/sdk/src"));
}

#[test]
fn names_are_found_however_they_are_exported() {
    let text = "\
        pub use a::{b, c as d};\npub use e::f;\npub(crate) use g::h;\npub async fn i<T>() {}\n\
        #[doc(hidden)]\n/// Not public.\npub mod j;\npub struct K;\n    pub fn method() {}\npub use l::{\n    m,\n    n,\n};\n";

    let names: Vec<_> = items(text)
        .flat_map(|item| match item.strip_prefix("use ") {
            Some(path) => used(path).collect::<Vec<_>>(),
            None => declared(&item).into_iter().collect(),
        })
        .collect();

    assert_eq!(names, ["b", "d", "f", "i", "K", "m", "n"]);
}
