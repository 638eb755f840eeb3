//! Checks of the crate next to `service.toml`: what it makes, with which SDK, and where.
//!
//! Does not run the build.

use std::path::Path;

use toml::Value;
use toml::de::{DeTable, DeValue};

use super::diagnosis::{Diagnosis, Subject};
use super::fix::Fix;
use super::{Checked, Interrupted};
use crate::bindings::{PACKAGE, VERSION};
use crate::commands::build::{PROGRAM, cdylib_help, target};
use crate::commands::cargo::{AskCargoError, Package, SDK, Sdk, with_cdylib};
use crate::commands::edit::Edit;
use crate::commands::new::place::{locate, reference};
use crate::definition::{Definition, Invocation};
use crate::engine::{Mismatch, Relation};
use crate::report::Status;
use crate::text::on_one_line;

/// Whether the crate makes a component.
pub(super) fn manifest(directory: &Path) -> Result<(Option<Package>, Vec<Diagnosis>), Interrupted> {
    let problem = |message: String| Diagnosis::problem(Subject::Crate, Status::EditNeeded, message);
    let package = match Package::read(directory) {
        Ok(Some(package)) => package,
        Ok(None) => return Ok((None, Vec::new())),
        Err(AskCargoError::Interrupted(signal)) => return Err(Interrupted(signal)),
        Err(error) => return Ok((None, vec![problem(on_one_line(&error))])),
    };
    let path = package.manifest.display();
    let diagnosis = match &package.library {
        Some(library) if library.is_cdylib => {
            let message = format!("`{}` is a library that becomes a component", package.name);
            Diagnosis::ok(Subject::Crate, message)
        }
        Some(_) => {
            let fix = Edit::of(&package.manifest, with_cdylib).map(Fix::Edit);
            let help = match fix {
                Some(_) => "add it to `[lib]`".to_owned(),
                None => cdylib_help(&package.manifest),
            };
            problem(format!("`{path}` has no `crate-type = [\"cdylib\"]`")).help(help).fix(fix)
        }
        None if package.is_program => {
            problem(format!("`{path}` describes a program, not a library")).help(PROGRAM)
        }
        None => problem(format!("`{path}` describes no library")),
    };
    Ok((Some(package), vec![diagnosis]))
}

/// Whether the SDK of the crate and this host speak of the same contract.
pub(super) fn sdk(package: &Package) -> Checked {
    let path = package.manifest.display();
    if package.dependency.is_none() {
        let message = format!("`{path}` does not depend on `{SDK}`");
        let help = "`mikros-host init` tells what to add; without the SDK a crate must keep to the \
                    contract in `wit` by itself";
        return Ok(vec![Diagnosis::warning(Subject::Sdk, message).help(help)]);
    }
    let found = match package.sdk() {
        Ok(found) => found,
        Err(AskCargoError::Interrupted(signal)) => return Err(Interrupted(signal)),
        Err(error) => return Ok(vec![Diagnosis::warning(Subject::Sdk, on_one_line(&error))]),
    };
    Ok(vec![match found {
        Some(Sdk { label, contract: Some(contract) }) => speaks(&label, contract),
        Some(Sdk { label, contract: None }) => {
            Diagnosis::ok(Subject::Sdk, format!("`{SDK}` {label}"))
        }
        None => {
            let message = "its version is known once the crate has been built";
            Diagnosis::ok(Subject::Sdk, message)
        }
    }])
}

fn speaks(sdk: &str, contract: String) -> Diagnosis {
    if Relation::of(&contract) == Relation::Spoken {
        let message = format!("`{SDK}` {sdk} speaks `{PACKAGE}@{contract}`");
        return Diagnosis::ok(Subject::Sdk, message);
    }
    let message =
        format!("`{SDK}` {sdk} speaks `{PACKAGE}@{contract}`, and this host `{PACKAGE}@{VERSION}`");
    let help = Mismatch::OtherVersion { version: contract }.help();
    Diagnosis::problem(Subject::Sdk, Status::EditNeeded, message).help(help)
}

