//! The keys of a table, from the schema of its type.
//!
//! Does not know what they mean.

use serde_json::Value as Json;

use super::super::derived::{dereferenced, literal};
use super::super::document::join;
use super::code;

/// Types that hold themselves have no end.
const DEEPEST: usize = 8;

/// One key.
pub(in crate::definition) struct Row {
    pub(in crate::definition) key: String,
    /// A TOML value.
    pub(in crate::definition) example: String,
    pub(in crate::definition) default: String,
    description: String,
    /// Between which there is a choice.
    words: Vec<String>,
    bounds: String,
}

/// All keys, in the order of the type.
pub(in crate::definition) fn of(schema: &Json) -> Vec<Row> {
    let mut rows = Rows { root: schema, all: Vec::new(), depth: 0 };
    rows.collect("", schema, None);
    rows.all
}

struct Rows<'s> {
    root: &'s Json,
    all: Vec<Row>,
    depth: usize,
}

impl<'s> Rows<'s> {
    /// The rows of a table or an array of tables at `path`; false when it is something else. `default` is
    /// that of the whole.
    fn collect(&mut self, path: &str, schema: &'s Json, default: Option<&'s Json>) -> bool {
        if self.depth == DEEPEST {
            return false;
        }
        self.depth += 1;
        let schema = dereferenced(self.root, schema);
        let mut has_keys = self.collect_properties(path, schema, default);
        for variant in list(schema, "oneOf").chain(list(schema, "anyOf")) {
            has_keys |= self.collect(path, variant, default);
        }
        if let Some(items) = schema.get("items") {
            has_keys |= self.collect(&format!("{path}[]"), items, None);
        }
        let others = schema.get("additionalProperties").filter(|one| one.is_object());
        // With an example, a table of texts is shown as a whole.
        if let Some(others) = others.filter(|_| schema.get("examples").is_none()) {
            let path = join(path, "<name>");
            if others.get("examples").is_some() {
                self.push(Row::new(path.clone(), others, others));
            }
            if !self.collect(&path, others, None) {
                self.push(Row::new(path, schema, dereferenced(self.root, others)));
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
            let is_switchable = property.get("properties").is_some() && is_switch(property);
            if is_switchable {
                let switch = own.filter(|default| default.is_boolean());
                self.push(self.row(key.clone(), (schema, name), property, switch));
            }
            if !self.collect(&key, property, own) {
                self.push(self.row(key, (schema, name), property, own));
            }
        }
        properties.is_some()
    }

    /// The key `name` of a table.
    fn row(
        &self,
        key: String,
        (table, name): (&Json, &str),
        property: &Json,
        default: Option<&Json>,
    ) -> Row {
        let mut row = Row::new(key, property, dereferenced(self.root, property));
        if list(table, "required").any(|required| required == name) {
            "required".clone_into(&mut row.default);
        } else if let Some(default) = default {
            row.default = code(&literal(default));
        }
        row
    }

    /// Variants of one table share keys.
    fn push(&mut self, row: Row) {
        match self.all.iter_mut().find(|known| known.key == row.key) {
            Some(known) => known.words.extend(row.words),
            None => self.all.push(row),
        }
    }
}

impl Row {
    fn new(key: String, described: &Json, rule: &Json) -> Self {
        let description = described.get("description").or_else(|| rule.get("description"));
        let description = description.and_then(Json::as_str).unwrap_or_default();
        Self {
            key,
            example: described
                .get("examples")
                .and_then(|all| all.get(0))
                .map(|example| code(&literal(example)))
                .unwrap_or_default(),
            default: String::new(),
            description: description.split_whitespace().collect::<Vec<_>>().join(" "),
            words: words(rule),
            bounds: bounds_of(rule),
        }
    }

    /// What the key is, and between what there is a choice.
    pub(in crate::definition) fn meaning(&self) -> String {
        let words = self.words.iter().map(|word| code(word)).collect::<Vec<_>>();
        let choice = match words.as_slice() {
            [] => String::new(),
            words => format!("One of {}.", words.join(", ")),
        };
        let parts = [&self.description, &choice, &self.bounds].into_iter();
        parts.filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// Whether a value may be `true` or `false`, among others.
fn is_switch(schema: &Json) -> bool {
    list(schema, "type").any(|one| one == "boolean")
}

/// Between what a value must be, as a sentence.
fn bounds_of(rule: &Json) -> String {
    let words = |rule: &Json| rule.get("$comment").and_then(Json::as_str).map(str::to_owned);
    // Beside a number or a text there may be the name of a variable.
    let inner = list(rule, "anyOf").next().unwrap_or(rule);
    let bounds = words(rule).or_else(|| words(inner)).or_else(|| {
        let (least, most) = (inner.get("minimum")?, inner.get("maximum")?);
        Some(format!("an integer from {least} to {most}"))
    });
    let Some(bounds) = bounds else { return String::new() };
    let mut characters = bounds.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
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
