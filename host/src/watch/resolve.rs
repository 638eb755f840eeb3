//! Follows a path through symbolic links, and tells which directories decide where it leads.
//!
//! Does not know what is watched, nor reads any file.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// As the kernel has it.
const MOST_LINKS: usize = 40;

/// The path without symbolic links, if there is anything at it.
///
/// `note` is told each step: a directory without links in its path, and a name in it. The path
/// leads somewhere else only if what has that name in that directory changes. If there is nothing
/// at the path, the last step is where something is missing.
pub(super) fn resolve(absolute: &Path, note: &mut dyn FnMut(&Path, &OsStr)) -> Option<PathBuf> {
    let mut real = PathBuf::from("/");
    let mut rest = VecDeque::new();
    put_in_front(&mut rest, absolute);
    let mut links = 0;
    while let Some(name) = rest.pop_front() {
        if name == ".." {
            real.pop();
            continue;
        }
        note(&real, &name);
        let path = real.join(&name);
        let kind = fs::symlink_metadata(&path).ok()?.file_type();
        if kind.is_symlink() {
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            let target = fs::read_link(&path).ok()?;
            if target.is_absolute() {
                real = PathBuf::from("/");
            }
            put_in_front(&mut rest, &target);
        } else if kind.is_dir() || rest.is_empty() {
            real = path;
        } else {
            return None;
        }
    }
    Some(real)
}

fn put_in_front(rest: &mut VecDeque<OsString>, path: &Path) {
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => rest.push_front(name.to_owned()),
            Component::ParentDir => rest.push_front("..".into()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => (),
        }
    }
}
