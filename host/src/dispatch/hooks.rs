//! The hooks of all features that are enabled, in their order around the guest.
//!
//! Requests pass them from the first to the last, responses from the last to the first. A hook that answers
//! in place of the service skips those behind it; those before it see its answer as they would see the
//! service's. Does not know what hooks decide about, nor how an answer is put on the wire.

use std::sync::Arc;

use http::HeaderMap;
use tonic::Code;

use crate::extension::{Answer, Body, Decision, Hooked, Request, Response};
use crate::telemetry::Attributes;

/// The hooks of one version of a service. Without any, a request pays for one comparison.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hooks(Option<Arc<[Hooked]>>);

impl Hooks {
    /// In the order in which they see requests.
    pub(crate) fn new(hooks: Vec<Hooked>) -> Self {
        Self((!hooks.is_empty()).then(|| hooks.into()))
    }

    /// Whether one of them decides about ids. Answers that it is not asked about do not tell theirs.
    pub(super) fn decide_ids(&self) -> bool {
        self.all().is_some_and(|hooks| hooks.iter().any(|hooked| hooked.decides_ids))
    }

    /// `None` without any.
    pub(super) fn all(&self) -> Option<&[Hooked]> {
        self.0.as_deref()
    }
}

/// What HTTP and gRPC do differently about hooks.
pub(super) trait HookedProtocol {
    type Body;

    /// How an RPC ended, if its response has no messages.
    fn code(headers: &HeaderMap, body: &Self::Body) -> Option<Code>;

    /// What a hook answers in place of the service.
    fn given(&self, request: &Request<'_>, answer: Answer) -> http::Response<Self::Body>;

    /// What hooks make of a body.
    fn wrapped(body: Self::Body, wrap: impl FnOnce(Body) -> Body) -> Self::Body;
}

/// A request that does not reach the guest.
pub(super) struct Answered<'a> {
    pub(super) answer: Box<Answer>,
    /// The hooks that see the answer.
    pub(super) passed: &'a [Hooked],
}

/// Asks one hook after the other about a request.
pub(super) async fn on_request<'a>(
    hooks: &'a [Hooked],
    request: &mut Request<'_>,
) -> Result<(), Answered<'a>> {
    for (index, hooked) in hooks.iter().enumerate().filter(|(_, hooked)| hooked.sees_requests) {
        if let Decision::Answer(answer) = hooked.hook.on_request(request).await {
            return Err(Answered { answer, passed: &hooks[..index] });
        }
    }
    Ok(())
}

/// Takes a response past the hooks that its request has passed, the last one first. Returns it as they have left it,
/// and what they add to the line that says how the request was answered.
pub(super) async fn on_response<P: HookedProtocol>(
    protocol: &P,
    mut passed: &[Hooked],
    request: &Request<'_>,
    mut response: http::Response<P::Body>,
) -> (http::Response<P::Body>, Attributes) {
    let mut attributes = Attributes::new();
    loop {
        let (mut parts, mut body) = response.into_parts();
        let code = P::code(&parts.headers, &body);
        let mut seen = Response::new(parts.status, code, &mut parts.headers);
        let replaced = first_answer(passed, request, &mut seen).await;
        let Response { wraps, attributes: added, .. } = seen;
        attributes.extend(added);
        if let Some(Answered { answer, passed: before }) = replaced {
            response = protocol.given(request, *answer);
            passed = before;
            continue;
        }
        for wrap in wraps {
            body = P::wrapped(body, |body| wrap(&mut parts.headers, body));
        }
        return (http::Response::from_parts(parts, body), attributes);
    }
}

/// Asks hooks about a response until one answers in its place; `None` if none does.
async fn first_answer<'a>(
    hooks: &'a [Hooked],
    request: &Request<'_>,
    response: &mut Response<'_>,
) -> Option<Answered<'a>> {
    for (index, hooked) in hooks.iter().enumerate().rev().filter(|(_, h)| h.sees_responses) {
        if let Decision::Answer(answer) = hooked.hook.on_response(request, response).await {
            return Some(Answered { answer, passed: &hooks[..index] });
        }
    }
    None
}
