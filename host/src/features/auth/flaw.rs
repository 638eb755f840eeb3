//! What is wrong with the settings.
//!
//! Does not know who is told.

use std::fmt::Display;

/// One thing that the operator must change. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Below `[features.http_auth]`: `jwt.keys[0].secret`.
    pub(super) path: String,
    /// The rest of the sentence that begins with the key.
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// All that has been found so far.
#[derive(Debug, Default)]
pub(super) struct Flaws {
    all: Vec<Flaw>,
    /// What works, and hardly as it is meant.
    warnings: Vec<Flaw>,
}

impl Flaws {
    pub(super) fn note(&mut self, path: impl Into<String>, message: impl Display) {
        self.add(path, message, None);
    }

    pub(super) fn note_with_help(
        &mut self,
        path: impl Into<String>,
        message: impl Display,
        help: &str,
    ) {
        self.add(path, message, Some(help));
    }

    /// The same, where there may be help.
    pub(super) fn add(
        &mut self,
        path: impl Into<String>,
        message: impl Display,
        help: Option<&str>,
    ) {
        let (path, message, help) = (path.into(), message.to_string(), help.map(str::to_owned));
        self.all.push(Flaw { path, message, help });
    }

    pub(super) fn warn(
        &mut self,
        path: impl Into<String>,
        message: impl Display,
        help: impl Into<String>,
    ) {
        let (path, message, help) = (path.into(), message.to_string(), Some(help.into()));
        self.warnings.push(Flaw { path, message, help });
    }

    /// What `make` makes of the warnings, if nothing was wrong.
    pub(super) fn or<T>(self, make: impl FnOnce(Vec<Flaw>) -> T) -> Result<T, Vec<Flaw>> {
        if self.all.is_empty() { Ok(make(self.warnings)) } else { Err(self.all) }
    }
}

/// Notes values that come more than once. `what` they are is told, not which.
pub(super) fn note_repeated<'a>(
    flaws: &mut Flaws,
    values: impl IntoIterator<Item = (String, &'a str)>,
    what: &str,
) {
    let mut seen: Vec<&str> = Vec::new();
    for (path, value) in values {
        if seen.contains(&value) {
            flaws.note(path, format_args!("is the same as {what} before"));
        }
        seen.push(value);
    }
}
