//! `types`: which kinds a service has, on which ports, and which table belongs to which kind.
//!
//! Does not know what is inside those tables.

use super::document::Place;
use super::framework::Framework;
use super::indirection::quoted;
use super::reader::{Reader, Section};
use super::shape::Item;
use super::suggestion::did_you_mean;
use super::{Kind, Origin, Port, framework, grpc, http};

/// The kinds a `service.toml` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KindName {
    Grpc,
    Http,
    Native,
    Script,
}

/// Every spelling; the first of a kind is the canonical one.
const SPELLINGS: [(&str, KindName); 5] = [
    ("http", KindName::Http),
    ("grpc", KindName::Grpc),
    ("native", KindName::Native),
    ("worker", KindName::Native),
    ("script", KindName::Script),
];

/// Kinds of other hosts, with what to do about them.
const FOREIGN: [(&str, &str); 2] = [
    ("http-spec", "write `http`: the service routes its requests itself"),
    ("cronjob", "write `native` and let the service sleep until it is time"),
];

/// One entry of `types` that makes sense on its own.
struct Declared {
    name: KindName,
    port: Option<u16>,
    item: Item,
}

impl KindName {
    pub(super) fn parse(text: &str) -> Option<Self> {
        SPELLINGS.iter().find(|(spelling, _)| *spelling == text).map(|(_, name)| *name)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http",
            Self::Native => "native",
            Self::Script => "script",
        }
    }
}

/// The kinds in the order of the file.
pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Vec<Kind> {
    let declared = declared(reader, root);
    check_script_stands_alone(reader, &declared);
    for name in [KindName::Grpc, KindName::Http, KindName::Native, KindName::Script] {
        check_table(reader, root, name, declared.iter().any(|one| one.name == name));
    }
    let kinds: Vec<Kind> = declared.iter().map(|one| kind(reader, root, one)).collect();
    check_ports_differ(reader, &kinds, &declared);
    kinds
}

fn kind<'t>(reader: &mut Reader<'t>, root: &Section<'t>, declared: &Declared) -> Kind {
    let Declared { name, port, item } = declared;
    if matches!(name, KindName::Native | KindName::Script) && port.is_some() {
        let message = format!("kind `{}` does not listen, its port is ignored", name.as_str());
        reader.warning(item.place, message, Some(format!("write `{}`", name.as_str())));
    }
    match name {
        KindName::Grpc => {
            let port = choose_port(reader, *name, &framework::GRPC_PORT, (*port, item.place));
            Kind::Grpc(grpc::read(reader, &table(root, *name), port))
        }
        KindName::Http => {
            let port = choose_port(reader, *name, &framework::HTTP_PORT, (*port, item.place));
            Kind::Http(http::read(reader, &table(root, *name), port))
        }
        KindName::Native => Kind::Native,
        KindName::Script => Kind::Script,
    }
}

/// Two kinds cannot listen on one port, unless the system chooses.
fn check_ports_differ(reader: &mut Reader<'_>, kinds: &[Kind], declared: &[Declared]) {
    let listens = kinds.iter().zip(declared).filter_map(|(kind, declared)| match kind {
        Kind::Http(http) => Some((kind.name(), http.port.number, declared)),
        Kind::Grpc(grpc) => Some((kind.name(), grpc.port.number, declared)),
        Kind::Native | Kind::Script | Kind::Custom(_) => None,
    });
    let [(first, port, _), (second, other, declared)] = listens.collect::<Vec<_>>()[..] else {
        return;
    };
    if port == other && port != 0 {
        let message = format!("kinds `{first}` and `{second}` have the same port {port}");
        let help = format!("for example `{second}:{}`", port.checked_add(1).unwrap_or(1024));
        reader.problem(declared.item.place, message, Some(help));
    }
}

