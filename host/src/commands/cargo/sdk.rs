//! The SDK that a crate depends on, and which version of the contract it speaks.
//!
//! Does not know which version the host speaks.

use std::fs;
use std::path::Path;

use cargo_metadata::Package;

use crate::bindings::PACKAGE;

pub(in crate::commands) const SDK: &str = "mikros-sdk";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Sdk {
    /// Its version, or where it is.
    pub(in crate::commands) label: String,
    /// `None`: its source does not say.
    pub(in crate::commands) contract: Option<String>,
}

impl Sdk {
    /// The one in a directory.
    pub(super) fn at(directory: &Path) -> Self {
        Self { label: format!("in `{}`", directory.display()), contract: contract(directory) }
    }

    pub(super) fn find(packages: &[Package]) -> Option<Self> {
        let package = packages.iter().find(|package| package.name == SDK)?;
        let contract = package.manifest_path.parent().and_then(|sdk| contract(sdk.as_std_path()));
        Some(Self { label: package.version.to_string(), contract })
    }
}

/// The version in the WIT files of an SDK.
fn contract(sdk: &Path) -> Option<String> {
    let files = sdk.join("wit").read_dir().ok()?.flatten();
    let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    texts.into_iter().find_map(|text| version(&text))
}

fn version(wit: &str) -> Option<String> {
    let line = |line: &str| {
        let name = line.trim().strip_prefix("package ")?.trim().strip_suffix(';')?;
        Some(name.strip_prefix(PACKAGE)?.strip_prefix('@')?.to_owned())
    };
    wit.lines().find_map(line)
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_contract_is_the_package_of_the_wit_files() {
        assert_eq!(version("// x\npackage mikros:service@0.3.1;\n"), Some("0.3.1".to_owned()));
        assert_eq!(version("package other:service@0.3.1;\n"), None);
        assert_eq!(version("interface call {}\n"), None);
    }
}
