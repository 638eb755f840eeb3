//! The host's side of what a guest may import, one file per interface, and the state of an instance
//! that these need.
//!
//! Effects stay within the [`Grants`] of the service. Knows nothing of requests beyond their context,
//! and nothing of sockets.

mod call;
mod clients;
mod definition;
mod env;
mod health;
mod logger;
mod memory;
mod provided;
mod routes;
mod shutdown;
mod stdio;
pub(crate) mod streams;
mod time;
mod wasi;

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use wasmtime::AsContextMut;
use wasmtime::component::{Access, GuestTaskId, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub(crate) use self::clients::ClientGrants;
pub(crate) use self::health::HealthOverrides;
pub(crate) use self::memory::{Memory, MemoryLimit, is_out_of_memory};
pub(crate) use self::provided::{FailureShape, Provide, Relay};
use self::wasi::Output;
use crate::bindings::{self, definition::Description};
use crate::call::{ActiveCall, Table};
use crate::client::Clients;
use crate::definition::{Settings, StackTrace};
use crate::observe::ObserveContext;
use crate::telemetry::Logger;

/// What `service.toml` grants a service: the same for all its instances, fixed while it runs.
#[derive(Debug)]
pub(crate) struct Grants {
    pub identity: Description,
    /// `[service]`; of a plug-in its own table.
    pub settings: Settings,
    /// Enabled features and what they let services know of their settings.
    pub features: Vec<(String, Settings)>,
    /// The declared variables and their values, in the order of the file.
    pub variables: Vec<(String, String)>,
    /// `local`, `prod`, …
    pub deployment: &'static str,
    /// The other services that it may call.
    pub clients: ClientGrants,
    /// How the stack of a guest that trapped is logged.
    pub stack_trace: StackTrace,
    /// The features that are enabled and have something for imports.
    pub shared: Shared,
    /// The plug-ins that provide interfaces.
    pub providers: Vec<Arc<dyn Provide>>,
    /// Of a plug-in, the feature that it is: part of its log lines.
    pub feature: Option<Arc<str>>,
    pub logger: Logger,
    /// Where what it does is told.
    pub observe: ObserveContext,
    /// Whether it has standard input and output of the process; what it prints becomes log lines otherwise.
    pub inherits_stdio: bool,
    pub stopping: watch::Receiver<Stopping>,
    /// What the service says of its health.
    pub health: watch::Sender<HealthOverrides>,
}

/// Running features by their types, for the imports that they add.
#[derive(Default)]
pub(crate) struct Shared(Vec<(TypeId, Arc<dyn Any + Send + Sync>)>);

impl Shared {
    /// Adds a feature by its type.
    pub(crate) fn add(&mut self, (id, feature): (TypeId, Arc<dyn Any + Send + Sync>)) {
        self.0.push((id, feature));
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Shared").field(&self.0.len()).finish()
    }
}

/// How far the shutdown of a service has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stopping {
    No,
    /// No new requests; those in flight are finished.
    Draining,
    /// The last request is answered.
    Drained,
}

/// The host's state of one instance.
pub struct State {
    pub(crate) grants: Arc<Grants>,
    /// Index of its worker.
    pub(crate) local: usize,
    pub(crate) calls: Table,
    /// The clients of its worker.
    pub(crate) clients: Arc<Clients>,
    pub(crate) memory: Memory,
    /// Whether [`State::survived`] has anything to do; shared so that asking needs no store.
    pub(crate) trap_evidence: TrapEvidence,
    output: Output,
    wasi: WasiCtx,
    resources: ResourceTable,
}

impl State {
    /// State of an instance of the worker `local` that may use so much linear memory.
    pub(crate) fn new(
        grants: Arc<Grants>,
        clients: Arc<Clients>,
        local: usize,
        memory: MemoryLimit,
    ) -> Self {
        let trap_evidence = TrapEvidence::default();
        let output =
            Output::new(grants.logger.clone(), grants.feature.clone(), trap_evidence.clone());
        let wasi = wasi::context(&grants, &output);
        Self {
            grants,
            local,
            calls: Table::default(),
            clients,
            memory: Memory::new(memory, trap_evidence.clone()),
            trap_evidence,
            output,
            wasi,
            resources: ResourceTable::new(),
        }
    }

    /// The running feature of type `R`, which an import of it needs; `None` when the feature is disabled.
    pub fn feature<R: Any>(&self) -> Option<&R> {
        let id = TypeId::of::<R>();
        let (_, feature) = self.grants.shared.0.iter().find(|(known, _)| *known == id)?;
        (&**feature as &dyn Any).downcast_ref()
    }

    /// The guest came back to the host: what it printed is not the last word of a panic, and an
    /// allocation that was refused did not end it.
    pub(crate) fn survived(&mut self) {
        self.output.publish();
        self.memory.forget_refusal();
    }

    /// What the guest wrote to stderr since it last came back to the host: after a trap the text of
    /// its panic. `None` when it wrote nothing.
    pub(crate) fn pending_stderr(&mut self) -> Option<String> {
        self.output.pending_stderr()
    }
}

/// Set while there is something that would explain a trap: since it last came back to the host, the guest has
/// written to stderr or was refused memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrapEvidence(Arc<AtomicBool>);

impl TrapEvidence {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was set; it no longer is.
    pub(crate) fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.resources }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.output.finish();
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("calls", &self.calls).finish_non_exhaustive()
    }
}

/// Makes every import that a guest may have available in `linker`.
///
/// # Errors
/// When a name is defined twice, which is a bug in this module.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    bindings::types::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::logger::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::errors::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::env::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::definition::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::call::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::health::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::shutdown::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::routes::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::time::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    clients::link(linker)?;
    wasi::link(linker)
}

impl bindings::types::Host for State {}
impl bindings::errors::Host for State {}

/// The call on whose behalf the guest runs right now: the export that the host called, however many
/// tasks the guest has spawned since.
pub(crate) fn current_task(mut store: impl AsContextMut<Data = State>) -> Option<GuestTaskId> {
    store.as_context_mut().async_call_stack().ok()?.last()
}

fn current_call<'a>(access: &'a mut Access<'_, State>) -> Option<&'a mut ActiveCall> {
    let task = current_task(&mut *access)?;
    access.get().calls.get_mut(task)
}
