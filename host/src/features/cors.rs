//! Feature `http_cors`: tells browsers which pages of other origins may call the service.
//!
//! Does not keep anybody else from calling it: who may is `http_auth`'s to say.

mod origin;
mod policy;
mod words;

#[cfg(test)]
mod tests;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use self::origin::OriginPattern;
use self::policy::Policy;
use self::words::{HeaderWord, MethodWord};
use crate::extension::{
    Attributes, Decision, ExtensionError, ExtensionSettings, Feature, Hook, Hooked, HumanDuration,
    Request, Response, RunningFeature, Stage, Start, Transport, ValidationErrors,
};

/// Longer than any browser keeps the answer to a preflight.
const LONGEST_AGE: Duration = Duration::from_hours(24);

/// `[features.http_cors]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(super) struct Settings {
    /// Origins whose pages may call the service, as browsers write them: scheme, host and a port that is not
    /// the scheme's own. `https://*.example.org` is everything below `example.org`, but not `example.org`
    /// itself; `["*"]` is every origin.
    allowed_origins: Vec<OriginPattern>,
    /// Methods that these pages may use.
    #[serde(default = "default_methods")]
    #[schemars(extend("default" = ["GET", "HEAD", "POST"]))]
    allowed_methods: Vec<MethodWord>,
    /// Headers that they may send. `["*"]` allows every header, `authorization` included.
    #[serde(default = "default_headers")]
    #[schemars(extend("default" = ["content-type"]))]
    allowed_headers: Vec<HeaderWord>,
    /// Headers of responses that they may read, besides the simple ones. `["*"]` is all of them, and works only
    /// without `allow_credentials`.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    exposed_headers: Vec<HeaderWord>,
    /// Whether they may send cookies and other credentials. Not together with `allowed_origins = ["*"]`.
    #[serde(default)]
    allow_credentials: bool,
    /// How long browsers may cache the answer to a preflight, at most `24h`. Some browsers cap it at two hours.
    #[serde(default = "default_age")]
    #[schemars(extend("default" = "10m"))]
    max_age: HumanDuration,
}

fn default_methods() -> Vec<MethodWord> {
    MethodWord::SAFE.to_vec()
}

fn default_headers() -> Vec<HeaderWord> {
    vec![HeaderWord::Named(http::header::CONTENT_TYPE)]
}

fn default_age() -> HumanDuration {
    HumanDuration(Duration::from_mins(10))
}

impl ExtensionSettings for Settings {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        let Self { allowed_origins: origins, allowed_headers, exposed_headers, .. } = self;
        for (index, _) in origins.iter().enumerate().filter(|(_, origin)| origin.is_shared()) {
            let message = "covers pages of strangers: everybody can have a name there";
            let help = "name a domain that is yours, for example `https://*.example.co.uk`";
            errors.warn(format!("allowed_origins[{index}]"), message, Some(help.to_owned()));
        }
        let allows_all = origins.contains(&OriginPattern::Any);
        let help = "list them, or write `[\"*\"]` for all";
        if origins.is_empty() {
            errors.note_with_help("allowed_origins", "must name at least one origin", help);
        } else if allows_all && origins.len() > 1 {
            errors.note("allowed_origins", "must not name any origin beside `*`");
        }
        if allows_all && self.allow_credentials {
            let message = "must not be `true` while every origin is allowed, browsers refuse that";
            let help = "list in `allowed_origins` who may send credentials";
            errors.note_with_help("allow_credentials", message, help);
        }
        if self.allowed_methods.is_empty() {
            errors.note("allowed_methods", "must name at least one method");
        }
        for (key, words) in
            [("allowed_headers", allowed_headers), ("exposed_headers", exposed_headers)]
        {
            if words.contains(&HeaderWord::Any) && words.len() > 1 {
                errors.note(key, "must not name any header beside `*`");
            }
        }
        if exposed_headers.contains(&HeaderWord::Any) && self.allow_credentials {
            let message =
                "must name headers while `allow_credentials` is `true`, `*` means nothing then";
            errors.note("exposed_headers", message);
        }
        if self.max_age.0 > LONGEST_AGE {
            errors.note("max_age", "must be at most `24h`");
        }
    }
}

/// The feature.
#[derive(Debug)]
pub(super) struct HttpCors;

impl Feature for HttpCors {
    type Settings = Settings;
    type Running = Cors;

    fn name(&self) -> &'static str {
        "http_cors"
    }

    fn summary(&self) -> &'static str {
        "Tells browsers which pages of other origins may call the service."
    }

    fn stage(&self) -> Stage {
        Stage::Negotiate
    }

    async fn start(&self, settings: Arc<Settings>, _start: Start) -> Result<Cors, ExtensionError> {
        Ok(Cors { policy: Policy::new(&settings), settings })
    }
}

/// The rules of one version of a service.
#[derive(Debug)]
pub(super) struct Cors {
    policy: Policy,
    settings: Arc<Settings>,
}

impl RunningFeature for Cors {
    fn describe(&self) -> Attributes {
        let origins: Vec<_> =
            self.settings.allowed_origins.iter().map(ToString::to_string).collect();
        Attributes::from_iter([
            ("allowed_origins".to_owned(), origins.into()),
            ("allow_credentials".to_owned(), self.settings.allow_credentials.into()),
        ])
    }

    fn hook(self: Arc<Self>) -> Option<Hooked> {
        Some(Hooked::new(self))
    }
}

impl Hook for Cors {
    fn on_request(&self, request: &mut Request<'_>) -> impl Future<Output = Decision> {
        let is_preflight = request.transport() == Transport::Http
            && policy::is_preflight(request.method(), request.headers());
        ready(if is_preflight {
            self.policy.preflight(request.headers()).into()
        } else {
            Decision::Pass
        })
    }

    fn on_response(
        &self,
        request: &Request<'_>,
        response: &mut Response<'_>,
    ) -> impl Future<Output = Decision> {
        if request.transport() == Transport::Http {
            self.policy.mark(request.headers(), response.headers_mut());
        }
        ready(Decision::Pass)
    }
}
