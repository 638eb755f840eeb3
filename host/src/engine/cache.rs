//! Compiled components on disk, so that a start does not compile what was compiled before.
//!
//! Compiled code is loaded without checking it: whoever can write it can run anything as this user.
//! So the cache uses only a directory and files that nobody else can write, and does without
//! otherwise. Losing the cache costs time, never correctness.

use std::fs::{self, DirBuilder, OpenOptions};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tracing::{debug, warn};
use uuid::Uuid;
use wasmtime::component::Component;

/// Bits of a mode that let others than the owner write.
const OTHERS_WRITE: u32 = 0o022;

/// Bits of a mode that let the owner change a directory.
const OWNER_CHANGES: u32 = 0o300;

/// A directory of compiled components.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: PathBuf,
}

/// What [`Cache::open`] would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheState {
    Usable,
    /// It would be made.
    Missing,
    /// It belongs to somebody else, others can write to it, or it is a link or a file.
    NotPrivate,
    /// Its own user cannot write to it.
    ReadOnly,
}

impl Cache {
    /// Looks at `directory` without changing anything.
    pub fn examine(directory: &Path) -> io::Result<CacheState> {
        let metadata = match fs::symlink_metadata(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(CacheState::Missing);
            }
            metadata => metadata?,
        };
        let state = match metadata.mode() & OWNER_CHANGES {
            _ if !is_private(directory)? || !metadata.is_dir() => CacheState::NotPrivate,
            OWNER_CHANGES => CacheState::Usable,
            _ => CacheState::ReadOnly,
        };
        Ok(state)
    }

    /// Uses `directory`, and makes it if it does not exist.
    ///
    /// # Errors
    /// When it cannot be made, or when others than this user can write to it.
    pub fn open(directory: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        if !is_private(&directory)? {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "others than its user can write to it",
            ));
        }
        Ok(Self { directory })
    }

    /// The compiled form of the component `bytes`, if it is there.
    pub(super) fn load(&self, engine: &wasmtime::Engine, bytes: &[u8]) -> Option<Component> {
        let path = self.path(engine, bytes);
        match is_private(&path) {
            Ok(true) => (),
            Ok(false) => {
                warn!(path = %path.display(), "ignoring a compiled component that others can write");
                return None;
            }
            Err(_) => return None,
        }
        // SAFETY: the file was written by `store`, in a directory that only this user can write, and
        // its name binds it to this version and configuration of wasmtime.
        #[expect(unsafe_code, reason = "compiled code has to be trusted at one point")]
        let loaded = unsafe { Component::deserialize_file(engine, &path) };
        match loaded {
            Ok(component) => {
                debug!(path = %path.display(), "compiled component taken from the cache");
                Some(component)
            }
            Err(error) => {
                warn!(path = %path.display(), %error, "cannot use a compiled component, compiling it again");
                None
            }
        }
    }

    /// Keeps `component`, compiled from `bytes`. Failing to is logged and otherwise harmless.
    pub(super) fn store(&self, engine: &wasmtime::Engine, bytes: &[u8], component: &Component) {
        let path = self.path(engine, bytes);
        let written = component
            .serialize()
            .map_err(io::Error::other)
            .and_then(|compiled| self.replace(&path, &compiled));
        if let Err(error) = written {
            warn!(path = %path.display(), %error, "cannot keep the compiled component");
        }
    }

    /// Puts a whole file in place at once: a host that is killed meanwhile leaves no part of one.
    fn replace(&self, path: &Path, contents: &[u8]) -> io::Result<()> {
        // A name that nobody else uses, also in another container with the same process ids.
        let unfinished = self.directory.join(format!("unfinished-{}", Uuid::now_v7()));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)
            .and_then(|mut file| file.write_all(contents).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&unfinished, path));
        if written.is_err() {
            // Best effort: what stays wastes space and is never loaded.
            drop(fs::remove_file(&unfinished));
        }
        written
    }

    /// The name says everything that the contents depend on.
    fn path(&self, engine: &wasmtime::Engine, bytes: &[u8]) -> PathBuf {
        let compatibility = BuildHasherDefault::<DefaultHasher>::default()
            .hash_one(engine.precompile_compatibility_hash());
        let digest = Sha256::digest(bytes);
        let digest: String = digest.iter().flat_map(|byte| hex(*byte)).collect();
        self.directory.join(format!("{digest}-{compatibility:016x}.cwasm"))
    }
}

fn hex(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
}

/// Whether `path` belongs to this user and nobody else can write it.
fn is_private(path: &Path) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(path)?;
    let own = metadata.uid() == rustix::process::geteuid().as_raw();
    Ok(own && !metadata.is_symlink() && metadata.mode() & OTHERS_WRITE == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_directory_that_others_can_write_is_refused() {
        let directory = std::env::temp_dir().join(format!("mikros-cache-{}", Uuid::now_v7()));
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();

        let refused = Cache::open(directory.clone()).unwrap_err();

        fs::remove_dir(&directory).unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_look_at_a_directory_tells_what_opening_it_would_find() {
        let directory = std::env::temp_dir().join(format!("mikros-cache-{}", Uuid::now_v7()));
        let mut states = vec![Cache::examine(&directory).unwrap()];
        fs::create_dir(&directory).unwrap();

        for mode in [0o700, 0o755, 0o770, 0o500] {
            fs::set_permissions(&directory, fs::Permissions::from_mode(mode)).unwrap();
            states.push(Cache::examine(&directory).unwrap());
        }

        fs::remove_dir(&directory).unwrap();
        let expected = [
            CacheState::Missing,
            CacheState::Usable,
            CacheState::Usable,
            CacheState::NotPrivate,
            CacheState::ReadOnly,
        ];
        assert_eq!(states, expected);
    }
}
