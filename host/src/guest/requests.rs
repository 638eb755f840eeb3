//! Requests inside an instance: what they hand to the guest, what they take back, and what goes on
//! after the guest has returned.

use bytes::Bytes;
use wasmtime::component::{Access, GuestTaskId};

use super::exports::{Grpc, required};
use super::instance::{Abandoned, CallLoop, PendingCall};
use super::intake::Portion;
use super::{body, messages};
use crate::bindings::http as contract;
use crate::call::Reply;
use crate::call::grpc::{Failure, RequestMessages, RpcRequest, RpcResponse, StreamedResponse};
use crate::call::http::{HttpBody, HttpRequest, HttpResponse};
use crate::capability::State;
use crate::capability::streams::StreamCompletion;
use crate::engine::Interface;

impl CallLoop<'_> {
    pub(super) async fn http(
        &self,
        request: HttpRequest,
        reply: Reply<HttpResponse>,
        mut pending: PendingCall,
        portion: Portion,
    ) -> wasmtime::Result<()> {
        let HttpRequest { head, body } = request;
        self.keep_head(&mut pending, &head);
        let handle = required(self.exports.handle, Interface::Http)?;
        let taken = &portion;
        let lower = |access: &mut Access<'_, State>| Ok((head, body::lower(access, body, taken)?));
        let (task, (returned,)) = self.enter(handle, lower, pending).await?;
        // What is read after this is passed on as it comes.
        drop(portion);
        let completion = self.accessor.with(|mut access| -> wasmtime::Result<_> {
            let (mut response, completion) = match returned {
                Ok(response) => {
                    lift(&mut access, response).map(|(r, completion)| (Ok(r), completion))?
                }
                Err(error) => (Err(error), None),
            };
            if let Ok(HttpResponse { body: HttpBody::Streamed { body, .. }, .. }) = &mut response {
                body.when_left(self.giving_up());
            }
            access.get().calls.answered(task);
            reply.send(response);
            Ok(completion)
        })?;
        self.follow(task, completion).await;
        Ok(())
    }

    pub(super) async fn grpc(
        &self,
        request: RpcRequest,
        reply: Reply<RpcResponse, Failure>,
        mut pending: PendingCall,
        portion: Portion,
    ) -> wasmtime::Result<()> {
        let RpcRequest { method, metadata, messages } = request;
        self.keep_head(&mut pending, &metadata);
        let Grpc { unary, streaming } = required(self.exports.grpc, Interface::Grpc)?;
        let messages = match messages {
            RequestMessages::One(message) => {
                let lower = |_: &mut Access<'_, State>| Ok((method, metadata, message));
                let (task, (returned,)) = self.enter(unary, lower, pending).await?;
                self.answered(task);
                reply.send(returned.map(RpcResponse::One));
                return Ok(());
            }
            RequestMessages::Many(messages) => messages,
        };
        let lower = |access: &mut Access<'_, State>| {
            Ok((method, metadata, messages::lower(access, messages, &portion)?))
        };
        let (task, (returned,)) = self.enter(streaming, lower, pending).await?;
        drop(portion);
        let completion = self.accessor.with(|mut access| -> wasmtime::Result<_> {
            let outgoing = match returned {
                Ok(outgoing) => outgoing,
                Err(failure) => {
                    access.get().calls.answered(task);
                    reply.send(Err(failure));
                    return Ok(None);
                }
            };
            let metadata = outgoing.metadata.clone();
            let (mut messages, completion) = messages::lift(&mut access, outgoing)?;
            messages.when_left(self.giving_up());
            if let Some(fault) = access.get().calls.streams(task) {
                let outgoing = StreamedResponse { metadata, messages, fault };
                reply.send(Ok(RpcResponse::Many(outgoing)));
            }
            Ok(Some(completion))
        })?;
        self.follow(task, completion).await;
        Ok(())
    }

    /// Keeps the head of a request for what travels along with calls to other services, if there are any.
    fn keep_head(&self, pending: &mut PendingCall, head: &Bytes) {
        if !self.config.grants.clients.declared.is_empty() {
            pending.set_head(head.clone());
        }
    }

    /// What a client does that leaves a stream: the guest may be computing for it and not come back, in which
    /// case nothing in here notices.
    fn giving_up(&self) -> impl FnOnce() + Send + 'static {
        let worker = self.config.worker.clone();
        move || worker.give_up()
    }

    /// Waits until what is streamed is written. A client that leaves cancels the call, also when the
    /// guest has nothing to write at the moment.
    async fn follow(&self, task: GuestTaskId, completion: Option<StreamCompletion>) {
        let Some(StreamCompletion { mut finished, unread }) = completion else { return };
        tokio::select! {
            biased;
            _ = &mut finished => (),
            _ = unread => {
                self.cancel(task);
                let _abandoned = Abandoned::counted(&self.abandoned);
                let _ = finished.await;
            }
        }
    }
}

fn lift(
    access: &mut Access<'_, State>,
    response: contract::Response,
) -> wasmtime::Result<(HttpResponse, Option<StreamCompletion>)> {
    let contract::Response { status, headers, body } = response;
    let (body, completion) = body::lift(access, body)?;
    Ok((HttpResponse { status, headers, body }, completion))
}
