//! Interfaces that plug-ins provide: a call of the guest becomes a call of another component, in a store of
//! its own.
//!
//! Does not know which interfaces there are, nor how plug-ins run.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use wasmtime::AsContextMut;
use wasmtime::component::{LinkerInstance, Val};

use super::{State, current_task};
use crate::call::{Context, Fault, Function, Subject};

/// A plug-in that provides interfaces.
pub(crate) trait Provide: Send + Sync + fmt::Debug {
    /// Calls a function of the instance with the index `local`; its types have been checked.
    fn call(
        &self,
        local: usize,
        function: Function,
        context: Context,
    ) -> BoxFuture<'static, Result<Vec<Val>, Fault>>;
}

/// One function of a provided interface, as a guest calls it.
#[derive(Debug, Clone)]
pub(crate) struct Relay {
    /// The name of the feature.
    pub feature: Arc<str>,
    /// Its index in [`Grants::providers`](super::Grants); `None` while the feature is disabled.
    pub provider: Option<usize>,
    /// `acme:flags/flags@1.0.0#is-enabled`.
    pub function: Arc<str>,
    pub failure: FailureShape,
}

/// The error in what a provided function returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureShape {
    /// `error` of `mikros:service/errors`.
    Error,
    Text,
}

impl FailureShape {
    /// `kind` is one of the contract's.
    fn value(self, kind: &str, message: String) -> Val {
        let error = match self {
            Self::Text => Val::String(message),
            Self::Error => Val::Record(vec![
                ("kind".to_owned(), Val::Enum(kind.to_owned())),
                ("message".to_owned(), Val::String(message)),
                ("code".to_owned(), Val::S32(0)),
                ("cause".to_owned(), Val::Option(None)),
                ("destination".to_owned(), Val::Option(None)),
                ("status".to_owned(), Val::Option(None)),
                ("retry-after".to_owned(), Val::Option(None)),
                ("field-violations".to_owned(), Val::List(Vec::new())),
                ("attributes".to_owned(), Val::Option(None)),
            ]),
        };
        Val::Result(Err(Some(Box::new(error))))
    }
}

impl Relay {
    /// Defines the function, of an `async func` or a plain one.
    ///
    /// # Errors
    /// Those of the linker.
    pub(crate) fn define(
        self,
        linker: &mut LinkerInstance<'_, State>,
        name: &str,
        is_async: bool,
    ) -> wasmtime::Result<()> {
        if is_async {
            return linker.func_new_concurrent(name, move |accessor, _, arguments, results| {
                let call = accessor.with(|mut access| self.begin(&mut access, arguments));
                Box::pin(self.clone().finish(call, results))
            });
        }
        linker.func_new_async(name, move |mut store, _, arguments, results| {
            let call = self.begin(&mut store, arguments);
            Box::new(self.clone().finish(call, results))
        })
    }

    /// The call on its way, for the request that the guest works for; `None` while the feature is
    /// disabled.
    fn begin(&self, mut store: impl AsContextMut<Data = State>, arguments: &[Val]) -> Option<Call> {
        let task = current_task(&mut store);
        let mut context = store.as_context_mut();
        let state = context.data_mut();
        let provider = state.grants.providers.get(self.provider?)?.clone();
        let call = task.and_then(|task| state.calls.get(task));
        let context = call.map(|call| Context {
            peer: call.context.peer,
            request_id: call.context.request_id.clone(),
            target: call.context.target.clone(),
            annotations: call.context.annotations.clone(),
            deadline: call.context.deadline,
            ..Context::default()
        });
        let function = Function { name: self.function.clone(), arguments: arguments.to_vec() };
        Some(provider.call(state.local, function, context.unwrap_or_default()))
    }

    async fn finish(self, call: Option<Call>, results: &mut [Val]) -> wasmtime::Result<()> {
        let outcome = match call {
            None => Err(("precondition-failed", format!("feature `{}` is disabled", self.feature))),
            Some(call) => call.await.map_err(|fault| {
                ("internal", format!("feature `{}` failed: {}", self.feature, public(&fault)))
            }),
        };
        match outcome {
            Ok(returned) => results.clone_from_slice(&returned),
            Err((kind, message)) => results[0] = self.failure.value(kind, message),
        }
        Ok(())
    }
}

type Call = Pin<Box<dyn Future<Output = Result<Vec<Val>, Fault>> + Send>>;

/// What a service may know of the failure of a plug-in; the rest is in the log.
fn public(fault: &Fault) -> String {
    match fault {
        Fault::DeadlineExceeded { .. } => fault.of(Subject::Known),
        Fault::Saturated | Fault::QueueTimeout { .. } => "it is overloaded".to_owned(),
        Fault::Stopping | Fault::CutOff => "it is stopping".to_owned(),
        Fault::Unavailable | Fault::OutOfAddressSpace { .. } | Fault::InstanceLost => {
            "it is not available".to_owned()
        }
        _ => "it crashed".to_owned(),
    }
}
