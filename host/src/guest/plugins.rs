//! Plug-ins inside an instance, and functions that have no type of the contract.

use std::convert::Infallible;
use std::future::pending;

use bytes::Bytes;
use wasmtime::component::{ComponentNamedList, Lift, TypedFunc, Val};

use super::exports::{PluginStart, required};
use super::instance::{CallLoop, PendingCall};
use super::workers::Workers;
use crate::bindings::plugin::{RequestDecision, ResponseDecision, StartRefusal};
use crate::call::{Call, CallRequest, Context, Function, Outcome, Reply};
use crate::engine::Interface;

impl Workers {
    /// Asks a plug-in about a request. As for [`Workers::http`].
    ///
    /// # Cancel safety
    /// When the future is dropped the guest is told that the call is cancelled.
    pub(crate) async fn on_request(
        &self,
        local: usize,
        head: Bytes,
        context: Context,
    ) -> Outcome<RequestDecision, Infallible> {
        let (reply, outcome) = Reply::new();
        let call = Call { request: CallRequest::OnRequest(head, reply), context };
        self.request(local, call, outcome, pending()).await
    }

    /// The same for a response.
    pub(crate) async fn on_response(
        &self,
        local: usize,
        head: Bytes,
        context: Context,
    ) -> Outcome<ResponseDecision, Infallible> {
        let (reply, outcome) = Reply::new();
        let call = Call { request: CallRequest::OnResponse(head, reply), context };
        self.request(local, call, outcome, pending()).await
    }

    /// Calls a function that has no type of the contract.
    ///
    /// # Cancel safety
    /// As for [`Workers::on_request`].
    pub(crate) async fn function(
        &self,
        local: usize,
        function: Function,
        context: Context,
    ) -> Outcome<Vec<Val>, Infallible> {
        let (reply, outcome) = Reply::new();
        let call = Call { request: CallRequest::Function(function, reply), context };
        self.request(local, call, outcome, pending()).await
    }
}

impl CallLoop<'_> {
    /// `on-start` of a plug-in, with its settings.
    pub(super) async fn start_plugin(
        &self,
        start: PluginStart,
    ) -> wasmtime::Result<Result<(), StartRefusal>> {
        // Kept until it has returned: a call that nobody waits for is cancelled.
        let (reply, _outcome) = Reply::<()>::new();
        let pending = PendingCall::new("lifecycle.on-start", Context::default(), reply.to_any());
        let settings =
            self.accessor.with(|mut access| access.get().grants.settings.to_json().into());
        let (task, (returned,)) = self.enter(start, |_| Ok((settings,)), pending).await?;
        self.answered(task);
        Ok(returned)
    }

    pub(super) async fn on_request(
        &self,
        head: Bytes,
        reply: &Reply<RequestDecision, Infallible>,
        pending: PendingCall,
    ) -> wasmtime::Result<()> {
        let function = required(self.exports.on_request, Interface::RequestHook)?;
        self.decide(function, head, reply, pending).await
    }

    pub(super) async fn on_response(
        &self,
        head: Bytes,
        reply: &Reply<ResponseDecision, Infallible>,
        pending: PendingCall,
    ) -> wasmtime::Result<()> {
        let function = required(self.exports.on_response, Interface::ResponseHook)?;
        self.decide(function, head, reply, pending).await
    }

    async fn decide<D>(
        &self,
        function: TypedFunc<(Bytes,), (D,)>,
        head: Bytes,
        reply: &Reply<D, Infallible>,
        pending: PendingCall,
    ) -> wasmtime::Result<()>
    where
        D: Send + Sync + 'static,
        (D,): ComponentNamedList + Lift,
    {
        let (task, (decision,)) = self.enter(function, |_| Ok((head,)), pending).await?;
        self.answered(task);
        reply.send(Ok(decision));
        Ok(())
    }

    /// Calls a function with values of the types that it declares, and gives back what it returns.
    pub(super) async fn function(
        &self,
        function: Function,
        reply: &Reply<Vec<Val>, Infallible>,
        mut pending: PendingCall,
    ) -> wasmtime::Result<()> {
        let Function { name, arguments } = function;
        let function = self.exports.by_name(&name)?;
        let cancel = pending.take_cancel();
        // Each of them returns one value: a result.
        let mut results = [Val::Bool(false)];
        let (task, started) = self.accessor.with(|mut access| -> wasmtime::Result<_> {
            let started = function.start_call_concurrent(&mut access, &arguments, &mut results)?;
            let task = started.task();
            access.get().calls.enter(task, pending.into_call());
            Ok((task, started))
        })?;
        let finish = function.finish_call_concurrent(self.accessor, started);
        self.attend(task, finish, cancel).await?;
        self.answered(task);
        reply.send(Ok(results.into()));
        Ok(())
    }
}
