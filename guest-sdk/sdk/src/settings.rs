//! A table of `service.toml`, of which the host has made JSON, as a type.
//! Deliberately never tells a value: it may be a secret, and messages end up in logs.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

#[cfg(test)]
mod tests;

/// A string that an environment variable has taken the place of.
pub(crate) struct Substitution {
    /// A JSON Pointer.
    pub(crate) pointer: String,
    pub(crate) variable: String,
}

/// What is wrong with a table.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// Empty for the table as a whole.
    pub(crate) path: String,
    /// The rest of the sentence that begins with the path.
    pub(crate) message: String,
}

/// Reads the JSON of a table. Its substitutions are only asked for when it does not fit as it is: variables are
/// text, and what they spell may be meant.
pub(crate) fn read<T: DeserializeOwned>(
    json: &str,
    substitutions: impl FnOnce() -> Vec<Substitution>,
) -> Result<T, Misfit> {
    let failure = match attempt(json) {
        Ok(settings) => return Ok(settings),
        Err(failure) => failure,
    };
    match serde_json::from_str(json) {
        Ok(table) => read_variables(failure, table, &substitutions()),
        Err(_) => Err(failure.misfit(&Value::Null, &[])),
    }
}

/// Takes the variables where a type wants something else than text for numbers and switches.
fn read_variables<T: DeserializeOwned>(
    mut failure: Failure,
    mut table: Value,
    substitutions: &[Substitution],
) -> Result<T, Misfit> {
    // Each round settles one place for good.
    for _round in 0..=substitutions.len() {
        let place = failure.pointer(&table);
        let mut spelled = table.clone();
        if failure.is_about_a_key() || !spell(&mut spelled, &place, substitutions) {
            break;
        }
        match attempt(&spelled.to_string()) {
            Ok(settings) => return Ok(settings),
            Err(next) if is_within(&next.pointer(&spelled), &place) => break,
            Err(next) => (failure, table) = (next, spelled),
        }
    }
    Err(failure.misfit(&table, substitutions))
}

/// Puts numbers and switches in the place of the texts at and below `place` that came from variables and spell
/// some. False: there are none.
fn spell(table: &mut Value, place: &str, substitutions: &[Substitution]) -> bool {
    let mut has_changed = false;
    for Substitution { pointer, .. } in substitutions.iter().filter(|one| one.is_within(place)) {
        let Some(value) = table.pointer_mut(pointer) else { continue };
        let scalar = value.as_str().and_then(|text| serde_json::from_str(text.trim()).ok());
        if let Some(scalar @ (Value::Number(_) | Value::Bool(_))) = scalar {
            *value = scalar;
            has_changed = true;
        }
    }
    has_changed
}

fn attempt<T: DeserializeOwned>(json: &str) -> Result<T, Failure> {
    let mut json = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().clone();
        let reason = error.into_inner().to_string();
        // Positions in the JSON that the host made of the table would only mislead.
        let end = reason.rfind(" at line ").unwrap_or(reason.len());
        Failure { path, reason: reason[..end].to_owned() }
    })
}

/// Why a table is none of its type, in the words of serde.
struct Failure {
    path: Path,
    reason: String,
}

impl Failure {
    fn missing_key(&self) -> Option<&str> {
        Some(self.reason.strip_prefix("missing field `")?.split_once('`')?.0)
    }

    fn is_about_a_key(&self) -> bool {
        self.missing_key().is_some() || self.reason.starts_with("unknown field `")
    }

    /// Where it is, or else the closest table or array around it.
    fn pointer(&self, table: &Value) -> String {
        let mut pointer = String::new();
        for segment in &self.path {
            let step = match segment {
                Segment::Seq { index } => index.to_string(),
                Segment::Map { key } | Segment::Enum { variant: key } => {
                    key.replace('~', "~0").replace('/', "~1")
                }
                Segment::Unknown => break,
            };
            let next = format!("{pointer}/{step}");
            if table.pointer(&next).is_none() {
                break;
            }
            pointer = next;
        }
        pointer
    }

    fn misfit(&self, table: &Value, substitutions: &[Substitution]) -> Misfit {
        // serde_path_to_error calls the table itself `.`.
        let path = Some(self.path.to_string()).filter(|path| path != ".").unwrap_or_default();
        if let Some(key) = self.missing_key() {
            let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            return Misfit { path, message: "is missing".to_owned() };
        }
        if self.is_about_a_key() {
            let expected = self.reason.split_once("`, ").map(|(_, expected)| expected);
            let expected = expected.map(|expected| format!(", {expected}")).unwrap_or_default();
            return Misfit { path, message: format!("is unknown{expected}") };
        }
        let place = self.pointer(table);
        let variables = substitutions.iter().filter(|one| one.is_within(&place));
        let variables: Vec<_> = variables.map(|one| format!("`{}`", one.variable)).collect();
        let message = match variables.as_slice() {
            [] => self.explain(true),
            [variable] => format!("{}, found the value of {variable}", self.explain(false)),
            several => {
                format!("{}, found the values of {}", self.explain(false), several.join(", "))
            }
        };
        Misfit { path, message }
    }

    /// The words of a type's author may hold the value.
    fn explain(&self, may_quote: bool) -> String {
        let reason = &self.reason;
        let about_the_value =
            ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `"];
        if !about_the_value.iter().any(|start| reason.starts_with(start)) {
            return if may_quote {
                format!("is not valid: {reason}")
            } else {
                "is not valid".into()
            };
        }
        match reason.rfind(", expected ") {
            Some(position) => format!("does not fit{}", &reason[position..]),
            None => "does not fit".to_owned(),
        }
    }
}

impl Substitution {
    fn is_within(&self, place: &str) -> bool {
        is_within(&self.pointer, place)
    }
}

/// Whether a JSON Pointer leads to `place` or to something below it.
fn is_within(pointer: &str, place: &str) -> bool {
    let rest = pointer.strip_prefix(place);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
