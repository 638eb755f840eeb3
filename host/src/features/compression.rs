//! Feature `compression`: sends responses compressed to clients that can decompress them.
//!
//! Does not know how that is done ([`body`]).

mod body;
mod content_type;
mod validator;

#[cfg(test)]
mod tests;

use std::future::ready;
use std::sync::Arc;

use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    HeaderMap, HeaderName, HeaderValue,
};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use self::body::Encodings;
use self::content_type::ContentTypes;
use super::routes::Routes;
use super::vary;
use crate::extension::{
    Attributes, Decision, ExtensionError, ExtensionSettings, Feature, Hook, Hooked, HumanSize,
    Request, Response, RunningFeature, Stage, Start, Transport, ValidationErrors,
};

/// `[features.compression]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub(super) struct Settings {
    /// Encodings that may be used. If the client likes both equally, `zstd` is used.
    #[schemars(extend("default" = ["zstd", "gzip"]))]
    encodings: Vec<Encoding>,
    /// Bodies that are known to be smaller are not compressed.
    #[schemars(extend("default" = "1KiB"))]
    min_size: HumanSize,
    /// Content types to compress, each with at most one `*`. Event streams and responses without `content-type`
    /// are never compressed.
    #[schemars(extend("default" = content_type::DEFAULT))]
    content_types: ContentTypes,
    /// Requests whose responses are compressed; all by default. Exact paths, or prefixes that end in `/*`,
    /// optionally with a method in front.
    #[schemars(extend("default" = []))]
    routes: Routes,
    /// Requests whose responses are not compressed. Paths that different programs may read differently are always
    /// excepted.
    #[schemars(extend("default" = []))]
    except: Routes,
    /// Whether messages of RPCs are compressed unless the service says otherwise.
    grpc: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Encoding {
    Gzip,
    Zstd,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            encodings: vec![Encoding::Zstd, Encoding::Gzip],
            min_size: HumanSize(1024),
            content_types: ContentTypes::default(),
            routes: Routes::default(),
            except: Routes::default(),
            grpc: true,
        }
    }
}

impl ExtensionSettings for Settings {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        if self.encodings.is_empty() {
            errors.note("encodings", "must name at least one of `gzip` and `zstd`");
        }
        self.routes.warn_outside("routes", errors);
        self.except.warn_outside("except", errors);
        if self.content_types.is_empty() {
            errors.note("content_types", "must name at least one type");
        }
    }
}

/// The feature.
#[derive(Debug)]
pub(super) struct Compression;

impl Feature for Compression {
    type Settings = Settings;
    type Running = Compressing;

    fn name(&self) -> &'static str {
        "compression"
    }

    fn summary(&self) -> &'static str {
        "Compresses responses for clients that can decompress them."
    }

    fn stage(&self) -> Stage {
        Stage::Encode
    }

    async fn start(
        &self,
        settings: Arc<Settings>,
        _start: Start,
    ) -> Result<Compressing, ExtensionError> {
        Ok(Compressing { settings })
    }
}

/// The rules of one version of a service.
#[derive(Debug)]
pub(super) struct Compressing {
    settings: Arc<Settings>,
}

impl RunningFeature for Compressing {
    fn describe(&self) -> Attributes {
        Attributes::from_iter([("grpc".to_owned(), self.settings.grpc.into())])
    }

    fn hook(self: Arc<Self>) -> Option<Hooked> {
        Some(Hooked::new(self))
    }
}

impl Hook for Compressing {
    fn on_request(&self, request: &mut Request<'_>) -> impl Future<Output = Decision> {
        match request.transport() {
            Transport::Grpc if self.settings.grpc && self.is_wanted(request) => {
                request.compress_messages();
            }
            Transport::Http if self.is_wanted(request) => {
                if let Some(translated) = validator::translate(request.headers_mut()) {
                    request.remember(translated);
                }
            }
            Transport::Grpc | Transport::Http => {}
        }
        ready(Decision::Pass)
    }

    fn on_response(
        &self,
        request: &Request<'_>,
        response: &mut Response<'_>,
    ) -> impl Future<Output = Decision> {
        if request.transport() == Transport::Http && self.is_wanted(request) {
            self.encode(request, response);
        }
        ready(Decision::Pass)
    }
}

impl Compressing {
    /// Whether the settings say so for this request.
    fn is_wanted(&self, request: &Request<'_>) -> bool {
        let Settings { routes, except, .. } = &*self.settings;
        let (method, path) = (request.method(), request.path());
        (routes.is_empty() || routes.certainly_match(method, path))
            && !except.possibly_match(method, path)
    }

    fn encode(&self, request: &Request<'_>, response: &mut Response<'_>) {
        if response.status() == StatusCode::NOT_MODIFIED {
            self.agree(request, response.headers_mut());
        }
        if !self.is_encodable(response) {
            return;
        }
        let is_head = *request.method() == Method::HEAD;
        let accepted = request.headers().get_all(ACCEPT_ENCODING).iter().cloned().collect();
        let encodings = self.encodings();
        let min_size = self.settings.min_size.0;
        response.wrap_body(move |headers, body| {
            let announced = headers.get(CONTENT_LENGTH).filter(|_| is_head);
            let announced = announced.and_then(|length| length.to_str().ok()?.parse().ok());
            let size = announced.or_else(|| body.size_hint().exact());
            if is_head && announced.is_none() && size == Some(0) {
                // Nobody says how long the body is that GET would get.
                vary::add(headers, ACCEPT_ENCODING);
                return body;
            }
            if size.is_some_and(|size| size < min_size) {
                return body;
            }
            let body = body::encode(headers, body, accepted, encodings);
            // The head is that of GET.
            if is_head { body::empty() } else { body }
        });
    }

    /// Makes a 304 say what the 200 says that it stands for (RFC 9110 section 15.4.5), as far as its head tells.
    fn agree(&self, request: &Request<'_>, headers: &mut HeaderMap) {
        let is_other = headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| !self.settings.content_types.contain(value.as_bytes()));
        if !is_other && !forbids_transformation(headers) {
            vary::add(headers, ACCEPT_ENCODING);
            let translated = request.parts().extensions.get();
            validator::restore(translated, request.headers(), headers);
        }
    }

    /// Whether a response may be encoded, and is worth it, as far as its head tells.
    fn is_encodable(&self, response: &Response<'_>) -> bool {
        let headers = response.headers();
        let has_whole_body = !matches!(
            response.status(),
            StatusCode::NO_CONTENT
                | StatusCode::RESET_CONTENT
                | StatusCode::PARTIAL_CONTENT
                | StatusCode::NOT_MODIFIED
        );
        has_whole_body
            && !BOUND_TO_ENCODING.iter().any(|name| headers.contains_key(name))
            && !forbids_transformation(headers)
            && headers
                .get(CONTENT_TYPE)
                .is_some_and(|value| self.settings.content_types.contain(value.as_bytes()))
    }

    fn encodings(&self) -> Encodings {
        let uses = |encoding| self.settings.encodings.contains(&encoding);
        Encodings { gzip: uses(Encoding::Gzip), zstd: uses(Encoding::Zstd) }
    }
}

/// Headers that say something about the bytes as they are sent.
const BOUND_TO_ENCODING: [HeaderName; 6] = [
    CONTENT_ENCODING,
    CONTENT_RANGE,
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

/// RFC 9111 section 5.2.2.6.
fn forbids_transformation(headers: &HeaderMap) -> bool {
    let mut directives = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .map(HeaderValue::as_bytes)
        .flat_map(|value| value.split(|byte| *byte == b','));
    directives.any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-transform"))
}
