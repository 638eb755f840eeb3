//! Where builds write, if cargo is configured with another target directory than the one that definitions name.
//!
//! Does not know how it was configured, nor whether anything has been built.

use std::path::{Path, PathBuf};

use super::{Definition, FeatureSource, Invocation};
use crate::file;

/// Cargo's default target directory, and the configured one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relocation {
    /// `target` of the workspace, an absolute path without links.
    pub usual: PathBuf,
    pub actual: PathBuf,
}

impl Relocation {
    /// Where the file is that is named `path`; `None`: there.
    fn of(&self, path: &Path) -> Option<PathBuf> {
        let path = file::locate(path).ok()?;
        Some(self.actual.join(path.strip_prefix(&self.usual).ok()?))
    }
}

impl Definition {
    /// Lets the components be where its build command writes them, if it leaves the place to cargo.
    pub(super) fn relocate(&mut self, relocation: &Relocation) {
        let build = self.host.build.as_deref().and_then(Invocation::parse);
        if build.is_none_or(|build| build.names_target_directory()) {
            return;
        }
        let of_features =
            self.features.iter_mut().filter_map(|feature| match &mut feature.source {
                FeatureSource::Component(component) => Some(&mut component.component),
                FeatureSource::Native(_) | FeatureSource::Absent => None,
            });
        for path in std::iter::once(&mut self.host.component).chain(of_features) {
            if let Some(actual) = relocation.of(path) {
                *path = actual;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::LoadContext;

    /// The components of a service in `/code/hello`.
    fn components(build: &str, component: &str) -> Vec<PathBuf> {
        let text = format!(
            "name = 'greeter'\ntypes = ['http']\nversion = 'v1'\nlanguage = 'rust'\n\
             product = 'Matrix'\n[host]\ncomponent = '{component}'\nbuild = '{build}'\n\
             [features.flags]\nenabled = true\ncomponent = '../target/flags.wasm'\n"
        );
        let path = Path::new("/code/hello/service.toml");
        let mut definition = Definition::parse(path, &text, &LoadContext::default()).unwrap();
        let (usual, actual) = ("/code/target".into(), "/elsewhere".into());
        definition.relocate(&Relocation { usual, actual });
        definition.components().map(Path::to_owned).collect()
    }

    #[test]
    fn what_cargo_places_is_where_cargo_has_put_it() {
        for named in ["../target/release/a.wasm", "/code/target/release/a.wasm"] {
            let components = components("cargo build --target wasm32-wasip2", named);

            let expected = ["/elsewhere/release/a.wasm", "/elsewhere/flags.wasm"];
            assert_eq!(components, expected.map(PathBuf::from), "{named}");
        }
    }

    #[test]
    fn what_others_place_is_where_they_say() {
        let named = "../target/release/a.wasm";
        for build in ["make", "cargo build --target-dir ../target --target wasm32-wasip2"] {
            assert_eq!(components(build, named)[0], Path::new("/code/hello").join(named));
        }
        let named = "../ready/a.wasm";
        let components = components("cargo build --target wasm32-wasip2", named);
        assert_eq!(components[0], Path::new("/code/hello").join(named));
    }
}
