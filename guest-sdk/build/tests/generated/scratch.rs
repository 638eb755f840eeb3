//! Protobuf files that a test writes.
//! Does not know what is expected of them.

use std::fs;
use std::path::{Path, PathBuf};

use mikros_sdk_build::{Builder, CompileError, configure};

use super::directory;

/// A directory with protobuf files, and one for what is generated.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// `files` are names in the directory, and texts without the line `syntax`.
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let scratch = Self(directory(name));
        fs::create_dir(scratch.out()).expect("a directory can be made");
        for (file, text) in files {
            scratch.write(file, text);
        }
        scratch
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().expect("it is in the directory")).expect("it can be made");
        let text = format!("syntax = \"proto3\";\n{text}");
        fs::write(path, text).expect("the file can be written");
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    pub(crate) fn compile(&self, files: &[&str]) -> Result<(), CompileError> {
        self.compile_with(configure(), files)
    }

    pub(crate) fn compile_with(
        &self,
        builder: Builder,
        files: &[&str],
    ) -> Result<(), CompileError> {
        let files: Vec<_> = files.iter().map(|file| self.0.join(file)).collect();
        let builder = builder.out_dir(self.out()).emit_rerun_if_changed(false);
        builder.compile_protos(&files, &[&self.0])
    }

    /// The names of all generated files.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.out()).expect("the directory can be read");
        let names = entries.map(|entry| entry.expect("it can be read").file_name());
        let mut names: Vec<_> = names.map(|name| name.display().to_string()).collect();
        names.sort();
        names
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.out().join(file)).expect("the file is generated")
    }

    /// The lines in `file` that begin modules, types, traits and functions.
    pub(crate) fn outline(&self, file: &str) -> String {
        let text = self.read(file);
        let starts = ["pub mod ", "pub struct ", "pub enum ", "pub trait ", "include!("];
        let begins = |line: &&str| starts.iter().any(|it| line.trim_start().starts_with(it));
        text.split_inclusive('\n').filter(begins).collect()
    }
}
