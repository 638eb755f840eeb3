//! `init`: what an existing crate lacks to be a service.
//!
//! Does not touch what is there.

use std::fs;
use std::io;
use std::path::Path;

use super::files::Outline;
use super::kinds::Kinds;
use super::manifest::Manifest;
use super::questions::{Questions, can_ask};
use super::sdk::Sdk;
use super::write::{self, File};
use super::{CreateError, missing_flags, next, place, product};
use crate::cli::{self, SketchedKind};
use crate::commands::{CommandError, print};
use crate::report::Status;

/// Adds what is missing to a crate.
pub(in crate::commands) fn init(typed: &cli::Init) -> Result<Status, CommandError> {
    let text = add(typed)?;
    print(&text)
}

/// Adds the files and returns what there is to tell about them.
fn add(typed: &cli::Init) -> Result<String, CreateError> {
    let manifest = Manifest::read(&typed.path)?;
    let kinds = Kinds::choose(&kinds(typed)?, typed.sketch.port)?;
    let directory = place::locate(&typed.path)?;
    let outline = Outline {
        product: product(&typed.sketch, &manifest.name)?,
        name: manifest.name.clone(),
        library: manifest.library.clone(),
        kinds,
        target: manifest.root(&directory),
        directory,
        sdk: Sdk::find(typed.sketch.sdk.as_deref())?,
    };
    let source = Source::find(&typed.path);
    let mut files = vec![outline.definition()?, outline.ignored()?];
    if matches!(source, Source::Missing) {
        files.extend(outline.sources()?);
    }
    let is_there = |file: &File| typed.path.join(file.path).symlink_metadata().is_ok();
    let (kept, added): (Vec<_>, Vec<_>) = files.into_iter().partition(is_there);
    write::write(&typed.path, &added)?;

    let shown = |file: &File| match typed.path.as_path() {
        here if here == Path::new(".") => file.path.to_owned(),
        directory => directory.join(file.path).display().to_string(),
    };
    let mut text = String::new();
    text.extend(added.iter().map(|file| format!("created {}\n", shown(file))));
    text.extend(kept.iter().map(|file| format!("kept {}\n", shown(file))));
    text.push_str(source.note());
    text.push_str(&advice(&manifest, &outline, &source)?);
    Ok(text + "\n" + &next(&typed.path))
}

/// The source of a crate before anything is added.
enum Source {
    Missing,
    /// There is a directory `src`.
    Present {
        /// `src/lib.rs`, empty when it cannot be read.
        library: String,
    },
}

impl Source {
    fn find(directory: &Path) -> Self {
        let source = directory.join("src");
        if source.symlink_metadata().is_err() {
            return Self::Missing;
        }
        let library = fs::read_to_string(source.join("lib.rs")).unwrap_or_default();
        Self::Present { library }
    }

    fn note(&self) -> &'static str {
        match self {
            Self::Missing => "",
            Self::Present { library } if library.contains("export!") => "kept src\n",
            Self::Present { .. } => {
                "kept src, where `src/lib.rs` needs a service and `mikros_sdk::export!`; \
                 `mikros-host new` makes one to look at\n"
            }
        }
    }

    fn needs(&self, dependency: &str) -> bool {
        match self {
            Self::Missing => true,
            Self::Present { library } => library.contains(dependency),
        }
    }
}

/// What is left to the user.
fn advice(manifest: &Manifest, outline: &Outline, source: &Source) -> Result<String, CreateError> {
    let mut wanted = outline.wanted()?;
    // Only settings need it.
    wanted.retain(|one| one.key != "serde" || source.needs("serde"));
    let lacks = manifest.lacks(&wanted);
    let mut text = String::new();
    if !lacks.is_empty() {
        text.extend(["\nadd to Cargo.toml:\n", &lacks]);
    }
    if lacks.contains("mikros-sdk") {
        text.extend(["\n", &outline.sdk.note(), "\n"]);
    }
    Ok(text)
}

/// The kinds as typed, or else as answered on the terminal.
fn kinds(typed: &cli::Init) -> Result<Vec<SketchedKind>, CreateError> {
    if !typed.sketch.kinds.is_empty() {
        return Ok(typed.sketch.kinds.clone());
    }
    if !can_ask() {
        return Err(missing_flags("init", "`--kind KIND`", "init --kind http"));
    }
    Questions { input: io::stdin().lock(), output: io::stdout().lock() }.kinds()
}
