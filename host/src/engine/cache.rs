//! Compiled components on disk, so that a start does not compile what was compiled before.
//!
//! Compiled code is run as it is: whoever can write it can run anything as this user. So the cache uses only
//! a directory and files that nobody but this user and root can write, and of these only what still is what
//! was written. Without a cache a start takes longer, and nothing else is different.

mod entry;
mod room;
mod trust;

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::fs::{Access, access, statvfs};
use wasmtime::component::Component;

use self::entry::{Key, Unusable};
use self::room::Bounds;
pub(crate) use self::trust::UntrustedError;
use crate::file::Draft;
use crate::telemetry::{debug, warn};

/// What the directory may hold: more is removed, beginning with what was not used for the longest time.
///
/// Each edit during `dev` adds a file. These are enough for all services of a machine, and for an afternoon.
const BOUNDS: Bounds = Bounds { bytes: 1 << 30, files: 256, unused: Duration::from_hours(30 * 24) };

/// With less room than this, in bytes, a directory counts as full.
const LEAST_ROOM: u64 = 32 << 20;

/// Bits of a mode that let the owner change a directory.
const OWNER_CHANGES: u32 = 0o300;

/// Bits of a mode that let others than the owner read. A file may be read by those who may read the
/// directory.
const OTHERS_READ: u32 = 0o044;

/// A directory of compiled components. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    directory: PathBuf,
    /// Bits of the mode of a new file.
    mode: u32,
    /// Whether it was told that nothing can be kept.
    has_complained: Arc<AtomicBool>,
}

/// The file of one component.
#[derive(Debug)]
pub(super) struct Place<'a> {
    cache: &'a Cache,
    key: Key,
    path: PathBuf,
}

/// Why a directory is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CacheError {
    #[error(transparent)]
    Distrusted(#[from] UntrustedError),
    #[error(transparent)]
    Failed(#[from] io::Error),
}

/// What [`Cache::open`] would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheState {
    Usable,
    /// It would be made.
    Missing,
    /// Somebody else could have written what is in it.
    Distrusted(UntrustedError),
    /// What is in it can be used, and nothing can be added.
    ReadOnly,
    /// There is no room to add anything.
    Full,
}

impl CacheError {
    /// What the user can do about it.
    pub(crate) fn help(&self, directory: &Path) -> String {
        match self {
            Self::Distrusted(distrust) => distrust.help(directory),
            Self::Failed(_) => {
                "set `MIKROS_HOST_CACHE` to a directory that can be written".to_owned()
            }
        }
    }
}

impl UntrustedError {
    /// What the user can do about it, when it is about the directory of the cache.
    pub(crate) fn help(self, directory: &Path) -> String {
        let path = directory.display();
        match self {
            Self::Shared { is_own: true, .. } => {
                format!("run `chmod go-w {path}`, or set `MIKROS_HOST_CACHE` to another directory")
            }
            Self::Shared { .. } | Self::Foreign { .. } => format!(
                "set `MIKROS_HOST_CACHE` to a directory that is not there yet, for example \
                 `{path}/mikros-host`: the host makes it this user's own"
            ),
            Self::Link => {
                "set `MIKROS_HOST_CACHE` to the directory that the link leads to".to_owned()
            }
            Self::NotDirectory | Self::NotFile => {
                "set `MIKROS_HOST_CACHE` to a directory".to_owned()
            }
        }
    }
}

impl Cache {
    /// Looks at `directory` without changing anything.
    pub(crate) fn examine(directory: &Path) -> io::Result<CacheState> {
        let metadata = match fs::symlink_metadata(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(CacheState::Missing),
            metadata => metadata?,
        };
        if let Err(distrust) = examine_directory(&metadata) {
            return Ok(CacheState::Distrusted(distrust));
        }
        let is_own = metadata.uid() == rustix::process::geteuid().as_raw();
        // Root is refused nothing, but the mode says what was meant.
        if is_own && metadata.mode() & OWNER_CHANGES != OWNER_CHANGES
            || access(directory, Access::WRITE_OK | Access::EXEC_OK).is_err()
        {
            return Ok(CacheState::ReadOnly);
        }
        let room = statvfs(directory)?;
        let is_full = room.f_bavail.saturating_mul(room.f_frsize) < LEAST_ROOM;
        Ok(if is_full { CacheState::Full } else { CacheState::Usable })
    }

