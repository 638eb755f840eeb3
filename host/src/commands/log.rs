//! The log of a command: where it goes and what it looks like.
//!
//! Does not know what is logged.

use std::io::{self, IsTerminal};

use crate::cli::{LogArguments, LogFormat, ProcessEnv};
use crate::telemetry::{
    Format, HostLog, Level, LogSettings, Logger, MAX_LINE, StartLogError, TextOutput,
};

/// What the user wants the log to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    format: Option<LogFormat>,
    pub(super) level: Option<Level>,
    allows_colour: bool,
}

impl Choice {
    pub(super) fn new(arguments: LogArguments, env: &ProcessEnv) -> Self {
        Self {
            format: arguments.log_format,
            level: arguments.log_level,
            allows_colour: env.allows_colour,
        }
    }

    /// The form of log lines that go to `output`; `default` when the user has not chosen one. For somebody who
    /// watches, also through a pipe.
    pub(super) fn format(self, default: LogFormat, output: &impl IsTerminal) -> Format {
        match self.format.unwrap_or(default) {
            LogFormat::Json => Format::Json,
            LogFormat::Text => {
                let colour = self.allows_colour && output.is_terminal();
                Format::Text { colour, place: TextOutput::Terminal }
            }
        }
    }

    /// The same for lines that are kept, unless `output` is a terminal.
    pub(super) fn kept_format(self, default: LogFormat, output: &impl IsTerminal) -> Format {
        match self.format(default, output) {
            Format::Text { colour, .. } if !output.is_terminal() => {
                Format::Text { colour, place: TextOutput::File }
            }
            format => format,
        }
    }

    /// Does `work` and logs what it has to say to standard error.
    pub(super) fn during<T>(self, work: impl FnOnce() -> T) -> Result<T, StartLogError> {
        let settings = LogSettings {
            format: self.format(LogFormat::Text, &io::stderr()),
            level: self.level.unwrap_or(Level::Warn),
            fixed: Vec::new(),
            local_timestamp: true,
            max_line: MAX_LINE,
        };
        let (logger, flush) = Logger::start(&settings, io::stderr(), |_| ())?;
        let result = HostLog::new(logger).during(work);
        drop(flush);
        Ok(result)
    }
}
