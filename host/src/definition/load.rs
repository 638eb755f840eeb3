//! The order of the steps from text to [`Definition`].
//!
//! Does not know any single rule.

use std::collections::BTreeSet;
use std::path::Path;

use super::document::{self, Lines, Place, Table};
use super::file::File;
use super::indirection::Indirections;
use super::problem::{LoadError, Problem};
use super::reader::{MOST_PROBLEMS, Reader, Section};
use super::variables::{LoadContext, Scope, Variables};
use super::{
    Definition, Effective, FeatureSource, Origin, Position, client, environment, features,
    framework, hosting, http, identity, kinds, log, schema, settings, testing, typed,
};
use crate::file;

/// A file of this size is not a definition; a wrong path can lead to one.
const MOST_BYTES: u64 = 1 << 20;

impl Definition {
    /// Reads and checks the file at `path`.
    ///
    /// # Errors
    /// [`LoadError::Read`] when there is no text to check, [`LoadError::Invalid`] with all problems.
    pub fn load(path: &Path, context: &LoadContext) -> Result<Self, LoadError> {
        let invalid = |problems| LoadError::Invalid { path: path.to_owned(), problems };
        let bytes = file::read(path, MOST_BYTES)
            .map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
        let text = text_of(&bytes).map_err(|problem| invalid(vec![problem]))?;
        let mut definition = Self::parse(path, text, context).map_err(invalid)?;
        definition.warnings.extend(log::zone_warning(&definition.log));
        definition.settle(context);
        Ok(definition)
    }

    /// Checks the text of a definition. Pure: the same input always gives the same answer.
    ///
    /// `path` is only remembered, and its directory is put in front of relative paths.
    ///
    /// # Errors
    /// All problems in reading order, never none.
    pub fn parse(path: &Path, text: &str, context: &LoadContext) -> Result<Self, Vec<Problem>> {
        let LoadContext { variables, catalogue, .. } = context;
        let lines = Lines::new(text);
        let mut root = document::parse(text, &lines)?;
        let mut indirections = Indirections::default();
        let scope = scope(&mut root, &mut indirections, variables);
        for (key, value) in &mut root {
            // `envs` holds names: what looks like an indirection there is a mistake.
            if key.get_ref() != "envs" {
                indirections.resolve(value, &scope);
            }
        }
        let mut reader = Reader::new(&lines, &indirections, &scope, catalogue, schema::of_file);
        for missing in indirections.missing() {
            environment::note_missing(&mut reader, missing.place, &missing.variable);
        }
        let mut definition = read_all(&mut reader, &root, path);
        let envs = reader.items(&Section::root(&root), "envs").unwrap_or_default();
        let envs = envs.into_iter().map(|item| item.text);
        let indirect = indirections.variables().map(str::to_owned);
        definition.required_variables = envs.chain(indirect).collect();
        let is_foreign = !root.contains_key("host");
        finish(reader, definition, is_foreign)
    }

    /// Applies what decides beside its text and the environment.
    pub(crate) fn settle(&mut self, context: &LoadContext) {
        if let Some(relocation) = &context.relocation {
            self.relocate(relocation);
        }
        self.limit(context.address_policy);
    }

    /// The components that it runs: the service's own first, then those of features that are enabled.
    pub fn components(&self) -> impl Iterator<Item = &Path> {
        let features = self.features.iter().filter(|feature| feature.is_enabled);
        let of_features = features.filter_map(|feature| match &feature.source {
            FeatureSource::Component(component) => Some(component.component.as_path()),
            FeatureSource::Native(_) | FeatureSource::Absent => None,
        });
        std::iter::once(self.host.component.as_path()).chain(of_features)
    }

    /// Every value that counts and where it comes from; possible secrets are masked.
    pub fn explain(&self) -> &[Effective] {
        &self.effective
    }

    /// Where a value comes from; by default from nowhere.
    pub(super) fn origin_of(&self, key: &str) -> &Origin {
        let value = self.effective.iter().find(|one| one.key == key);
        value.map_or(&Origin::Default, |value| &value.origin)
    }

