//! One request, one response: within its deadline, whatever carries it.
//!
//! Does not know networks, or gRPC but for the header field with the time that is left.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::Status;

use super::body::{RequestBody, TransportBody};
use super::breaker::{Breaker, Change, Open};
use super::concurrency::Full;
use super::error::ClientError;
use super::observation::CallObservation;
use super::response::{Held, ResponseBody};
use super::retry::Next;
use super::settings::Protocol;
use super::verdict::{Verdict, code_of_http};
use super::{CallTerms, Client};
use crate::call::Deadline;
use crate::header::HOP_BY_HOP;
use crate::telemetry::{info, warn};

/// How long the other service has; a number with a unit.
const GRPC_TIMEOUT: &str = "grpc-timeout";
/// The largest number in it.
const MOST: u128 = 99_999_999;

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

    /// `request` with the client as its host, and without what the connection decides.
    fn addressed(&self, mut request: Request<RequestBody>) -> Request<RequestBody> {
        let is_whole = matches!(request.body(), RequestBody::Whole(_));
        let headers = request.headers_mut();
        for field in &HOP_BY_HOP {
            headers.remove(field);
        }
        if is_whole {
            headers.remove(CONTENT_LENGTH);
        }
        if let Some(authority) = self.origin.authority() {
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

    /// Waits for a place, then makes as many attempts as it may.
    pub(super) async fn exchange(
        &self,
        request: Request<RequestBody>,
        deadline: Deadline,
    ) -> Result<Response<ResponseBody>, ClientError> {
        let (method, uri) = (request.method(), request.uri());
        let mut observation = CallObservation::begin(&self.observers, &self.settings, method, uri);
        let sent = self.placed(request, deadline, observation.as_deref()).await;
        if let Some(observation) = &mut observation {
            observation.note_head(sent.as_ref().map(|(_, response)| response));
        }
        let (place, response) = sent?;
        let held = Held { _place: place, observation };
        let (settings, tasks) = (&self.settings, &self.tasks);
        Ok(response.map(|body| ResponseBody::new(body, held, settings, deadline, tasks)))
    }

    /// The head of the response, and the place that the call has.
    async fn placed(
        &self,
        request: Request<RequestBody>,
        deadline: Deadline,
        observation: Option<&CallObservation>,
    ) -> Result<(OwnedSemaphorePermit, Response<TransportBody>), ClientError> {
        let Ok(place) = timeout_at(deadline.at, self.concurrency.enter()).await else {
            return Err(self.settings.late(deadline));
        };
        let place = place.map_err(|Full| self.settings.saturated())?;
        let admission = self.breaker.as_ref().map(Breaker::admit).transpose();
        let admission = admission.map_err(|Open| self.settings.breaker_open())?;
        let began = Instant::now();
        let sent = timeout_at(deadline.at, self.attempts(request, deadline, observation));
        let sent = sent.await.unwrap_or_else(|_| Err(self.settings.late(deadline)));
        if let Some(admission) = admission {
            let verdict = Verdict::of(&self.settings, sent.as_ref(), began.elapsed());
            self.note_breaker(admission.settle(verdict));
        }
        Ok((place, sent?))
    }

    fn note_breaker(&self, change: Option<Change>) {
        let (client, destination) = (&self.settings.name, self.settings.target());
        match change {
            Some(Change::Opened { failures, open_for }) => warn!(
                ClientBreakerOpened,
                client = %client,
                destination = %destination,
                failures,
                open_for = %humantime::format_duration(open_for),
                "a client makes no calls for a while"
            ),
            Some(Change::Closed) => info!(
                ClientBreakerClosed,
                client = %client,
                destination = %destination,
                "a client makes calls again"
            ),
            None => (),
        }
    }

    async fn attempts(
        &self,
        mut request: Request<RequestBody>,
        deadline: Deadline,
        observation: Option<&CallObservation>,
    ) -> Result<Response<TransportBody>, ClientError> {
        let mut series = self.retries.series(&request, deadline.at);
        loop {
            if self.settings.protocol == Protocol::Grpc {
                request.headers_mut().insert(GRPC_TIMEOUT, grpc_timeout(deadline));
            }
            let mut sent = self.transport.send(request, deadline).await;
            if self.settings.protocol == Protocol::Grpc {
                sent = sent.map(grpc_only);
            }
            match series.after(sent) {
                Next::Done(outcome) => return outcome,
                Next::Again(again, at) => {
                    sleep_until(at).await;
                    request = *again;
                    if let Some(observation) = observation {
                        observation.note_retry();
                    }
                }
            }
        }
    }
}

/// A response that is not gRPC, for example of a load balancer, as the status that it stands for.
fn grpc_only(response: Response<TransportBody>) -> Response<TransportBody> {
    let content_type = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type.is_some_and(|found| found.starts_with(b"application/grpc")) {
        return response;
    }
    let status = response.status();
    let text = format!("it responded with HTTP status {} and not with gRPC", status.as_u16());
    let status = Status::new(code_of_http(status), text);
    status.into_http::<()>().map(|()| TransportBody::ended())
}

/// The time that is left, as gRPC writes it: at most eight digits and a unit.
fn grpc_timeout(deadline: Deadline) -> HeaderValue {
    let left = deadline.at.saturating_duration_since(Instant::now());
    let units = [(left.as_micros(), 'u'), (left.as_millis(), 'm')];
    let fits = units.into_iter().find(|(number, _)| *number <= MOST);
    let (number, unit) = fits.unwrap_or((u128::from(left.as_secs()).min(MOST), 'S'));
    HeaderValue::try_from(format!("{number}{unit}")).expect("digits and a letter are visible")
}
