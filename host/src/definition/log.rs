//! `[log]`: what is logged and how.
//!
//! Does not know how log lines are written.

use toml::de::DeValue;

use super::document::{Place, entries, spelled};
use super::problem::Problem;
use super::reader::{Reader, Section};
use super::{Log, StackTrace};
use crate::telemetry::{Level, MAX_LINE, zone};

pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Log {
    let section = root.section("log");
    Log {
        level: level(reader, &section),
        stack_trace: stack_trace(reader, &section),
        attributes: attributes(reader, &section),
        // The reference keeps it within bounds; whatever fails its check is never used.
        max_line: reader.number(&section, "max_line").unwrap_or(MAX_LINE),
        local_timestamp: reader.switch(&section, "local_timestamp").unwrap_or_default(),
        display_errors: reader.switch(&section, "display_errors").unwrap_or_default(),
    }
}

/// Says so when the log cannot have the time that was asked for. Not part of [`read`], whose answer depends on
/// nothing but what it is given.
pub(super) fn zone_warning(log: &Log) -> Option<Problem> {
    let error = if log.local_timestamp { zone::local().err()? } else { return None };
    let message = format!("{error}: times in the log are in UTC");
    Some(Problem::of_environment(message, Some(error.help().to_owned())))
}

fn level<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> Level {
    let level = reader.text(section, "level").and_then(|text| text.parse().ok());
    level.unwrap_or(Level::Info)
}

fn stack_trace<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> StackTrace {
    let old = reader.switch(section, "error_stacktrace");
    let older = section.value("error_stacktrace");
    if let (Some(value), Some(_)) = (older, section.value("error_stack_trace")) {
        let message =
            "`log.error_stacktrace` and `log.error_stack_trace` say the same thing".to_owned();
        let help = "remove the older `error_stacktrace`".to_owned();
        reader.problem(Place::of(value), message, Some(help));
    } else if older.is_some() {
        return if old == Some(true) { StackTrace::Default } else { StackTrace::Disabled };
    }
    match reader.text(section, "error_stack_trace").as_deref() {
        Some("default") => StackTrace::Default,
        Some("disabled") => StackTrace::Disabled,
        _ => StackTrace::Structured,
    }
}

/// In the order of the file.
fn attributes<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> Vec<(String, String)> {
    let Some(value) = section.value("attributes") else { return Vec::new() };
    let DeValue::Table(table) = value.get_ref() else {
        let found = reader.indirections().describe(value);
        let message = format!("`log.attributes` must be a table of strings, found {found}");
        reader.problem(Place::of(value), message, Some("write `[log.attributes]`".to_owned()));
        return Vec::new();
    };
    let mut attributes = Vec::new();
    for (key, value) in entries(table) {
        let label = format!("log.attributes.{}", spelled(key.get_ref()));
        if let DeValue::String(text) = value.get_ref() {
            let (shown, origin) = (reader.shown(value, text), reader.origin(value));
            reader.note(label, &shown, origin);
            attributes.push((key.get_ref().to_string(), text.to_string()));
        } else {
            let found = reader.indirections().describe(value);
            let message = format!("`{label}` must be a string, found {found}");
            reader.problem(Place::of(value), message, Some("add quotes".to_owned()));
        }
    }
    attributes
}
