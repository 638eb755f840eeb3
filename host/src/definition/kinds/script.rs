//! `[services.script]`: what a script has of its process.
//!
//! Does not move any bytes.

use schemars::JsonSchema;

use crate::definition::reader::{Reader, Section};
use crate::definition::typed;
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

#[derive(Default, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::definition) struct ScriptTable {
    /// `"log"`: what the script prints becomes log lines, and its standard input is empty. `"inherit"`: the
    /// script has the standard input and output of the host, for pipes, and the log goes to standard error.
    #[schemars(example = &"inherit")]
    stdio: Stdio,
}

impl typed::DeclaredTable for ScriptTable {}

#[derive(Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Stdio {
    #[default]
    Log,
    Inherit,
}

pub(super) fn read<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> Script {
    let table: ScriptTable = typed::read_host(reader, section);
    Script { inherits_stdio: table.stdio == Stdio::Inherit }
}

/// `[services.native]`.
#[derive(Default, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::definition) struct NativeTable {}

impl typed::DeclaredTable for NativeTable {}
