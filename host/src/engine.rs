//! Turns the bytes of a component into a [`Program`]: compiles or takes it from the cache, checks its
//! imports and exports, links.
//!
//! Runs no guest code, and knows neither HTTP nor the lifecycle.

mod cache;
mod interface;
mod services;

use std::io;
use std::path::{Path, PathBuf};

use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, OptLevel, WasmBacktraceDetails};

pub use self::cache::Cache;
pub use self::interface::{Interface, Mismatch, Surface};
pub use self::services::{DeclarationError, Method, Service, Services};
use crate::capability::{self, State};

/// Most stack that a guest may use, in bytes. Beyond it the guest traps.
const GUEST_STACK: usize = 1024 * 1024;
/// Size of the stacks on which guests and the host functions they call run, in bytes.
const FIBER_STACK: usize = 2 * 1024 * 1024;

/// Compiles components and runs what it compiled.
#[derive(Debug, Clone)]
pub struct Engine {
    wasmtime: wasmtime::Engine,
}

/// A component that is compiled, with what can be known of it.
#[derive(Clone)]
pub struct Compiled {
    component: Component,
    surface: Surface,
}

/// A component that is compiled, checked and linked; has run no guest code.
#[derive(Clone)]
pub struct Program {
    instance: InstancePre<State>,
    surface: Surface,
}

/// Why a component did not become a [`Program`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// This machine cannot run compiled WebAssembly.
    #[error("cannot set up WebAssembly on this machine: {0}")]
    Engine(String),
    #[error("cannot read component `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// Neither a component nor a module.
    #[error("`{}` is not a WebAssembly component", path.display())]
    NotWebAssembly { path: PathBuf },
    /// A module of the kind that `wasm32-wasip1` and `wasm32-unknown-unknown` produce.
    #[error("`{}` is a core WebAssembly module, expected a component", path.display())]
    CoreModule { path: PathBuf },
    #[error("`{}` is not a valid component: {reason}", path.display())]
    Invalid { path: PathBuf, reason: String },
    #[error("`{}` does not fit `service.toml`:{}", path.display(), interface::list(.mismatches))]
    Mismatched { path: PathBuf, mismatches: Vec<Mismatch> },
    #[error("cannot link `{}`: {reason}", path.display())]
    Link { path: PathBuf, reason: String },
}

impl CompileError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("build it first, with `mikros-host build` or `mikros-host run --build`")
            }
            Self::NotWebAssembly { .. } => {
                Some("let `[host] component` name the `.wasm` file of a `wasm32-wasip2` build")
            }
            Self::CoreModule { .. } => Some("build it for the target `wasm32-wasip2`"),
            Self::Invalid { .. } => {
                Some("the file may be cut off: build it again with `mikros-host build`")
            }
            Self::Link { .. } => Some("build the service with an SDK that fits this host"),
            Self::Engine(_) | Self::Read { .. } | Self::Mismatched { .. } => None,
        }
    }
}

impl Engine {
    /// # Errors
    /// [`CompileError::Engine`] when the processor or the system lacks what compiled code needs.
    pub fn new() -> Result<Self, CompileError> {
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
        let wasmtime = wasmtime::Engine::new(&config)
            .map_err(|error| CompileError::Engine(describe(&error)))?;
        Ok(Self { wasmtime })
    }

    pub fn wasmtime(&self) -> &wasmtime::Engine {
        &self.wasmtime
    }

    /// Compiles the component at `path`, or takes the result of an earlier time from `cache`.
    ///
    /// Blocks for as long as the compiler needs: seconds for a large component.
    pub fn compile(&self, path: &Path, cache: Option<&Cache>) -> Result<Compiled, CompileError> {
        let bytes = std::fs::read(path)
            .map_err(|source| CompileError::Read { path: path.to_owned(), source })?;
        check_format(&bytes, path)?;
        let cached = cache.and_then(|cache| cache.load(&self.wasmtime, &bytes));
        let component = if let Some(component) = cached {
            component
        } else {
            let component = Component::new(&self.wasmtime, &bytes).map_err(|error| {
                CompileError::Invalid { path: path.to_owned(), reason: describe(&error) }
            })?;
            if let Some(cache) = cache {
                cache.store(&self.wasmtime, &bytes, &component);
            }
            component
        };
        let surface = Surface::of(&component, &self.wasmtime, &bytes);
        Ok(Compiled { component, surface })
    }

    /// Checks that the component exports what the service declares and imports only what there is, and
    /// links it. All mismatches are reported together.
    pub fn link(
        &self,
        compiled: &Compiled,
        path: &Path,
        declared: &[Interface],
    ) -> Result<Program, CompileError> {
        let Compiled { component, surface } = compiled;
        let mismatches = surface.mismatches(declared);
        if !mismatches.is_empty() {
            return Err(CompileError::Mismatched { path: path.to_owned(), mismatches });
        }
        let mut linker = Linker::new(&self.wasmtime);
        let instance = capability::link(&mut linker)
            .and_then(|()| linker.instantiate_pre(component))
            .map_err(|error| CompileError::Link {
                path: path.to_owned(),
                reason: describe(&error),
            })?;
        Ok(Program { instance, surface: surface.clone() })
    }
}

impl Compiled {
    /// What the component imports and exports.
    pub fn surface(&self) -> &Surface {
        &self.surface
    }
}

impl Program {
    pub fn instance(&self) -> &InstancePre<State> {
        &self.instance
    }

    /// What the component imports and exports.
    pub fn surface(&self) -> &Surface {
        &self.surface
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

/// The first eight bytes tell modules and components apart; the compiler's own words would not.
fn check_format(bytes: &[u8], path: &Path) -> Result<(), CompileError> {
    const MAGIC: &[u8] = b"\0asm";
    const MODULE: &[u8] = &[1, 0, 0, 0];
    let path = path.to_owned();
    match bytes.strip_prefix(MAGIC) {
        None => Err(CompileError::NotWebAssembly { path }),
        Some(rest) if rest.starts_with(MODULE) => Err(CompileError::CoreModule { path }),
        Some(_) => Ok(()),
    }
}

/// An error of wasmtime on one line, outermost first.
pub fn describe(error: &wasmtime::Error) -> String {
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
