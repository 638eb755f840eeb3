//! The table of a feature that is a component: the keys of the host, and the component's own settings.
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

/// Settings of a feature. It runs only with `enabled = true`. The keys below apply to features that are
/// components; features of the host have their own keys, besides `enabled` and `stage`.
#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(example = json!({ "enabled": false }))]
pub(in crate::definition) struct ComponentTable {
    /// Whether the feature runs.
    #[schemars(example = true)]
    enabled: bool,
    /// Path of the feature's component. Relative to this file.
    #[schemars(example = "plugins/audit.wasm")]
    component: Option<Text>,
    /// Position of the feature on the path of a request. Requests pass the stages in this order, responses in the
    /// reverse order. Features of the host have their own default.
    #[schemars(example = &"identify")]
    pub(super) stage: Stage,
    /// Features that must be enabled too. They start before this one and end after it.
    #[schemars(example = ["tracker"])]
    needs: Features,
    /// What happens to a request if the feature fails: `closed` refuses it, `open` lets it pass unchanged.
    #[schemars(example = &"open")]
    on_failure: OnFailure,
    limits: LimitsTable,
    /// The feature's own settings, passed to it unchanged. Dates become strings.
    #[schemars(example = json!({ "deny": ["/admin"] }), extend("default" = {}))]
    settings: Below<Map<String, Json>>,
}

impl typed::DeclaredTable for ComponentTable {}

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct LimitsTable {
    /// Maximum memory of one instance of the feature.
    #[schemars(example = "16MiB")]
    memory: SizeIn<MIB, { 4 * GIB }>,
    /// Maximum time of one call in the feature.
    #[schemars(example = "100ms")]
    call_timeout: DurationIn<1, MINUTE>,
    /// Maximum number of concurrent calls in one instance of the feature. Further calls wait.
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
