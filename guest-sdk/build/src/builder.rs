//! What an author may set before protobuf files are compiled, and the compiling.
//! Deliberately only what makes sense for a service; prost's own settings that others depend on are
//! fixed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use prost_build::Module;

use crate::attributes::{Attributes, Target};
use crate::descriptors;
use crate::error::CompileError;
use crate::files::out_dir;
use crate::layout::Piece;
use crate::names::of_file::{Naming, of_file};
use crate::names::{self, Name};
use crate::output::Generated;
use crate::service::{Generator, Sides};
use crate::source::{Externs, Source};

/// Where generated code finds the SDK, which brings prost with it.
const PROST: &str = "::mikros_sdk::prost";
const PROST_TYPES: &str = "::mikros_sdk::prost_types";

/// A builder without any setting.
pub fn configure() -> Builder {
    let mut config = prost_build::Config::new();
    config.prost_path(PROST).prost_types_path(PROST_TYPES).format(false);
    let naming =
        Naming { externs: Externs::default(), strips_enum_prefix: true, sides: Sides::BOTH };
    let generator =
        Generator { attributes: Attributes::default(), sides: Sides::BOTH, has_stubs: false };
    Builder {
        config,
        naming,
        generator,
        include_file: None,
        descriptor_path: None,
        out_dir: None,
        emits_directives: true,
    }
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
    naming: Naming,
    generator: Generator,
    include_file: Option<PathBuf>,
    descriptor_path: Option<PathBuf>,
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

    /// Adds an attribute to the modules of services. Their paths are as those of messages.
    pub fn server_mod_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.service_attribute(Target::Module, path.as_ref(), attribute.as_ref())
    }

    /// Adds an attribute to the traits of services.
    pub fn trait_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.service_attribute(Target::Trait, path.as_ref(), attribute.as_ref())
    }

    /// Adds an attribute to the types that stand for services in `mikros_sdk::Grpc::Services`.
    pub fn server_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.service_attribute(Target::Server, path.as_ref(), attribute.as_ref())
    }

    /// Adds an attribute to the modules of clients.
    pub fn client_mod_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.service_attribute(Target::ClientModule, path.as_ref(), attribute.as_ref())
    }

    /// Adds an attribute to the clients of services.
    pub fn client_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.service_attribute(Target::Client, path.as_ref(), attribute.as_ref())
    }

    /// Whether clients of the services are generated. Default: `true`. A client that is not used adds nothing to a
    /// component.
    pub fn build_client(mut self, enabled: bool) -> Self {
        self.generator.sides.clients = enabled;
        self.naming.sides.clients = enabled;
        self
    }

    /// Whether what serves the services is generated. Default: `true`. A server that is not used adds nothing to a
    /// component.
    pub fn build_server(mut self, enabled: bool) -> Self {
        self.generator.sides.servers = enabled;
        self.naming.sides.servers = enabled;
        self
    }

    fn service_attribute(mut self, target: Target, path: &str, attribute: &str) -> Self {
        self.generator.attributes.add(target, path, attribute);
        self
    }

    /// Uses the Rust type or module at `rust_path` for the protobuf type or package at
    /// `proto_path`, which begins with a dot.
    pub fn extern_path(
        mut self,
        proto_path: impl Into<String>,
        rust_path: impl Into<String>,
    ) -> Self {
        let proto_path = proto_path.into();
        self.naming.externs.add(proto_path.clone());
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

    /// Leaves out `Debug` of these messages and enums, for you to implement it.
    pub fn skip_debug<P: AsRef<str>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        self.change(|config| config.skip_debug(paths))
    }

    /// Keeps the name of an enum in its variants: `ColorRed` instead of `Red` for `COLOR_RED`.
    pub fn retain_enum_prefix(mut self) -> Self {
        self.naming.strips_enum_prefix = false;
        self.change(|config| config.retain_enum_prefix())
    }

    /// Implements `prost::Name`, which `Any::from_msg` needs.
    pub fn enable_type_names(self) -> Self {
        self.change(|config| config.enable_type_names())
    }

    /// Sets what precedes the names of these messages in the URLs of their types, as in
    /// `type.googleapis.com`. Default: nothing.
    pub fn type_name_domain<P: AsRef<str>>(
        self,
        paths: impl IntoIterator<Item = P>,
        domain: impl AsRef<str>,
    ) -> Self {
        self.change(|config| config.type_name_domain(paths, domain))
    }

    /// Whether a service may leave out methods, which then answer `UNIMPLEMENTED`. Default: `false`.
    pub fn generate_default_stubs(mut self, enabled: bool) -> Self {
        self.generator.has_stubs = enabled;
        self
    }

    /// Writes the descriptors of all files of a call, as `protoc --descriptor_set_out --include_imports` does.
    pub fn file_descriptor_set_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.descriptor_path = Some(path.into());
        self
    }

    /// Compiles `google.protobuf` from its files instead of using the types of
    /// `mikros_sdk::prost_types`.
    pub fn compile_well_known_types(mut self) -> Self {
        self.naming.externs.generate_well_known_types();
        self.change(|config| config.compile_well_known_types())
    }

    /// Writes a file that includes the others in modules of their packages' names. Several calls may
    /// add to one.
    pub fn include_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.include_file = Some(path.into());
        self
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
    /// The well-known types in `google/protobuf/` need no directory. Several calls may compile files of
    /// one package. Files that an earlier build has written and this one does not are removed.
    ///
    /// # Errors
    ///
    /// A file is missing or not valid, two elements get the same name in Rust, or the result cannot be
    /// written.
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
        let sources = Source::all(&compiler);
        let encoded = compiler.include_source_info(false).encode_file_descriptor_set();
        if let Some(path) = &self.descriptor_path {
            let path = path.clone();
            let written = fs::write(&path, &encoded);
            written.map_err(|source| CompileError::Write { path, source })?;
        }
        let descriptors = descriptors::of_services(&sources, &encoded);
        let descriptors = descriptors.map_err(|error| CompileError::Generate(error.into()))?;
        self.generate(&sources, descriptors)
    }

    fn generate(
        mut self,
        sources: &[Source],
        descriptors: BTreeMap<String, Vec<u8>>,
    ) -> Result<(), CompileError> {
        let directory = self.directory()?;
        self.config.service_generator(Box::new(self.generator.clone()));
        let mut generated = Generated::lock();
        let mut output = generated.output(&directory);
        let names = sources.iter().map(|source| (source.identity(), of_file(source, &self.naming)));
        let names = names.collect();
        // prost panics at some of what this finds.
        output.check(&names)?;
        let pieces = self.pieces(sources, names)?;
        output.add(pieces, descriptors, self.include_file);
        generated.write(&directory, output)
    }

    /// The code for each file.
    fn pieces(
        &mut self,
        sources: &[Source],
        mut names: BTreeMap<PathBuf, Vec<Name>>,
    ) -> Result<Vec<Piece>, CompileError> {
        // Not by package, as prost would do it by itself: a later call may bring some of the files again.
        let module = |source: &Source| Module::from_parts([source.descriptor.name()]);
        let files = sources.iter().map(|source| (module(source), source.descriptor.clone()));
        let mut code = self.config.generate(files.collect()).map_err(CompileError::Generate)?;
        let pieces = sources.iter().map(|source| {
            let identity = source.identity();
            let code = formatted(&code.remove(&module(source)).unwrap_or_default(), source)?;
            let uses = source.uses().into_iter();
            Ok(Piece {
                is_import: source.is_import,
                package: source.descriptor.package().to_owned(),
                module: names::module(source.descriptor.package()),
                code,
                names: names.remove(&identity).unwrap_or_default(),
                uses: uses.filter(|name| !self.naming.externs.contains(name)).collect(),
                identity,
            })
        });
        pieces.collect()
    }

    fn directory(&self) -> Result<PathBuf, CompileError> {
        let path = self.out_dir.clone().or_else(out_dir).ok_or(CompileError::NoDirectory)?;
        fs::canonicalize(&path).map_err(|source| CompileError::Write { path, source })
    }
}

/// What is generated for `source`, without prost's comment at its beginning. prost would panic if it is not Rust.
fn formatted(code: &str, source: &Source) -> Result<String, CompileError> {
    let file = syn::parse_file(code).map_err(|error| {
        let file = source.path.display();
        let text =
            format!("the code for `{file}` is not valid Rust; check the attributes: {error}");
        CompileError::Generate(io::Error::other(text))
    })?;
    Ok(prettyplease::unparse(&file))
}

#[expect(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn rerun_if_changed(path: &Path) {
    println!("cargo:rerun-if-changed={}", path.display());
}
