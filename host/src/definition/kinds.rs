//! `types`: which kinds a service has, on which ports, and which table belongs to which kind.
//!
//! Longer than its job sounds: a kind can have several spellings (`native`, `worker`), its table two places
//! (`services`, `runtime`), and a table without its kind is checked too, because a mistake in it would otherwise
//! appear only on the day when the kind is added.
//!
//! Does not know what is inside those tables.

mod custom;
mod port;
mod script;

use std::path::Path;

pub(super) use self::port::parse_port;
pub(crate) use self::script::Script;
pub(super) use self::script::{NativeTable, ScriptTable};
use super::catalogue::Catalogue;
use super::document::{Place, entries, join, spelled};
use super::indirection::quoted;
use super::reader::{Item, Reader, Section};
use super::suggestion::did_you_mean;
use super::{Feature, Kind, Origin, Port, framework, grpc, http, typed, unknown};

/// The kinds a `service.toml` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KindName {
    Grpc,
    Http,
    Native,
    Script,
    /// One of the catalogue.
    Custom(&'static str),
}

/// Every spelling of the built-in ones; the first of a kind is the canonical one.
const SPELLINGS: [(&str, KindName); 5] = [
    ("http", KindName::Http),
    ("grpc", KindName::Grpc),
    ("native", KindName::Native),
    ("worker", KindName::Native),
    ("script", KindName::Script),
];

/// Kinds of other hosts, with what to do about them.
const FOREIGN: [(&str, &str); 1] =
    [("http-spec", "write `http`: the service routes its requests itself")];

/// One entry of `types` that makes sense on its own.
struct Declared {
    name: KindName,
    port: Option<u16>,
    item: Item,
}

impl KindName {
    const BUILT_IN: [Self; 4] = [Self::Grpc, Self::Http, Self::Native, Self::Script];

    pub(super) fn built_in(text: &str) -> Option<Self> {
        SPELLINGS.iter().find(|(spelling, _)| *spelling == text).map(|(_, name)| *name)
    }

    fn parse(text: &str, catalogue: &Catalogue) -> Option<Self> {
        let custom = || catalogue.kinds.iter().find(|entry| entry.name == text);
        Self::built_in(text).or_else(|| custom().map(|entry| Self::Custom(entry.name)))
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http",
            Self::Native => "native",
            Self::Script => "script",
            Self::Custom(name) => name,
        }
    }
}

/// The kinds in the order of the file.
///
/// `directory` is that of the file: paths in it are relative to that.
pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>, directory: &Path) -> Vec<Kind> {
    check_names(reader, root);
    let declared = declared(reader, root);
    check_script_stands_alone(reader, &declared);
    let custom = reader.catalogue().kinds.iter().map(|entry| KindName::Custom(entry.name));
    for name in KindName::BUILT_IN.into_iter().chain(custom) {
        let Some(table) = only_table(reader, root, name, directory) else { continue };
        if declared.iter().all(|one| one.name != name) {
            check_unused(reader, &table, name, directory);
        }
    }
    let kinds: Vec<Kind> = declared.iter().map(|one| kind(reader, root, one, directory)).collect();
    port::check_they_differ(reader, &kinds, &declared);
    kinds
}

/// Notes tables of unknown kinds, and values where a kind's table should be.
fn check_names<'t>(reader: &mut Reader<'t>, root: &Section<'t>) {
    for services in ["services", "runtime"].map(|name| root.section_as(name, "services")) {
        for (key, value) in services.table().map(entries).unwrap_or_default() {
            let name = key.get_ref().as_ref();
            if spellings(reader.catalogue()).any(|known| known == name) {
                reader.check_is_table(&services, name, value);
                continue;
            }
            let table = join(&services.label, &spelled(name));
            let message = format!("unknown kind {} in `[{table}]`", quoted(name));
            let help = suggest_kind(name, spellings(reader.catalogue()));
            let help = help.or_else(|| unknown::instead(&(reader.outline)(), "services", name));
            reader.foreign(Place::of(key), message, help);
        }
    }
}

fn kind<'t>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    declared: &Declared,
    directory: &Path,
) -> Kind {
    let (name, listens) = (declared.name, port::listens(reader, declared.name));
    if declared.port.is_some() && !listens {
        let message = format!("kind `{}` does not listen, its port is ignored", name.as_str());
        let help = format!("write `{}`", name.as_str());
        reader.warning(declared.item.place, message, Some(help));
    }
    match name {
        KindName::Grpc => {
            let port = port::choose(reader, declared, &framework::GRPC_PORT);
            Kind::Grpc(grpc::read(reader, &table(root, name), port, directory))
        }
        KindName::Http => {
            let port = port::choose(reader, declared, &framework::HTTP_PORT);
            Kind::Http(http::read(reader, &table(root, name), port, directory))
        }
        KindName::Native => {
            NativeTable {} = typed::read_host(reader, &table(root, name));
            Kind::Native
        }
        KindName::Script => Kind::Script(script::read(reader, &table(root, name))),
        KindName::Custom(_) => custom::read(reader, root, declared, directory),
    }
}

/// The entries of `types` that can be understood, each kind once.
fn declared<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Vec<Declared> {
    let items = reader.items(root, "types").unwrap_or_default();
    if let Some(value) = root.value("types")
        && value.get_ref().as_array().is_some_and(|array| array.is_empty())
    {
        let help = "for example `types = [\"http:8080\"]`".to_owned();
        let message = "`types` must name at least one kind".to_owned();
        reader.problem(Place::of(value), message, Some(help));
    }
    let mut declared: Vec<Declared> = Vec::new();
    for item in items {
        let Some(one) = parse(reader, item) else { continue };
        match declared.iter().find(|other| other.name == one.name) {
            Some(first) => note_duplicate(reader, first, &one),
            None => declared.push(one),
        }
    }
    declared
}

