//! RPCs with the hooks of features around the guest.
//!
//! Does not know what they decide about.

use std::sync::Arc;

use http::{HeaderMap, Response};
use hyper::body::Body as _;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Status};

use super::{GrpcBody, GrpcDispatcher, RpcContext, timeout};
use crate::bindings::errors::Kind as ErrorKind;
use crate::dispatch::hooks::{self, Answered, HookedProtocol};
use crate::extension::{Answer, Body, Hooked, Request};
use crate::http2::RequestBody;
use crate::observe::RequestDetails;

impl GrpcDispatcher {
    pub(super) async fn respond_hooked(
        &self,
        hooks: &[Hooked],
        mut request: Request<'_>,
        body: RequestBody,
    ) -> Response<GrpcBody> {
        let rpc = HookedRpc { dispatcher: self, begun: Instant::now() };
        let limit = timeout::of_request(request.headers()).ok().flatten();
        let asking = hooks::on_request(hooks, &mut request);
        let asked = match limit {
            Some(limit) => timeout_at(rpc.begun + limit, asking).await.unwrap_or_else(|_late| {
                // Every hook sees the response: nobody knows how many were asked.
                Err(Answered { answer: Box::new(late()), passed: hooks })
            }),
            None => asking.await,
        };
        RequestDetails::note(&request.parts().extensions, request.id(), request.identity());
        let (response, passed) = match asked {
            Ok(()) => {
                let context = rpc.context(&request);
                (self.answer(request.parts(), body, context).await, hooks)
            }
            Err(Answered { answer, passed }) => (rpc.given(&request, *answer), passed),
        };
        // The line about an RPC is written when its messages have ended, and has no fields of hooks.
        let (response, _fields) = hooks::on_response(&rpc, passed, &request, response).await;
        response
    }
}

/// An RPC whose hooks are being asked.
struct HookedRpc<'a> {
    dispatcher: &'a GrpcDispatcher,
    begun: Instant,
}

impl HookedRpc<'_> {
    fn context(&self, request: &Request<'_>) -> RpcContext {
        RpcContext {
            id: request.id().clone(),
            peer: request.peer(),
            begun: self.begun,
            annotations: request.found.annotations(),
            hides_id: request.found.hides_id,
            compresses: request.found.compresses,
        }
    }
}

impl HookedProtocol for HookedRpc<'_> {
    type Body = GrpcBody;

    fn code(headers: &HeaderMap, body: &GrpcBody) -> Option<Code> {
        body.is_end_stream()
            .then(|| Status::from_header_map(headers).map(|status| status.code()))?
    }

    fn given(&self, request: &Request<'_>, answer: Answer) -> Response<GrpcBody> {
        let Self { dispatcher, .. } = self;
        let method = Arc::from(request.path());
        let rpc = dispatcher.rpc(self.context(request), method, request.headers());
        rpc.trailers_only(&dispatcher.rules.statuses.given(answer))
    }

    /// What clients of RPCs get is messages.
    fn wrapped(body: GrpcBody, _: impl FnOnce(Body) -> Body) -> GrpcBody {
        body
    }
}

/// What a client is told whose time was up while hooks decided.
fn late() -> Answer {
    let message = "the service did not answer in time";
    Answer::error(ErrorKind::DeadlineExceeded, message)
}
