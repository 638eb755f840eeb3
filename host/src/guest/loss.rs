//! Names how an instance came to its end: which call did it, why, and where in the guest.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Value, json};
use wasmtime::{Store, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::instance::Unresponsive;
use crate::bindings::plugin::{Problem, StartRefusal};
use crate::call::{self, Fault, Subject};
use crate::capability::{self, State};
use crate::definition::StackTrace;
use crate::machine;
use crate::telemetry::Attributes;

/// How the loop of an instance was left without being asked to.
#[derive(Debug)]
pub(super) enum Cause {
    /// The event loop failed; a trap is one.
    Failed(wasmtime::Error),
    /// The guest was to be ended and stood still in the host, in a blocking call of WASI 0.2.
    Blocked,
    /// The service stops and this instance did not in time; what it was interrupted with.
    CutOff(Option<wasmtime::Error>),
}

/// An instance that was lost, with all the calls in it.
#[derive(Debug, Clone)]
pub(crate) struct Loss {
    /// What its culprit is told.
    pub fault: Fault,
    /// The exported function whose call did it, for example `http.handle`; `None` if none did.
    pub call: Option<Cow<'static, str>>,
    /// The context of that call: which request it was for.
    pub context: Attributes,
    /// The functions on the guest's stack, innermost first.
    pub stack: Vec<String>,
    /// Other calls that were in the instance.
    pub siblings: usize,
}

/// Why an instance did not get as far as serving.
#[derive(Debug, Clone)]
pub(crate) enum StartFailure {
    /// `on-start` returned an error.
    Refused(StartRefusal),
    /// It did not come to its end in time.
    TimedOut(std::time::Duration),
    Lost(Loss),
}

fn refused(refusal: &StartRefusal, subject: Subject) -> String {
    match refusal {
        StartRefusal::Error(error) => {
            format!("`{}` failed: {}", subject.start(), call::describe(error))
        }
        StartRefusal::Settings(problems) => {
            let lines = problems.iter().map(|Problem { path, message }| match path.as_str() {
                "" => format!("`settings` {message}"),
                path => format!("`{path}` {message}"),
            });
            format!("it refused its settings: {}", lines.collect::<Vec<_>>().join("; "))
        }
    }
}

impl Loss {
    /// The fields by which it is reported.
    pub(crate) fn attributes(&self, stack_trace: StackTrace, subject: Subject) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.insert("error.kind".to_owned(), Value::from(self.fault.name()));
        attributes.insert("error.message".to_owned(), Value::from(self.fault.of(subject)));
        if let Some(call) = &self.call {
            attributes.insert("call".to_owned(), Value::from(&**call));
        }
        if self.siblings > 0 {
            attributes.insert("calls.lost".to_owned(), Value::from(self.siblings));
        }
        let stack = match stack_trace {
            _ if self.stack.is_empty() => None,
            StackTrace::Disabled => None,
            StackTrace::Default => Some(Value::from(self.stack.join("\n"))),
            StackTrace::Structured => Some(json!(self.stack)),
        };
        attributes.extend(stack.map(|stack| ("error.stack".to_owned(), stack)));
        attributes
    }
}

impl StartFailure {
    /// Its message, with `subject` as the one who failed.
    pub(crate) fn of(&self, subject: Subject) -> String {
        match self {
            Self::Refused(refusal) => refused(refusal, subject),
            Self::TimedOut(limit) => {
                let limit = humantime::format_duration(*limit);
                format!("`{}` did not return within {limit}", subject.start())
            }
            Self::Lost(loss) => loss.fault.of(subject),
        }
    }

    /// The paths of the settings that a plug-in does not start with.
    pub(crate) fn settings(&self) -> Option<Vec<&str>> {
        match self {
            Self::Refused(StartRefusal::Settings(problems)) => {
                Some(problems.iter().map(|problem| problem.path.as_str()).collect())
            }
            _ => None,
        }
    }

