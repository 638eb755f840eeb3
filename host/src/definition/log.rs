//! `[log]`: what is logged and how.
//!
//! Does not know how log lines are written.

use std::mem;

use schemars::JsonSchema;
use serde_json::json;

use super::document::Place;
use super::problem::Problem;
use super::reader::{Reader, Section};
use super::typed;
use super::valid::{Attributes, SizeIn};
use super::{Log, Origin, StackTrace};
use crate::telemetry::{Level, MAX_LINE, zone};

const MIB: u64 = 1 << 20;

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LogTable {
    /// Lowest level that is logged. `warning` means `warn`.
    #[schemars(example = &"debug")]
    level: LevelWord,
    /// The guest's stack in the line of a trap: `default` as one text, `structured` as an array of frames, `disabled`
    /// none.
    #[schemars(example = &"default")]
    error_stack_trace: StackTrace,
    /// Older spelling: `true` is `error_stack_trace = "default"`.
    #[schemars(example = true)]
    error_stacktrace: Option<bool>,
    /// Attributes added to every log line.
    #[schemars(example = json!({ "team": "core" }))]
    attributes: Attributes,
    /// Maximum length of a line, including its end. Longer lines are shortened, message and stack first;
    /// `log.shortened` is the number of bytes removed.
    #[schemars(example = "64KiB")]
    max_line: SizeIn<4096, MIB>,
    /// Whether the time of log lines is local time; otherwise it is UTC.
    #[schemars(example = false)]
    local_timestamp: bool,
    /// Whether errors that the caller caused are logged, at level `debug`. Others always are.
    #[schemars(example = false)]
    display_errors: bool,
}

impl typed::DeclaredTable for LogTable {}

impl Default for LogTable {
    fn default() -> Self {
        Self {
            level: LevelWord::Info,
            error_stack_trace: StackTrace::Structured,
            error_stacktrace: None,
            attributes: Attributes::default(),
            max_line: SizeIn::of(MAX_LINE),
            local_timestamp: true,
            display_errors: true,
        }
    }
}

/// A level in the words of the file.
#[derive(Clone, Copy, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LevelWord {
    Debug,
    Internal,
    Info,
    Warn,
    Warning,
    Error,
    Fatal,
}

impl From<LevelWord> for Level {
    fn from(word: LevelWord) -> Self {
        match word {
            LevelWord::Debug => Self::Debug,
            LevelWord::Internal => Self::Internal,
            LevelWord::Info => Self::Info,
            LevelWord::Warn | LevelWord::Warning => Self::Warn,
            LevelWord::Error => Self::Error,
            LevelWord::Fatal => Self::Fatal,
        }
    }
}

pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Log {
    let section = root.section("log");
    let mut table: LogTable = typed::read_host(reader, &section);
    Log {
        level: table.level.into(),
        stack_trace: stack_trace(reader, &section, &table),
        attributes: mem::take(&mut table.attributes.0),
        max_line: table.max_line.0,
        local_timestamp: table.local_timestamp,
        display_errors: table.display_errors,
    }
}

/// Says so when the log cannot have the time that was asked for. Not part of [`read`], whose answer depends on
/// nothing but what it is given.
pub(super) fn zone_warning(log: &Log) -> Option<Problem> {
    let error = if log.local_timestamp { zone::local().err()? } else { return None };
    let message = format!("{error}: times in the log are in UTC");
    Some(Problem::of_environment(message, Some(error.help().to_owned())))
}

/// The older spelling counts if the newer one is absent.
fn stack_trace<'t>(reader: &mut Reader<'t>, section: &Section<'t>, table: &LogTable) -> StackTrace {
    let Some(older) = section.value("error_stacktrace") else { return table.error_stack_trace };
    if section.value("error_stack_trace").is_some() {
        let message =
            "`log.error_stacktrace` and `log.error_stack_trace` say the same thing".to_owned();
        let help = "remove the older `error_stacktrace`".to_owned();
        reader.problem(Place::of(older), message, Some(help));
        return table.error_stack_trace;
    }
    let is_newer = |key: &str| key == "log.error_stack_trace";
    reader.effective.retain(|one| !(is_newer(&one.key) && one.origin == Origin::Default));
    if table.error_stacktrace == Some(true) { StackTrace::Default } else { StackTrace::Disabled }
}
