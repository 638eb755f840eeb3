//! What an author may set before protobuf files are compiled, and the compiling.
//! Deliberately only what makes sense for a service; prost's own settings that others depend on are
//! fixed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost_types::FileDescriptorSet;

use crate::descriptors;
use crate::error::CompileError;
use crate::service::Generator;

/// Where generated code finds the SDK, which brings prost with it.
const PROST: &str = "::mikros_sdk::prost";
const PROST_TYPES: &str = "::mikros_sdk::prost_types";

/// A builder without any setting.
pub fn configure() -> Builder {
    let mut config = prost_build::Config::new();
    config.prost_path(PROST).prost_types_path(PROST_TYPES);
    Builder { config, out_dir: None, emits_directives: true }
}

/// How protobuf files are compiled.
///
/// Paths of messages and fields are matched as prost does: `.` for everything, `.package`,
/// `.package.Message`, `.package.Message.field`, or a name alone, which matches at the end.
///
/// ```no_run
/// fn main() -> Result<(), mikros_sdk_build::CompileError> {
///     mikros_sdk_build::configure()
///         .type_attribute("helloworld.HelloRequest", "#[derive(serde::Serialize)]")
///         .bytes(["."])
///         .compile_protos(&["proto/greeter.proto"], &["proto"])
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    config: prost_build::Config,
    out_dir: Option<PathBuf>,
    emits_directives: bool,
}

impl Builder {
    fn change(
        mut self,
        change: impl FnOnce(&mut prost_build::Config) -> &mut prost_build::Config,
    ) -> Self {
        change(&mut self.config);
        self
    }

    /// Adds an attribute to messages, enums and oneofs.
    pub fn type_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.change(|config| config.type_attribute(path, attribute))
    }

    /// Adds an attribute to messages.
    pub fn message_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.change(|config| config.message_attribute(path, attribute))
    }

    /// Adds an attribute to enums and oneofs.
    pub fn enum_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.change(|config| config.enum_attribute(path, attribute))
    }

    /// Adds an attribute to fields.
    pub fn field_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.change(|config| config.field_attribute(path, attribute))
    }

    /// Uses the Rust type or module at `rust_path` for the protobuf type or package at
    /// `proto_path`, which begins with a dot.
    pub fn extern_path(self, proto_path: impl Into<String>, rust_path: impl Into<String>) -> Self {
        self.change(|config| config.extern_path(proto_path, rust_path))
    }

    /// Makes `bytes` fields [`Bytes`](https://docs.rs/bytes/1/bytes/struct.Bytes.html). Default:
    /// `Vec<u8>`.
    pub fn bytes<P: AsRef<str>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        self.change(|config| config.bytes(paths))
    }

    /// Makes `map` fields a `BTreeMap`. Default: `HashMap`.
    pub fn btree_map<P: AsRef<str>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        self.change(|config| config.btree_map(paths))
    }

    /// Puts a field into a `Box`.
    pub fn boxed(self, path: impl AsRef<str>) -> Self {
        self.change(|config| config.boxed(path))
    }

    /// Leaves out the comments of these types, fields and services.
    pub fn disable_comments<P: AsRef<str>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        self.change(|config| config.disable_comments(paths))
    }

    /// Compiles `google.protobuf` from its files instead of using the types of
    /// `mikros_sdk::prost_types`.
    pub fn compile_well_known_types(self) -> Self {
        self.change(|config| config.compile_well_known_types())
    }

    /// Writes a file that includes the others in modules of their packages' names.
    pub fn include_file(self, path: impl Into<PathBuf>) -> Self {
        self.change(|config| config.include_file(path))
    }

    /// Sets the directory that is written to. It must exist. Default: `OUT_DIR`.
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// Whether Cargo is told on stdout when to run the build script again. Default: `true`.
    pub fn emit_rerun_if_changed(mut self, enabled: bool) -> Self {
        self.emits_directives = enabled;
        self
    }

    /// Compiles `protos`, which are in the directories `includes`.
    ///
    /// The well-known types in `google/protobuf/` need no directory.
    ///
    /// # Errors
    ///
    /// A file is missing or not valid, or the result cannot be written.
    pub fn compile_protos(
        self,
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
    ) -> Result<(), CompileError> {
        if self.emits_directives {
            // Also when compiling fails: the next attempt has to read them again.
            for path in protos {
                rerun_if_changed(path.as_ref());
            }
        }
        let mut compiler = protox::Compiler::new(includes).map_err(CompileError::Protobuf)?;
        compiler.include_imports(true).include_source_info(true);
        compiler.open_files(protos).map_err(CompileError::Protobuf)?;
        if self.emits_directives {
            let imported = compiler.files().filter(|file| file.is_import());
            imported.filter_map(|file| file.path()).for_each(rerun_if_changed);
        }
        let files = compiler.file_descriptor_set();
        let encoded = compiler.include_source_info(false).encode_file_descriptor_set();
        let descriptors = descriptors::of_services(&files.file, &encoded);
        let descriptors = descriptors.map_err(|error| CompileError::Generate(error.into()))?;
        self.generate(files, &descriptors)
    }

    fn generate(
        mut self,
        files: FileDescriptorSet,
        descriptors: &HashMap<String, Vec<u8>>,
    ) -> Result<(), CompileError> {
        let directory = self.directory()?;
        write_descriptors(&directory, descriptors)?;
        self.config.out_dir(&directory).service_generator(Box::new(Generator));
        self.config.compile_fds(files).map_err(CompileError::Generate)?;
        name_as_written(&directory)
    }

    fn directory(&self) -> Result<PathBuf, CompileError> {
        #[expect(clippy::disallowed_methods, reason = "a build script is told so by Cargo")]
        let default = || env::var_os("OUT_DIR").map(PathBuf::from);
        self.out_dir.clone().or_else(default).ok_or(CompileError::NoDirectory)
    }
}

#[expect(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn rerun_if_changed(path: &Path) {
    println!("cargo:rerun-if-changed={}", path.display());
}

/// prost names the file of package `demo.type` `demo.r#type.rs`; whoever includes it writes the package as
/// the `.proto` file does.
fn name_as_written(directory: &Path) -> Result<(), CompileError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CompileError::Write { path, source }
    };
    for entry in fs::read_dir(directory).map_err(failed(directory))? {
        let path = entry.map_err(failed(directory))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.filter(|name| name.contains("r#")) {
            fs::rename(&path, path.with_file_name(name.replace("r#", "")))
                .map_err(failed(&path))?;
        }
    }
    Ok(())
}

/// Next to the generated code, which includes them from there.
fn write_descriptors(
    directory: &Path,
    descriptors: &HashMap<String, Vec<u8>>,
) -> Result<(), CompileError> {
    for (name, encoded) in descriptors {
        let path = directory.join(file_name(name));
        // What is unchanged is not written, so that nothing is compiled again for it.
        if fs::read(&path).is_ok_and(|known| known == *encoded) {
            continue;
        }
        fs::write(&path, encoded).map_err(|source| CompileError::Write { path, source })?;
    }
    Ok(())
}

/// The file with the descriptors of the service `name`.
pub(crate) fn file_name(name: &str) -> String {
    format!("{name}.descriptors")
}
