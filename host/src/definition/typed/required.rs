//! Which keys of a table are missing, beyond the first, which is all that serde names.
//!
//! Does not know what a key holds.

use serde_json::Value as Json;

use super::super::derived::dereferenced;
use super::path::Step;

/// The keys that the table at the end of `path` must have and `table` has not, not even a value that was
/// taken out.
pub(super) fn absent(root: &Json, path: &[Step], table: &Json) -> Vec<String> {
    let required = at(root, path).and_then(|here| here.get("required"));
    let required = required.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    required.filter(|name| table.get(name).is_none()).map(str::to_owned).collect()
}

/// The part of a schema that describes what is at the end of a path.
pub(super) fn at<'s>(root: &'s Json, path: &[Step]) -> Option<&'s Json> {
    let here = path.iter().try_fold(root, |here, step| below(root, here, step))?;
    Some(dereferenced(root, here))
}

fn below<'s>(root: &'s Json, schema: &'s Json, step: &Step) -> Option<&'s Json> {
    let schema = dereferenced(root, schema);
    match step {
        Step::Key(key) => {
            let named = schema.get("properties").and_then(|properties| properties.get(key));
            named.or_else(|| schema.get("additionalProperties"))
        }
        Step::Index(_) => schema.get("items"),
    }
}
