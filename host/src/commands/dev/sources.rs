//! Which files a service is made of: what `[host.dev] watch` says, or else what cargo knows.
//!
//! Does not know how files are watched, nor reads any itself.

mod metadata;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(super) use self::metadata::AskCargoError;
use self::metadata::{Metadata, Package};
use crate::commands::directory_of;
use crate::definition::Definition;
use crate::watch::Place;

/// What decides, beside the packages, what cargo makes of them.
const SETTINGS: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "rust-toolchain",
    ".cargo/config.toml",
    ".cargo/config",
];

/// What to watch.
#[derive(Debug)]
pub(super) struct Sources {
    /// Always with `service.toml` and the components.
    pub(super) places: Vec<Place>,
    /// Why cargo was of no help. Then the directory of `service.toml` is watched: a mistake in
    /// `Cargo.toml` is noticed again when it is corrected. The user is to be told.
    pub(super) trouble: Option<AskCargoError>,
}

/// Finds what to watch. Takes as long as `cargo metadata` does: a tenth of a second, or up to twice
/// [`metadata::PATIENCE`] while another cargo holds its locks.
///
/// # Cancel safety
/// A cargo that was started is killed when this is dropped.
pub(super) async fn find(definition: &Definition) -> Sources {
    let own = std::iter::once(definition.path.as_path()).chain(definition.components());
    let mut places: Vec<_> = own.map(|path| Place::File(path.to_owned())).collect();
    let mut trouble = None;
    let directory = directory_of(&definition.path);
    if let Some(paths) = &definition.host.dev.watch {
        places.extend(paths.iter().map(|path| tree(path.clone(), Vec::new())));
    } else if !directory.join("Cargo.toml").exists() {
        places.push(tree(directory.to_owned(), Vec::new()));
    } else {
        match metadata::ask(directory).await {
            Ok(metadata) => {
                places.extend(of_packages(&metadata, directory));
            }
            Err(error) => {
                places.push(tree(directory.to_owned(), Vec::new()));
                places.extend(settings(directory));
                trouble = Some(error);
            }
        }
    }
    Sources { places, trouble }
}

fn tree(root: PathBuf, except: Vec<PathBuf>) -> Place {
    Place::Tree { root, except }
}

/// The packages that the one in `directory` is built of, and what belongs to their workspace.
fn of_packages(metadata: &Metadata, directory: &Path) -> Vec<Place> {
    let names = Names::new(directory);
    let used = metadata.used_from(&names.directory);
    let is_used = |root: &Path| used.iter().any(|one| one == root);
    let unused = metadata.packages.iter().filter_map(Package::root).filter(|root| !is_used(root));
    let mut except = unused.map(Path::to_owned).collect::<Vec<_>>();
    except.push(metadata.target_directory.clone());
    let trees = used.iter().map(|root| {
        let inside = except.iter().filter(|path| path.starts_with(root) && path != &root);
        tree(names.shown(root), inside.cloned().collect())
    });
    let mut places = trees.collect::<Vec<_>>();
    places.extend(settings(&names.shown(&metadata.workspace_root)));
    if metadata.workspace_root != names.directory {
        places.extend(settings(directory));
    }
    places
}

fn settings(directory: &Path) -> impl Iterator<Item = Place> {
    SETTINGS.map(|name| Place::File(directory.join(name))).into_iter()
}

/// Turns the absolute paths that cargo gives into such as the user would write.
struct Names<'a> {
    given: &'a Path,
    directory: PathBuf,
    current: Option<PathBuf>,
}

impl<'a> Names<'a> {
    fn new(given: &'a Path) -> Self {
        let directory = given.canonicalize().unwrap_or_else(|_| given.to_owned());
        Self { given, directory, current: std::env::current_dir().ok() }
    }

    fn shown(&self, path: &Path) -> PathBuf {
        if let Ok(inside) = path.strip_prefix(&self.directory) {
            return self.given.join(inside);
        }
        let inside = self.current.as_ref().and_then(|current| path.strip_prefix(current).ok());
        inside.unwrap_or(path).to_owned()
    }
}
