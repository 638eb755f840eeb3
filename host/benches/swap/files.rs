//! The files of the service that is swapped: two components that differ in nothing that matters.
//!
//! Does not know who watches them.

use std::fs;
use std::io;
use std::path::PathBuf;

use toml::{Table, Value};

use super::guest::Guest;

/// Kind of a section that says nothing to an engine.
const CUSTOM: u8 = 0;

/// A service whose component can be replaced.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) definition: PathBuf,
    pub(crate) cache: PathBuf,
    component: PathBuf,
    original: Vec<u8>,
    /// Distinguishes components that have not been there before.
    invented: u32,
    is_second: bool,
}

impl Files {
    pub(crate) fn prepare(guest: &Guest) -> io::Result<Self> {
        let definition = guest.definition.with_file_name("watched.toml");
        let component = guest.definition.with_file_name("watched.wasm");
        let text = fs::read_to_string(&guest.definition)?;
        let mut table: Table = text.parse().map_err(io::Error::other)?;
        let host = table.get_mut("host").and_then(Value::as_table_mut);
        let host = host.ok_or_else(|| io::Error::other("it has no `[host]`"))?;
        let built = host.insert("component".to_owned(), Value::from("watched.wasm"));
        let built = built.as_ref().and_then(Value::as_str).unwrap_or_default();
        let original = fs::read(built)?;
        fs::write(&definition, table.to_string())?;
        fs::write(&component, &original)?;
        let cache = guest.cache.clone();
        Ok(Self { definition, cache, component, original, invented: 0, is_second: false })
    }

    /// From now on components that no cache knows.
    pub(crate) fn invent(&mut self) {
        // Also over several runs of this benchmark, which share a cache.
        self.invented = std::process::id() << 8;
    }

    /// Another one of these, if they are wanted.
    pub(crate) fn invent_again(&mut self) {
        self.invented += u32::from(self.invented > 0);
    }

    /// Lets another component take the place of the one that is there, as a deployment does.
    pub(crate) fn replace(&mut self) -> io::Result<()> {
        self.is_second = !self.is_second;
        let mark = u64::from(self.invented) << 1 | u64::from(self.is_second);
        let mut bytes = self.original.clone();
        // A name of one byte, and the mark.
        bytes.extend([CUSTOM, 10, 1, b'v']);
        bytes.extend(mark.to_le_bytes());
        let new = self.component.with_extension("new");
        fs::write(&new, bytes)?;
        fs::rename(new, &self.component)
    }
}
