//! The text and the exit status that the user gets.
//!
//! Does not know which errors there are.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::text::{causes, harmless_lines};

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As asked.
    Success,
    /// The service or the machine is in the way.
    Failure,
    /// The user must edit something.
    EditNeeded,
    /// A signal forced the end; the number of the signal.
    Forced(u8),
}

impl Status {
    /// That of two things done by one command: what the user must edit counts most.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        let order = [Self::EditNeeded, Self::Failure];
        let worse = order.into_iter().find(|status| [self, other].contains(status));
        worse.unwrap_or(if self == Self::Success { other } else { self })
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Success => Self::SUCCESS,
            Status::Failure => Self::FAILURE,
            Status::EditNeeded => Self::from(2),
            Status::Forced(signal) => Self::from(128_u8.saturating_add(signal)),
        }
    }
}

/// An error as text: what happened, why, and what to do about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report<'a> {
    error: &'a dyn Error,
    help: Option<&'a str>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(error: &'a dyn Error, help: Option<&'a str>) -> Self {
        Self { error, help }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", harmless_lines(&self.error.to_string()))?;
        for cause in causes(self.error) {
            writeln!(f, "cause: {}", harmless_lines(&cause.to_string()))?;
        }
        match self.help {
            Some(help) => writeln!(f, " help: {}", harmless_lines(help)),
            None => Ok(()),
        }
    }
}

/// Writes what the user asked for to standard output.
///
/// A reader that has gone away, as in `mikros-host schema | head -n 1`, has what it wanted.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes `text` to standard error.
pub(crate) fn tell(text: impl fmt::Display) {
    // When nobody can read it, there is nobody to tell that either.
    let _ = io::stderr().lock().write_all(text.to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use std::io;

    use expect_test::expect;

    use super::Report;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read `nope/service.toml`")]
    struct ReadError {
        source: io::Error,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("cannot start `greeter`")]
    struct StartError {
        source: ReadError,
    }

    #[test]
    fn an_error_is_followed_by_each_cause_and_the_help() {
        let source = ReadError { source: io::Error::other("the disk is gone") };
        let error = StartError { source };

        let text = Report::new(&error, Some("find the disk")).to_string();

        expect![[r"
            error: cannot start `greeter`
            cause: cannot read `nope/service.toml`
            cause: the disk is gone
             help: find the disk
        "]]
        .assert_eq(&text);
    }

    #[test]
    fn what_is_in_paths_does_not_reach_the_terminal_as_it_is() {
        let error = io::Error::other("cannot read `\u{1b}[2J\u{202e}x`\n  indeed");

        let text = Report::new(&error, Some("\r")).to_string();

        assert_eq!(text, "error: cannot read `\\u{1b}[2J\\u{202e}x`\n  indeed\n help: \\r\n");
    }

    #[test]
    fn nothing_follows_when_nothing_is_known() {
        let error = io::Error::other("the disk is gone");

        let text = Report::new(&error, None).to_string();

        expect![[r"
            error: the disk is gone
        "]]
        .assert_eq(&text);
    }
}
