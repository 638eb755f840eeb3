//! The table of a feature that is a component: the keys of the host, and what it is to be told.
//!
//! Does not know whether the component exists, nor what it does.

use std::num::NonZeroU16;
use std::path::Path;

use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};

use super::super::document::join;
use super::super::reader::{Reader, Section};
use super::super::typed;
use super::super::valid::{Below, DurationIn, Features, SizeIn, Text};
use super::super::{
    ComponentFeature, ComponentLimits, Feature, FeatureSource, OnFailure, Places, Stage, settings,
};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// Milliseconds.
const MINUTE: u64 = 60_000;

/// Settings of a feature. It runs only with `enabled = true`, and is one of this host or a component. The keys below
/// are those of a component; one of this host has keys of its own.
#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(example = json!({ "enabled": false }))]
pub(in crate::definition) struct ComponentTable {
    /// Whether the feature runs.
    #[schemars(example = true)]
    enabled: bool,
    /// The component that is the feature. Relative to this file.
    #[schemars(example = "plugins/audit.wasm")]
    component: Option<Text>,
    /// Where the feature stands on the path of a request: the stages follow each other in this order, and a response
    /// passes them in the reverse order. A feature of this host has a place of its own, which this replaces.
    #[schemars(example = &"identify")]
    pub(super) stage: Stage,
    /// Features that have to be enabled too. They start before it and end after it.
    #[schemars(example = ["tracker"])]
    needs: Features,
    /// What becomes of a request when the feature fails to decide about it: `closed` refuses it, `open` lets it pass as
    /// it is.
    #[schemars(example = &"open")]
    on_failure: OnFailure,
    limits: LimitsTable,
    /// The feature's own settings, handed to it as they are. Dates arrive as strings.
    #[schemars(example = json!({ "deny": ["/admin"] }), extend("default" = {}))]
    settings: Below<Map<String, Json>>,
}

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct LimitsTable {
    /// Most memory of one instance of the feature.
    #[schemars(example = "16MiB")]
    memory: SizeIn<MIB, { 4 * GIB }>,
    /// Longest time one call may spend in the feature.
    #[schemars(example = "100ms")]
    call_timeout: DurationIn<1, MINUTE>,
    /// Most calls in flight in one instance of the feature; further ones wait.
    #[schemars(example = 64)]
    max_concurrency: NonZeroU16,
}

impl Default for ComponentTable {
    fn default() -> Self {
        Self {
            enabled: false,
            component: None,
            stage: Stage::Adapt,
            needs: Features::of(Vec::new()),
            on_failure: OnFailure::Closed,
            limits: LimitsTable::default(),
            settings: Below::default(),
        }
    }
}

impl Default for LimitsTable {
    fn default() -> Self {
        const CALLS: NonZeroU16 = NonZeroU16::new(256).expect("it is not zero");
        Self {
            memory: SizeIn::of(64 << 20),
            call_timeout: DurationIn::seconds(1),
            max_concurrency: CALLS,
        }
    }
}

/// Also one that is not enabled: guests may import what it provides.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    (name, is_enabled): (&str, bool),
    directory: &Path,
) -> Feature {
    let noted = reader.effective.len();
    let component = component(typed::read_host(reader, section), directory);
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

fn component(table: ComponentTable, directory: &Path) -> ComponentFeature {
    ComponentFeature {
        component: directory.join(String::from(table.component.unwrap_or_default())),
        stage: table.stage,
        needs: table.needs.0,
        on_failure: table.on_failure,
        limits: ComponentLimits {
            memory: table.limits.memory.0,
            call_timeout: table.limits.call_timeout.0,
            max_concurrency: table.limits.max_concurrency.into(),
        },
    }
}
