//! Why protobuf files could not be compiled.
//! Deliberately printed alike in both ways: Cargo shows what a build script returns by `Debug`.

use std::error::Error;
use std::path::PathBuf;
use std::{fmt, io};

/// Why protobuf files could not be compiled.
#[non_exhaustive]
pub enum CompileError {
    /// A file is not there or not valid; the text names file, line and column.
    Protobuf(protox::Error),
    /// A file could not be written.
    Write {
        /// The file, or the directory of several.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Code could not be made of valid files, for example because of an `extern_path` without sense.
    Generate(io::Error),
    /// Neither is this a build script nor is there an [`out_dir`](crate::Builder::out_dir).
    NoDirectory,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Only this form of protox has file, line and column.
            Self::Protobuf(error) => write!(f, "{error:?}"),
            Self::Write { path, source } => write!(f, "cannot write `{}`: {source}", path.display()),
            Self::Generate(error) => write!(f, "cannot generate code: {error}"),
            Self::NoDirectory => f.write_str(
                "nowhere to write to: call this in `build.rs`, where `OUT_DIR` is set, or set `out_dir`",
            ),
        }
    }
}

impl fmt::Debug for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Without sources: their texts are in this one's.
impl Error for CompileError {}
