//! RPCs with the hooks of features around the guest.
//!
//! Does not know what they decide about.

use std::sync::Arc;

use http::{Response, StatusCode};
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;
use tonic::{Code, Status};

use super::rpc::Rpc;
use super::{GrpcBody, GrpcDispatcher, Introduction, caller};
use crate::dispatch::hooks::{self, Answered};
use crate::extension::{Answer, Hooked, Request, Response as Seen};

impl GrpcDispatcher {
    pub(super) async fn respond_hooked(
        &self,
        hooks: &[Hooked],
        mut request: Request<'_>,
        body: Incoming,
    ) -> Response<GrpcBody> {
        let asked = hooks::on_request(hooks, &mut request).await;
        let introduction = Introduction {
            id: request.id().clone(),
            known: request.found.known(),
            hides_id: request.found.hides_id,
            compresses: request.found.compresses,
        };
        let (mut response, mut passed) = match asked {
            Ok(()) => (self.answer(request.parts(), body, introduction).await, hooks.len()),
            Err(Answered { answer, passed }) => (self.given(&request, *answer), passed),
        };
        loop {
            let (mut parts, body) = response.into_parts();
            let code = ended(&parts.headers, &body);
            let mut seen = Seen::new(StatusCode::OK, code, &mut parts.headers);
            match hooks::on_response(&hooks[..passed], &request, &mut seen).await {
                Ok(()) => return Response::from_parts(parts, body),
                Err(Answered { answer, passed: before }) => {
                    (response, passed) = (self.given(&request, *answer), before);
                }
            }
        }
    }

    /// What a feature answers in place of the service.
    fn given(&self, request: &Request<'_>, answer: Answer) -> Response<GrpcBody> {
        let rpc = Rpc {
            rules: self.rules.clone(),
            logger: self.logger.clone(),
            method: Arc::from(request.path()),
            id: request.id().clone(),
            known: request.found.known(),
            hides_id: request.found.hides_id,
            begun: Instant::now(),
            caller: caller(request.headers()),
            timeout: None,
        };
        rpc.trailers_only(&self.rules.statuses.given(answer))
    }
}

/// How an RPC ended that is answered without messages.
fn ended(headers: &http::HeaderMap, body: &GrpcBody) -> Option<Code> {
    body.is_end_stream().then(|| Status::from_header_map(headers).map(|status| status.code()))?
}
