//! When a request is sent again: gRFC A6 for RPCs, idempotent methods for HTTP.
//!
//! Does not send anything.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use tokio::time::Instant;
use tonic::Code;
use tower::retry::backoff::{
    Backoff as _, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff as _,
};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::util::rng::HasherRng;

use super::body::{RequestBody, TransportBody};
use super::error::ClientError;
use super::settings::{self, Protocol};
use super::transport::{Progress, SendError};
use super::verdict::grpc_code;

/// How long a call counts for the budget.
const BUDGET_WINDOW: Duration = Duration::from_secs(10);
/// Retries per second that the budget always has.
const LEAST_RETRIES: u32 = 1;
/// The wait before a retry is up to half as long again, so that callers do not retry in step.
const JITTER: f64 = 0.5;
/// How often a request is sent again that has not left, because its connection was about to end.
const UNSENT_LIMIT: u32 = 8;
/// The server asks for a retry after so many milliseconds, or for none with a negative number.
const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// When the requests of one client are sent again.
#[derive(Debug)]
pub(super) struct RetryPolicy {
    settings: Arc<settings::Client>,
    budget: TpsBudget,
}

impl RetryPolicy {
    pub(super) fn new(settings: &Arc<settings::Client>) -> Self {
        let share = f32::from(settings.retries.budget.min(100)) / 100.0;
        let budget = TpsBudget::new(BUDGET_WINDOW, LEAST_RETRIES, share);
        Self { settings: settings.clone(), budget }
    }

    /// For the attempts of one call.
    pub(super) fn series(&self, request: &Request<RequestBody>, deadline: Instant) -> Series<'_> {
        self.budget.deposit();
        let limit = self.settings.retries.max_buffer;
        // A copy costs nothing but the head: the service may refuse to look at a request of any size.
        let is_small =
            matches!(request.body(), RequestBody::Whole(bytes) if bytes.len() as u64 <= limit);
        let copy = match request.body() {
            RequestBody::Whole(bytes) => {
                let (mut copy, ()) = Request::new(()).into_parts();
                copy.method = request.method().clone();
                copy.uri = request.uri().clone();
                copy.version = request.version();
                copy.headers = request.headers().clone();
                copy.extensions = request.extensions().clone();
                Some(Request::from_parts(copy, bytes.clone()))
            }
            RequestBody::Streamed(_) | RequestBody::Paced(_) => None,
        };
        let is_repeatable = match self.settings.protocol {
            Protocol::Grpc => true,
            Protocol::Http => {
                // RFC 9110 section 9.2.2.
                self.settings.retries.all_methods || request.method().is_idempotent()
            }
        };
        Series {
            policy: self,
            deadline,
            copy,
            is_small,
            is_repeatable,
            attempts: 1,
            unsent: 0,
            refusals: 0,
            backoff: None,
        }
    }
}

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Series<'p> {
    policy: &'p RetryPolicy,
    deadline: Instant,
    /// What can be sent again.
    copy: Option<Request<bytes::Bytes>>,
    /// Whether `max_buffer` permits retries.
    is_small: bool,
    /// Whether a request may be sent again that the service may have handled.
    is_repeatable: bool,
    /// How many have been made or are being made.
    attempts: u32,
    /// How many came to nothing because their connection was about to end.
    unsent: u32,
    /// How often the service has refused to look at the request; it is asked once more, whatever the settings say.
    refusals: u32,
    backoff: Option<ExponentialBackoff<HasherRng>>,
}

/// What is to happen after an attempt.
#[derive(Debug)]
pub(super) enum Next {
    Done(Result<Response<TransportBody>, ClientError>),
    /// Send this at that time.
    Again(Box<Request<RequestBody>>, Instant),
}

/// How an attempt may be repeated.
enum Permission {
    No,
    /// It does not count: the service has not seen the request.
    Transparent,
    /// After the usual wait.
    Retry,
    /// When the service wants it.
    RetryAfter(Duration),
}

