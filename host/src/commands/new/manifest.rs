//! The `Cargo.toml` of a crate that is there: what it says, and what it lacks to be a service.
//!
//! Does not change it: the user may have written it with care.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::CreateError;
use super::workspace::Workspace;

/// What a crate says about itself.
pub(super) struct Manifest {
    table: Table,
    /// Name of the package.
    pub(super) name: String,
    /// Name of the library, which is that of its file.
    pub(super) library: String,
}

impl Manifest {
    /// Reads the manifest in a directory.
    pub(super) fn read(directory: &Path) -> Result<Self, CreateError> {
        let path = directory.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => CreateError::NoCrate { directory: directory.to_owned() },
            _ => CreateError::ReadManifest { path: path.clone(), source },
        })?;
        Self::parse(&text).map_err(|reason| CreateError::Manifest { path, reason })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let table: Table =
            text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
        let name = table.get("package").and_then(|package| package.get("name"));
        let name =
            name.and_then(Value::as_str).ok_or("it has no `name` in `[package]`")?.to_owned();
        let library = table.get("lib").and_then(|lib| lib.get("name")).and_then(Value::as_str);
        let library = library.unwrap_or(&name).replace('-', "_");
        Ok(Self { table, name, library })
    }

    /// The directory in which cargo makes `target` for a crate in `directory`.
    pub(super) fn root(&self, directory: &Path) -> PathBuf {
        if self.table.contains_key("workspace") {
            return directory.to_owned();
        }
        let named = self.table.get("package").and_then(|package| package.get("workspace"));
        if let Some(root) = named.and_then(Value::as_str) {
            let root = directory.join(root);
            return root.canonicalize().unwrap_or(root);
        }
        let nearest = Workspace::above(directory).next();
        let around = nearest.filter(|workspace| !workspace.excludes(directory));
        around.map_or_else(|| directory.to_owned(), |workspace| workspace.root)
    }

    /// Those of `tables`, each a table with one of its lines, that the manifest has no line for.
    pub(super) fn lacks(&self, wanted: &[Wanted]) -> String {
        let mut text = String::new();
        let mut last = "";
        for one in wanted.iter().filter(|one| !self.has(one)) {
            if one.table != last {
                text.extend(["\n[", one.table, "]\n"]);
                last = one.table;
            }
            text.extend([one.key, " = ", &one.value, "\n"]);
        }
        text
    }

    fn has(&self, wanted: &Wanted) -> bool {
        let value = self.table.get(wanted.table).and_then(|table| table.get(wanted.key));
        match (wanted.part, value) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(part), Some(value)) => holds(value, part),
        }
    }
}

/// Whether an array, or the `features` of a dependency, holds a word. Those of a dependency that the
/// workspace describes are not known here.
fn holds(value: &Value, word: &str) -> bool {
    let is_inherited = value.get("workspace").is_some();
    let list = value.as_array().or_else(|| value.get("features")?.as_array());
    is_inherited || list.is_some_and(|list| list.iter().any(|item| item.as_str() == Some(word)))
}

/// A line that the manifest of a service has.
pub(super) struct Wanted {
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    /// As TOML.
    pub(super) value: String,
    /// What must be in a list for the line to be of use.
    pub(super) part: Option<&'static str>,
}
