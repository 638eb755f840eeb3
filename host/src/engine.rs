//! Turns the bytes of a component into a [`Program`]: compiles or takes it from the cache, checks its
//! imports and exports, links.
//!
//! Runs no guest code, and knows neither HTTP nor the lifecycle.

mod cache;
mod contract;
mod fit;
mod format;
mod functions;
mod interface;
mod mismatch;
mod provided;
mod services;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::ThreadPoolBuilder;
use sha2::{Digest, Sha256};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, OptLevel, WasmBacktraceDetails};

pub(crate) use self::cache::{Cache, CacheError, CacheState};
pub(crate) use self::contract::Relation;
pub(crate) use self::fit::Fit;
pub(crate) use self::format::Found;
use self::functions::Functions;
pub(crate) use self::interface::{Interface, Surface};
pub(crate) use self::mismatch::Mismatch;
pub(crate) use self::provided::{Provided, Provider};
pub(crate) use self::services::{Method, Service, Services};
use crate::bindings::{PACKAGE, VERSION};
use crate::capability::{self, State};
use crate::file;
use crate::machine;

/// Largest component, in bytes.
const MOST_BYTES: u64 = 1 << 30;
/// Most stack that a guest may use, in bytes. Beyond it the guest traps.
const GUEST_STACK: usize = 1024 * 1024;
/// Size of the stacks on which guests and the host functions they call run, in bytes.
const FIBER_STACK: usize = 2 * 1024 * 1024;

/// With so much address space or more, in bytes, each memory of a guest has all that 32 bits can address for
/// itself: 4 GiB, of which nothing is used but what the guest has asked for.
pub(crate) const AMPLE_ADDRESS_SPACE: u64 = 64 << 30;
/// What each has of less, in bytes, and at most an eighth of it. One that outgrows it moves.
const RESERVATION: u64 = 256 << 20;
/// What it has to grow into where it moves, in bytes.
const GROWTH: u64 = 16 << 20;

/// Compiles components and runs what it compiled.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    wasmtime: wasmtime::Engine,
}

/// A component that is compiled, with what can be known of it.
#[derive(Clone)]
pub(crate) struct Compiled {
    component: Component,
    surface: Surface,
    is_cached: bool,
    /// SHA-256 of the component, in hexadecimal.
    digest: String,
}

/// A component that is compiled, checked and linked; has run no guest code.
#[derive(Clone)]
pub(crate) struct Program {
    instance: InstancePre<State>,
    surface: Surface,
    /// Names of the functions that are called without a type of the contract.
    functions: Arc<[Arc<str>]>,
}

/// Why a component did not become a [`Program`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CompileError {
    /// This machine cannot run compiled WebAssembly, or not this one.
    #[error("cannot set up WebAssembly on this machine: {0}")]
    Engine(String),
    #[error("cannot read component `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// Something else stands in its place.
    #[error("`{}` {found}", path.display())]
    NotComponent { path: PathBuf, found: Found },
    /// It ends before it should.
    #[error("`{}` is truncated after {bytes} bytes", path.display())]
    CutOff { path: PathBuf, bytes: usize },
    #[error("`{}` is not a valid component: {reason}", path.display())]
    Invalid { path: PathBuf, reason: String },
    #[error("`{}` does not fit `service.toml`:{}", path.display(), mismatch::list(.mismatches))]
    Mismatched { path: PathBuf, mismatches: Vec<Mismatch> },
    #[error("cannot link `{}`: {reason}", path.display())]
    Link { path: PathBuf, reason: String },
    /// It uses what a newer version of the contract added.
    #[error(
        "`{}` was built for `{PACKAGE}@{version}` and needs what is not in `{PACKAGE}@{VERSION}` of \
         this host: {reason}",
        path.display()
    )]
    LinkNewer { path: PathBuf, version: String, reason: String },
}

impl CompileError {
    /// The component that it is about.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Engine(_) => None,
            Self::Read { path, .. }
            | Self::NotComponent { path, .. }
            | Self::CutOff { path, .. }
            | Self::Invalid { path, .. }
            | Self::Mismatched { path, .. }
            | Self::Link { path, .. }
            | Self::LinkNewer { path, .. } => Some(path),
        }
    }

    /// What the user can do about it.
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("build it with `mikros-host build`, or put there what was built elsewhere")
            }
            Self::Read { source, .. } if source.kind() == io::ErrorKind::IsADirectory => {
                Some("let `[host] component` name the `.wasm` file in it")
            }
            Self::NotComponent { found, .. } => Some(found.help()),
            Self::CutOff { .. } | Self::Invalid { .. } => {
                Some("build it again with `mikros-host build`")
            }
            Self::Link { .. } => Some("build the service with an SDK that fits this host"),
            Self::LinkNewer { .. } => Some(
                "update mikros-host, or let `mikros-sdk` in `Cargo.toml` be the one of this host and \
                 build the service again",
            ),
            Self::Engine(_) | Self::Read { .. } | Self::Mismatched { .. } => None,
        }
    }
}

