//! `[features.<name>]`: which features there are, what implements them, and in which order they start.
//!
//! Does not know what a feature does.

mod component;
mod order;

use std::path::Path;

pub(super) use self::component::ComponentTable;
use super::catalogue::FeatureEntry;
use super::document::Place;
use super::document::join;
use super::indirection::quoted;
use super::reader::{Reader, Section};
use super::suggestion::did_you_mean;
use super::typed::{self, Subject};
use super::{Feature, FeatureSource, Origin, Places, settings};

/// Keys of the host in the table of a feature.
const RESERVED: &[&str] = &["enabled", "stage"];

/// Features of the other frameworks, and what people look for first.
const NOT_YET: [&str; 8] = [
    "database",
    "metrics",
    "opentelemetry",
    "otel",
    "panic_recovery",
    "prometheus",
    "telemetry",
    "tracing",
];

/// Those that are enabled in the order in which they start, then the others in the order of the file.
///
/// `directory` is that of the file: paths in it are relative to that.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    directory: &Path,
) -> Vec<Feature> {
    let features = root.section("features");
    let mut list = Vec::new();
    for (name, place) in reader.tables(&features) {
        let section = features.section_as(name, "*");
        list.push((feature(reader, &section, name, directory), place));
    }
    order::sorted(reader, &features, list)
}

fn feature<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    name: &str,
    directory: &Path,
) -> Feature {
    let entry = reader.catalogue().features.iter().find(|entry| entry.name == name);
    let is_enabled = is_enabled(reader, section);
    if section.value("component").is_some() {
        note_taken(reader, section, entry);
        return component::read(reader, section, (name, is_enabled), directory);
    }
    let table = section.table();
    let content = table.map(|table| settings::object(reader, table, &section.label));
    let mut content = content.unwrap_or_default();
    for name in RESERVED {
        content.shift_remove(*name);
    }
    let stage = section.value("stage").filter(|_| entry.is_some() && is_enabled);
    let stage = stage.map(|_| typed::read_only::<ComponentTable>(reader, section, "stage").stage);
    let typed = match entry {
        Some(entry) if is_enabled => {
            let content = content.clone();
            let settings = &entry.settings;
            typed::read(
                reader,
                Subject { settings, section, content, reserved: RESERVED, directory },
            )
        }
        Some(_) => {
            check_switch_is_spelled(reader, section);
            None
        }
        None if is_enabled => {
            note_unknown(reader, name, section.place);
            None
        }
        None => None,
    };
    Feature {
        name: name.to_owned(),
        is_enabled,
        stage,
        settings: settings::settings(reader, table, content),
        source: typed.map_or(FeatureSource::Absent, FeatureSource::Native),
        places: Places::new(reader, table, section.place),
    }
}

fn is_enabled<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> bool {
    let label = join(&section.label, "enabled");
    match section.value("enabled") {
        None => {
            reader.note(label, "false", Origin::Default);
            false
        }
        Some(value) => reader.switch(value).unwrap_or_else(|| {
            // A component's table is checked as a whole.
            if reader.indirections().is_missing(value) || section.value("component").is_some() {
                return false;
            }
            let found = reader.indirections().describe(value);
            let message = format!("`{label}` must be `true` or `false`, found {found}");
            reader.problem(Place::of(value), message, None);
            false
        }),
    }
}

/// A table that is not enabled is not read. A mistyped `enabled` must not have the same effect silently.
fn check_switch_is_spelled<'t>(reader: &mut Reader<'t>, section: &Section<'t>) {
    if section.value("enabled").is_some() {
        return;
    }
    for (name, place) in section.names() {
        let help = did_you_mean(name, ["enabled"]);
        if help.is_some() {
            let label = join(&section.label, &super::document::spelled(name));
            reader.problem(place, format!("unknown key `{label}`"), help);
        }
    }
}

fn note_unknown(reader: &mut Reader<'_>, name: &str, place: Place) {
    let known = || reader.catalogue().features.iter().map(|entry| entry.name);
    // `cors` is a part of `http_cors`.
    let whole = known().find(|known| known.split('_').any(|part| part == name));
    let whole = whole.map(|whole| format!("did you mean `{whole}`?"));
    let help = whole.or_else(|| did_you_mean(name, known())).unwrap_or_else(|| {
        let yet = if NOT_YET.contains(&name) { ": this version has no such feature yet" } else { "" };
        format!(
            "remove it, write `enabled = false`, or name what implements it with `component = \"..\"`{yet}"
        )
    });
    reader.foreign(place, format!("unknown feature {}", quoted(name)), Some(help));
}

fn note_taken<'t>(reader: &mut Reader<'t>, section: &Section<'t>, entry: Option<&FeatureEntry>) {
    if let (Some(entry), Some(value)) = (entry, section.value("component")) {
        let message = format!(
            "`{}.component` cannot be set: `{}` is a feature of this host",
            section.label, entry.name
        );
        let help = "give the feature that the component implements another name".to_owned();
        reader.problem(Place::of(value), message, Some(help));
    }
}

/// The features that have to start before one.
fn needs<'f>(reader: &Reader<'_>, feature: &'f Feature) -> Vec<&'f str> {
    match &feature.source {
        FeatureSource::Component(component) => component.needs.iter().map(String::as_str).collect(),
        FeatureSource::Native(_) | FeatureSource::Absent => {
            let entries = &reader.catalogue().features;
            let entry = entries.iter().find(|entry| entry.name == feature.name);
            entry.map(|entry| entry.needs.to_vec()).unwrap_or_default()
        }
    }
}
