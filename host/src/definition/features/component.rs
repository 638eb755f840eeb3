//! The table of a feature that is a component: the keys of the host, and what it is to be told.
//!
//! Does not know whether the component exists, nor what it does.

use std::num::NonZeroUsize;
use std::path::Path;

use super::super::reader::{Reader, Section};
use super::super::reference::join;
use super::super::{
    ComponentFeature, ComponentLimits, Feature, FeatureSource, OnFailure, Places, Stage, settings,
    unknown,
};

/// Also one that is not enabled: guests may import what it provides.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    (name, is_enabled): (&str, bool),
    directory: &Path,
) -> Feature {
    let noted = reader.effective.len();
    if let Some(table) = section.table() {
        unknown::check_below(reader, table, &section.pattern, &section.label);
    }
    if is_enabled {
        reader.switch(section, "enabled");
    }
    let component = component(reader, section, directory);
    let own = section.section("settings");
    let label = join(&section.label, "settings");
    let content = own.table().map(|table| settings::object(reader, table, &label));
    if !is_enabled {
        // Nothing of it counts, but what is written is shown.
        reader.effective.truncate(noted);
        if let Some(table) = section.table() {
            settings::object(reader, table, &section.label);
        }
    }
    Feature {
        name: name.to_owned(),
        is_enabled,
        stage: Some(component.stage),
        settings: settings::settings(reader, own.table(), content.unwrap_or_default()),
        source: FeatureSource::Component(Box::new(component)),
        places: Places::new(reader, own.table(), own.place),
    }
}

fn component<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    directory: &Path,
) -> ComponentFeature {
    let component = directory.join(reader.text(section, "component").unwrap_or_default());
    let stage = reader.text(section, "stage");
    let needs = reader.list(section, "needs");
    let on_failure = reader.text(section, "on_failure");
    ComponentFeature {
        component,
        stage: stage.and_then(|word| Stage::parse(&word)).unwrap_or(Stage::Adapt),
        needs: needs.into_iter().map(|item| item.text).collect(),
        on_failure: match on_failure.as_deref() {
            Some("open") => OnFailure::Open,
            _ => OnFailure::Closed,
        },
        limits: limits(reader, &section.section("limits")),
    }
}

fn limits<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> ComponentLimits {
    let max_concurrency = reader.number(section, "max_concurrency").and_then(NonZeroUsize::new);
    ComponentLimits {
        memory: reader.number(section, "memory").unwrap_or_default(),
        call_timeout: reader.duration(section, "call_timeout").unwrap_or_default(),
        // The reference keeps zero out; whatever fails its check is never used.
        max_concurrency: max_concurrency.unwrap_or(NonZeroUsize::MIN),
    }
}
