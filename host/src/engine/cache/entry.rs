//! One file of the cache: a compiled component and a seal, which says that the file holds what was
//! written, and for which component.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use rustix::fs::OFlags;
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::trust::{self, UntrustedError};

/// Changes with the format of the file.
const FORMAT: u32 = 1;
/// Length of the seal, in bytes.
const SEAL: usize = 32;
/// How much is read at a time.
const PIECE: usize = 128 * 1024;

/// What the contents of a file depend on; the name of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(String);

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("it is not there")]
    Absent,
    #[error(transparent)]
    Distrusted(#[from] UntrustedError),
    #[error("its contents are not what was written")]
    Damaged,
    #[error(transparent)]
    Unreadable(io::Error),
    /// In the words of wasmtime.
    #[error("{0}")]
    Refused(String),
}

impl Key {
    /// For the component `bytes`, as `engine` compiles it.
    pub(super) fn of(engine: &wasmtime::Engine, bytes: &[u8]) -> Self {
        let compatibility = BuildHasherDefault::<DefaultHasher>::default()
            .hash_one((FORMAT, engine.precompile_compatibility_hash()));
        let digest = Bytes::copy_from_slice(&Sha256::digest(bytes));
        Self(format!("{digest:x}-{compatibility:016x}.cwasm"))
    }

    pub(super) fn file_name(&self) -> &str {
        &self.0
    }

    /// Whether a file of the cache could have this name.
    pub(super) fn is_one(name: &str) -> bool {
        let is_hex = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let parts = name.strip_suffix(".cwasm").and_then(|stem| stem.split_once('-'));
        parts.is_some_and(|(digest, compatibility)| is_hex(digest, 64) && is_hex(compatibility, 16))
    }

    /// What stands behind `contents` in a file.
    pub(super) fn seal(&self, contents: &[u8]) -> [u8; SEAL] {
        let mut digest = self.digest();
        digest.update(contents);
        digest.finalize().into()
    }

    fn digest(&self) -> Sha256 {
        Sha256::new_with_prefix(&self.0)
    }

    /// Notes that the file at `path` is used, and looks whether it can be for this key.
    pub(super) fn verify(&self, path: &Path) -> Result<(), Unusable> {
        let file = open(path)?;
        let metadata = file.metadata().map_err(Unusable::Unreadable)?;
        if !metadata.is_file() {
            return Err(UntrustedError::NotFile.into());
        }
        trust::examine(&metadata)?;
        // Before it is read, so that no other host removes it meanwhile. Not possible for those of root,
        // which nothing is removed from either.
        let _ = file.set_modified(SystemTime::now());
        let contents = metadata.len().checked_sub(SEAL as u64).ok_or(Unusable::Damaged)?;
        let (sealed, seal) = self.read(&file, contents).map_err(Unusable::Unreadable)?;
        if sealed != seal {
            return Err(Unusable::Damaged);
        }
        Ok(())
    }

    /// The seal that the contents should have, and the one that they have.
    fn read(&self, file: &File, contents: u64) -> io::Result<([u8; SEAL], [u8; SEAL])> {
        let mut reader = BufReader::with_capacity(PIECE, file);
        let mut digest = self.digest();
        let mut left = contents;
        while left > 0 {
            let piece = reader.fill_buf()?;
            if piece.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let length = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            digest.update(&piece[..length]);
            reader.consume(length);
            left -= length as u64;
        }
        let mut seal = [0; SEAL];
        reader.read_exact(&mut seal)?;
        Ok((digest.finalize().into(), seal))
    }
}

/// Opens without following a link and without waiting for the other end of a pipe.
fn open(path: &Path) -> Result<File, Unusable> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path);
    file.map_err(|error| match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => Unusable::Absent,
        Some(Errno::LOOP) => UntrustedError::Link.into(),
        _ => Unusable::Unreadable(error),
    })
}
