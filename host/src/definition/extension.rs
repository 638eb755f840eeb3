//! What a definition says about features, and about kinds that are not built in.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::catalogue::{Stage, TypedSettings};
use super::{Places, Port, Settings};

/// `[features.<name>]`.
#[derive(Debug, Clone)]
pub struct Feature {
    pub name: String,
    pub is_enabled: bool,
    /// Where its hook stands, if the file says so.
    pub stage: Option<Stage>,
    /// What its owner receives: without the keys of the host.
    pub settings: Settings,
    pub source: FeatureSource,
    /// Where its settings are in the file.
    pub places: Places,
}

/// What implements a feature.
#[derive(Debug, Clone)]
pub enum FeatureSource {
    /// Code of this host, with the settings that it has checked; only of a feature that is enabled.
    Native(Typed),
    /// A component.
    Component(Box<ComponentFeature>),
    /// Nothing: it is disabled, or its settings are unknown because a variable may be absent
    /// ([`Variables::incomplete`](super::Variables::incomplete)).
    Absent,
}

/// A feature as a component: the host's keys of its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentFeature {
    /// Resolved against the directory of the file.
    pub component: PathBuf,
    pub stage: Stage,
    /// Features that start before it.
    pub needs: Vec<String>,
    pub on_failure: OnFailure,
    pub limits: ComponentLimits,
}

/// What becomes of a request that a feature cannot decide about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It is refused.
    Closed,
    /// It passes as it was.
    Open,
}

/// `[features.<name>.limits]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentLimits {
    /// Bytes per instance.
    pub memory: usize,
    /// Longest time one call may spend in it.
    pub call_timeout: Duration,
    /// Calls in flight per instance.
    pub max_concurrency: std::num::NonZeroUsize,
}

/// A kind that is not built in.
#[derive(Debug, Clone)]
pub struct CustomKind {
    /// The word in `types`.
    pub name: &'static str,
    /// `None` for one that does not listen.
    pub port: Option<Port>,
    pub settings: Typed,
    /// Where its settings are in the file.
    pub places: Places,
}

impl PartialEq for CustomKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for CustomKind {}

/// Settings of a type that their owner knows. Shows nothing of them: they may hold secrets.
#[derive(Clone)]
pub struct Typed(pub TypedSettings);

impl Typed {
    /// In place of settings that could not be read: the definition has problems and is discarded, or a variable may
    /// be absent ([`Variables::incomplete`](super::Variables::incomplete)) and the definition never runs.
    pub(super) fn unread() -> Self {
        Self(Arc::new(()))
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(..)")
    }
}
