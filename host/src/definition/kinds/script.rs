//! `[services.script]`: what a script has of its process.
//!
//! Does not know who writes and reads.

use crate::definition::reader::{Reader, Section};
use crate::definition::shape::Checked;
use crate::definition::{Definition, Kind};

/// The kind `script`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    /// Whether it has the standard input and output of the process; what it prints becomes log lines otherwise.
    pub inherits_stdio: bool,
}

impl Definition {
    /// The script that the service is, if it is one.
    pub fn script(&self) -> Option<&Script> {
        self.kinds.iter().find_map(|kind| match kind {
            Kind::Script(script) => Some(script),
            _ => None,
        })
    }
}

pub(super) fn read<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> Script {
    let stdio = reader.read(section, "stdio");
    let inherits_stdio = matches!(stdio, Some(Checked::Text(text)) if text == "inherit");
    Script { inherits_stdio }
}

/// Finds the problems of a table that nothing uses.
pub(super) fn check<'t>(reader: &mut Reader<'t>, section: &Section<'t>) {
    let effective = reader.effective.len();
    read(reader, section);
    reader.effective.truncate(effective);
}
