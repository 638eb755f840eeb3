//! The hooks of all features that are enabled, in their order around the guest.
//!
//! Does not know what they decide about, nor how an answer is put on the wire.

use std::sync::Arc;

use crate::extension::{Answer, Decision, Hooked, Request, Response};

/// The hooks of one version of a service. Without any, a request pays for one comparison.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hooks(Option<Arc<[Hooked]>>);

impl Hooks {
    /// In the order in which they see requests.
    pub(crate) fn new(hooks: Vec<Hooked>) -> Self {
        Self((!hooks.is_empty()).then(|| hooks.into()))
    }

    /// Whether one of them decides about ids: what it is not asked about tells none.
    pub(super) fn decide_ids(&self) -> bool {
        self.all().is_some_and(|hooks| hooks.iter().any(|hooked| hooked.decides_ids))
    }

    /// `None` without any.
    pub(super) fn all(&self) -> Option<&[Hooked]> {
        self.0.as_deref()
    }
}

/// A request that does not reach the guest.
pub(super) struct Answered {
    pub(super) answer: Box<Answer>,
    /// How many hooks let it pass before one did not.
    pub(super) passed: usize,
}

/// Asks one hook after the other about a request.
pub(super) async fn on_request(
    hooks: &[Hooked],
    request: &mut Request<'_>,
) -> Result<(), Answered> {
    for (passed, hooked) in hooks.iter().enumerate().filter(|(_, hooked)| hooked.sees_requests) {
        if let Decision::Answer(answer) = hooked.hook.on_request(request).await {
            return Err(Answered { answer, passed });
        }
    }
    Ok(())
}

/// Asks hooks about a response, the last one first, until one has another in its place: the number of
/// hooks that are left to be asked about that, and it.
pub(super) async fn on_response(
    hooks: &[Hooked],
    request: &Request<'_>,
    response: &mut Response<'_>,
) -> Result<(), Answered> {
    for (passed, hooked) in hooks.iter().enumerate().rev().filter(|(_, h)| h.sees_responses) {
        if let Decision::Answer(answer) = hooked.hook.on_response(request, response).await {
            return Err(Answered { answer, passed });
        }
    }
    Ok(())
}
