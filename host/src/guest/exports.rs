//! The exported functions of one instance, with the types that the contract gives them.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use rustc_hash::FxBuildHasher;
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Func, Instance, Lift, Lower, TypedFunc};

use crate::bindings::definition::Description;
use crate::bindings::errors::Error as ServiceError;
use crate::bindings::grpc::{StreamingParameters, StreamingResults, UnaryParameters, UnaryResults};
use crate::bindings::http::{HandleParameters, HandleResults};
use crate::bindings::plugin::{RequestDecision, ResponseDecision, StartParameters, StartResults};
use crate::call::Step;
use crate::capability::State;
use crate::engine::{Interface, Program};

type StepResults = (Result<(), ServiceError>,);
pub(super) type PlainStep = TypedFunc<(), StepResults>;
pub(super) type RunStep = TypedFunc<(Vec<String>,), StepResults>;
pub(super) type Give = TypedFunc<(Arc<Description>,), (Result<Option<Bytes>, ServiceError>,)>;
pub(super) type Receive = TypedFunc<(Arc<Description>, Bytes), StepResults>;
pub(super) type Unary = TypedFunc<UnaryParameters, UnaryResults>;
pub(super) type Streaming = TypedFunc<StreamingParameters, StreamingResults>;
pub(super) type Handle = TypedFunc<HandleParameters, HandleResults>;
pub(super) type PluginStart = TypedFunc<StartParameters, StartResults>;
pub(super) type OnRequest = TypedFunc<(Bytes,), (RequestDecision,)>;
pub(super) type OnResponse = TypedFunc<(Bytes,), (ResponseDecision,)>;

#[derive(Clone, Copy)]
struct Lifecycle {
    on_start: PlainStep,
    on_finish: PlainStep,
}

#[derive(Clone, Copy)]
struct Native {
    start: PlainStep,
    stop: PlainStep,
}

#[derive(Clone, Copy)]
struct Script {
    run: RunStep,
    cleanup: PlainStep,
}

#[derive(Clone, Copy)]
pub(super) struct Handover {
    pub(super) give: Give,
    pub(super) receive: Receive,
}

#[derive(Clone, Copy)]
pub(super) struct Grpc {
    pub(super) unary: Unary,
    pub(super) streaming: Streaming,
}

#[derive(Clone, Copy)]
pub(super) struct Plugin {
    pub(super) start: PluginStart,
    stop: PlainStep,
}

/// `None` for an interface that the component does not export.
#[derive(Default)]
pub(super) struct Exports {
    lifecycle: Option<Lifecycle>,
    native: Option<Native>,
    script: Option<Script>,
    pub(super) handover: Option<Handover>,
    pub(super) handle: Option<Handle>,
    pub(super) grpc: Option<Grpc>,
    pub(super) plugin: Option<Plugin>,
    pub(super) on_request: Option<OnRequest>,
    pub(super) on_response: Option<OnResponse>,
    /// Those without a type of the contract.
    functions: HashMap<Arc<str>, Func, FxBuildHasher>,
}

