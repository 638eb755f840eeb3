//! Files that are written, and those of earlier builds that are not any more.
//!
//! Cargo keeps `OUT_DIR` from build to build: the file of a package that has got another name would stay there, and
//! code that still includes it would compile. So a list in `OUT_DIR` tells the next build what it may remove. What is
//! not in the list, or does not look like a file of this crate, belongs to somebody else.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, io};

use crate::error::CompileError;
use crate::layout::HEADER;

/// The list, in `OUT_DIR`.
const LIST: &str = "mikros-sdk-build.files";
/// The extension of files that are not code.
const DESCRIPTORS: &str = "descriptors";

/// The files of all directories.
#[derive(Debug)]
pub(crate) struct Files {
    /// By directory.
    current: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// What has been there before; `None` when nobody has looked.
    earlier: Option<BTreeSet<PathBuf>>,
    /// What has been removed. A later call may write it again.
    removed: Option<HashMap<PathBuf, Removed>>,
}

#[derive(Debug)]
struct Removed {
    content: Vec<u8>,
    modified: SystemTime,
}

impl Files {
    pub(crate) const fn new() -> Self {
        Self { current: BTreeMap::new(), earlier: None, removed: None }
    }

    /// Makes `files` all that there is in `directory`.
    pub(crate) fn write(
        &mut self,
        directory: &Path,
        files: BTreeMap<PathBuf, Vec<u8>>,
    ) -> Result<(), CompileError> {
        let list = list();
        let earlier = self.earlier.get_or_insert_with(|| read_list(list.as_deref()));
        let removed = self.removed.get_or_insert_default();
        let mut paths = BTreeSet::new();
        for (path, content) in files {
            let path = directory.join(path);
            write(&path, &content, removed.get(&path)).map_err(failed(&path))?;
            paths.insert(path);
        }
        earlier.extend(self.current.insert(directory.to_owned(), paths).unwrap_or_default());
        let current: BTreeSet<_> = self.current.values().flatten().collect();
        for path in earlier.iter().filter(|path| !current.contains(path)) {
            if let Some(file) = remove(path).map_err(failed(path))? {
                removed.insert(path.clone(), file);
            }
        }
        let Some(list) = list else { return Ok(()) };
        let lines = current.iter().filter_map(|path| path.to_str());
        let text = lines.collect::<Vec<_>>().join("\n");
        write(&list, text.as_bytes(), None).map_err(failed(&list))
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CompileError {
    let path = path.to_owned();
    move |source| CompileError::Write { path, source }
}

#[expect(clippy::disallowed_methods, reason = "a build script is told so by Cargo")]
pub(crate) fn out_dir() -> Option<PathBuf> {
    env::var_os("OUT_DIR").map(PathBuf::from)
}

/// The path of the list, if there is a build that it can be kept for.
fn list() -> Option<PathBuf> {
    out_dir().filter(|directory| directory.is_dir()).map(|directory| directory.join(LIST))
}

fn read_list(list: Option<&Path>) -> BTreeSet<PathBuf> {
    let text = list.and_then(|list| fs::read_to_string(list).ok()).unwrap_or_default();
    text.lines().map(PathBuf::from).collect()
}

/// Writes what is different, so that nothing is compiled again for what is not.
fn write(path: &Path, content: &[u8], removed: Option<&Removed>) -> io::Result<()> {
    if fs::read(path).is_ok_and(|known| known == content) {
        return Ok(());
    }
    fs::write(path, content)?;
    if let Some(removed) = removed.filter(|removed| removed.content == content) {
        File::options().append(true).open(path)?.set_modified(removed.modified)?;
    }
    Ok(())
}

/// Removes a file that this crate has written, if it is there.
fn remove(path: &Path) -> io::Result<Option<Removed>> {
    let Ok(content) = fs::read(path) else { return Ok(None) };
    let is_own = path.extension().is_some_and(|extension| extension == DESCRIPTORS)
        || content.starts_with(HEADER.as_bytes());
    if !is_own {
        return Ok(None);
    }
    let modified = fs::metadata(path)?.modified()?;
    fs::remove_file(path)?;
    Ok(Some(Removed { content, modified }))
}