/// Whether `[host] component` names what the build command makes.
pub(super) fn path(package: &Package, definition: &Definition, directory: &Path) -> Vec<Diagnosis> {
    let command = definition.host.build.as_deref().unwrap_or_default();
    let invocation = Invocation::parse(command);
    let is_for_components =
        invocation.as_ref().is_some_and(|one| one.target.as_deref() == Some(target::NAME));
    let made = invocation.filter(|_| is_for_components);
    let Some(made) = made.and_then(|one| package.component(&one, directory)) else {
        return Vec::new();
    };
    let named = &definition.host.component;
    let (Ok(made), Ok(absolute)) = (locate(&made), locate(named)) else { return Vec::new() };
    if made == absolute {
        return Vec::new();
    }
    let (named, written) = (named.display(), made.display());
    let message = format!("`[host] component` names `{named}`, and `{command}` writes `{written}`");
    if absolute.exists() {
        // Somebody may have put it there on purpose.
        let help = "let one of them follow the other";
        return vec![Diagnosis::warning(Subject::Component, message).help(help)];
    }
    let fix = relative(&made, package, directory)
        .and_then(|path| Edit::of(&definition.path, |text| with_component(text, &path)))
        .map(Fix::Edit);
    let help = "let `[host] component` name what the build writes";
    vec![Diagnosis::problem(Subject::Component, Status::EditNeeded, message).help(help).fix(fix)]
}

/// How a `service.toml` in `directory` refers to a file that cargo writes.
fn relative(made: &Path, package: &Package, directory: &Path) -> Option<String> {
    let directory = locate(directory).ok()?;
    let target = locate(&package.target_directory).ok()?;
    // What is below the workspace moves with it.
    let root = if made.starts_with(&directory) { &directory } else { target.parent()? };
    reference(&directory, made, root).ok()
}

/// The text with another `[host] component`; `None` when it is not written as a plain string.
fn with_component(definition: &str, component: &str) -> Option<String> {
    let root = DeTable::parse(definition).ok()?.into_inner();
    let value = root.get("host")?.get_ref().as_table()?.get("component")?;
    let DeValue::String(old) = value.get_ref() else { return None };
    if old.ends_with("@env") {
        return None;
    }
    let (before, after) =
        (definition.get(..value.span().start)?, definition.get(value.span().end..)?);
    let edited = [before, &Value::from(component).to_string(), after].concat();

    let (mut expected, edited_table) =
        (definition.parse::<toml::Table>().ok()?, edited.parse::<toml::Table>().ok()?);
    expected.get_mut("host")?.as_table_mut()?.insert("component".to_owned(), component.into());
    (expected == edited_table).then_some(edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_value_of_the_component_changes() {
        let text = "name = 'a'\n[host] # how\ncomponent = 'old.wasm' # here\n[service]\na = 1\n";

        let edited = with_component(text, "new dir/a.wasm").unwrap();

        assert_eq!(edited, text.replace("'old.wasm'", "\"new dir/a.wasm\""));
        assert_eq!(with_component("[host]\ncomponent = 'PATH@env'\n", "a.wasm"), None);
        assert_eq!(with_component("[host]\ncomponent = 5\n", "a.wasm"), None);
        assert_eq!(with_component("[host]\n", "a.wasm"), None);
    }

    #[test]
    fn an_sdk_of_another_contract_is_told_with_what_to_change() {
        let problem = format!("{:?}", speaks("0.9.0", "0.9.0".to_owned()));

        assert!(problem.contains("`mikros-sdk` 0.9.0 speaks `mikros:service@0.9.0`"), "{problem}");
        assert!(problem.contains("update mikros-host"), "{problem}");
        assert!(format!("{:?}", speaks("0.1.2", "0.2.1".to_owned())).contains("severity: Ok"));
    }
}
