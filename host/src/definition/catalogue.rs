//! What `service.toml` may say beyond the keys that this module declares itself: features and kinds, by
//! name and by the type of their settings.
//!
//! Does not know what they do.

use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::decode::{self, Failure};
use super::derived::SchemaOf;

/// The settings of a feature or a kind: a table of `service.toml` as a type.
///
/// Derive [`serde::Deserialize`] with `deny_unknown_fields`, so that a mistyped key is an error, and
/// [`schemars::JsonSchema`], whose descriptions are the doc comments. Both feed the schema that editors use.
///
/// What does not fit is told at its line and column, all at once. An error of one's own (`try_from`,
/// `expecting`) is the rest of the sentence that begins with the key: `must not be empty`, or what is
/// `expected `: `expected a path or a port`. Below an enum with a tag, an untagged one and `flatten`, which
/// serde reads as a whole first, only the table around a value is known.
pub trait ExtensionSettings: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Notes what types cannot say: keys that exclude each other, files that cannot be read. What works, and
    /// hardly as it is meant, is a warning.
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        let _ = errors;
    }
}

/// For what has no settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

impl ExtensionSettings for NoSettings {}

/// What is wrong with settings whose types are right.
#[derive(Debug)]
pub struct ValidationErrors<'a> {
    directory: &'a Path,
    base_path: &'a str,
    pub(super) all: Vec<ValidationError>,
    pub(super) warnings: Vec<ValidationError>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ValidationError {
    pub(super) path: String,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl<'a> ValidationErrors<'a> {
    pub(crate) fn new(directory: &'a Path) -> Self {
        Self { directory, base_path: "", all: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn with_base_path(self, base_path: &'a str) -> Self {
        Self { base_path, ..self }
    }

    /// The keys that were objected to.
    #[cfg(test)]
    pub(crate) fn paths(self) -> Vec<String> {
        self.all.into_iter().map(|error| error.path).collect()
    }

    /// The directory of `service.toml`, which relative paths are relative to.
    pub fn directory(&self) -> &'a Path {
        self.directory
    }

    /// What the path of every request begins with that the service gets; empty when that may be anything.
    pub fn base_path(&self) -> &'a str {
        self.base_path
    }

    /// Notes an error to the key at `path` below the table, for example `keys[0].secret`; empty for
    /// the table as a whole. `message` is the rest of the sentence that begins with the key: `must not be
    /// empty`. It must not hold a value, which may be a secret.
    pub fn note(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.all.push(ValidationError { path: path.into(), message: message.into(), help: None });
    }

    /// The same with what to write instead.
    pub fn note_with_help(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (path, message, help) = (path.into(), message.into(), Some(help.into()));
        self.all.push(ValidationError { path, message, help });
    }

    /// Warns about the key at `path`: the service runs, and `check`, `doctor` and the log say so. The message
    /// is as that of [`ValidationErrors::note`].
    pub fn warn(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.warnings.push(ValidationError { path: path.into(), message: message.into(), help });
    }
}

/// Settings that were read, of a type that their owner knows.
pub(crate) type TypedSettings = Arc<dyn Any + Send + Sync>;

/// A type of settings, as the definition uses it.
#[derive(Clone)]
pub struct SettingsType {
    pub(super) read: fn(&Json) -> Result<TypedSettings, Failure>,
    pub(super) check: fn(&TypedSettings, &mut ValidationErrors<'_>),
    pub(super) schema: SchemaOf,
}

impl SettingsType {
    pub fn of<T: ExtensionSettings>() -> Self {
        Self {
            read: |json| Ok(Arc::new(decode::attempt::<T>(json)?)),
            check: |typed, errors| {
                if let Some(typed) = typed.downcast_ref::<T>() {
                    typed.check(errors);
                }
            },
            schema: |generator| generator.subschema_for::<T>(),
        }
    }
}

impl fmt::Debug for SettingsType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsType").finish_non_exhaustive()
    }
}

/// Where on the path of a request the hook of a feature stands. Hooks of earlier stages see a request first
/// and its response last; within a stage they stand in the order in which their features start.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Deserialize,
    serde::Serialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What browsers are told: `http_cors`. It stands before all that may refuse, so that pages can read the
    /// refusals.
    Negotiate,
    /// Which request this is: `tracker`.
    Track,
    /// Who the caller is: `http_auth`.
    Identify,
    /// Whether there is room for it: `rate_limit`.
    Admit,
    /// Everything else.
    Adapt,
    /// How the response is encoded: `compression`.
    Encode,
}

impl Stage {
    pub(super) const ALL: [Self; 6] =
        [Self::Negotiate, Self::Track, Self::Identify, Self::Admit, Self::Adapt, Self::Encode];

    /// As written in `service.toml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Negotiate => "negotiate",
            Self::Identify => "identify",
            Self::Admit => "admit",
            Self::Adapt => "adapt",
            Self::Encode => "encode",
        }
    }
}

/// A feature, as far as `service.toml` is concerned.
#[derive(Debug, Clone)]
pub struct FeatureEntry {
    /// `[features.<name>]`, in `snake_case`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Features that have to be enabled, and start before it.
    pub needs: &'static [&'static str],
    pub stage: Stage,
    pub settings: SettingsType,
}

/// A kind that is not built in, as far as `service.toml` is concerned.
#[derive(Debug, Clone)]
pub struct KindEntry {
    /// The word in `types`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    pub port: PortUse,
    pub settings: SettingsType,
}

/// What a kind makes of the port in `kind:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortUse {
    /// It has none.
    None,
    /// It listens on it; without one in `types`, on this.
    Default(u16),
}

/// Every feature, and every kind beside `http`, `grpc`, `native` and `script`.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub features: Vec<FeatureEntry>,
    pub kinds: Vec<KindEntry>,
}
