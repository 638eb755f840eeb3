//! Where the outcome of a call goes.

use std::convert::Infallible;

use bytes::Bytes;
use tokio::sync::oneshot;
use wasmtime::component::Val;

use super::{Fault, Outcome, grpc, http};
use crate::bindings::errors::Error as ServiceError;
use crate::bindings::plugin::{RequestDecision, ResponseDecision};

/// Where the outcome of a call goes. The caller going away is seen as the receiver being dropped.
#[derive(Debug)]
pub enum Reply {
    /// Of a step, and of what receives a state.
    Step(oneshot::Sender<Outcome<()>>),
    Give(oneshot::Sender<Outcome<Option<Bytes>>>),
    Http(oneshot::Sender<Outcome<http::Response>>),
    Grpc(oneshot::Sender<Outcome<grpc::Answer, grpc::Failure>>),
    OnRequest(oneshot::Sender<Outcome<RequestDecision, Infallible>>),
    OnResponse(oneshot::Sender<Outcome<ResponseDecision, Infallible>>),
    Function(oneshot::Sender<Outcome<Vec<Val>, Infallible>>),
}

/// The same for the sender of every variant.
macro_rules! each {
    ($reply:expr, $sender:pat => $result:expr) => {
        match $reply {
            Reply::Step($sender) => $result,
            Reply::Give($sender) => $result,
            Reply::Http($sender) => $result,
            Reply::Grpc($sender) => $result,
            Reply::OnRequest($sender) => $result,
            Reply::OnResponse($sender) => $result,
            Reply::Function($sender) => $result,
        }
    };
}

/// Ends a call of one variant with what the guest returned.
macro_rules! answer {
    ($name:ident, $variant:ident, $returned:ty) => {
        /// A caller that went away does not mind.
        pub fn $name(self, returned: $returned) {
            match self {
                Self::$variant(sender) => drop(sender.send(Ok(returned))),
                _ => {
                    debug_assert!(false, "another call was answered as `{}`", stringify!($variant))
                }
            }
        }
    };
}

impl Reply {
    /// Ends the call with a fault. A caller that went away does not mind.
    pub fn fail(self, fault: Fault) {
        each!(self, sender => drop(sender.send(Err(fault))));
    }

    answer!(answer_step, Step, Result<(), ServiceError>);
    answer!(answer_give, Give, Result<Option<Bytes>, ServiceError>);
    answer!(answer_http, Http, Result<http::Response, ServiceError>);
    answer!(answer_grpc, Grpc, Result<grpc::Answer, grpc::Failure>);
    answer!(answer_on_request, OnRequest, Result<RequestDecision, Infallible>);
    answer!(answer_on_response, OnResponse, Result<ResponseDecision, Infallible>);
    answer!(answer_function, Function, Result<Vec<Val>, Infallible>);

    /// Whether nobody waits for the outcome any more.
    pub fn is_abandoned(&self) -> bool {
        each!(self, sender => sender.is_closed())
    }

    /// Ready once nobody waits for the outcome any more.
    pub fn poll_abandoned(&mut self, context: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        each!(self, sender => sender.poll_closed(context))
    }
}