    /// Uses `directory`, and makes it if it does not exist.
    ///
    /// # Errors
    /// When it cannot be made, or when others than this user and root can write to it.
    pub(crate) fn open(directory: PathBuf) -> Result<Self, CacheError> {
        // One that is there may be in a place where nothing can be made.
        let metadata = fs::symlink_metadata(&directory).or_else(|_| {
            DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
            fs::symlink_metadata(&directory)
        })?;
        examine_directory(&metadata)?;
        let mode = 0o600 | metadata.mode() & OTHERS_READ;
        Ok(Self { directory, mode, has_complained: Arc::default() })
    }

    /// Uses `directory` if that is possible; says why not otherwise.
    pub(crate) fn open_or_warn(directory: Option<&Path>) -> Option<Self> {
        let Some(directory) = directory else {
            warn!(
                CacheUnavailable,
                help = "set `MIKROS_HOST_CACHE` to a directory",
                "compiled components are not kept, compiling at every start"
            );
            return None;
        };
        let cache = Self::open(directory.to_owned()).inspect_err(|error| {
            warn!(
                CacheUnavailable,
                path = %directory.display(),
                %error,
                help = error.help(directory),
                "cannot use the cache of compiled components, compiling at every start"
            );
        });
        cache.ok()
    }

    /// Where the compiled form of the component `bytes` belongs.
    pub(super) fn place(&self, engine: &wasmtime::Engine, bytes: &[u8]) -> Place<'_> {
        let key = Key::of(engine, bytes);
        Place { cache: self, path: self.directory.join(key.file_name()), key }
    }

    fn replace(&self, path: &Path, contents: &[&[u8]]) -> io::Result<()> {
        let mut draft = Draft::open(path, room::UNFINISHED, self.mode)?;
        contents.iter().try_for_each(|part| draft.file().write_all(part))?;
        draft.replace()
    }
}

impl Place<'_> {
    /// The compiled form, if it is there.
    pub(super) fn load(&self, engine: &wasmtime::Engine) -> Option<Component> {
        let Self { key, path, .. } = self;
        let error = match key.verify(path).and_then(|()| read(engine, path)) {
            Ok(component) => {
                debug!(CacheHit, path = %path.display(), "compiled component taken from the cache");
                return Some(component);
            }
            Err(Unusable::Absent) => return None,
            Err(unusable) => unusable.to_string(),
        };
        warn!(CacheEntryInvalid, path = %path.display(), error, "cannot use a compiled component, compiling it again");
        None
    }

    /// Keeps the compiled form. Failing to is logged once and otherwise harmless.
    pub(super) fn store(&self, component: &Component) {
        let Self { cache, key, path } = self;
        let kept = component.serialize().map_err(io::Error::other).and_then(|compiled| {
            cache.replace(path, &[&compiled, &key.seal(&compiled)])?;
            room::make(&cache.directory, path, BOUNDS)
        });
        match kept {
            Ok(()) => cache.has_complained.store(false, Ordering::Relaxed),
            Err(error) if cache.has_complained.swap(true, Ordering::Relaxed) => {
                debug!(CacheWriteFailed, path = %path.display(), %error, "cannot keep the compiled component");
            }
            Err(error) => warn!(
                CacheWriteFailed,
                path = %path.display(),
                %error,
                help = "let `MIKROS_HOST_CACHE` be a directory that can be written and has room",
                "cannot keep the compiled component, compiling it again at the next start"
            ),
        }
    }
}

fn read(engine: &wasmtime::Engine, path: &Path) -> Result<Component, Unusable> {
    // SAFETY: the file is what `store` has written for this component, version and configuration of
    // wasmtime, which its seal says, in a directory that only this user and root can write.
    #[expect(unsafe_code, reason = "compiled code has to be trusted at one point")]
    let component = unsafe { Component::deserialize_file(engine, path) };
    component.map_err(|error| match error.root_cause().downcast_ref::<io::Error>() {
        // Another host has made room since the file was verified.
        Some(cause) if cause.kind() == ErrorKind::NotFound => Unusable::Absent,
        _ => Unusable::Refused(super::describe(&error)),
    })
}

fn examine_directory(metadata: &fs::Metadata) -> Result<(), UntrustedError> {
    if !metadata.is_dir() && !metadata.is_symlink() {
        return Err(UntrustedError::NotDirectory);
    }
    trust::examine(metadata)
}

#[cfg(test)]
mod tests;
