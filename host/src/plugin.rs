//! Features as components: what a plug-in decides becomes what a hook decides, and what it provides is
//! called for the service.
//!
//! Does not know when plug-ins are started, nor how their calls enter them.

mod changes;
mod heads;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use wasmtime::component::Val;

use self::changes::Changed;
use crate::bindings::errors::Kind as ErrorKind;
use crate::bindings::plugin::{RequestDecision, ResponseDecision};
use crate::call::{Context, Deadline, Fault, Function, REQUEST_ID, RequestAnnotations, Subject};
use crate::capability::Provide;
use crate::definition::OnFailure;
use crate::engine::{Interface, Surface};
use crate::extension::{Answer, Decision, Hook, Hooked, Request, Response};
use crate::guest::Workers;
use crate::telemetry::{Attributes, Event, Level, Logger};

/// A feature as a component, in one version of a service.
#[derive(Debug)]
pub(crate) struct Plugin {
    pub name: Arc<str>,
    pub workers: Workers,
    pub on_failure: OnFailure,
    /// Longest time for one call.
    pub call_timeout: Duration,
    pub logger: Logger,
}

impl Plugin {
    /// What of a component with this surface is asked about requests; `None` for nothing.
    pub(crate) fn hooked(self: &Arc<Self>, surface: &Surface) -> Option<Hooked> {
        let exports = |wanted| surface.exported().any(|interface| interface == wanted);
        let hooked = Hooked::new(self.clone());
        match (exports(Interface::RequestHook), exports(Interface::ResponseHook)) {
            (true, true) => Some(hooked),
            (true, false) => Some(hooked.requests_only()),
            (false, true) => Some(hooked.responses_only()),
            (false, false) => None,
        }
    }

    /// For a call about `request`.
    fn context(&self, request: &Request<'_>) -> Context {
        let deadline = Deadline::after(self.call_timeout);
        Context {
            request_id: Some(request.id().clone()),
            annotations: request.identity().map(|identity| {
                Arc::new(RequestAnnotations {
                    identity: Some(identity.clone()),
                    attributes: Attributes::new(),
                })
            }),
            peer: Some(request.peer()),
            hooked: Some(request.transport()),
            deadline: Some(deadline),
            overdue: Some(deadline.at),
            ..Context::default()
        }
    }

    /// What becomes of a request that the plug-in could not decide about.
    fn failed(&self, fault: &Fault, request: &Request<'_>) -> Decision {
        let answer = Answer::unavailable("the service is not available, try again");
        self.give_up(fault, request, answer)
    }

    /// The same for a response. What was asked for has been done: nobody should ask for it again.
    fn failed_late(&self, fault: &Fault, request: &Request<'_>) -> Decision {
        let answer = Answer::error(ErrorKind::Internal, "got an internal error");
        self.give_up(fault, request, answer)
    }

    fn give_up(&self, fault: &Fault, request: &Request<'_>, answer: Answer) -> Decision {
        self.report(fault, request);
        match self.on_failure {
            OnFailure::Open => Decision::Pass,
            OnFailure::Closed => answer.into(),
        }
    }

    fn report(&self, fault: &Fault, request: &Request<'_>) {
        // Lost instances are reported where they are lost.
        let level = match fault {
            fault if fault.is_of_one_request() => Level::Error,
            _ if self.on_failure == OnFailure::Open => Level::Warn,
            _ => Level::Debug,
        };
        let policy = match self.on_failure {
            OnFailure::Open => "passed",
            OnFailure::Closed => "refused",
        };
        let attributes = Attributes::from_iter([
            ("feature".to_owned(), Value::from(&*self.name)),
            ("error.message".to_owned(), Value::from(fault.of(Subject::Plugin))),
            ("request".to_owned(), Value::from(policy)),
        ]);
        let context =
            Attributes::from_iter([(REQUEST_ID.to_owned(), Value::from(&**request.id()))]);
        let logger = self.logger.event(Event::FeatureFailed);
        logger.log(level, "feature could not decide", &attributes, &context);
    }
}

impl Hook for Plugin {
    async fn on_request(&self, request: &mut Request<'_>) -> Decision {
        let (head, context) = (heads::of_request(request), self.context(request));
        let decision = match self.workers.on_request(request.local(), head, context).await {
            Ok(Ok(decision)) => decision,
            Err(fault) => return self.failed(&fault, request),
        };
        let changed = match decision {
            RequestDecision::Pass => return Decision::Pass,
            RequestDecision::Change(changes) => changes::of_request(changes, request),
            RequestDecision::Refuse(refusal) => changes::refusal(refusal),
            RequestDecision::Answer(response) => changes::answer(response),
        };
        match changed {
            Ok(Changed::Passes) => Decision::Pass,
            Ok(Changed::Answered(answer)) => Decision::Answer(answer),
            Err(fault) => self.failed(&fault, request),
        }
    }

    async fn on_response(&self, request: &Request<'_>, response: &mut Response<'_>) -> Decision {
        let (head, context) = (heads::of_response(response), self.context(request));
        let decision = match self.workers.on_response(request.local(), head, context).await {
            Ok(Ok(decision)) => decision,
            Err(fault) => return self.failed_late(&fault, request),
        };
        let ResponseDecision::Change(changes) = decision else { return Decision::Pass };
        match changes::of_response(changes, request.transport(), response) {
            Ok(()) => Decision::Pass,
            Err(fault) => self.failed_late(&fault, request),
        }
    }
}

impl Provide for Plugin {
    fn call(
        &self,
        local: usize,
        function: Function,
        context: Context,
    ) -> BoxFuture<'static, Result<Vec<Val>, Fault>> {
        let own = Deadline::after(self.call_timeout);
        // What nobody waits for any more is not worth the time.
        let at = context.deadline.map_or(own.at, |callers| callers.at.min(own.at));
        let context = Context {
            deadline: Some(Deadline { at, ..own }),
            overdue: Some(own.at),
            hooked: None,
            cancel: None,
            ..context
        };
        let (workers, logger, name) =
            (self.workers.clone(), self.logger.clone(), self.name.clone());
        Box::pin(async move {
            let id = context.request_id.clone();
            let outcome = workers.function(local, function, context).await;
            let fault = match outcome {
                Ok(Ok(returned)) => return Ok(returned),
                Err(fault) => fault,
            };
            if matches!(fault, Fault::DeadlineExceeded { .. } | Fault::QueueTimeout { .. }) {
                let attributes = Attributes::from_iter([
                    ("feature".to_owned(), Value::from(&*name)),
                    ("error.message".to_owned(), Value::from(fault.of(Subject::Plugin))),
                ]);
                let context = id.map(|id| (REQUEST_ID.to_owned(), Value::from(&*id)));
                let context = Attributes::from_iter(context);
                let logger = logger.event(Event::FeatureFailed);
                logger.log(Level::Error, "feature did not answer", &attributes, &context);
            }
            Err(fault)
        })
    }
}
