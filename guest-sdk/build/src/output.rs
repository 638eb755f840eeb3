//! What a build script has generated, over all its calls.
//!
//! A call may add to a package of an earlier one, and only all calls together know which files of an earlier
//! build are no longer wanted. So this is kept for the time of the process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::CompileError;
use crate::files::Files;
use crate::layout::{self, Includes, Piece};
use crate::names::{self, Name};

/// Of all calls in this process.
static GENERATED: Mutex<Generated> =
    Mutex::new(Generated { directories: BTreeMap::new(), files: Files::new() });

/// What has been generated.
#[derive(Debug)]
pub(crate) struct Generated {
    directories: BTreeMap<PathBuf, Output>,
    files: Files,
}

/// What is in one directory.
#[derive(Debug, Default, Clone)]
pub(crate) struct Output {
    pieces: Vec<Piece>,
    includes: Includes,
    /// By the full names of services.
    descriptors: BTreeMap<String, Vec<u8>>,
}

impl Generated {
    /// Waits for other threads that generate.
    pub(crate) fn lock() -> MutexGuard<'static, Self> {
        // What a thread that has panicked was about to add is not there.
        GENERATED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in `directory` so far.
    pub(crate) fn output(&self, directory: &Path) -> Output {
        self.directories.get(directory).cloned().unwrap_or_default()
    }

    /// Writes `output`, and removes what is in its place from an earlier build.
    pub(crate) fn write(&mut self, directory: &Path, output: Output) -> Result<(), CompileError> {
        let code = layout::files(&output.pieces, &output.includes, directory)?;
        let code = code.into_iter().map(|(path, code)| (path, code.into_bytes()));
        let descriptors = output.descriptors.iter();
        let descriptors =
            descriptors.map(|(name, set)| (PathBuf::from(file_name(name)), set.clone()));
        self.files.write(directory, code.chain(descriptors).collect())?;
        self.directories.insert(directory.to_owned(), output);
        Ok(())
    }
}

impl Output {
    /// Whether names of new files, given with what tells the files from others, are different from each other and
    /// from all others.
    pub(crate) fn check(&self, names: &BTreeMap<PathBuf, Vec<Name>>) -> Result<(), CompileError> {
        let others = self.pieces.iter().filter(|piece| !names.contains_key(&piece.identity));
        let others = others.flat_map(|piece| &piece.names);
        let conflicts = names::conflicts(others.chain(names.values().flatten()));
        if conflicts.is_empty() { Ok(()) } else { Err(CompileError::Names(conflicts)) }
    }

    /// Adds what a call has generated. A file that is generated again is replaced, unless the author named it in an
    /// earlier call and this one imports it: the settings of the earlier call were meant for it.
    pub(crate) fn add(
        &mut self,
        pieces: Vec<Piece>,
        descriptors: BTreeMap<String, Vec<u8>>,
        include: Option<PathBuf>,
    ) {
        if let Some(include) = include {
            let with_code = pieces.iter().filter(|piece| !piece.code.is_empty());
            let modules = with_code.map(|piece| piece.module.clone());
            self.includes.entry(include).or_default().extend(modules);
        }
        for piece in pieces {
            match self.pieces.iter_mut().find(|known| known.identity == piece.identity) {
                None => self.pieces.push(piece),
                Some(known) if piece.is_import && !known.is_import || piece.code.is_empty() => {
                    known.uses.extend(piece.uses);
                }
                Some(known) => *known = piece,
            }
        }
        self.descriptors.extend(descriptors);
    }
}

/// The file with the descriptors of the service `name`.
pub(crate) fn file_name(name: &str) -> String {
    format!("{name}.descriptors")
}
