//! The files of a service, made from templates.
//!
//! Does not know what is there already.

use std::path::{Path, PathBuf};

use toml::Value;

use super::CreateError;
use super::kinds::Kinds;
use super::manifest::Wanted;
use super::place::reference;
use super::supply::Supply;
use super::template::TemplateContext;
use super::type_name::type_name;
use super::write::File;
use crate::cli::KindName;

/// What a service is to be.
pub(super) struct Outline {
    pub(super) name: String,
    /// Name of the library.
    pub(super) library: String,
    pub(super) product: String,
    pub(super) kinds: Kinds,
    /// Where its crate is.
    pub(super) directory: PathBuf,
    /// The directory with cargo's `target`, the crate's own or one above.
    pub(super) target: PathBuf,
    pub(super) sdk: Supply,
    /// What `service.toml` may say, for editors.
    pub(super) schema: String,
}

impl Outline {
    /// All of a crate.
    pub(super) fn crate_files(&self) -> Result<Vec<File>, CreateError> {
        let manifest = self.file("Cargo.toml", include_str!("templates/Cargo.toml.in"))?;
        let mut files = vec![manifest];
        files.extend(self.definition()?);
        files.extend(self.sources()?);
        files.push(self.ignored()?);
        Ok(files)
    }

    /// `service.toml`, and its schema unless the SDK's own moves with it.
    pub(super) fn definition(&self) -> Result<Vec<File>, CreateError> {
        let mut files = vec![self.file("service.toml", include_str!("templates/service.toml.in"))?];
        if self.sdk.schema.is_none() {
            files.push(File { path: SCHEMA, text: self.schema.clone() });
        }
        Ok(files)
    }

    pub(super) fn ignored(&self) -> Result<File, CreateError> {
        self.file(".gitignore", include_str!("templates/gitignore.in"))
    }

    /// What makes the crate a service, and describes it.
    pub(super) fn sources(&self) -> Result<Vec<File>, CreateError> {
        let mut files = vec![
            self.file("src/lib.rs", include_str!("templates/lib.rs.in"))?,
            self.file("src/tests.rs", include_str!("templates/tests.rs.in"))?,
        ];
        if self.kinds.contains(KindName::Http) {
            files.push(self.file("tests/service.rs", include_str!("templates/service.rs.in"))?);
        }
        if self.kinds.contains(KindName::Grpc) {
            files.push(self.file("build.rs", include_str!("templates/build.rs.in"))?);
            let proto = include_str!("templates/greeter.proto.in");
            files.push(self.file("proto/greeter.proto", proto)?);
        }
        files.push(self.file("README.md", include_str!("templates/README.md.in"))?);
        Ok(files)
    }

    /// What the manifest of the crate says, line by line.
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        let is_grpc = self.kinds.contains(KindName::Grpc);
        let line = |table, key, value: String, part| Wanted { table, key, value, part };
        let features = if is_grpc { ", features = [\"grpc\"]" } else { "" };
        let mut wanted = vec![line("lib", "crate-type", "[\"cdylib\"]".to_owned(), Some("cdylib"))];
        if is_grpc {
            wanted.push(line("lib", "doctest", "false".to_owned(), None));
        }
        let sdk = format!("{{ {}{features} }}", self.sdk.sdk);
        wanted.push(line("dependencies", "mikros-sdk", sdk, is_grpc.then_some("grpc")));
        wanted.push(line(
            "dependencies",
            "serde",
            "{ version = \"1\", features = [\"derive\"] }".to_owned(),
            Some("derive"),
        ));
        if is_grpc {
            let build = format!("{{ {} }}", self.sdk.build);
            wanted.push(line("build-dependencies", "mikros-sdk-build", build, None));
        }
        wanted
    }

    fn file(&self, path: &'static str, template: &str) -> Result<File, CreateError> {
        Ok(File { path, text: self.context()?.fill(template) })
    }

    fn context(&self) -> Result<TemplateContext, CreateError> {
        let mut context = TemplateContext::default();
        let values = &mut context.values;
        let target = self.target_directory()?;
        let component = format!("{target}/wasm32-wasip2/release/{}.wasm", self.library);
        // With its own variables and files cargo may write elsewhere, where the host does not look.
        let option = format!("--target-dir {}", super::word(Path::new(&target)));
        let build = format!("cargo build --release --target wasm32-wasip2 {option}");
        values.insert("name", self.name.clone());
        values.insert("type", type_name(&self.library));
        values.insert("package", self.library.to_ascii_lowercase());
        values.insert("product", quoted(&self.product));
        values.insert("component", quoted(&component));
        values.insert("build", quoted(&build));
        values.insert("sdk", self.sdk.sdk.clone());
        values.insert("sdk_build", self.sdk.build.clone());
        values.insert("sdk_place", self.sdk.place.clone());
        let own = || format!("./{SCHEMA}");
        values.insert("schema", self.sdk.schema.clone().unwrap_or_else(own));
        context.conditions.insert(self.sdk.condition());
        self.kinds.note(&mut context);
        Ok(context)
    }

    /// Cargo's `target`, relative to the crate.
    fn target_directory(&self) -> Result<String, CreateError> {
        reference(&self.directory, &self.target.join("target"), &self.target)
    }
}

/// The schema of a project that has one of its own, next to `service.toml`.
const SCHEMA: &str = "service.schema.json";

/// A string of TOML.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
