//! What browsers are told, as the CORS protocol of the Fetch standard has it.
//!
//! Does not know how requests arrive.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName,
    HeaderValue, ORIGIN, VARY,
};
use http::{Method, StatusCode};

use super::Settings;
use super::origin::OriginPattern;
use super::words::{HeaderWord, MethodWord};
use crate::extension::Answer;
use crate::features::vary;

/// All that browsers listen to. Those that a service sets itself are taken away.
const GRANTS: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

/// Everything that the answer to a preflight depends on.
const PREFLIGHT_VARY: HeaderValue = HeaderValue::from_static(
    "origin, access-control-request-method, access-control-request-headers",
);

/// The settings as headers.
#[derive(Debug)]
pub(super) struct Policy {
    origins: Vec<OriginPattern>,
    sends_credentials: bool,
    methods: Option<HeaderValue>,
    headers: AllowedHeaders,
    exposed: Option<HeaderValue>,
    max_age: HeaderValue,
}

#[derive(Debug)]
enum AllowedHeaders {
    /// Whatever a preflight asks for. Not `*`, which does not cover `authorization`.
    Asked,
    /// `None` for none.
    Listed(Option<HeaderValue>),
}

/// Whether a request is a question of a browser: may I send this?
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

impl Policy {
    pub(super) fn new(settings: &Settings) -> Self {
        let headers = if settings.allowed_headers.contains(&HeaderWord::Any) {
            AllowedHeaders::Asked
        } else {
            AllowedHeaders::Listed(list(settings.allowed_headers.iter().map(HeaderWord::as_str)))
        };
        Self {
            origins: settings.allowed_origins.clone(),
            sends_credentials: settings.allow_credentials,
            methods: list(settings.allowed_methods.iter().map(MethodWord::as_str)),
            headers,
            exposed: list(settings.exposed_headers.iter().map(HeaderWord::as_str)),
            max_age: settings.max_age.0.as_secs().into(),
        }
    }

    /// The answer to a preflight. An origin that is not allowed is answered as well, but not told
    /// anything.
    pub(super) fn preflight(&self, request: &HeaderMap) -> Answer {
        let mut answer =
            Answer::response(StatusCode::NO_CONTENT, "").with_header(VARY, PREFLIGHT_VARY);
        let Some(origin) = self.granted(request) else { return answer };
        let headers = match &self.headers {
            AllowedHeaders::Asked => asked(request),
            AllowedHeaders::Listed(listed) => listed.clone(),
        };
        let credentials = self.sends_credentials.then(|| HeaderValue::from_static("true"));
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_ORIGIN, Some(origin)),
            (ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials),
            (ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone()),
            (ACCESS_CONTROL_ALLOW_HEADERS, headers),
            (ACCESS_CONTROL_MAX_AGE, Some(self.max_age.clone())),
        ] {
            if let Some(value) = value {
                answer = answer.with_header(name, value);
            }
        }
        answer
    }

    /// Tells the browser whether the page that sent `request` may see its `response`.
    pub(super) fn mark(&self, request: &HeaderMap, response: &mut HeaderMap) {
        for name in GRANTS {
            response.remove(name);
        }
        // Also when there is no origin: a cache must not hand this response to a page of another one.
        vary::add(response, ORIGIN);
        let Some(origin) = self.granted(request) else { return };
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.sends_credentials {
            response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(exposed) = &self.exposed {
            response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        }
    }

    /// What `access-control-allow-origin` says; `None` when the page may see nothing, or is none.
    fn granted(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let mut origins = request.get_all(ORIGIN).iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
        let pattern = self.origins.iter().find(|pattern| pattern.covers(origin.as_bytes()))?;
        Some(match pattern {
            OriginPattern::Any => HeaderValue::from_static("*"),
            OriginPattern::Exact(_) | OriginPattern::Below { .. } => origin.clone(),
        })
    }
}

/// Words between commas; `None` for none.
fn list<'a>(words: impl Iterator<Item = &'a str>) -> Option<HeaderValue> {
    let words = words.collect::<Vec<_>>().join(", ");
    if words.is_empty() { None } else { HeaderValue::from_str(&words).ok() }
}

/// The headers that a preflight asks for, if they are names of headers.
fn asked(request: &HeaderMap) -> Option<HeaderValue> {
    let mut names = Vec::new();
    for value in request.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
        let items = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        // RFC 9110 section 5.6.1.2: an empty item of a list is none.
        for name in items.filter(|name| !name.is_empty()) {
            names.push(HeaderName::from_bytes(name).ok()?);
        }
    }
    list(names.iter().map(HeaderName::as_str))
}
