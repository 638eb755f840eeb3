//! Feature `access_log`: one line of the log for each request and RPC.
//!
//! Does not know what else the log says of a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;
use schemars::JsonSchema;
use serde::Deserialize;

use super::routes::Routes;
use crate::extension::{
    Attributes, ExtensionError, ExtensionSettings, Feature, Level, Logger, Observer, RequestRecord,
    RunningFeature, Start, Transport, ValidationErrors,
};
use crate::telemetry::Event;

/// `[features.access_log]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub(super) struct Settings {
    /// Which part of the requests has a line, from 0.0 to 1.0. Requests that fail for a reason of the service or the host
    /// always have one.
    sample: f64,
    /// Requests without a line unless they fail, such as health checks. Exact paths, or prefixes that end in `/*`,
    /// optionally with a method in front.
    #[schemars(extend("default" = []))]
    except: Routes,
}

impl Default for Settings {
    fn default() -> Self {
        Self { sample: 1.0, except: Routes::default() }
    }
}

impl ExtensionSettings for Settings {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        if !(0.0..=1.0).contains(&self.sample) {
            errors.note("sample", "must be from 0.0 to 1.0");
        }
    }
}

/// The feature.
#[derive(Debug)]
pub(super) struct AccessLog;

impl Feature for AccessLog {
    type Settings = Settings;
    type Running = Logging;

    fn name(&self) -> &'static str {
        "access_log"
    }

    fn summary(&self) -> &'static str {
        "Writes one line of the log for each request."
    }

    async fn start(
        &self,
        settings: Arc<Settings>,
        start: Start,
    ) -> Result<Logging, ExtensionError> {
        Ok(Logging { settings, logger: start.logger, seen: AtomicU64::new(0) })
    }
}

/// The log of one version of a service.
#[derive(Debug)]
pub(super) struct Logging {
    settings: Arc<Settings>,
    logger: Logger,
    seen: AtomicU64,
}

impl RunningFeature for Logging {
    fn describe(&self) -> Attributes {
        Attributes::from_iter([("sample".to_owned(), self.settings.sample.into())])
    }

    fn observer(self: Arc<Self>) -> Option<Arc<dyn Observer>> {
        Some(self)
    }
}

impl Observer for Logging {
    fn on_request_end(&self, request: &RequestRecord) {
        let is_wanted = request.is_failed() || (!self.is_excepted(request) && self.is_sampled());
        if is_wanted && self.logger.enabled(Level::Info) {
            let (attributes, context) = (attributes(request), context(request));
            let logger = self.logger.event(Event::Access);
            logger.log(Level::Info, "access", &attributes, &context);
        }
    }
}

/// Evenly, not by chance: of a sample of 0.1, each tenth request. `number` is that of requests before.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 requests")]
fn is_chosen(sample: f64, number: u64) -> bool {
    let number = number as f64;
    sample >= 1.0 || ((number + 1.0) * sample).floor() > (number * sample).floor()
}

impl Logging {
    fn is_excepted(&self, request: &RequestRecord) -> bool {
        !self.settings.except.is_empty()
            && self.settings.except.certainly_match(&request.method, request.uri.path())
    }

    fn is_sampled(&self) -> bool {
        is_chosen(self.settings.sample, self.seen.fetch_add(1, Ordering::Relaxed))
    }
}

fn attributes(request: &RequestRecord) -> Attributes {
    let mut attributes = Attributes::new();
    let mut add = |name: &str, value: serde_json::Value| attributes.insert(name.to_owned(), value);
    match request.transport {
        Transport::Http => {
            if let Some(status) = request.status {
                add("http.status", status.as_u16().into());
            }
            if let Some(route) = &request.route {
                add("http.route", (*route.pattern).into());
            }
        }
        Transport::Grpc => {
            if let Some(code) = request.code_name() {
                add("grpc.code", code.into());
            }
        }
    }
    if request.is_cut_off {
        add("cut_off", true.into());
    } else if !request.is_complete {
        add("client_left", true.into());
    }
    add("duration_us", u64::try_from(request.duration().as_micros()).unwrap_or(u64::MAX).into());
    add("request_bytes", request.request_bytes().into());
    add("response_bytes", request.response_bytes.into());
    add("client.address", request.peer.ip().to_canonical().to_string().into());
    if let Some(agent) = &request.user_agent {
        add("user_agent", text(agent));
    }
    if let Some(identity) = request.identity() {
        add("caller", identity.subject.as_str().into());
    } else if let Some(caller) = &request.caller {
        add("caller", text(caller));
    }
    attributes
}

fn text(value: &HeaderValue) -> serde_json::Value {
    String::from_utf8_lossy(value.as_bytes()).into()
}

/// What all lines about a request have.
fn context(request: &RequestRecord) -> Attributes {
    let mut context = Attributes::new();
    let mut add = |name: &str, value: serde_json::Value| context.insert(name.to_owned(), value);
    if let Some(id) = request.id() {
        add("request_id", id.into());
    }
    match request.transport {
        Transport::Http => {
            add("http.method", request.method.as_str().into());
            add("http.path", request.uri.path().into());
        }
        Transport::Grpc => {
            add("grpc.method", request.uri.path().into());
        }
    }
    if let Some(id) = request.trace_id() {
        add("trace_id", id.into());
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_evenly() {
        for (sample, one_in) in [(0.5, 2), (0.1, 10), (0.01, 100), (0.001, 1000)] {
            let chosen = (0..10_000).filter(|number| is_chosen(sample, *number));
            let expected = (0..10_000).filter(|number| (number + 1) % one_in == 0);
            assert!(chosen.eq(expected), "{sample}");
        }
        assert_eq!((0..1000).filter(|number| is_chosen(0.3, *number)).count(), 300);
        assert_eq!((0..1000).filter(|number| is_chosen(1.0, *number)).count(), 1000);
        assert_eq!((0..1000).filter(|number| is_chosen(0.0, *number)).count(), 0);
    }
}
