//! A kind that is not built in: its port, and its table as the type that it declares.
//!
//! Does not know what the kind does.

use std::path::Path;

use super::super::catalogue::{KindEntry, PortUse};
use super::super::reader::{Reader, Section};
use super::super::typed::{self, Subject};
use super::super::{CustomKind, Kind, Places, Typed, settings};
use super::{Declared, port};

pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    declared: &Declared,
    directory: &Path,
) -> Kind {
    let name = declared.name.as_str();
    let mut table = super::table(root, declared.name);
    if !table.is_present() {
        // What is missing is missing because of the word in `types`.
        table.place = declared.item.place;
    }
    let entry = reader.kind(name);
    let usage = entry.map_or(PortUse::None, |entry| entry.port);
    let port = port::choose_custom(reader, declared, usage);
    // What is no table has been noted.
    let entry = entry.filter(|_| table.is_present() || !is_something_else(root, name));
    let settings = entry.and_then(|entry| settings(reader, &table, entry, directory));
    let places = Places::new(reader, table.table(), table.place);
    let settings = settings.unwrap_or_else(Typed::unread);
    Kind::Custom(CustomKind { name, port, settings, places })
}

fn is_something_else(root: &Section<'_>, name: &str) -> bool {
    ["services", "runtime"].iter().any(|parent| root.section(parent).value(name).is_some())
}

fn settings<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    entry: &KindEntry,
    directory: &Path,
) -> Option<Typed> {
    let content = section.table().map(|table| settings::object(reader, table, &section.label));
    let (settings, content) = (&entry.settings, content.unwrap_or_default());
    typed::read(reader, Subject { settings, section, content, reserved: &[], directory })
}

/// Finds the problems of a table that nothing uses.
pub(super) fn check<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    name: &'static str,
    directory: &Path,
) {
    if let Some(entry) = reader.kind(name) {
        settings(reader, section, entry, directory);
    }
}
