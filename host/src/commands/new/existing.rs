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
use super::{CreateError, missing_flags, next, place, product, schema};
use crate::cli::{self, ProcessEnv, SketchedKind};
use crate::commands::{CommandError, print};
use crate::report::Status;

/// Adds what is missing to a crate.
pub(in crate::commands) fn init(
    typed: &cli::Init,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    let text = add(typed, schema(env))?;
    print(&text)
}

/// Adds the files and returns what there is to tell about them.
fn add(typed: &cli::Init, schema: String) -> Result<String, CreateError> {
    let manifest = Manifest::read(&typed.path)?;
    let kinds = Kinds::choose(&kinds(typed)?, typed.sketch.port)?;
    let directory = place::locate(&typed.path)?;
    let outline = Outline {
        product: product(&typed.sketch, &manifest.name)?,
        name: manifest.name.clone(),
        library: manifest.library.clone(),
        kinds,
        target: manifest.root(&directory),
        sdk: Sdk::find(typed.sketch.sdk.as_deref())?.supply(&directory)?,
        directory,
        schema,
    };
    let source = Source::find(&typed.path);
    let is_there = |file: &File| typed.path.join(file.path).symlink_metadata().is_ok();
    let mut files = outline.definition()?;
    if is_there(&files[0]) {
        // Which schema that one refers to is known to its author.
        files.truncate(1);
    }
    files.push(outline.ignored()?);
    if matches!(source, Source::Missing) {
        files.extend(outline.sources()?);
    }
    let (kept, added): (Vec<_>, Vec<_>) = files.into_iter().partition(is_there);
    write::write(&typed.path, &added)?;

    let shown = |file: &File| match typed.path.as_path() {
        here if here == Path::new(".") => file.path.to_owned(),
        directory => directory.join(file.path).display().to_string(),
    };
    let mut text = String::new();
    text.extend(added.iter().map(|file| format!("created {}\n", shown(file))));
    text.extend(kept.iter().map(|file| format!("kept {}\n", shown(file))));
    let edits = [source.edit(), &advice(&manifest, &outline, &source)].concat();
    text.push_str(source.note());
    text.push_str(&edits);
    let when = if edits.is_empty() { "next" } else { "after these edits" };
    Ok(text + "\n" + &next(when, &typed.path))
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
            Self::Present { .. } => "kept src\n",
        }
    }

    /// What the user has to write, when there is no service yet.
    fn edit(&self) -> &'static str {
        match self {
            Self::Present { library } if !library.contains("export!") => {
                "\nwrite into src/lib.rs: a service and `mikros_sdk::export!`; `mikros-host new` makes one to \
                 look at\n"
            }
            _ => "",
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
fn advice(manifest: &Manifest, outline: &Outline, source: &Source) -> String {
    let mut wanted = outline.wanted();
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
    text
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