    /// Where the file sets a key.
    pub(crate) fn position_of(&self, key: &str) -> Option<Position> {
        match self.origin_of(key) {
            Origin::File(position) => Some(*position),
            Origin::Default | Origin::Variable(_) | Origin::Test => None,
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, Problem> {
    const HELP: &str = "save the file as UTF-8";
    if is_utf_16(bytes) {
        let message = "invalid TOML: the file is UTF-16, not UTF-8".to_owned();
        return Err(Lines::new("").problem(Place::FILE, message, Some(HELP.to_owned())));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        let end = Place { start: valid.len(), end: valid.len() };
        let message = "invalid TOML: this byte is not UTF-8".to_owned();
        Lines::new(valid).problem(end, message, Some(HELP.to_owned()))
    })
}

/// By its mark, or because what begins a file of TOML is ASCII, which has a zero byte beside it there.
fn is_utf_16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..])
}

/// The variables as the service sees them, which takes its name and its declared variables.
fn scope<'v>(
    root: &mut Table<'_>,
    indirections: &mut Indirections,
    variables: &'v Variables,
) -> Scope<'v> {
    // Overrides carry the name, so the name itself cannot be overridden.
    if let Some(name) = root.get_mut("name") {
        indirections.resolve(name, &Scope::plain(variables));
    }
    let name = root.get("name").and_then(|value| value.get_ref().as_str()).unwrap_or_default();
    let envs = root.get("envs").and_then(|value| value.get_ref().as_array());
    let declared =
        envs.into_iter().flatten().filter_map(|item| item.get_ref().as_str()).map(str::to_owned);
    let reserved = framework::ALL.iter().map(|variable| variable.name.to_owned()).chain(declared);
    Scope::new(variables, &identity::kebab_case(name), reserved)
}

/// What the file says; of no use when the reader has found problems.
fn read_all<'t>(reader: &mut Reader<'t>, root: &'t Table<'t>, path: &Path) -> Definition {
    let root = &Section::root(root);
    let file: File = typed::read_host(reader, root);
    let identity = identity::read(reader, root, file);
    let directory = path.parent().unwrap_or(Path::new(""));
    let kinds = kinds::read(reader, root, directory);
    let host = hosting::read(reader, root, &kinds, directory);
    let log = log::read(reader, root);
    let tests = testing::read(reader, root);
    let environment = environment::read(reader, root);
    let call_timeout = host.limits.call_timeout;
    let inherited = client::Inherited {
        call_timeout,
        egress: host.egress,
        environment: &environment,
        directory,
    };
    let clients = client::read(reader, root, &inherited);
    reader.base_path = http::base_path(&kinds);
    let features = features::read(reader, root, directory);
    kinds::check_authentication(reader, root, &features);
    let settings = settings::read(reader, root);
    Definition {
        path: path.to_owned(),
        identity,
        kinds,
        host,
        log,
        environment,
        settings,
        features,
        clients,
        tests,
        required_variables: BTreeSet::new(),
        warnings: Vec::new(),
        effective: Vec::new(),
    }
}

/// `is_foreign`: the file has nothing that only this host needs.
fn finish(
    reader: Reader<'_>,
    mut definition: Definition,
    is_foreign: bool,
) -> Result<Definition, Vec<Problem>> {
    let Reader { mut problems, mut foreign, mut warnings, effective, .. } = reader;
    if is_foreign && foreign.len() > 1 {
        foreign.sort_by_key(Problem::reading_order);
        problems.push(framework::of_another(&foreign, &definition.identity.language));
    } else {
        problems.append(&mut foreign);
    }
    problems.sort_by_key(Problem::reading_order);
    problems.dedup();
    problems.truncate(MOST_PROBLEMS);
    warnings.sort_by_key(Problem::reading_order);
    warnings.dedup();
    if !problems.is_empty() {
        return Err(problems);
    }
    definition.warnings = warnings;
    definition.effective = effective;
    Ok(definition)
}
