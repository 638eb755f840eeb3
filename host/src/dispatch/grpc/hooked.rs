//! RPCs with the hooks of features around the guest.
//!
//! Does not know what they decide about.

use std::sync::Arc;

use http::{Response, StatusCode};
use hyper::body::Body as _;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Status};

use super::rpc::Rpc;
use super::{GrpcBody, GrpcDispatcher, RpcContext, caller, timeout};
use crate::bindings::errors::Kind;
use crate::call::CallDepth;
use crate::dispatch::hooks::{self, Answered};
use crate::extension::{Answer, Hooked, Request, Response as Seen};
use crate::http2::RequestBody;

impl GrpcDispatcher {
    pub(super) async fn respond_hooked(
        &self,
        hooks: &[Hooked],
        mut request: Request<'_>,
        body: RequestBody,
    ) -> Response<GrpcBody> {
        let begun = Instant::now();
        let limit = timeout::of_request(request.headers()).ok().flatten();
        let asking = hooks::on_request(hooks, &mut request);
        let asked = match limit {
            Some(limit) => timeout_at(begun + limit, asking).await.unwrap_or_else(|_late| {
                // Every hook sees the response: nobody knows how many were asked.
                Err(Answered { answer: Box::new(late()), passed: hooks.len() })
            }),
            None => asking.await,
        };
        let context = RpcContext {
            id: request.id().clone(),
            peer: request.peer(),
            begun,
            annotations: request.found.annotations(),
            hides_id: request.found.hides_id,
            compresses: request.found.compresses,
        };
        let (mut response, mut passed) = match asked {
            Ok(()) => (self.answer(request.parts(), body, context).await, hooks.len()),
            Err(Answered { answer, passed }) => (self.given(&request, *answer, begun), passed),
        };
        loop {
            let (mut parts, body) = response.into_parts();
            let code = ended(&parts.headers, &body);
            let mut seen = Seen::new(StatusCode::OK, code, &mut parts.headers);
            match hooks::on_response(&hooks[..passed], &request, &mut seen).await {
                Ok(()) => return Response::from_parts(parts, body),
                Err(Answered { answer, passed: before }) => {
                    (response, passed) = (self.given(&request, *answer, begun), before);
                }
            }
        }
    }

    /// What a feature answers in place of the service.
    fn given(&self, request: &Request<'_>, answer: Answer, begun: Instant) -> Response<GrpcBody> {
        let rpc = Rpc {
            rules: self.rules.clone(),
            logger: self.logger.clone(),
            method: Arc::from(request.path()),
            id: request.id().clone(),
            peer: request.peer(),
            depth: CallDepth::default(),
            annotations: request.found.annotations(),
            hides_id: request.found.hides_id,
            begun,
            caller: caller(request.headers()),
            timeout: None,
        };
        rpc.trailers_only(&self.rules.statuses.given(answer))
    }
}

/// What a client is told whose time was up while hooks decided.
fn late() -> Answer {
    let message = "the service did not answer in time";
    Answer::error(Kind::DeadlineExceeded, message)
}

/// How an RPC ended that is answered without messages.
fn ended(headers: &http::HeaderMap, body: &GrpcBody) -> Option<Code> {
    body.is_end_stream().then(|| Status::from_header_map(headers).map(|status| status.code()))?
}
