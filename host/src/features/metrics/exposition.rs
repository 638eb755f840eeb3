//! The page `/metrics`, in the format that whoever asks understands best.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, VARY};
use http::{Request, Response, StatusCode};
use prometheus_client::encoding::{prometheus_protobuf, prometheus_text, text};
use prometheus_client::registry::Registry;

use crate::extension::Page;

/// For so long an answer is given again: who asks without end costs no more than this.
const FRESH: Duration = Duration::from_millis(100);

/// How the numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Version 0.0.4 of Prometheus' own format, which everybody reads.
    Text,
    OpenMetrics,
    /// The only one that has native histograms.
    Protobuf,
}

/// Serves a registry.
#[derive(Debug)]
pub(super) struct Exposition {
    registry: Registry,
    last: Mutex<Option<(Format, Instant, Bytes)>>,
}

impl Exposition {
    pub(super) fn new(registry: Registry) -> Self {
        Self { registry, last: Mutex::default() }
    }

    fn body(&self, format: Format) -> Option<Bytes> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((kept, at, body)) = &*last
            && *kept == format
            && at.elapsed() < FRESH
        {
            return Some(body.clone());
        }
        let body = format.encode(&self.registry)?;
        *last = Some((format, Instant::now(), body.clone()));
        Some(body)
    }
}

impl Page for Exposition {
    fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
        let format = Format::of(accept.unwrap_or_default());
        let Some(body) = self.body(format) else {
            let mut failed = Response::new(Bytes::from_static(b"the metrics cannot be written\n"));
            *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return failed;
        };
        let mut response = Response::new(body);
        let content_type = HeaderValue::from_static(format.content_type());
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
        response
    }
}

impl Format {
    /// Prometheus sends what it takes in the order of its liking.
    fn of(accept: &str) -> Self {
        let known = accept.split(',').find_map(|range| {
            let range = range.trim();
            if range.starts_with("application/vnd.google.protobuf") {
                range.contains("encoding=delimited").then_some(Self::Protobuf)
            } else if range.starts_with("application/openmetrics-text") {
                Some(Self::OpenMetrics)
            } else if range.starts_with("text/plain") {
                Some(Self::Text)
            } else {
                None
            }
        });
        known.unwrap_or(Self::Text)
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    fn encode(self, registry: &Registry) -> Option<Bytes> {
        let mut text = String::new();
        match self {
            Self::Text => prometheus_text::encode(&mut text, registry).ok()?,
            Self::OpenMetrics => text::encode(&mut text, registry).ok()?,
            Self::Protobuf => {
                let encoded = prometheus_protobuf::encode_to_vec(registry);
                return encoded.ok().map(Bytes::from);
            }
        }
        Some(text.into())
    }
}