impl Exports {
    /// # Errors
    /// When an exported function has another type than the contract says.
    pub(super) fn find(
        store: &mut Store<State>,
        instance: &Instance,
        program: &Program,
    ) -> wasmtime::Result<Self> {
        let mut exports = Self::default();
        for name in program.functions() {
            let function = find(store, instance, name)?;
            exports.functions.insert(name.clone(), function);
        }
        for interface in program.surface().exported() {
            let mut find = Find { store, instance, interface };
            match interface {
                Interface::Lifecycle => {
                    let on_start = find.function("on-start")?;
                    let on_finish = find.function("on-finish")?;
                    exports.lifecycle = Some(Lifecycle { on_start, on_finish });
                }
                Interface::Handover => {
                    let (give, receive) = (find.function("give")?, find.function("receive")?);
                    exports.handover = Some(Handover { give, receive });
                }
                Interface::Native => {
                    let (start, stop) = (find.function("start")?, find.function("stop")?);
                    exports.native = Some(Native { start, stop });
                }
                Interface::Script => {
                    let (run, cleanup) = (find.function("run")?, find.function("cleanup")?);
                    exports.script = Some(Script { run, cleanup });
                }
                Interface::Http => exports.handle = Some(find.function("handle")?),
                Interface::Grpc => {
                    let (unary, streaming) = (find.function("unary")?, find.function("streaming")?);
                    exports.grpc = Some(Grpc { unary, streaming });
                }
                Interface::PluginLifecycle => {
                    let (start, stop) = (find.function("on-start")?, find.function("on-finish")?);
                    exports.plugin = Some(Plugin { start, stop });
                }
                Interface::RequestHook => exports.on_request = Some(find.function("on-request")?),
                Interface::ResponseHook => {
                    exports.on_response = Some(find.function("on-response")?);
                }
                // Found among the functions.
                Interface::Custom { .. } => (),
            }
        }
        Ok(exports)
    }

    /// The function of a step without parameters; `None` when it is not exported or is `script.run`.
    pub(super) fn plain(&self, step: &Step) -> Option<PlainStep> {
        match step {
            Step::OnStart => self.lifecycle.map(|lifecycle| lifecycle.on_start),
            Step::OnFinish => {
                let of_plugin = self.plugin.map(|plugin| plugin.stop);
                self.lifecycle.map(|lifecycle| lifecycle.on_finish).or(of_plugin)
            }
            Step::NativeStart => self.native.map(|native| native.start),
            Step::NativeStop => self.native.map(|native| native.stop),
            Step::ScriptCleanup => self.script.map(|script| script.cleanup),
            Step::ScriptRun { .. } => None,
        }
    }

    /// A function without a type of the contract.
    ///
    /// # Errors
    /// When there is none: linking has checked that, so this is a bug of the host.
    pub(super) fn by_name(&self, name: &str) -> wasmtime::Result<Func> {
        let function = self.functions.get(name).copied();
        function.ok_or_else(|| wasmtime::format_err!("the component has no function `{name}`"))
    }

    pub(super) fn run(&self) -> Option<RunStep> {
        self.script.map(|script| script.run)
    }
}

/// What a component exports of `interface`.
///
/// # Errors
/// When it does not export it: only calls that fit the component are sent to it, so this is a bug of the host.
pub(super) fn required<T>(export: Option<T>, interface: Interface) -> wasmtime::Result<T> {
    export.ok_or_else(|| wasmtime::format_err!("the component has no `{}`", interface.export()))
}

/// The function with a name such as `acme:flags/flags@1.0.0#is-enabled`. Its interface may stand in the
/// component in another version of the same track.
fn find(store: &mut Store<State>, instance: &Instance, name: &str) -> wasmtime::Result<Func> {
    let (interface, function) = name.split_once('#').unwrap_or((name, ""));
    let found = instance
        .get_export_index(&mut *store, None, interface)
        .and_then(|interface| instance.get_export_index(&mut *store, Some(&interface), function));
    found
        .and_then(|index| instance.get_func(&mut *store, index))
        .ok_or_else(|| wasmtime::format_err!("`{interface}` has no function `{function}`"))
}

struct Find<'a> {
    store: &'a mut Store<State>,
    instance: &'a Instance,
    interface: Interface,
}

impl Find<'_> {
    fn function<P, R>(&mut self, name: &str) -> wasmtime::Result<TypedFunc<P, R>>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let export = self.interface.export();
        self.instance
            .get_export_index(&mut *self.store, None, &export)
            .and_then(|interface| {
                self.instance.get_export_index(&mut *self.store, Some(&interface), name)
            })
            .ok_or_else(|| wasmtime::format_err!("`{export}` has no function `{name}`"))
            .and_then(|index| self.instance.get_typed_func(&mut *self.store, index))
            .map_err(|error| {
                error.context(format!("`{export}` does not follow the contract in `{name}`"))
            })
    }
}
