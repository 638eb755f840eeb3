//! Lines of the log, parsed.
//! Does not know how they were read.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::mask;

/// The page with the table of all events, which another test compares with the host.
const EVENTS: &str = include_str!("../../../docs/log-events.md");

/// One line of the JSON log.
#[derive(Debug, Clone)]
pub(crate) struct Line(Map<String, Value>);

/// The fields that every line has, in their order.
pub(crate) const FIXED: [&str; 8] = [
    "time",
    "level",
    "msg",
    "service.name",
    "service.type",
    "service.version",
    "service.env",
    "service.product",
];

impl Line {
    /// Panics when `text` is not one JSON object.
    pub(crate) fn parse(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Self(fields),
            _ => panic!("not a line of the log: {text}"),
        }
    }

    pub(crate) fn msg(&self) -> &str {
        self.text("msg")
    }

    /// What a line of the host is about, as `docs/log-events.md` lists it. Lines of guests have none.
    pub(crate) fn event(&self) -> Option<&str> {
        self.get("event").and_then(Value::as_str)
    }

    /// What tests find a line by: its event if the host has written it, its message if a guest has. The wording of the
    /// host is for people; a test that is about it asks for [`Self::msg`].
    pub(crate) fn name(&self) -> &str {
        self.event().unwrap_or_else(|| self.msg())
    }

    /// As in the line, for example `WARN`.
    pub(crate) fn level(&self) -> &str {
        self.text("level")
    }

    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// The value of a field that is a string.
    pub(crate) fn text(&self, field: &str) -> &str {
        let value = self.get(field).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("there is no text `{field}` in {self:?}"))
    }

    /// The value of a field that is a whole number.
    pub(crate) fn number(&self, field: &str) -> u64 {
        let value = self.get(field).and_then(Value::as_u64);
        value.unwrap_or_else(|| panic!("there is no number `{field}` in {self:?}"))
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// The names of its fields, in order.
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// `LEVEL msg field=value …`, without the event and the fields that all lines have.
    fn outline(&self) -> String {
        let mut text = format!("{} {}", self.level(), self.msg());
        let is_special = |field: &str| field != "event" && !FIXED.contains(&field);
        for (field, value) in self.0.iter().filter(|(field, _)| is_special(field)) {
            let value = match (field.as_str(), value) {
                ("started_in_ms", Value::Number(_)) => "$MS".to_owned(),
                ("duration_us", Value::Number(_)) => "$US".to_owned(),
                // Names of functions of the guest, its libraries and its compiler.
                ("error.stack", _) => "$STACK".to_owned(),
                ("address", Value::String(address)) => without_port(address),
                ("request_id", Value::String(id)) if is_generated(id) => "$ID".to_owned(),
                (_, value) => value.to_string(),
            };
            write!(text, " {field}={value}").expect("a string takes everything");
        }
        text
    }
}

/// Panics if `name` looks like an event and is none: a test would wait in vain, or find no line to object to.
#[track_caller]
pub(crate) fn check_name(name: &str) {
    let looks_like_one = name.contains('-') && !name.contains(' ');
    let is_one = EVENTS.contains(&format!("| `{name}` |"));
    assert!(is_one || !looks_like_one, "there is no event `{name}`");
}

/// A log for snapshots: one text line per line, without what differs from run to run.
pub(crate) fn outline<'a>(lines: impl IntoIterator<Item = &'a Line>) -> String {
    mask(&lines.into_iter().map(|line| line.outline() + "\n").collect::<String>())
}

fn without_port(address: &str) -> String {
    match address.rsplit_once(':') {
        Some((host, _)) => format!("{host}:$PORT"),
        None => address.to_owned(),
    }
}

/// Whether the host has made up this request id: a UUID.
fn is_generated(id: &str) -> bool {
    id.len() == 36 && id.split('-').count() == 5
}