    /// The fields by which it is reported, except its message.
    pub(crate) fn attributes(&self, stack_trace: StackTrace, subject: Subject) -> Attributes {
        let mut attributes = match self {
            Self::Lost(loss) => loss.attributes(stack_trace, subject),
            Self::Refused(_) | Self::TimedOut(_) => Attributes::new(),
        };
        attributes.insert("error.message".to_owned(), Value::from(self.of(subject)));
        attributes
    }
}

impl fmt::Display for StartFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.of(Subject::Service))
    }
}

impl std::error::Error for StartFailure {}

/// Names the loss, reports it, and then tells every call in the instance what happened to it, so
/// that the reason stands in the log before its consequences.
pub(super) fn settle(store: &mut Store<State>, cause: &Cause, report: impl FnOnce(&Loss)) -> Loss {
    let culprit = match cause {
        Cause::Failed(_) | Cause::Blocked | Cause::CutOff(Some(_)) => {
            capability::current_task(&mut *store)
        }
        // It only waited.
        Cause::CutOff(None) => None,
    };
    let pending_stderr = store.data_mut().pending_stderr();
    let fault = fault(store.data(), cause, pending_stderr);
    let context = Attributes::new();
    let mut loss = Loss { fault, call: None, context, stack: stack(cause), siblings: 0 };
    let mut ends = Vec::new();
    for (task, call) in store.data_mut().calls.drain() {
        let fault = if Some(task) == culprit {
            loss.call = Some(call.name);
            loss.context = call.context.attributes();
            loss.fault.clone()
        } else {
            Fault::InstanceLost
        };
        let streams = call.late_fault.as_ref().is_some_and(|late_fault| !late_fault.is_closed());
        let is_waited_for = call.reply.is_some() || streams;
        loss.siblings += usize::from(is_waited_for && Some(task) != culprit);
        ends.push((call.reply, call.late_fault, fault));
    }
    report(&loss);
    for (reply, late_fault, fault) in ends {
        if let Some(reply) = reply {
            reply.fail(fault);
        } else if let Some(late_fault) = late_fault {
            // Nobody has to want to know.
            drop(late_fault.send(fault));
        }
    }
    loss
}

fn fault(state: &State, cause: &Cause, pending_stderr: Option<String>) -> Fault {
    let error = match cause {
        Cause::Failed(error) => error,
        Cause::Blocked => return Fault::Blocked,
        Cause::CutOff(_) => return Fault::CutOff,
    };
    if error.is::<Unresponsive>() {
        return Fault::Unresponsive;
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Fault::Exited { status: exit.0 };
    }
    let trap = error.downcast_ref::<Trap>();
    if trap == Some(&Trap::Interrupt) {
        return Fault::Interrupted;
    }
    if capability::is_out_of_memory(error) || state.memory.starved() {
        return Fault::OutOfAddressSpace { limit: machine::address_space() };
    }
    if state.memory.refused() {
        return Fault::OutOfMemory { limit: state.memory.limit() };
    }
    let text = match (pending_stderr, trap) {
        (Some(words), _) => without_notes(&words),
        (None, Some(trap)) => trap.to_string(),
        // What stands around it is the stack, which is told apart.
        (None, None) => error.root_cause().to_string(),
    };
    Fault::Trapped(text.into())
}

/// A panic's text without the advice that Rust adds for programs that one starts oneself.
fn without_notes(words: &str) -> String {
    let lines = words.lines().filter(|line| !line.starts_with("note: run with `RUST_BACKTRACE"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn stack(cause: &Cause) -> Vec<String> {
    let (Cause::Failed(error) | Cause::CutOff(Some(error))) = cause else { return Vec::new() };
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    let frames = backtrace.frames().iter();
    frames
        .map(|frame| match frame.func_name() {
            // Without the hash that makes the name unique.
            Some(name) => format!("{:#}", rustc_demangle::demangle(name)),
            None => format!("function {}", frame.func_index()),
        })
        .collect()
}
