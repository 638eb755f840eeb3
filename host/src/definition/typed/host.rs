//! Tables of the host's own: read like settings of features, and every value in them counts, also by default.
//!
//! Does not know what the keys mean.

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use toml::de::DeValue;

use super::super::decode::attempt;
use super::super::derived;
use super::super::document::{Table, Value, entries, join, scalar};
use super::super::indirection::Indirections;
use super::super::reader::{Reader, Section};
use super::super::unknown;
use super::path::Step;
use super::{Owner, Reading, effective, required};

/// A table of the host's own; [`Default`] is what counts without it.
pub(in crate::definition) trait DeclaredTable:
    Default + DeserializeOwned + Serialize + JsonSchema
{
    /// The keys that a file must have. Its schema has them from here.
    const REQUIRED: &'static [&'static str] = &[];
}

/// Reads a table and notes all values that count. What is wrong with it is noted, and of no use.
pub(in crate::definition) fn read<'t, T: DeclaredTable>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
) -> T {
    let content = section.table().map(|table| content(table, reader.indirections()));
    let table: T = read_content(reader, section, content.unwrap_or_default());
    if let Ok(Json::Object(members)) = serde_json::to_value(&table) {
        effective::note(reader, &section.label, section.table(), &members);
    }
    table
}

/// Reads one key of a table and nothing else; the values of the others are the defaults.
pub(in crate::definition) fn read_only<'t, T: DeclaredTable>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    name: &str,
) -> T {
    let content = section.table().map(|table| content(table, reader.indirections()));
    let mut content = content.unwrap_or_default();
    content.retain(|key, _| key == name);
    read_content(reader, section, content)
}

fn read_content<'t, T: DeclaredTable>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    content: Map<String, Json>,
) -> T {
    let schema = |generator: &mut SchemaGenerator| generator.subschema_for::<T>();
    let content = Json::Object(content);
    let mut reading = Reading { reader, section, owner: Owner::Host, schema, content };
    let table = reading.read(attempt::<T>).unwrap_or_default();
    reading.note_absent(T::REQUIRED);
    table
}

impl Reading<'_, '_, '_> {
    /// What to write instead of the unknown key at the end of `path`.
    pub(super) fn key_instead(&self, path: &[Step]) -> Option<String> {
        let mut names = path.iter().filter_map(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Index(_) => None,
        });
        let name = names.next_back()?;
        let parent = names.fold(self.section.pattern.clone(), |parent, name| join(&parent, name));
        unknown::instead(&(self.reader.outline)(), &parent, name)
    }

    /// Notes the required keys that are absent. A table below this one is checked by the code that reads it.
    fn note_absent(&mut self, required: &[&str]) {
        let is_absent = |name: &&&str| self.content.get(**name).is_none();
        let absent: Vec<&&str> = required.iter().filter(is_absent).collect();
        if absent.is_empty() {
            return;
        }
        // Only now: deriving a schema takes several times as long as reading the table.
        let root = derived::of(self.schema);
        for name in absent {
            let path = [Step::Key((*name).to_owned())];
            if required::at(&root, &path).is_some_and(|key| key.get("properties").is_none()) {
                let [Step::Key(name)] = &path else { continue };
                self.note_absent_key(name, &path);
            }
        }
    }

    fn note_absent_key(&mut self, name: &str, path: &[Step]) {
        let section = self.section;
        let example = self.example(path).unwrap_or_default();
        let table = match section.label.as_str() {
            "" => String::new(),
            table => format!(" to `[{table}]`"),
        };
        let help = Some(format!("add `{name} = {example}`{table}"));
        let message = format!("`{}` is missing", join(&section.label, name));
        match section.pattern.as_str() {
            "host" => self.reader.foreign(section.place, message, help),
            _ => self.reader.problem(section.place, message, help),
        }
    }
}

/// A table as JSON in which nothing of a variable that is not set is there.
fn content(table: &Table<'_>, indirections: &Indirections) -> Map<String, Json> {
    let entries = entries(table).into_iter();
    entries.map(|(key, value)| (key.get_ref().to_string(), json(value, indirections))).collect()
}

/// No key of the host is a fraction, so one replaces every value that JSON cannot hold or that must not pass for text.
const MISFIT: f64 = 0.5;

fn json(value: &Value<'_>, indirections: &Indirections) -> Json {
    match value.get_ref() {
        _ if indirections.is_missing(value) => Json::Null,
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Array(items) => items.iter().map(|item| json(item, indirections)).collect(),
        DeValue::Table(table) => Json::Object(content(table, indirections)),
        DeValue::Float(_) | DeValue::Datetime(_) => MISFIT.into(),
        other => scalar(other).unwrap_or(MISFIT.into()),
    }
}
