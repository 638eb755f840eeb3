//! A hook: what a feature has to say about every request and its response, over HTTP and gRPC alike.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;

use super::request::Request;
use super::response::{Answer, Response};

/// Sees every request of the kinds `http` and `grpc` on its way in, and its response on its way out. Not
/// those that the host answers itself: the health check, `OPTIONS *`, reflection, and what is malformed.
///
/// Runs on the threads that serve requests: it must not block. One value serves all threads.
pub trait Hook: Send + Sync + 'static {
    /// Decides about a request, which it may change. Default: lets it pass.
    ///
    /// # Cancel safety
    /// The future is dropped when the client goes away.
    fn on_request(&self, request: &mut Request<'_>) -> impl Future<Output = Decision> {
        let _ = request;
        ready(Decision::Pass)
    }

    /// Decides about a response, which it may change: the service's, or one that a later hook gave in its
    /// place. Default: lets it pass.
    fn on_response(
        &self,
        request: &Request<'_>,
        response: &mut Response<'_>,
    ) -> impl Future<Output = Decision> {
        let _ = (request, response);
        ready(Decision::Pass)
    }
}

/// What becomes of a request or a response.
#[derive(Debug)]
pub enum Decision {
    /// It goes on.
    Pass,
    /// This is sent instead. Hooks before this one still see it.
    Answer(Box<Answer>),
}

impl From<Answer> for Decision {
    fn from(answer: Answer) -> Self {
        Self::Answer(Box::new(answer))
    }
}

/// A hook of any type.
pub trait AnyHook: Send + Sync {
    fn on_request<'a>(&'a self, request: &'a mut Request<'_>) -> LocalBoxFuture<'a, Decision>;

    fn on_response<'a>(
        &'a self,
        request: &'a Request<'_>,
        response: &'a mut Response<'_>,
    ) -> LocalBoxFuture<'a, Decision>;
}

impl<H: Hook> AnyHook for H {
    fn on_request<'a>(&'a self, request: &'a mut Request<'_>) -> LocalBoxFuture<'a, Decision> {
        Box::pin(Hook::on_request(self, request))
    }

    fn on_response<'a>(
        &'a self,
        request: &'a Request<'_>,
        response: &'a mut Response<'_>,
    ) -> LocalBoxFuture<'a, Decision> {
        Box::pin(Hook::on_response(self, request, response))
    }
}

/// A hook that can be shared, and what of it there is.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that a hook takes part in")]
#[derive(Clone)]
pub struct Hooked {
    pub(crate) hook: Arc<dyn AnyHook>,
    pub(crate) sees_requests: bool,
    pub(crate) sees_responses: bool,
    pub(crate) decides_ids: bool,
}

impl Hooked {
    pub fn new(hook: Arc<impl Hook>) -> Self {
        Self { hook, sees_requests: true, sees_responses: true, decides_ids: false }
    }

    /// One that has nothing to say about responses, which saves the time to ask.
    #[must_use]
    pub fn requests_only(mut self) -> Self {
        self.sees_responses = false;
        self
    }

    /// One that says what the id of a request is. Answers that it is not asked about do not tell theirs.
    #[must_use]
    pub fn deciding_ids(mut self) -> Self {
        self.decides_ids = true;
        self
    }

    /// One that has nothing to say about requests.
    #[must_use]
    pub fn responses_only(mut self) -> Self {
        self.sees_requests = false;
        self
    }
}

impl fmt::Debug for Hooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooked")
            .field("sees_requests", &self.sees_requests)
            .field("sees_responses", &self.sees_responses)
            .finish_non_exhaustive()
    }
}