/// The entries of `types` that can be understood, each kind once.
fn declared<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Vec<Declared> {
    let items = reader.list(root, "types");
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
    let Some(name) = KindName::parse(word) else {
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

/// Digits only: `u16::from_str` would accept `+80`.
pub(super) fn parse_port(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn note_unknown(reader: &mut Reader<'_>, item: &Item, word: &str) {
    let expected = spellings().collect::<Vec<_>>().join("`, `");
    let message = if item.is_literal {
        format!("unknown kind {}, expected one of `{expected}`", quoted(word))
    } else {
        format!("a kind must be one of `{expected}`, found {}", item.shown)
    };
    reader.problem(item.place, message, suggest(word).filter(|_| item.is_literal));
}

/// What to do about a kind that does not exist.
pub(super) fn suggest(word: &str) -> Option<String> {
    let foreign = FOREIGN.iter().find(|(name, _)| *name == word);
    foreign.map(|(_, help)| (*help).to_owned()).or_else(|| did_you_mean(word, spellings()))
}

/// Every spelling of every kind.
pub(super) fn spellings() -> impl Iterator<Item = &'static str> {
    SPELLINGS.iter().map(|(word, _)| *word)
}

fn note_duplicate(reader: &mut Reader<'_>, first: &Declared, second: &Declared) {
    let name = second.name.as_str();
    let spelling = |one: &Declared| one.item.text.split(':').next().map(str::to_owned);
    let help = (spelling(first) != spelling(second))
        .then(|| "`worker` is another word for `native`".to_owned());
    reader.problem(second.item.place, format!("kind `{name}` is declared twice"), help);
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
    let spellings = || SPELLINGS.iter().filter(move |(_, other)| *other == name);
    ["services", "runtime"]
        .into_iter()
        .map(|parent| root.section_as(parent, "services"))
        .flat_map(|parent| {
            spellings().map(move |(spelling, _)| parent.section_as(spelling, name.as_str()))
        })
        .filter(Section::is_present)
        .collect()
}

fn table<'t>(root: &Section<'t>, name: KindName) -> Section<'t> {
    let absent = || root.section("services").section_as(name.as_str(), name.as_str());
    tables(root, name).into_iter().next().unwrap_or_else(absent)
}

fn check_table<'t>(reader: &mut Reader<'t>, root: &Section<'t>, name: KindName, is_declared: bool) {
    let tables = tables(root, name);
    let Some(first) = tables.first() else { return };
    for second in &tables[1..] {
        let message = format!("`[{}]` and `[{}]` are the same table", first.label, second.label);
        reader.problem(second.place, message, Some("keep one of them".to_owned()));
    }
    if !is_declared {
        let message =
            format!("`[{}]` has no effect: `types` does not name `{}`", first.label, name.as_str());
        reader.warning(first.place, message, None);
        match name {
            KindName::Http => http::check(reader, first),
            KindName::Grpc => grpc::check(reader, first),
            KindName::Native | KindName::Script => (),
        }
    }
}

/// Scoped variable, then `service.toml`, then global variable, then default.
fn choose_port(
    reader: &mut Reader<'_>,
    kind: KindName,
    variable: &Framework,
    (declared, place): (Option<u16>, Place),
) -> Port {
    let kind = kind.as_str();
    reader.note_contradiction(variable.name);
    let from_variable = |(number, name)| Port { number, source: Origin::Variable(name) };
    let own = framework::parse_own(reader, variable, parse_port).map(from_variable);
    let global = framework::parse_global(reader, variable, parse_port).map(from_variable);
    let file = declared.map(|number| Port { number, source: reader.line_of(place) });
    if let (None, Some(file), Some(global)) = (&own, &file, &global)
        && file.number != global.number
    {
        let message = format!(
            "`types` and `{}` set different ports for `{kind}`, {} from `types` wins",
            variable.name, file.number
        );
        let own = reader.scope().exportable(variable.name);
        reader.warning(place, message, own.map(|own| format!("set `{own}` to override the file")));
    }
    let port = own.or(file).or(global).unwrap_or_else(|| Port {
        number: variable.default.parse().unwrap_or_default(),
        source: Origin::Default,
    });
    reader.note(format!("{kind}.port"), &port.number.to_string(), port.source.clone());
    port
}