impl Engine {
    /// # Errors
    /// [`CompileError::Engine`] when the processor or the system lacks what compiled code needs.
    pub(crate) fn new() -> Result<Self, CompileError> {
        Self::of(&config(machine::address_space()))
    }

    /// An engine for components that follow each other and have most of their functions in common: it
    /// keeps these in memory, up to 128 MiB, and compiles only the others.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub(crate) fn incremental() -> Result<Self, CompileError> {
        let mut config = config(machine::address_space());
        config
            .enable_incremental_compilation(Arc::<Functions>::default())
            .map_err(|error| CompileError::Engine(describe(&error)))?;
        Self::of(&config)
    }

    fn of(config: &Config) -> Result<Self, CompileError> {
        let wasmtime = wasmtime::Engine::new(config)
            .map_err(|error| CompileError::Engine(describe(&error)))?;
        Ok(Self { wasmtime })
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.wasmtime
    }

    /// Compiles the component at `path`, or takes the result of an earlier time from `cache`.
    ///
    /// Blocks for as long as the compiler needs: seconds for a large component.
    pub(crate) fn compile(
        &self,
        path: &Path,
        cache: Option<&Cache>,
    ) -> Result<Compiled, CompileError> {
        let bytes = file::read(path, MOST_BYTES)
            .map_err(|source| CompileError::Read { path: path.to_owned(), source })?;
        if let Some(found) = format::mistaken(&bytes) {
            return Err(CompileError::NotComponent { path: path.to_owned(), found });
        }
        let place = cache.map(|cache| cache.place(&self.wasmtime, &bytes));
        let cached = place.as_ref().and_then(|place| place.load(&self.wasmtime));
        let is_cached = cached.is_some();
        let component = if let Some(component) = cached {
            component
        } else {
            let component = translate(&self.wasmtime, &bytes)
                .map_err(|error| invalid(path.to_owned(), &bytes, &error))?;
            if let Some(place) = place {
                place.store(&component);
            }
            component
        };
        let surface = Surface::of(&component, &self.wasmtime, &bytes);
        let digest = format!("{:x}", bytes::Bytes::copy_from_slice(&Sha256::digest(&bytes)));
        Ok(Compiled { component, surface, is_cached, digest })
    }

    /// Compiles the component at `path` for what an [incremental](Engine::incremental) engine learns from
    /// it. Failures are those of [`Engine::compile`].
    pub(crate) fn learn(&self, path: &Path) {
        if let Ok(bytes) = file::read(path, MOST_BYTES) {
            drop(translate(&self.wasmtime, &bytes));
        }
    }

    /// Checks that the component exports what the service declares and imports only what there is, and
    /// links it. All mismatches are reported together.
    pub(crate) fn link(
        &self,
        compiled: &Compiled,
        path: &Path,
        fit: &Fit<'_>,
    ) -> Result<Program, CompileError> {
        let Compiled { component, surface, .. } = compiled;
        let no_mismatches = |mismatches: Vec<_>| {
            if mismatches.is_empty() {
                return Ok(());
            }
            Err(CompileError::Mismatched { path: path.to_owned(), mismatches })
        };
        no_mismatches(fit.mismatches(surface))?;
        let functions = fit.functions();
        let uncallable = functions.iter().filter_map(|name| provided::uncallable(component, name));
        no_mismatches(uncallable.collect())?;
        let link = |linker: &mut Linker<State>| {
            capability::link(linker)?;
            fit.extensions.features().try_for_each(|feature| feature.link(linker))?;
            let links = fit.providers.iter().map(|p| provided::link(linker, component, p));
            links.collect::<wasmtime::Result<Vec<_>>>()
        };
        let mut linker = Linker::new(&self.wasmtime);
        let unlinkable = |error| unlinkable(path.to_owned(), surface, &error);
        let links = link(&mut linker).map_err(unlinkable)?;
        no_mismatches(links.into_iter().filter_map(Result::err).collect())?;
        let instance = linker.instantiate_pre(component).map_err(unlinkable)?;
        Ok(Program { instance, surface: surface.clone(), functions })
    }

    /// Checks that the component is a plug-in and imports only what there is for one, and links it; with
    /// the interfaces that it provides. All mismatches are reported together.
    pub(crate) fn link_plugin(
        &self,
        compiled: &Compiled,
        path: &Path,
    ) -> Result<(Program, Vec<Provided>), CompileError> {
        let Compiled { component, surface, .. } = compiled;
        let mut mismatches = surface.other_versions();
        let provided = Provided::of(component, &self.wasmtime).unwrap_or_else(|reasons| {
            mismatches.extend(reasons);
            Vec::new()
        });
        mismatches.extend(surface.unknown_imports(&[]));
        let is_own = |interface: Interface| Interface::PLUGIN.contains(&interface);
        let decides = surface.exported().any(is_own);
        if mismatches.is_empty() && !decides && provided.is_empty() {
            mismatches.push(Mismatch::NoPlugin { exports: surface.sorted_exports() });
        }
        if !mismatches.is_empty() {
            return Err(CompileError::Mismatched { path: path.to_owned(), mismatches });
        }
        let mut linker = Linker::new(&self.wasmtime);
        let instance = capability::link(&mut linker)
            .and_then(|()| linker.instantiate_pre(component))
            .map_err(|error| unlinkable(path.to_owned(), surface, &error))?;
        let functions = provided.iter().flat_map(Provided::functions).collect();
        Ok((Program { instance, surface: surface.clone(), functions }, provided))
    }
}

