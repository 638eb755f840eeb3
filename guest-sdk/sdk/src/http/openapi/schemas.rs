//! Schemas of types, and the component that they become.
//! Deliberately two generators: what a type takes and what it gives may be two schemas.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

/// Where references point to until it is known which schemas are the same. OpenAPI has no such components.
const INPUT: &str = "#/components/input/";
const OUTPUT: &str = "#/components/output/";
const FINAL: &str = "#/components/schemas/";

/// All schemas of a document.
#[derive(Debug)]
pub(super) struct Schemas {
    input: SchemaGenerator,
    output: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = |path: &'static str| {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = path.trim_end_matches('/').into();
                settings.meta_schema = None;
            })
        };
        Self {
            input: settings(INPUT).for_deserialize().into_generator(),
            output: settings(OUTPUT).for_serialize().into_generator(),
        }
    }

    /// What is read from a request, or a reference to it.
    pub(super) fn input<T: JsonSchema>(&mut self) -> Value {
        self.input.subschema_for::<T>().to_value()
    }

    /// What is written to a response, or a reference to it.
    pub(super) fn output<T: JsonSchema>(&mut self) -> Value {
        self.output.subschema_for::<T>().to_value()
    }

    /// What is read from a request, never a reference itself: its fields become parameters.
    pub(super) fn fields<T: JsonSchema>(&mut self) -> Value {
        let mut schema = T::json_schema(&mut self.input).to_value();
        // Types that only wrap another one are a reference; a chain of them ends.
        while let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(name_in) {
            let Some(target) = self.input.definitions().get(&name).cloned() else { break };
            schema = target;
        }
        schema
    }

    /// Puts the schemas that `document` refers to into its components, and mends the references.
    pub(super) fn finish(mut self, document: &mut Value) {
        let input = self.input.take_definitions(true);
        let output = self.output.take_definitions(true);
        let names = Names::new(&input, &output);
        let mut used = BTreeSet::new();
        names.mend(document, &mut used);
        let mut schemas: Map<String, Value> = Map::new();
        for (prefix, definitions) in [(INPUT, input), (OUTPUT, output)] {
            for (name, mut schema) in definitions {
                names.mend(&mut schema, &mut used);
                schemas.insert(names.of(prefix, &name), schema);
            }
        }
        // A struct whose fields became parameters is no component.
        schemas.retain(|name, _| used.contains(name));
        schemas.sort_keys();
        if !schemas.is_empty() {
            document["components"]["schemas"] = schemas.into();
        }
    }
}

/// How definitions are called in the document.
struct Names {
    /// Those whose input differs from their output.
    differing: BTreeSet<String>,
}

impl Names {
    fn new(input: &Map<String, Value>, output: &Map<String, Value>) -> Self {
        let mut names = Self { differing: BTreeSet::new() };
        // With a name, what refers to it differs as well, so that another round may find more.
        loop {
            let mut found = BTreeSet::new();
            for (name, schema) in input {
                let Some(other) = output.get(name) else { continue };
                let (mut schema, mut other) = (schema.clone(), other.clone());
                names.mend(&mut schema, &mut BTreeSet::new());
                names.mend(&mut other, &mut BTreeSet::new());
                if schema != other {
                    found.insert(name.clone());
                }
            }
            if found == names.differing {
                return names;
            }
            names.differing = found;
        }
    }

    /// The final name of the definition `name` of one of the generators.
    fn of(&self, prefix: &str, name: &str) -> String {
        let allowed = |letter: char| {
            if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' }
        };
        let mut of = name.chars().map(allowed).collect::<String>();
        if self.differing.contains(name) {
            of += if prefix == INPUT { "-Input" } else { "-Output" };
        }
        of
    }

    /// Gives all references within `value` their final form, and notes them.
    fn mend(&self, value: &mut Value, used: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get_mut("$ref")
                    && let Some(name) = name_in(reference)
                {
                    let prefix = if reference.starts_with(INPUT) { INPUT } else { OUTPUT };
                    let name = self.of(prefix, &name);
                    *reference = format!("{FINAL}{name}");
                    used.insert(name);
                }
                object.values_mut().for_each(|value| self.mend(value, used));
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.mend(value, used)),
            _ => {}
        }
    }
}

/// The definition that a reference of one of the generators points to.
fn name_in(reference: &str) -> Option<String> {
    let name = reference.strip_prefix(INPUT).or_else(|| reference.strip_prefix(OUTPUT))?;
    let name = percent_decode_str(name).decode_utf8_lossy();
    Some(name.replace("~1", "/").replace("~0", "~"))
}

/// A schema of the same values but `null`, which a parameter cannot be.
pub(super) fn without_null(mut schema: Value) -> Value {
    let Some(object) = schema.as_object_mut() else { return schema };
    if object.get("default") == Some(&Value::Null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [single] = &mut **types {
            object["type"] = single.take();
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return schema };
    choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(single)] = &mut **choices {
        let single = std::mem::take(single);
        object.remove("anyOf");
        object.extend(single);
    }
    schema
}
