//! One program that tests: how it is shown, what it gets to know, and how it is judged.
//!
//! Does not know when it is run.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use super::super::build::Outcome;
use super::super::cargo::{Package, Tested};
use super::TestError;
use crate::lifecycle::Endpoint;

/// What a service lacks that nothing is run against.
pub(super) const HOW_TO_ADD: &str =
    "there are no tests in `tests/`, and `[tests] command` names none";

/// A program that ends with exit status 0 when all is well.
#[derive(Debug)]
pub(super) struct Suite {
    program: &'static str,
    arguments: Vec<String>,
    /// As the user would type it.
    shown: String,
    directory: PathBuf,
    variables: Vec<(&'static str, OsString)>,
}

impl Suite {
    /// The tests of a crate that need no service: those in its sources, then those in its documentation.
    pub(super) fn of_units(package: &Package, directory: &Path, more: &[String]) -> Vec<Self> {
        let option = |part, option: &'static str| package.tested.contains(&part).then_some(option);
        let sources = [option(Tested::Library, "--lib"), option(Tested::Programs, "--bins")];
        let documentation = [option(Tested::Documentation, "--doc"), None];
        let suites = [sources, documentation].map(|options| options.into_iter().flatten());
        let suites = suites.map(Iterator::collect::<Vec<_>>).into_iter();
        let suites = suites.filter(|options| !options.is_empty());
        suites.map(|options| Self::cargo(&options, directory, more)).collect()
    }

    /// The tests in files of their own.
    pub(super) fn of_files(package: &Package, directory: &Path, more: &[String]) -> Option<Self> {
        let has_files = package.tested.contains(&Tested::Files);
        has_files.then(|| Self::cargo(&["--test", "*"], directory, more))
    }

    fn cargo(targets: &[&str], directory: &Path, more: &[String]) -> Self {
        let arguments = ["test"].iter().chain(targets).map(|&word| word.to_owned());
        let arguments: Vec<_> = arguments.chain(more.iter().cloned()).collect();
        let shown = ["cargo"].into_iter().chain(arguments.iter().map(String::as_str));
        let shown = shown.map(quoted).collect::<Vec<_>>().join(" ");
        Self {
            program: "cargo",
            arguments,
            shown,
            directory: directory.to_owned(),
            variables: Vec::new(),
        }
    }

    /// A line for the shell, whose parameters (`"$@"`) are `more`.
    pub(super) fn shell(line: &str, directory: &Path, more: &[String]) -> Self {
        let arguments = ["-c", line, "sh"].into_iter().map(str::to_owned);
        let arguments = arguments.chain(more.iter().cloned()).collect();
        let (shown, directory) = (line.to_owned(), directory.to_owned());
        Self { program: "sh", arguments, shown, directory, variables: Vec::new() }
    }

    /// With the variables by which tests find the service and this program, should they run it themselves.
    pub(super) fn told(mut self, service: &Path, program: Option<&Path>) -> Self {
        // The tests run in a directory of their own choice.
        let service = std::path::absolute(service).unwrap_or_else(|_| service.to_owned());
        self.variables.push(("MIKROS_CONFIG", service.into()));
        self.variables.extend(program.map(|program| ("MIKROS_HOST", program.into())));
        self
    }

    /// With the variables that tell where the service is reached.
    pub(super) fn note(&mut self, endpoints: &[Endpoint]) {
        for endpoint in endpoints {
            let variable = match endpoint.kind {
                "http" => "MIKROS_TEST_HTTP",
                "grpc" => "MIKROS_TEST_GRPC",
                _ => continue,
            };
            self.variables.push((variable, url(endpoint).into()));
        }
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command.args(&self.arguments).current_dir(&self.directory);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(super) fn cannot_start(&self, source: io::Error) -> TestError {
        let (command, directory) = (self.shown.clone(), self.directory.clone());
        TestError::Spawn { command, directory, source }
    }

    pub(super) fn judge(&self, status: ExitStatus) -> Result<(), TestError> {
        let (command, directory) = (self.shown.clone(), self.directory.clone());
        let outcome = Outcome::of(status);
        if status.success() {
            Ok(())
        } else {
            Err(TestError::Failed { command, directory, outcome })
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Where an endpoint is reached, for clients that may not know IPv6.
pub(super) fn url(endpoint: &Endpoint) -> String {
    let address = endpoint.addresses.iter().find(|address| address.is_ipv4());
    format!("http://{}", address.unwrap_or(&endpoint.addresses[0]))
}

/// A word of a command line as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_a_shell_takes_it() {
        let more = ["it's".to_owned(), "--nocapture".to_owned()];

        let suite = Suite::cargo(&["--test", "*"], Path::new("."), &more);

        assert_eq!(suite.to_string(), r"cargo test --test '*' 'it'\''s' --nocapture");
    }

    #[test]
    fn an_address_of_the_old_internet_is_preferred() {
        let endpoint = |addresses: &[&str]| Endpoint {
            kind: "http",
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            source: crate::definition::Origin::Test,
            is_secured: false,
        };

        assert_eq!(url(&endpoint(&["[::1]:80", "127.0.0.1:80"])), "http://127.0.0.1:80");
        assert_eq!(url(&endpoint(&["[::1]:80"])), "http://[::1]:80");
    }
}
