//! Where services get their SDK from: a checkout of this repository, for as long as it is not published.
//!
//! Does not know which service asks.

use std::path::{Path, PathBuf};

use super::CreateError;
use super::place::reference;

/// What a checkout holds, relative to its root.
const SDK: &str = "guest-sdk/sdk";
const BUILD: &str = "guest-sdk/build";
const SCHEMA: &str = "schema/service.json";

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

    /// How a manifest in `from` refers to the SDK.
    pub(super) fn sdk(&self, from: &Path) -> Result<String, CreateError> {
        reference(from, &self.root.join(SDK), &self.root)
    }

    /// How a manifest in `from` refers to the compiler of protobuf services.
    pub(super) fn build(&self, from: &Path) -> Result<String, CreateError> {
        reference(from, &self.root.join(BUILD), &self.root)
    }

    /// How a `service.toml` in `from` refers to its schema.
    pub(super) fn schema(&self, from: &Path) -> Result<String, CreateError> {
        reference(from, &self.root.join(SCHEMA), &self.root)
    }

    /// Says where the SDK comes from, for people.
    pub(super) fn note(&self) -> String {
        let whose = if self.is_own {
            "the checkout that this program was built from"
        } else {
            "the checkout"
        };
        format!("the SDK is not published yet, it is taken from {whose}: {}", self.root.display())
    }
}

fn is_checkout(root: &Path) -> bool {
    let has = |directory: &str, name: &str| {
        let text = std::fs::read_to_string(root.join(directory).join("Cargo.toml"));
        text.is_ok_and(|text| text.contains(&format!("name = \"{name}\"")))
    };
    has(SDK, "mikros-sdk") && has(BUILD, "mikros-sdk-build") && root.join(SCHEMA).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_is_where_this_program_was_built() {
        let sdk = Sdk::find(None).unwrap();

        assert!(sdk.is_own);
        assert_eq!(sdk.sdk(&sdk.root.join("services/hello")).unwrap(), "../../guest-sdk/sdk");
    }

    #[test]
    fn a_checkout_can_be_named_by_its_parts() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();

        for part in ["", "guest-sdk", "guest-sdk/sdk"] {
            let sdk = Sdk::find(Some(&root.join(part))).unwrap();

            assert_eq!((sdk.root, sdk.is_own), (root.canonicalize().unwrap(), false));
        }
    }

    #[test]
    fn a_checkout_that_is_gone_is_told_with_the_option() {
        let error = Sdk::own(Path::new("/gone/mikros-host/host")).unwrap_err();

        assert_eq!(error.to_string(), "the SDK is not in `/gone/mikros-host/guest-sdk`");
        assert!(error.help().is_some_and(|help| help.contains("`--sdk DIR`")));
    }
}
