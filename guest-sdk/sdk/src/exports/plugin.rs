//! The exports of a plug-in: bytes of the host become heads, and decisions become what the host takes.
//! Deliberately makes nothing of a request that passes as it is: this is the path of every request.

use std::marker::PhantomData;

use super::{cancelled, finish, wit};
use crate::bindings::errors::mikros::service::types;
use crate::bindings::plugin_lifecycle::exports::mikros::plugin::lifecycle;
use crate::bindings::request_hook::exports::mikros::plugin::request_hook as request;
use crate::bindings::response_hook::exports::mikros::plugin::response_hook as response;
use crate::call::until_cancelled;
use crate::error::{Result, ServiceError};
use crate::log;
use crate::plugin::{
    Answer, Changes, Content, Pass, Plugin, Problem, Reason, Refusal, RequestHead, RequestHook,
    ResponseHead, ResponseHook, is_running, running, start,
};

/// Implements the exports for the plug-in `P`.
#[derive(Debug)]
pub struct ExportedPlugin<P>(PhantomData<P>);

impl<P: Plugin> lifecycle::Guest for ExportedPlugin<P> {
    async fn on_start(settings: String) -> Result<(), lifecycle::Refusal> {
        if is_running() {
            let error = ServiceError::internal("the host called `on-start` twice");
            return Err(lifecycle::Refusal::Error(error.into()));
        }
        let started = until_cancelled(log::starting(start::<P>(&settings))).await;
        let started = started.unwrap_or_else(|| Err(cancelled().into()));
        started.map(|_plugin| ()).map_err(Into::into)
    }

    async fn on_finish() -> Result<(), wit::Error> {
        finish(async { running::<P>()?.on_finish().await }).await
    }
}

impl From<Refusal> for lifecycle::Refusal {
    fn from(refusal: Refusal) -> Self {
        let problem = |Problem { path, message }| lifecycle::Problem { path, message };
        match refusal.0 {
            Reason::Settings(problems) => {
                Self::Settings(problems.into_iter().map(problem).collect())
            }
            Reason::Error(error) => Self::Error(error.into()),
        }
    }
}

impl<P: RequestHook> request::Guest for ExportedPlugin<P> {
    async fn on_request(head: Vec<u8>) -> request::Decision {
        let decided = until_cancelled(async {
            let head = RequestHead::parse(head)?;
            running::<P>()?.on_request(&head).await
        });
        match decided.await.unwrap_or_else(|| Err(cancelled().into())) {
            Ok(pass) => pass.into(),
            Err(answer) => answer.into(),
        }
    }
}

impl From<Pass> for request::Decision {
    fn from(Pass { changes, caller }: Pass) -> Self {
        if changes.is_empty() && caller.is_none() {
            return Self::Pass;
        }
        let attributes = changes.attributes();
        Self::Change(request::Changes {
            set: changes.set,
            remove: changes.remove,
            identity: caller.map(|caller| types::Identity {
                subject: caller.subject,
                scheme: caller.scheme,
                claims: caller.claims,
            }),
            attributes,
        })
    }
}

impl From<Answer> for request::Decision {
    fn from(answer: Answer) -> Self {
        let headers = answer.0.headers;
        match answer.0.content {
            Content::Error(error) => {
                Self::Refuse(request::Refusal { error: error.into(), headers })
            }
            Content::Response { status, body } => {
                let (status, body) = (status.as_u16(), body.into());
                Self::Answer(request::Response { status, headers, body })
            }
        }
    }
}

impl<P: ResponseHook> response::Guest for ExportedPlugin<P> {
    /// # Panics
    ///
    /// When the host breaks the contract: there is no decision that tells it so.
    async fn on_response(head: Vec<u8>) -> response::Decision {
        let head = ResponseHead::parse(head).expect("the host writes heads as the contract wants");
        let plugin = running::<P>().expect("the host starts a plug-in before it asks it");
        // Nobody looks at what comes of a call that is cancelled.
        let changes = until_cancelled(plugin.on_response(&head)).await.unwrap_or_default();
        if changes.is_empty() { response::Decision::Pass } else { changes.into() }
    }
}

impl From<Changes> for response::Decision {
    fn from(changes: Changes) -> Self {
        let attributes = changes.attributes();
        Self::Change(response::Changes { set: changes.set, remove: changes.remove, attributes })
    }
}
