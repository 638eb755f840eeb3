//! Where services get their SDK from: a checkout of this repository, for as long as it is not published.
//!
//! Does not know which service asks.

use std::fs;
use std::path::{Path, PathBuf};

use super::CreateError;
use super::files::quoted;
use super::place::reference;
use super::repository::{Commit, Repository};
use super::supply::{Origin, Supply};

/// What a checkout holds, relative to its root.
const SDK: &str = "guest-sdk/sdk";
const BUILD: &str = "guest-sdk/build";
const SCHEMA: &str = "schema/service.json";

/// What the SDK is made of.
const PARTS: [&str; 3] = ["guest-sdk", "wit", "Cargo.toml"];

/// A checkout of this repository.
#[derive(Debug)]
pub(super) struct Sdk {
    root: PathBuf,
    /// Whether it is the one that this program was built from.
    is_own: bool,
}

impl Sdk {
    /// The checkout that the user names, by its root or a directory of the SDK in it, or else the one
    /// that this program was built from.
    pub(super) fn find(named: Option<&Path>) -> Result<Self, CreateError> {
        match named {
            Some(directory) => Self::named(directory),
            None => Self::own(Path::new(env!("CARGO_MANIFEST_DIR"))),
        }
    }

    fn own(package: &Path) -> Result<Self, CreateError> {
        let root = package.parent().unwrap_or(package);
        let found = root.canonicalize().ok().filter(|root| is_checkout(root));
        let root = found.ok_or_else(|| CreateError::NoSdk {
            directory: root.join("guest-sdk"),
            help: "this program was built from a checkout that is gone: check out the repository of \
                   mikros-host again and name its directory with `--sdk DIR`",
        })?;
        Ok(Self { root, is_own: true })
    }

    fn named(directory: &Path) -> Result<Self, CreateError> {
        let found = directory.canonicalize().ok();
        let roots = found.iter().flat_map(|directory| directory.ancestors().take(3));
        let root = roots.into_iter().find(|root| is_checkout(root));
        let root = root.ok_or_else(|| CreateError::NoSdk {
            directory: directory.to_owned(),
            help: "name a checkout of the repository of mikros-host, with the directories \
                   `guest-sdk` and `schema` in it",
        })?;
        Ok(Self { root: root.to_owned(), is_own: false })
    }

    /// How the crate in `directory` gets it.
    pub(super) fn supply(&self, directory: &Path) -> Result<Supply, CreateError> {
        let origin = self.origin(directory);
        let common: &Path = match &origin {
            Origin::Together { common } => common,
            Origin::Beside => self.root.parent().unwrap_or(&self.root),
            Origin::Git(_) | Origin::Elsewhere => &self.root,
        };
        let path = |part: &str| reference(directory, &self.root.join(part), common);
        let source = |part: &str| match &origin {
            Origin::Git(commit) => Ok(commit.as_dependency()),
            _ => path(part).map(|path| format!("path = {}", quoted(&path))),
        };
        let schema = match &origin {
            Origin::Together { .. } => Some(path(SCHEMA)?),
            _ => None,
        };
        let place = match &origin {
            Origin::Git(commit) => commit.url.clone(),
            _ => reference(directory, &self.root, common)?,
        };
        Ok(Supply { sdk: source(SDK)?, build: source(BUILD)?, schema, place, origin })
    }

    fn origin(&self, directory: &Path) -> Origin {
        if directory.starts_with(&self.root) {
            return Origin::Together { common: self.root.clone() };
        }
        let around = Repository::around(directory);
        if let Some(Repository { root }) = around.as_ref().filter(|one| one.holds(&self.root)) {
            return Origin::Together { common: root.clone() };
        }
        if self.is_own
            && let Some(commit) = Commit::of(&self.root, &PARTS)
        {
            return Origin::Git(commit);
        }
        let project = around.as_ref().map_or(directory, |repository| repository.root.as_path());
        if project.parent() == self.root.parent() { Origin::Beside } else { Origin::Elsewhere }
    }
}

fn is_checkout(root: &Path) -> bool {
    let has = |directory: &str, name: &str| {
        let text = fs::read_to_string(root.join(directory).join("Cargo.toml"));
        text.is_ok_and(|text| text.contains(&format!("name = \"{name}\"")))
    };
    has(SDK, "mikros-sdk") && has(BUILD, "mikros-sdk-build") && root.join(SCHEMA).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout of its own, with what makes it one.
    fn checkout(name: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("mikros-sdk-{}", uuid::Uuid::now_v7()));
        let root = root.join(name);
        for (directory, package) in [(SDK, "mikros-sdk"), (BUILD, "mikros-sdk-build")] {
            fs::create_dir_all(root.join(directory)).unwrap();
            let manifest = format!("name = \"{package}\"");
            fs::write(root.join(directory).join("Cargo.toml"), manifest).unwrap();
        }
        fs::create_dir(root.join("schema")).unwrap();
        fs::write(root.join(SCHEMA), "{}").unwrap();
        root.canonicalize().unwrap()
    }

    #[test]
    fn a_service_is_told_where_its_sdk_is() {
        let root = checkout("mikros-host");
        let sdk = Sdk::named(&root).unwrap();
        let told = |directory: &Path| {
            let supply = sdk.supply(directory).unwrap();
            format!("{}\n{}\n", supply.sdk, supply.note())
        };

        let told = [
            told(&root.join("services/hello")),
            told(&root.with_file_name("hello")),
            told(Path::new("/elsewhere/hello")),
        ];

        fs::remove_dir_all(root.parent().unwrap()).unwrap();
        expect_test::expect![[r#"
            path = "../../guest-sdk/sdk"
            the SDK is taken from ../.., which is in the same repository
            path = "../mikros-host/guest-sdk/sdk"
            the SDK is not published yet, it is taken from ../mikros-host: whoever clones the project needs that checkout too
            path = "$ROOT/guest-sdk/sdk"
            the SDK is not published yet, it is taken from $ROOT: on another machine `Cargo.toml` needs another path
        "#]]
            .assert_eq(&told.concat().replace(&root.display().to_string(), "$ROOT"));
    }

    #[test]
    fn a_checkout_can_be_named_by_its_parts() {
        let root = checkout("mikros-host");

        for part in ["", "guest-sdk", "guest-sdk/sdk"] {
            let sdk = Sdk::find(Some(&root.join(part))).unwrap();

            assert_eq!((&sdk.root, sdk.is_own), (&root, false));
        }
        fs::remove_dir_all(root.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_checkout_that_is_gone_is_told_with_the_option() {
        let error = Sdk::own(Path::new("/gone/mikros-host/host")).unwrap_err();

        assert_eq!(error.to_string(), "the SDK is not in `/gone/mikros-host/guest-sdk`");
        assert!(error.help().is_some_and(|help| help.contains("`--sdk DIR`")));
    }
}
