//! The environment variables of the process, and how one service overrides them.
//!
//! Does not read the process's environment (`cli` takes the snapshot) and does not know what any
//! variable means.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::address::AddressPolicy;
use super::catalogue::Catalogue;
use super::relocation::Relocation;

/// A snapshot of the process's environment.
///
/// A variable that is set to the empty string counts as not set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables {
    values: BTreeMap<String, String>,
    may_miss: bool,
}

impl Variables {
    /// The same variables for a look at a definition without running its service, where it is no
    /// problem when a variable that the service asks for is not set.
    #[must_use]
    pub fn incomplete(self) -> Self {
        Self { may_miss: true, ..self }
    }

    /// The same variables, and `name` with this value unless it is set.
    #[must_use]
    pub fn or(mut self, name: &str, value: &str) -> Self {
        if self.get(name).is_none() {
            self.values.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// The value of a variable that is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl From<BTreeMap<String, String>> for Variables {
    fn from(values: BTreeMap<String, String>) -> Self {
        Self { values, may_miss: false }
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        variables.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

/// What a definition is read with, beside its text.
#[derive(Debug, Clone, Default)]
pub struct LoadContext {
    pub variables: Variables,
    /// The features and kinds that there are.
    pub catalogue: Arc<Catalogue>,
    /// Where builds write, if not where they usually do.
    pub relocation: Option<Relocation>,
    pub address_policy: AddressPolicy,
}

impl LoadContext {
    /// See [`Variables::incomplete`].
    #[must_use]
    pub fn incomplete(self) -> Self {
        Self { variables: self.variables.incomplete(), ..self }
    }
}

impl From<Variables> for LoadContext {
    fn from(variables: Variables) -> Self {
        Self { variables, ..Self::default() }
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// The variables as one service sees them: its own spelling of a name beats the plain name.
pub(super) struct Scope<'a> {
    variables: &'a Variables,
    /// Kebab-case; `None` while the name of the service is not known.
    service: Option<String>,
    /// Names with a meaning of their own. They are never an override of a shorter name: for a
    /// service `url`, `DATABASE_URL` must not replace `DATABASE` when both are declared.
    reserved: BTreeSet<String>,
}

/// A variable that is set and not empty.
pub(super) struct Found<'a> {
    /// The spelling that won.
    pub(super) name: String,
    pub(super) value: &'a str,
}

impl<'a> Scope<'a> {
    /// Without overrides.
    pub(super) fn plain(variables: &'a Variables) -> Self {
        Self { variables, service: None, reserved: BTreeSet::new() }
    }

    pub(super) fn new(
        variables: &'a Variables,
        service: &str,
        reserved: impl IntoIterator<Item = String>,
    ) -> Self {
        let service = Some(service.to_owned()).filter(|name| !name.is_empty());
        Self { variables, service, reserved: reserved.into_iter().collect() }
    }

    /// The service's own value, else the plain one.
    pub(super) fn lookup(&self, name: &str) -> Option<Found<'a>> {
        self.own(name).or_else(|| self.global(name))
    }

    /// The value under a spelling that carries the service's name.
    pub(super) fn own(&self, name: &str) -> Option<Found<'a>> {
        self.all_own(name).into_iter().next()
    }

    /// The value that all services share.
    pub(super) fn global(&self, name: &str) -> Option<Found<'a>> {
        let value = self.variables.get(name)?;
        Some(Found { name: name.to_owned(), value })
    }

    /// A second spelling that is set to something else than the one that wins.
    pub(super) fn contradiction(&self, name: &str) -> Option<(Found<'a>, Found<'a>)> {
        let mut own = self.all_own(name).into_iter();
        let winner = own.next()?;
        let loser = own.find(|other| other.value != winner.value)?;
        Some((winner, loser))
    }

    /// Whether it is no problem that a variable is not set.
    pub(super) fn may_miss(&self) -> bool {
        self.variables.may_miss
    }

    /// Whether the plain variable exists and holds nothing.
    pub(super) fn is_empty(&self, name: &str) -> bool {
        self.variables.values.get(name).is_some_and(String::is_empty)
    }

    /// How to spell the override in a shell's `export`; `None` without a service.
    pub(super) fn exportable(&self, name: &str) -> Option<String> {
        let upper = underscored(self.service.as_deref()?).to_ascii_uppercase();
        if upper.starts_with(|c: char| c.is_ascii_digit()) {
            Some(format!("{name}_{upper}"))
        } else {
            Some(format!("{upper}__{name}"))
        }
    }

    fn all_own(&self, name: &str) -> Vec<Found<'a>> {
        let Some(service) = &self.service else { return Vec::new() };
        spellings(service, name)
            .iter()
            .filter(|spelling| !self.reserved.contains(*spelling))
            .filter_map(|spelling| self.global(spelling))
            .collect()
    }
}

/// Every spelling of `name` for one service, the strongest first.
fn spellings(service: &str, name: &str) -> [String; 5] {
    let snake = underscored(service);
    let upper = snake.to_ascii_uppercase();
    [
        format!("{service}__{name}"),
        format!("{snake}__{name}"),
        format!("{upper}__{name}"),
        format!("{name}_{snake}"),
        format!("{name}_{upper}"),
    ]
}

/// A form of the name that every shell accepts inside a variable.
fn underscored(service: &str) -> String {
    service.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