fn parse(reader: &mut Reader<'_>, item: Item) -> Option<Declared> {
    let (word, port) = match item.text.split_once(':') {
        Some((word, port)) => (word, Some(port)),
        None => (item.text.as_str(), None),
    };
    let Some(name) = KindName::parse(word, reader.catalogue()) else {
        note_unknown(reader, &item, word);
        return None;
    };
    match port.map(parse_port) {
        None => Some(Declared { name, port: None, item }),
        Some(Some(port)) => Some(Declared { name, port: Some(port), item }),
        Some(None) => {
            let message = format!("a kind may have one port from 0 to 65535, found {}", item.shown);
            reader.problem(item.place, message, Some("for example `http:8080`".to_owned()));
            None
        }
    }
}

fn note_unknown(reader: &mut Reader<'_>, item: &Item, word: &str) {
    let catalogue = reader.catalogue();
    let expected = spellings(catalogue).collect::<Vec<_>>().join("`, `");
    let message = if item.is_literal {
        format!("unknown kind {}, expected one of `{expected}`", quoted(word))
    } else {
        format!("a kind must be one of `{expected}`, found {}", item.shown)
    };
    let help = suggest_kind(word, spellings(catalogue)).filter(|_| item.is_literal);
    reader.foreign(item.place, message, help);
}

/// What to do about a kind that is not one of `known`.
pub(crate) fn suggest_kind(
    word: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Option<String> {
    let foreign = FOREIGN.iter().find(|(name, _)| *name == word);
    let foreign = foreign.map(|(_, help)| (*help).to_owned());
    foreign.or_else(|| did_you_mean(word, known))
}

/// Every spelling of every kind.
pub(super) fn spellings(catalogue: &Catalogue) -> impl Iterator<Item = &'static str> + use<'_> {
    let custom = catalogue.kinds.iter().map(|entry| entry.name);
    SPELLINGS.iter().map(|(word, _)| *word).chain(custom)
}

fn note_duplicate(reader: &mut Reader<'_>, first: &Declared, second: &Declared) {
    let name = second.name.as_str();
    let spelling = |one: &Declared| one.item.text.split(':').next().map(str::to_owned);
    let help = (spelling(first) != spelling(second))
        .then(|| "`worker` is another word for `native`".to_owned());
    reader.problem(second.item.place, format!("kind `{name}` is declared twice"), help);
}

/// Whether what `[services.http]` says of authentication agrees with the features.
pub(super) fn check_authentication<'t>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    features: &[Feature],
) {
    let has_auth = features.iter().any(|feature| feature.is_enabled && feature.name == "http_auth");
    http::check_authentication(reader, &table(root, KindName::Http), has_auth);
}

fn check_script_stands_alone(reader: &mut Reader<'_>, declared: &[Declared]) {
    let script = declared.iter().find(|one| one.name == KindName::Script);
    if let Some(script) = script.filter(|_| declared.len() > 1) {
        let help = "make the script a service of its own".to_owned();
        let message = "kind `script` must be the only kind of a service".to_owned();
        reader.problem(script.item.place, message, Some(help));
    }
}

/// Every place where the table of a kind may be: `[services.<kind>]` and `[runtime.<kind>]`.
fn tables<'t>(root: &Section<'t>, name: KindName) -> Vec<Section<'t>> {
    let spellings = || {
        let words =
            SPELLINGS.iter().filter(move |(_, other)| *other == name).map(|(word, _)| *word);
        let custom = matches!(name, KindName::Custom(_)).then(|| name.as_str());
        words.chain(custom)
    };
    ["services", "runtime"]
        .into_iter()
        .map(|parent| root.section_as(parent, "services"))
        .flat_map(|parent| {
            spellings().map(move |spelling| parent.section_as(spelling, name.as_str()))
        })
        .filter(Section::is_present)
        .collect()
}

fn table<'t>(root: &Section<'t>, name: KindName) -> Section<'t> {
    let absent = || root.section("services").section_as(name.as_str(), name.as_str());
    tables(root, name).into_iter().next().unwrap_or_else(absent)
}

/// The table of a kind, if there is one; notes when there are two.
fn only_table<'t>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    name: KindName,
    directory: &Path,
) -> Option<Section<'t>> {
    let mut tables = tables(root, name).into_iter();
    let first = tables.next()?;
    for second in tables {
        let message = format!("`[{}]` and `[{}]` are the same table", first.label, second.label);
        reader.problem(second.place, message, Some("keep one of them".to_owned()));
        check(reader, &second, name, directory);
    }
    Some(first)
}

/// Finds the problems of a table that nothing uses, and says so.
fn check_unused<'t>(
    reader: &mut Reader<'t>,
    table: &Section<'t>,
    name: KindName,
    directory: &Path,
) {
    let message =
        format!("`[{}]` has no effect: `types` does not name `{}`", table.label, name.as_str());
    reader.warning(table.place, message, None);
    check(reader, table, name, directory);
}

/// Finds the problems of a table.
fn check<'t>(reader: &mut Reader<'t>, table: &Section<'t>, name: KindName, directory: &Path) {
    let (counted, port) = (reader.effective.len(), Port { number: 0, source: Origin::Default });
    match name {
        KindName::Http => drop(http::read(reader, table, port, directory)),
        KindName::Grpc => drop(grpc::read(reader, table, port, directory)),
        KindName::Script => _ = script::read(reader, table),
        KindName::Native => NativeTable {} = typed::read_host(reader, table),
        KindName::Custom(name) => custom::check(reader, table, name, directory),
    }
    reader.effective.truncate(counted);
}
