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
    /// The last answer in each format.
    last: Mutex<[Option<(Instant, Bytes)>; 3]>,
}

impl Exposition {
    pub(super) fn new(registry: Registry) -> Self {
        Self { registry, last: Mutex::default() }
    }

    fn body(&self, format: Format) -> Option<Bytes> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = &mut last[format as usize];
        if let Some((at, body)) = &*last
            && at.elapsed() < FRESH
        {
            return Some(body.clone());
        }
        let body = format.encode(&self.registry)?;
        *last = Some((Instant::now(), body.clone()));
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
    /// The one with the highest weight, the first of them if they are equal.
    fn of(accept: &str) -> Self {
        let mut best = (Self::Text, 0.0);
        for range in accept.split(',') {
            let weight = weight(range);
            if let Some(format) = Self::named(range.trim())
                && weight > best.1
            {
                best = (format, weight);
            }
        }
        best.0
    }

    fn named(range: &str) -> Option<Self> {
        match range.split(';').next()?.trim() {
            "application/vnd.google.protobuf" => {
                range.contains("encoding=delimited").then_some(Self::Protobuf)
            }
            "application/openmetrics-text" => Some(Self::OpenMetrics),
            "text/plain" => Some(Self::Text),
            _ => None,
        }
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

/// The weight of a media range, 1 by default.
fn weight(range: &str) -> f32 {
    let mut parameters = range.split(';').skip(1).map(str::trim);
    let weight = parameters.find_map(|parameter| parameter.strip_prefix("q="));
    weight.and_then(|weight| weight.parse().ok()).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_chooses_the_format() {
        let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
        let cases = [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("text/html", Format::Text),
            (protobuf, Format::Protobuf),
            // Not length-delimited: nothing that is written here.
            ("application/vnd.google.protobuf;encoding=text", Format::Text),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("application/openmetrics-text;q=0", Format::Text),
            ("text/plain;q=0.3, application/openmetrics-text;q=0.5", Format::OpenMetrics),
            ("application/openmetrics-text;q=0.5,text/plain;q=0.5", Format::OpenMetrics),
            ("application/openmetrics-text;q=x,text/plain", Format::OpenMetrics),
            // As Prometheus asks.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                Format::OpenMetrics,
            ),
        ];
        for (accept, expected) in cases {
            assert_eq!(Format::of(accept), expected, "{accept}");
        }
    }
}
