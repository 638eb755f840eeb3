//! What is generated: against files that are read in reviews, and with the compiler and calls.
//! Deliberately uses the public interface only.
//!
//! `UPDATE_EXPECT=1 cargo test -p mikros-sdk-build` accepts new code; run it twice, as it is compiled as well.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT` writes them")]

mod calls;
mod clients;
mod earlier;
mod errors;
mod golden;
mod names;
mod packages;
mod parts;
mod scratch;

use std::fs;
use std::path::{Path, PathBuf};

use mikros_sdk_build::{Builder, CompileError};

/// An empty directory of this name.
fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if directory.exists() {
        fs::remove_dir_all(&directory).expect("the directory of the last run can be removed");
    }
    fs::create_dir_all(&directory).expect("a directory can be made");
    directory
}

/// Compiles protobuf files of `tests/golden` into `out`.
fn compile(builder: Builder, files: &[&str], out: &Path) -> Result<(), CompileError> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files: Vec<PathBuf> = files.iter().map(|file| directory.join(file)).collect();
    builder.out_dir(out).emit_rerun_if_changed(false).compile_protos(&files, &[directory])
}
