//! Kinds that are not built in: each runs on a thread of its own while its version serves.
//!
//! Does not know what they do.

use std::io;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{oneshot, watch};
use wasmtime::component::Val;

use super::thread;
use super::threads::DrainGuard;
use crate::bindings::errors::{Error as ServiceError, FieldViolation, Kind as ErrorKind};
use crate::call::error::service_error;
use crate::call::kind::kind_named;
use crate::call::{Context, Deadline, Fault, Function, RequestAnnotations};
use crate::extension::{
    AnyRunningKind, CallError, CallGuest, CallOptions, Export, ExtensionError, Guest, Stop,
};
use crate::guest::Workers;
use crate::telemetry::{Attributes, error};
use crate::text::on_one_line;

/// A kind that is to run once its version serves. Its thread is there already: nothing that the system
/// could refuse is left for the moment when the version before has gone.
pub(super) struct PreparedKind {
    pub(super) name: &'static str,
    pub(super) attributes: Attributes,
    running: Box<dyn AnyRunningKind>,
    go: oneshot::Sender<(Box<dyn AnyRunningKind>, Guest)>,
    run: KindRun,
}

impl PreparedKind {
    /// # Errors
    /// When the system refuses the thread.
    pub(super) fn new(name: &'static str, running: Box<dyn AnyRunningKind>) -> io::Result<Self> {
        let (stop, told) = watch::channel(false);
        let (cut, mut is_cut) = watch::channel(false);
        let (done, ended) = oneshot::channel();
        let (go, gone) = oneshot::channel::<(Box<dyn AnyRunningKind>, Guest)>();
        thread::start(format!("kind-{name}"), move |runtime| {
            // Made on the thread that runs it: it need not be `Send`.
            let result = runtime.block_on(async move {
                // Of a version that never serves.
                let Ok((running, guest)) = gone.await else { return Ok(()) };
                tokio::select! {
                    biased;
                    _ = is_cut.wait_for(|cut| *cut) => Ok(()),
                    result = running.run(guest, Stop::new(told)) => result,
                }
            });
            // An owner that is gone does not wait.
            drop(done.send(result));
        })?;
        let run = KindRun { name, stop, cut, ended: Some(ended) };
        Ok(Self { name, attributes: running.describe(), running, go, run })
    }

    /// Lets it run on its thread.
    pub(super) fn run(self, guest: Guest) -> KindRun {
        let Self { running, go, run, .. } = self;
        // A thread that has panicked is told of by the run.
        drop(go.send((running, guest)));
        run
    }
}

/// A kind that runs.
#[derive(Debug)]
pub(super) struct KindRun {
    pub(super) name: &'static str,
    stop: watch::Sender<bool>,
    cut: watch::Sender<bool>,
    /// `None` once it has ended.
    ended: Option<oneshot::Receiver<Result<(), ExtensionError>>>,
}

impl KindRun {
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Ends it where it waits.
    pub(super) fn cut(&self) {
        self.stop.send_replace(true);
        self.cut.send_replace(true);
    }

    /// Resolves when it fails; never when it ends by itself, which is fine.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(super) async fn failure(&mut self) -> ExtensionError {
        if let Some(ended) = &mut self.ended {
            let result = ended.await.unwrap_or_else(|_lost| Err(panicked()));
            self.ended = None;
            if let Err(error) = result {
                return error;
            }
        }
        std::future::pending().await
    }

    /// Waits for its end after it was told to stop; tells whether it went well.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(super) async fn ended(&mut self) -> bool {
        let Some(ended) = &mut self.ended else { return true };
        let result = ended.await.unwrap_or_else(|_lost| Err(panicked()));
        self.ended = None;
        if let Err(reason) = &result {
            error!(
                KindStopFailed,
                kind = self.name,
                error.message = on_one_line(reason),
                "a kind did not stop cleanly"
            );
        }
        result.is_ok()
    }
}

fn panicked() -> ExtensionError {
    ExtensionError::new("its thread has panicked")
}

/// The guest as kinds call it.
pub(super) struct Callee {
    pub(super) workers: Workers,
    pub(super) call_timeout: std::time::Duration,
    pub(super) _guard: DrainGuard,
}

impl CallGuest for Callee {
    fn call(
        &self,
        export: Export,
        arguments: Vec<Val>,
        options: CallOptions,
    ) -> BoxFuture<'static, Result<Option<Val>, CallError>> {
        let CallOptions { timeout, id, attributes } = options;
        let limit = timeout.unwrap_or(self.call_timeout);
        let deadline = Deadline::after(limit);
        let annotations = RequestAnnotations { identity: None, attributes };
        let context = Context {
            request_id: id,
            annotations: Some(Arc::new(annotations)),
            deadline: Some(deadline),
            overdue: Some(deadline.at),
            ..Context::default()
        };
        let workers = self.workers.clone();
        let name = format!("{}#{}", export.interface, export.function).into();
        Box::pin(async move {
            let function = Function { name, arguments };
            let outcome = workers.function(workers.least_loaded(), function, context).await;
            let returned = match outcome {
                Ok(Ok(returned)) => returned,
                Err(fault) => return Err(fault.into()),
            };
            match returned.into_iter().next() {
                Some(Val::Result(Ok(value))) => Ok(value.map(|value| *value)),
                Some(Val::Result(Err(error))) => Err(CallError::Returned(lift(error.as_deref()))),
                _ => Err(Fault::InvalidResponse("it is no result".into()).into()),
            }
        })
    }
}

/// An `error` of `mikros:service/errors`, or a text in place of one.
fn lift(error: Option<&Val>) -> ServiceError {
    let mut lifted = service_error(ErrorKind::Internal, "");
    let fields = match error {
        Some(Val::Record(fields)) => fields,
        Some(Val::String(text)) => {
            lifted.message.clone_from(text);
            return lifted;
        }
        _ => return lifted,
    };
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("kind", Val::Enum(kind)) => {
                lifted.kind = kind_named(kind).unwrap_or(ErrorKind::Internal);
            }
            ("message", Val::String(message)) => lifted.message.clone_from(message),
            ("code", Val::S32(code)) => lifted.code = *code,
            ("cause", Val::Option(Some(text))) => lifted.cause = text_of(text),
            ("destination", Val::Option(Some(text))) => lifted.destination = text_of(text),
            ("status", Val::Option(Some(status))) => lifted.status = number_of(status),
            ("retry-after", Val::Option(Some(time))) => lifted.retry_after = number_of(time),
            ("field-violations", Val::List(violations)) => {
                lifted.field_violations = violations.iter().filter_map(violation_of).collect();
            }
            ("attributes", Val::Option(Some(text))) => lifted.attributes = text_of(text),
            _ => (),
        }
    }
    lifted
}

fn text_of(value: &Val) -> Option<String> {
    match value {
        Val::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// A status or a duration.
fn number_of<N: TryFrom<u64>>(value: &Val) -> Option<N> {
    let number = match value {
        Val::U16(number) => u64::from(*number),
        Val::U64(number) => *number,
        _ => return None,
    };
    N::try_from(number).ok()
}

fn violation_of(value: &Val) -> Option<FieldViolation> {
    let Val::Record(fields) = value else { return None };
    let text = |wanted| {
        let (_, value) = fields.iter().find(|(name, _)| name == wanted)?;
        text_of(value)
    };
    Some(FieldViolation { field: text("field")?, description: text("description")? })
}

#[cfg(test)]
mod tests;
