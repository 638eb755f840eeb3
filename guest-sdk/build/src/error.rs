//! Why protobuf files could not be compiled.
//! Deliberately printed alike in both ways: Cargo shows what a build script returns by `Debug`.

use std::error::Error;
use std::path::PathBuf;
use std::{fmt, io};

use crate::names::NameConflict;

/// What protox takes for a mistake in writing.
const EDITION: &str = "editions are not supported: instead of `edition`, write `syntax = \"proto3\"`, and \
                       `optional` where a field has explicit presence, or `syntax = \"proto2\"`";

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
    /// Protobuf files have names that are different there and the same in Rust.
    Names(Vec<NameConflict>),
    /// The file of [`include_file`](crate::Builder::include_file) would replace that of a package.
    IncludeFile(PathBuf),
    /// Code could not be made of valid files, for example because of an `extern_path` without sense.
    Generate(io::Error),
    /// Neither is this a build script nor is there an [`out_dir`](crate::Builder::out_dir).
    NoDirectory,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Only this form of protox has file, line and column.
            Self::Protobuf(error) => {
                let text = format!("{error:?}");
                match text.strip_suffix(", but found 'edition'").and_then(|it| it.split_once(": ")) {
                    Some((place, _)) => write!(f, "{place}: {EDITION}"),
                    None => f.write_str(&text),
                }
            }
            Self::Names(conflicts) => {
                for (index, conflict) in conflicts.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "\n" };
                    write!(f, "{separator}{conflict}")?;
                }
                Ok(())
            }
            Self::IncludeFile(path) => {
                let path = path.display();
                write!(f, "`{path}` is the file of a package: choose another name for `include_file`")
            }
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
