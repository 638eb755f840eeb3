//! Why a plug-in does not start: what is wrong with its settings, or any other error.
//! Deliberately knows no file: the host knows where a setting stands in it.

use std::error::Error;
use std::fmt;

use crate::error::{Result, ServiceError};
use crate::settings::Misfit;

/// Why a plug-in does not start.
///
/// Either everything that is wrong with its settings, which the host reports with line and column, or one
/// error, which `?` makes of any other.
///
/// ```
/// use mikros_sdk::plugin::Refusal;
///
/// fn check(keys: &[String]) -> Result<(), Refusal> {
///     let mut problems = Vec::new();
///     if keys.is_empty() {
///         problems.push(("keys".to_owned(), "must not be empty"));
///     }
///     for (index, key) in keys.iter().enumerate() {
///         if key.len() < 32 {
///             problems.push((format!("keys[{index}]"), "must have at least 32 characters"));
///         }
///     }
///     Refusal::unless_empty(problems)
/// }
/// # assert!(check(&[]).is_err());
/// # assert!(check(&["0123456789abcdef0123456789abcdef".to_owned()]).is_ok());
/// ```
#[derive(Clone, PartialEq)]
pub struct Refusal(pub(crate) Reason);

#[derive(Clone, PartialEq)]
pub(crate) enum Reason {
    Settings(Vec<Problem>),
    Error(ServiceError),
}

/// What is wrong with a setting.
#[derive(Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) path: String,
    pub(crate) message: String,
}

impl Refusal {
    /// A setting is wrong.
    ///
    /// `path` is where it is below the table, for example `rules[0].path`; empty for the table as a whole.
    /// `message` is the rest of the sentence that begins with it, for example `must not be empty`. It is
    /// logged: leave the value out, which may be a secret.
    pub fn setting(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Reason::Settings(vec![Problem { path: path.into(), message: message.into() }]))
    }

    /// All settings that are wrong, each as in [`Refusal::setting`].
    ///
    /// # Errors
    ///
    /// When there is any.
    pub fn unless_empty<P: Into<String>, M: Into<String>>(
        problems: impl IntoIterator<Item = (P, M)>,
    ) -> Result<(), Self> {
        let problems = problems.into_iter();
        let problems: Vec<Problem> = problems
            .map(|(path, message)| Problem { path: path.into(), message: message.into() })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(Self(Reason::Settings(problems))) }
    }

    /// Path and message of each setting that is wrong; none when there was another error.
    pub fn problems(&self) -> impl Iterator<Item = (&str, &str)> {
        let problems = match &self.0 {
            Reason::Settings(problems) => problems.as_slice(),
            Reason::Error(_) => &[],
        };
        problems.iter().map(|problem| (problem.path.as_str(), problem.message.as_str()))
    }

    /// The error, if that is the reason.
    pub fn error(&self) -> Option<&ServiceError> {
        match &self.0 {
            Reason::Settings(_) => None,
            Reason::Error(error) => Some(error),
        }
    }
}

impl From<ServiceError> for Refusal {
    fn from(error: ServiceError) -> Self {
        Self(Reason::Error(error))
    }
}

/// An ordinary error is an internal one, as for [`ServiceError`].
impl<E: Error + 'static> From<E> for Refusal {
    fn from(error: E) -> Self {
        ServiceError::from(error).into()
    }
}

/// One problem per line, or the error.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Error(error) => error.fmt(f),
            Reason::Settings(problems) => {
                for (index, Problem { path, message }) in problems.iter().enumerate() {
                    let line_end = if index == 0 { "" } else { "\n" };
                    match path.as_str() {
                        "" => write!(f, "{line_end}the table {message}")?,
                        path => write!(f, "{line_end}`{path}` {message}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({self})")
    }
}

impl From<Misfit> for Refusal {
    fn from(Misfit { path, message }: Misfit) -> Self {
        Self::setting(path, message)
    }
}
