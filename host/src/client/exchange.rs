//! One request, one response: within its deadline, whatever carries it.
//!
//! Does not know networks, or gRPC but for the header field with the time that is left.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;

use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Request, Response};
use tokio::time::{Sleep, sleep_until, timeout_at};

use super::body::{RequestBody, ResponseBody};
use super::error::ClientError;
use super::{CallTerms, Client, settings};
use crate::call::Deadline;
use crate::header::HOP_BY_HOP;

/// How long the other service has; a number with a unit.
const GRPC_TIMEOUT: &str = "grpc-timeout";
/// The largest number in it.
const MOST: u128 = 99_999_999;

/// What lives as long as an exchange: until its body has ended or is dropped.
#[derive(Debug)]
pub(super) struct ExchangeGuard {
    settings: Arc<settings::Client>,
    limit: Deadline,
    late: Pin<Box<Sleep>>,
}

impl ExchangeGuard {
    /// The error of an exchange whose deadline has passed; otherwise `context` is woken when it does.
    pub(super) fn poll_late(&mut self, context: &mut Context<'_>) -> Option<ClientError> {
        let is_late = self.late.as_mut().poll(context).is_ready();
        is_late.then(|| self.settings.late(self.limit))
    }
}

impl Client {
    /// One HTTP exchange. Resolves with the head of the response, whatever its status.
    ///
    /// # Cancel safety
    /// Dropping the future, or the body of the response before its end, cancels the exchange.
    pub(crate) async fn send(
        &self,
        mut request: Request<RequestBody>,
        terms: &CallTerms,
    ) -> Result<Response<ResponseBody>, ClientError> {
        request.extensions_mut().insert(terms.depth);
        self.exchange(self.addressed(request), self.deadline(terms)).await
    }

    /// `request` with the client as its host unless it names one, and without what the connection decides.
    fn addressed(&self, mut request: Request<RequestBody>) -> Request<RequestBody> {
        let is_whole = matches!(request.body(), RequestBody::Whole(_));
        let headers = request.headers_mut();
        for field in &HOP_BY_HOP {
            headers.remove(field);
        }
        if is_whole {
            headers.remove(CONTENT_LENGTH);
        }
        if let (false, Some(authority)) = (headers.contains_key(HOST), self.origin.authority()) {
            let host = HeaderValue::from_str(authority.as_str());
            headers.insert(HOST, host.expect("an authority is visible ASCII"));
        }
        request
    }

    /// The earliest of the deadlines that a call has.
    pub(super) fn deadline(&self, terms: &CallTerms) -> Deadline {
        let own = terms.timeout.map_or(self.settings.timeout, |own| own.min(self.settings.timeout));
        let own = Deadline::after(own);
        terms.deadline.filter(|given| given.at < own.at).unwrap_or(own)
    }

    pub(super) async fn exchange(
        &self,
        request: Request<RequestBody>,
        deadline: Deadline,
    ) -> Result<Response<ResponseBody>, ClientError> {
        let sent = timeout_at(deadline.at, self.attempt(request, deadline));
        let sent = sent.await.unwrap_or_else(|_| Err(self.settings.late(deadline)));
        let guard = ExchangeGuard {
            settings: self.settings.clone(),
            limit: deadline,
            late: Box::pin(sleep_until(deadline.at)),
        };
        Ok(sent?.map(|body| body.guarded_by(guard)))
    }

    async fn attempt(
        &self,
        mut request: Request<RequestBody>,
        deadline: Deadline,
    ) -> Result<Response<ResponseBody>, ClientError> {
        if self.settings.protocol == settings::Protocol::Grpc {
            request.headers_mut().insert(GRPC_TIMEOUT, grpc_timeout(deadline));
        }
        self.transport.send(request).await.map_err(|failed| failed.error)
    }
}

/// The time that is left, as gRPC writes it: at most eight digits and a unit.
fn grpc_timeout(deadline: Deadline) -> HeaderValue {
    let left = deadline.at.saturating_duration_since(tokio::time::Instant::now());
    let units = [(left.as_micros(), 'u'), (left.as_millis(), 'm')];
    let fits = units.into_iter().find(|(number, _)| *number <= MOST);
    let (number, unit) = fits.unwrap_or((u128::from(left.as_secs()).min(MOST), 'S'));
    HeaderValue::try_from(format!("{number}{unit}")).expect("digits and a letter are visible")
}
