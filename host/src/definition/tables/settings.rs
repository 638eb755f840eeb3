//! Settings of a feature or a kind as Markdown, from the schema of their type.
//!
//! Does not know what they mean.

use serde_json::Value as Json;

use super::super::catalogue::{FeatureEntry, KindEntry, SettingsType};
use super::super::reference::join;
use super::super::schema;
use super::{code, row};

/// Every key below `[features.<name>]` that is the feature's own.
pub(crate) fn settings_table(entry: &FeatureEntry) -> String {
    table(&entry.settings)
}

/// Every key below `[services.<name>]`.
pub(crate) fn kind_settings_table(entry: &KindEntry) -> String {
    table(&entry.settings)
}

fn table(settings: &SettingsType) -> String {
    let root = schema::of_settings(settings);
    let mut rows = Rows { root: &root, all: Vec::new(), depth: 0 };
    rows.collect("", &root, None);
    if rows.all.is_empty() {
        return "It has no settings.\n".to_owned();
    }
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    table.extend(rows.all.iter().map(Row::cells).map(row));
    table
}

/// Types that hold themselves have no end.
const DEEPEST: usize = 8;

struct Rows<'s> {
    root: &'s Json,
    all: Vec<Row>,
    depth: usize,
}

struct Row {
    key: String,
    default: String,
    description: String,
    /// Between which there is a choice.
    words: Vec<String>,
    bounds: String,
}

impl<'s> Rows<'s> {
    /// The rows of a table or an array of tables at `path`; false when it is something else. `default` is
    /// that of the whole.
    fn collect(&mut self, path: &str, schema: &'s Json, default: Option<&'s Json>) -> bool {
        if self.depth == DEEPEST {
            return false;
        }
        self.depth += 1;
        let schema = self.dereferenced(schema);
        let mut has_keys = self.collect_properties(path, schema, default);
        for variant in list(schema, "oneOf").chain(list(schema, "anyOf")) {
            has_keys |= self.collect(path, variant, default);
        }
        if let Some(items) = schema.get("items") {
            has_keys |= self.collect(&format!("{path}[]"), items, None);
        }
        if let Some(others) = schema.get("additionalProperties").filter(|one| one.is_object()) {
            let path = join(path, "<name>");
            if !self.collect(&path, others, None) {
                self.push(Row::new(path, schema, self.dereferenced(others)));
            }
            has_keys = true;
        }
        self.depth -= 1;
        has_keys
    }

    fn collect_properties(
        &mut self,
        path: &str,
        schema: &'s Json,
        default: Option<&'s Json>,
    ) -> bool {
        let properties = schema.get("properties").and_then(Json::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let own = property.get("default").or_else(|| default?.get(name));
            let key = join(path, name);
            if self.collect(&key, property, own) {
                continue;
            }
            let mut row = Row::new(key, property, self.dereferenced(property));
            if list(schema, "required").any(|required| required == name.as_str()) {
                "required".clone_into(&mut row.default);
            } else if let Some(default) = own {
                row.default = code(&literal(default));
            }
            self.push(row);
        }
        properties.is_some()
    }

    /// Variants of one table share keys.
    fn push(&mut self, row: Row) {
        match self.all.iter_mut().find(|known| known.key == row.key) {
            Some(known) => known.words.extend(row.words),
            None => self.all.push(row),
        }
    }

    fn dereferenced(&self, schema: &'s Json) -> &'s Json {
        let reference = schema.get("$ref").and_then(Json::as_str);
        let target = reference.and_then(|path| self.root.pointer(path.strip_prefix('#')?));
        target.unwrap_or(schema)
    }
}

impl Row {
    fn new(key: String, described: &Json, rule: &Json) -> Self {
        // Beside a number there may be the name of a variable.
        let bounds = list(rule, "anyOf").next().unwrap_or(rule);
        let description = described.get("description").or_else(|| rule.get("description"));
        let description = description.and_then(Json::as_str).unwrap_or_default();
        Self {
            key,
            default: String::new(),
            description: description.split_whitespace().collect::<Vec<_>>().join(" "),
            words: words(rule),
            bounds: match (bounds.get("minimum"), bounds.get("maximum")) {
                (Some(least), Some(most)) => format!("An integer from {least} to {most}."),
                _ => String::new(),
            },
        }
    }

    fn cells(&self) -> [String; 3] {
        let words = self.words.iter().map(|word| code(word)).collect::<Vec<_>>();
        let choice = match words.as_slice() {
            [] => String::new(),
            words => format!("One of {}.", words.join(", ")),
        };
        let parts = [&self.description, &choice, &self.bounds].into_iter();
        let parts = parts.filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>();
        [code(&self.key), self.default.clone(), parts.join(" ")]
    }
}

/// The words between which a rule lets choose.
fn words(rule: &Json) -> Vec<String> {
    let own = rule.get("const").into_iter().chain(list(rule, "enum"));
    let own = own.filter_map(Json::as_str).map(str::to_owned);
    let inner = list(rule, "anyOf").chain(list(rule, "oneOf")).chain(rule.get("items"));
    own.chain(inner.flat_map(words)).collect()
}

fn list<'j>(schema: &'j Json, name: &str) -> impl Iterator<Item = &'j Json> + use<'j> {
    schema.get(name).and_then(Json::as_array).into_iter().flatten()
}

/// A value as TOML spells it.
fn literal(json: &Json) -> String {
    match json {
        Json::Object(members) => {
            let members =
                members.iter().map(|(name, value)| format!("{name} = {}", literal(value)));
            match members.collect::<Vec<_>>().join(", ").as_str() {
                "" => "{}".to_owned(),
                members => format!("{{ {members} }}"),
            }
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
