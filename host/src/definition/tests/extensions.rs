//! Features and kinds of the tests, and definitions that are read with them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;

use expect_test::Expect;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Definition, listed, parse_with, with};
use crate::definition::{
    Catalogue, ExtensionSettings, FeatureEntry, FeatureSource, HumanDuration, HumanSize, KindEntry,
    NoSettings, PortUse, SettingsType, Stage, ValidationErrors,
};

/// Of a feature that has a bit of everything.
#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Limiter {
    /// Requests per second.
    pub(super) rate: NonZeroU32,
    /// Requests at once.
    #[serde(default = "ten")]
    pub(super) burst: u16,
    /// What counts as one client.
    #[serde(default)]
    pub(super) by: By,
    /// How long a client is remembered.
    #[serde(default = "minute")]
    pub(super) window: HumanDuration,
    /// Most memory for clients.
    pub(super) memory: Option<HumanSize>,
    /// Clients that are never limited.
    #[serde(default)]
    pub(super) trusted: Vec<IpAddr>,
    /// Own rates of routes.
    #[serde(default)]
    pub(super) routes: BTreeMap<String, Route>,
    /// Keys that clients show.
    #[serde(default)]
    pub(super) keys: Vec<Key>,
    /// Where counts are kept.
    #[serde(default)]
    pub(super) store: Store,
}

fn ten() -> u16 {
    10
}

fn minute() -> HumanDuration {
    HumanDuration(std::time::Duration::from_mins(1))
}

#[derive(Debug, Default, Deserialize, serde::Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    /// The address that it connects from.
    #[default]
    Address,
    /// Who it is.
    Identity,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    /// Requests per second.
    pub(super) rate: f64,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    /// What the log calls it.
    pub(super) name: String,
    /// What the client shows.
    pub(super) secret: String,
}

/// A table of which every key has a default.
#[derive(Debug, Deserialize, serde::Serialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Store {
    /// Whether counts outlive the host.
    pub(super) durable: bool,
    /// How many it is split into.
    pub(super) shards: u8,
}

impl Default for Store {
    fn default() -> Self {
        Self { durable: false, shards: 4 }
    }
}

impl ExtensionSettings for Limiter {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        for (index, key) in self.keys.iter().enumerate() {
            if key.secret.len() < 8 {
                let help = "for example the output of `openssl rand -hex 16`";
                let path = format!("keys[{index}].secret");
                errors.note_with_help(path, "must have at least 8 characters", help);
            }
        }
        for (index, key) in self.keys.iter().enumerate().filter(|(_, key)| key.name.contains(' ')) {
            let message = format!("must be one word, found `{}`", key.name);
            errors.note(format!("keys[{index}].name"), message);
        }
        if self.memory == Some(HumanSize(0)) {
            errors.note("memory.of.nothing", "must not be empty");
        }
        if self.rate.get() > u32::from(self.burst) * 1000 {
            errors.note("", "allows no bursts");
        }
    }
}

/// Types that serde reads as a whole before it looks into them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only how it is read matters")]
pub(super) struct Rules {
    /// Checked in order.
    #[serde(default)]
    list: Vec<Rule>,
    /// Where they come from.
    source: Option<Source>,
    /// What they are for.
    label: Option<Label>,
    /// How they are kept.
    storage: Option<Storage>,
}

/// Variants of a table, and a type that holds itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "only how it is read matters")]
enum Rule {
    /// Both hold.
    Both { first: Box<Rule>, second: Box<Rule> },
    /// A header is there.
    Header {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a path or a port")]
#[expect(dead_code, reason = "only how it is read matters")]
enum Source {
    Path(String),
    Port(u16),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only how it is read matters")]
enum Storage {
    Memory,
    File { path: String },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
struct Label(#[expect(dead_code, reason = "only how it is read matters")] String);

impl TryFrom<String> for Label {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "" => Err("must not be empty".to_owned()),
            _ if text.contains(' ') => Err(format!("`{text}` holds blanks")),
            _ => Ok(Self(text)),
        }
    }
}

impl ExtensionSettings for Rules {}

/// Of a kind that has to be told something.
#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Timer {
    /// Time between two runs.
    pub(super) every: HumanDuration,
    /// Runs at the start, too.
    #[serde(default)]
    pub(super) at_once: bool,
}

impl ExtensionSettings for Timer {}

pub(super) fn feature<T: ExtensionSettings>(
    name: &'static str,
    needs: &'static [&'static str],
) -> FeatureEntry {
    FeatureEntry {
        name,
        summary: "Does what the test wants.",
        needs,
        stage: Stage::Adapt,
        settings: SettingsType::of::<T>(),
    }
}

fn kind<T: ExtensionSettings>(name: &'static str, port: PortUse) -> KindEntry {
    let settings = SettingsType::of::<T>();
    KindEntry { name, summary: "Works when the test wants.", port, settings }
}

pub(super) fn catalogue() -> Catalogue {
    Catalogue {
        features: vec![
            feature::<Limiter>("limiter", &[]),
            feature::<Rules>("rules", &[]),
            feature::<NoSettings>("plain", &[]),
            feature::<NoSettings>("needy", &["plain"]),
            feature::<NoSettings>("lost", &["nowhere"]),
        ],
        kinds: vec![
            kind::<Timer>("timer", PortUse::None),
            kind::<NoSettings>("socket", PortUse::Default(9000)),
            kind::<NoSettings>("cronjob", PortUse::None),
        ],
    }
}

#[track_caller]
pub(super) fn accepted(text: &str, list: &[(&str, &str)]) -> Definition {
    let parsed = parse_with(catalogue(), text, list);
    parsed.unwrap_or_else(|problems| panic!("rejected: {}", listed(&problems)))
}

/// The problems of a definition that is not valid.
#[track_caller]
pub(super) fn rejects(text: &str, list: &[(&str, &str)], expected: &Expect) {
    let problems = parse_with(catalogue(), text, list);
    expected.assert_eq(&listed(&problems.expect_err("the definition must be rejected")));
}

/// `[features.limiter]`, enabled, from line 8 on.
pub(super) fn limiter(settings: &str) -> String {
    with(&[], &format!("[features.limiter]\nenabled = true\n{settings}"))
}

#[track_caller]
pub(super) fn limiter_of(definition: &Definition) -> &Limiter {
    let feature = definition.features.iter().find(|feature| feature.name == "limiter");
    match &feature.expect("there is a limiter").source {
        FeatureSource::Native(typed) => typed.0.downcast_ref().expect("of the type it declares"),
        other => panic!("expected settings, found {other:?}"),
    }
}