impl Series<'_> {
    pub(super) fn after(&mut self, sent: Result<Response<TransportBody>, SendError>) -> Next {
        let (permission, returned, outcome) = match sent {
            Ok(response) => (self.after_response(&response), None, Ok(response)),
            Err(SendError { error, progress }) => {
                let (permission, returned) = self.after_failure(progress, &error);
                (permission, returned, Err(error))
            }
        };
        if matches!(permission, Permission::No) {
            return Next::Done(outcome);
        }
        let copy = || {
            self.copy().filter(|_| self.is_small || matches!(permission, Permission::Transparent))
        };
        let Some(request) = returned.or_else(copy) else { return Next::Done(outcome) };
        match self.time(&permission) {
            Some(at) => Next::Again(request, at),
            None => Next::Done(outcome),
        }
    }

    fn copy(&self) -> Option<Box<Request<RequestBody>>> {
        let copy = self.copy.clone()?;
        Some(Box::new(copy.map(RequestBody::Whole)))
    }

    fn after_response(&self, response: &Response<TransportBody>) -> Permission {
        let retries = &self.policy.settings.retries;
        let is_listed = match self.policy.settings.protocol {
            // With messages before it, a status comes too late for a retry.
            Protocol::Grpc => grpc_code(response).is_some_and(|code| retries.codes.contains(&code)),
            Protocol::Http => {
                self.is_repeatable && retries.statuses.contains(&response.status().as_u16())
            }
        };
        match response.headers().get(PUSHBACK) {
            _ if !is_listed => Permission::No,
            None => Permission::Retry,
            Some(pushback) => {
                let millis = pushback.to_str().ok().and_then(|text| text.parse().ok());
                millis.map_or(Permission::No, |millis| {
                    Permission::RetryAfter(Duration::from_millis(millis))
                })
            }
        }
    }

    /// Also the request, if it has been given back.
    fn after_failure(
        &mut self,
        progress: Progress,
        error: &ClientError,
    ) -> (Permission, Option<Box<Request<RequestBody>>>) {
        match progress {
            Progress::Unsent(request) if self.unsent < UNSENT_LIMIT => {
                self.unsent += 1;
                (Permission::Transparent, Some(request))
            }
            Progress::Unsent(request) | Progress::NotConnected(request) => {
                (Permission::Retry, Some(request))
            }
            Progress::Refused if self.refusals == 0 => {
                self.refusals += 1;
                (Permission::Transparent, None)
            }
            Progress::Refused => (Permission::Retry, None),
            Progress::Unknown if self.is_repeatable && self.is_listed(error) => {
                (Permission::Retry, None)
            }
            Progress::Unknown | Progress::Impossible => (Permission::No, None),
        }
    }

    /// A lost connection is what gRPC calls unavailable.
    fn is_listed(&self, error: &ClientError) -> bool {
        let settings = &self.policy.settings;
        let code = match error {
            ClientError::Status { status, .. } => status.code(),
            _ => Code::Unavailable,
        };
        settings.protocol == Protocol::Http || settings.retries.codes.contains(&code)
    }

    /// When the next attempt is made; `None` if none may be made, or none before the deadline.
    fn time(&mut self, permission: &Permission) -> Option<Instant> {
        let now = Instant::now();
        let wait = match permission {
            Permission::No => return None,
            Permission::Transparent => return Some(now),
            Permission::Retry => None,
            Permission::RetryAfter(wait) => Some(*wait),
        };
        if self.attempts >= self.policy.settings.retries.attempts {
            return None;
        }
        let at = match wait {
            Some(wait) => now.checked_add(wait)?,
            None => self.next_backoff(),
        };
        if at >= self.deadline || !self.policy.budget.withdraw() {
            return None;
        }
        self.attempts += 1;
        Some(at)
    }

    fn next_backoff(&mut self) -> Instant {
        let retries = &self.policy.settings.retries;
        let backoff = self.backoff.get_or_insert_with(|| {
            let most = retries.max_backoff.max(retries.backoff).max(Duration::from_millis(1));
            let rng = HasherRng::default();
            let maker = ExponentialBackoffMaker::new(retries.backoff, most, JITTER, rng);
            maker.expect("the bounds are in order").make_backoff()
        });
        backoff.next_backoff().deadline()
    }
}