/// Compiles on threads of this call's own, which give way as the calling one does and are gone afterwards;
/// on the calling one alone where the system refuses them.
fn translate(engine: &wasmtime::Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
    let alone = |_refused| ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let pool = ThreadPoolBuilder::new().thread_name(|number| format!("build-{number}")).build();
    match pool.or_else(alone) {
        Ok(pool) => pool.install(|| Component::new(engine, bytes)),
        // This thread has compiled alone before, and still does.
        Err(_) => Component::new(engine, bytes),
    }
}

/// What compiled code is like. Part of the key under which it is cached. With little address space it
/// checks every access, which costs speed and leaves room for instances.
fn config(address_space: Option<u64>) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(GUEST_STACK)
        .async_stack_size(FIBER_STACK)
        // Explicit, because the environment would decide otherwise, and it is part of the key
        // under which compiled code is cached.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .generate_address_map(true);
    if let Some(bytes) = address_space.filter(|bytes| *bytes < AMPLE_ADDRESS_SPACE) {
        config.memory_reservation(RESERVATION.min(bytes / 8));
        config.memory_reservation_for_growth(GROWTH);
    }
    config
}

impl Compiled {
    /// SHA-256 of the component, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        self.digest.clone()
    }

    /// Whether it was compiled at an earlier time.
    pub(crate) fn is_cached(&self) -> bool {
        self.is_cached
    }

    /// What the component imports and exports.
    pub(crate) fn surface(&self) -> &Surface {
        &self.surface
    }
}

impl Program {
    pub(crate) fn instance(&self) -> &InstancePre<State> {
        &self.instance
    }

    /// What the component imports and exports.
    pub(crate) fn surface(&self) -> &Surface {
        &self.surface
    }

    /// Names of the functions that are called without a type of the contract:
    /// `acme:flags/flags@1.0.0#is-enabled`.
    pub(crate) fn functions(&self) -> &[Arc<str>] {
        &self.functions
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled").field("surface", &self.surface).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("surface", &self.surface).finish_non_exhaustive()
    }
}

/// Why bytes that begin as a component could not be compiled.
fn invalid(path: PathBuf, bytes: &[u8], error: &wasmtime::Error) -> CompileError {
    if capability::is_out_of_memory(error) {
        return CompileError::Engine(describe(error));
    }
    if format::is_cut_off(bytes) {
        return CompileError::CutOff { path, bytes: bytes.len() };
    }
    CompileError::Invalid { path, reason: describe(error) }
}

/// Why a component whose imports and exports have the right names could not be linked.
fn unlinkable(path: PathBuf, surface: &Surface, error: &wasmtime::Error) -> CompileError {
    let reason = describe(error);
    match contract::newer_than_own(surface.imports.iter().chain(&surface.exports)) {
        Some(version) => CompileError::LinkNewer { path, version: version.to_string(), reason },
        None => CompileError::Link { path, reason },
    }
}

/// An error of wasmtime on one line, outermost first.
pub(crate) fn describe(error: &wasmtime::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    text
}
