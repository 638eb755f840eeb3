//! Which files a service is made of: what `[host.dev] watch` says, what cargo knows of the packages, and
//! what it has read for the component.
//!
//! Does not know how files are watched.

mod inputs;
mod metadata;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use cargo_metadata::Metadata;

pub(super) use self::metadata::AskCargoError;
use crate::commands::directory_of;
use crate::commands::new::place::locate;
use crate::definition::{Definition, Dev, Invocation};
use crate::watch::WatchedPath;

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
    pub(super) places: Vec<WatchedPath>,
    /// What the last build has read beside that; see [`inputs`].
    pub(super) inputs: Vec<WatchedPath>,
    /// Why cargo was of no help. Then the directory of `service.toml` is watched: a mistake in
    /// `Cargo.toml` is noticed again when it is corrected. The user is to be told.
    pub(super) trouble: Option<AskCargoError>,
}

impl Sources {
    pub(super) fn all(&self) -> Vec<WatchedPath> {
        [self.places.as_slice(), &self.inputs].concat()
    }
}

/// Of a definition, what decides about its sources.
#[derive(Debug)]
pub(super) struct Subject {
    path: PathBuf,
    /// The service's own first.
    components: Vec<PathBuf>,
    build: Option<String>,
    dev: Dev,
}

impl Subject {
    pub(super) fn of(definition: &Definition) -> Self {
        Self {
            path: definition.path.clone(),
            components: definition.components().map(Path::to_owned).collect(),
            build: definition.host.build.clone(),
            dev: definition.host.dev.clone(),
        }
    }

    /// Finds what to watch. Takes as long as `cargo metadata` does: a tenth of a second, or up to twice
    /// [`metadata::PATIENCE`] while another cargo holds its locks.
    ///
    /// # Cancel safety
    /// A cargo that was started is killed when this is dropped.
    pub(super) async fn find(self) -> Sources {
        let own = std::iter::once(&self.path).chain(&self.components);
        let mut places: Vec<_> = own.map(|path| WatchedPath::File(path.clone())).collect();
        let mut trouble = None;
        let directory = self.directory();
        places.extend(self.dev.watch.iter().map(|path| tree(path.clone(), self.targets())));
        if self.dev.finds_sources && !directory.join("Cargo.toml").exists() {
            places.push(tree(directory.to_owned(), self.targets()));
        } else if self.dev.finds_sources {
            match metadata::ask(directory).await {
                Ok(metadata) => {
                    places.extend(of_packages(&metadata, directory, self.named_target()));
                }
                Err(error) => {
                    places.push(tree(directory.to_owned(), self.targets()));
                    places.extend(settings(directory));
                    trouble = Some(error);
                }
            }
        }
        Sources { places, inputs: self.inputs(), trouble }
    }

    /// What cargo has read for the component that is there, according to cargo: files that are included
    /// from anywhere, and what build scripts name. Nothing when the user has listed what is to be watched.
    pub(super) fn inputs(&self) -> Vec<WatchedPath> {
        let Some(component) = self.components.first().filter(|_| self.dev.finds_sources) else {
            return Vec::new();
        };
        let names = Names::new(self.directory());
        let place = |path: PathBuf| {
            let shown = names.shown(&path);
            if path.is_dir() { tree(shown, self.targets()) } else { WatchedPath::File(shown) }
        };
        inputs::read(component).into_iter().map(place).collect()
    }

    fn directory(&self) -> &Path {
        directory_of(&self.path)
    }

    /// Where builds write, as far as it is known without cargo: where it does when it is told nothing,
    /// and where it is told to.
    fn targets(&self) -> Vec<PathBuf> {
        self.named_target().into_iter().chain([self.directory().join("target")]).collect()
    }

    fn named_target(&self) -> Option<PathBuf> {
        Invocation::parse(self.build.as_deref()?)?.target_directory(self.directory())
    }
}

fn tree(root: PathBuf, except: Vec<PathBuf>) -> WatchedPath {
    WatchedPath::Tree { root, except }
}

/// The packages that the one in `directory` is built of, and what belongs to their workspace.
///
/// Where cargo does not write, `target` is a name like any other.
fn of_packages(metadata: &Metadata, directory: &Path, target: Option<PathBuf>) -> Vec<WatchedPath> {
    let names = Names::new(directory);
    let used = metadata::used_from(metadata, &names.directory);
    let is_used = |root: &Path| used.iter().any(|one| one == root);
    let unused = metadata.packages.iter().filter_map(metadata::root).filter(|root| !is_used(root));
    let mut except = unused.map(Path::to_owned).collect::<Vec<_>>();
    except.push(metadata.target_directory.clone().into());
    except.extend(target.and_then(|path| locate(&path).ok()));
    except.dedup();
    let trees = used.iter().map(|root| {
        let inside = except.iter().filter(|path| path.starts_with(root) && path != &root);
        tree(names.shown(root), inside.cloned().collect())
    });
    let mut places = trees.collect::<Vec<_>>();
    places.extend(settings(&names.shown(metadata.workspace_root.as_std_path())));
    if metadata.workspace_root != names.directory {
        places.extend(settings(directory));
    }
    places
}

fn settings(directory: &Path) -> impl Iterator<Item = WatchedPath> {
    SETTINGS.map(|name| WatchedPath::File(directory.join(name))).into_iter()
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
