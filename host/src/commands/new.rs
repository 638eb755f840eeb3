//! `new` and `init`: a service that builds, passes its tests and runs, from a few words about it.
//!
//! Does not know how services are built or run.

mod error;
mod existing;
mod files;
mod keys;
mod kinds;
mod manifest;
mod name;
pub(super) mod place;
mod questions;
mod repository;
mod sdk;
mod supply;
mod template;
mod type_name;
mod workspace;
mod write;

use std::io;
use std::path::{Path, PathBuf};

pub(crate) use self::error::CreateError;
pub(super) use self::existing::init;
use self::files::Outline;
use self::kinds::Kinds;
use self::questions::{Questions, can_ask};
use self::sdk::Sdk;
use self::workspace::Workspace;
use super::{CommandError, json, print};
use crate::cli::{self, KindName, ProcessEnv, Sketch, SketchedKind};
use crate::definition;
use crate::report::Status;

/// `new`: makes a crate.
pub(super) fn run(typed: &cli::New, env: &ProcessEnv) -> Result<Status, CommandError> {
    let text = create(typed, schema(env))?;
    print(&text)
}

/// What a `service.toml` of this host may say, for editors.
fn schema(env: &ProcessEnv) -> String {
    json(&definition::schema(env.extensions.catalogue()))
}

/// Makes the crate and returns what there is to tell about it.
fn create(typed: &cli::New, schema: String) -> Result<String, CreateError> {
    let (name, kinds) = answers(typed)?;
    name::check(&name)?;
    let kinds = Kinds::choose(&kinds, typed.sketch.port)?;
    let shown = typed.path.clone().unwrap_or_else(|| PathBuf::from(&name));
    let directory = place::locate(&shown)?;
    check_workspaces(&directory)?;
    let sdk = Sdk::find(typed.sketch.sdk.as_deref())?.supply(&directory)?;
    let outline = Outline {
        library: name.replace('-', "_"),
        product: product(&typed.sketch, &name)?,
        name,
        kinds,
        target: directory.clone(),
        directory,
        sdk,
        schema,
    };
    let files = outline.crate_files()?;
    let paths = write::existing(&shown, &files);
    if !paths.is_empty() {
        let help = existing_help(&shown);
        return Err(CreateError::Exists { paths, help });
    }
    write::write(&shown, &files)?;
    let written = files.iter().map(|file| format!("created {}\n", shown.join(file.path).display()));
    let note = outline.sdk.note();
    Ok(format!("{}\n{note}\n\n{}", written.collect::<String>(), next("next", &shown)))
}

/// What to do when there is something in a directory.
fn existing_help(directory: &Path) -> String {
    let elsewhere = "choose another directory with `--path`";
    if directory.join("Cargo.toml").is_file() {
        let command = format!("mikros-host init {}", word(directory));
        return format!("{elsewhere}, or add what is missing with `{command}`");
    }
    elsewhere.to_owned()
}

/// Name and kinds as typed, or else as answered on the terminal.
fn answers(typed: &cli::New) -> Result<(String, Vec<SketchedKind>), CreateError> {
    let missing = match (&typed.name, typed.sketch.kinds.as_slice()) {
        (Some(name), kinds @ [_, ..]) => return Ok((name.clone(), kinds.to_vec())),
        (Some(_), []) => "`--kind KIND`",
        (None, []) => "NAME and `--kind KIND`",
        (None, _) => "NAME",
    };
    if !can_ask() {
        return Err(missing_flags("new", missing, "new hello --kind http"));
    }
    let mut questions = Questions { input: io::stdin().lock(), output: io::stdout().lock() };
    let name = match &typed.name {
        Some(name) => name.clone(),
        None => questions.name()?,
    };
    let kinds = match typed.sketch.kinds.as_slice() {
        [] => questions.kinds()?,
        kinds => kinds.to_vec(),
    };
    Ok((name, kinds))
}

fn missing_flags(command: &'static str, missing: &'static str, example: &str) -> CreateError {
    let kinds = KindName::ALL.map(KindName::as_str).join("`, `");
    let help = format!(
        "for example `mikros-host {example}`; kinds are `{kinds}`; questions are asked on a terminal only"
    );
    CreateError::Missing { command, missing, help }
}

fn product(sketch: &Sketch, name: &str) -> Result<String, CreateError> {
    let product = sketch.product.as_deref().unwrap_or(name);
    if product.trim().is_empty() {
        return Err(CreateError::BlankProduct);
    }
    Ok(product.to_owned())
}

/// A crate that is a workspace of its own must not be a member of another one.
fn check_workspaces(directory: &Path) -> Result<(), CreateError> {
    for workspace in Workspace::above(directory) {
        if let Some(pattern) = workspace.claims(directory) {
            return Err(CreateError::Member {
                directory: directory.to_owned(),
                manifest: workspace.manifest(),
                pattern: pattern.to_owned(),
            });
        }
    }
    Ok(())
}

/// The commands that come next, and when.
fn next(when: &str, directory: &Path) -> String {
    let change = match directory {
        here if here == Path::new("") || here == Path::new(".") => String::new(),
        directory => format!("  cd {}\n", word(directory)),
    };
    format!("{when}:\n{change}  mikros-host dev\n")
}

/// A path as one word of a shell.
fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
