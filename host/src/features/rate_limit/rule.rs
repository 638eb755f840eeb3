//! One rule: which requests it counts, and whom it counts them for.
//!
//! Does not know how counting works, nor how clients are found.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use http::HeaderName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::client::Client;
use super::limiter::{Limiter, Quota};
use crate::extension::{HumanDuration, Request, ValidationErrors};
use crate::features::routes::Routes;

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_hours(24);
/// Longest time until a whole burst is there again, which keeps sums of nanoseconds within 64 bits.
const LONGEST_PAUSE: Duration = Duration::from_hours(24 * 366);

/// `[[features.rate_limit.rules]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(super) struct RuleSettings {
    /// As at the top.
    pub(super) requests: NonZeroU32,
    /// As at the top.
    pub(super) per: HumanDuration,
    /// As at the top.
    pub(super) burst: Option<NonZeroU32>,
    /// As at the top.
    #[serde(default)]
    #[schemars(extend("default" = "client"))]
    pub(super) by: By,
    /// As at the top.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    pub(super) routes: Routes,
}

impl RuleSettings {
    /// `path` is where the rule stands, with a dot at its end.
    pub(super) fn check(&self, path: &str, errors: &mut ValidationErrors<'_>) {
        let Self { requests, per: HumanDuration(per), .. } = self;
        self.routes.warn_outside(&format!("{path}routes"), errors);
        if !(SHORTEST..=LONGEST).contains(per) {
            errors.note(format!("{path}per"), "must be between `1ms` and `24h`");
        } else if per.as_nanos() < u128::from(requests.get()) {
            let message = "must not be more than one for each nanosecond of `per`";
            errors.note(format!("{path}requests"), message);
        } else if self.quota().pause() > LONGEST_PAUSE {
            let message = "must be so few that they are allowed again within a year";
            errors.note(format!("{path}burst"), message);
        }
    }

    fn quota(&self) -> Quota {
        let burst = self.burst.unwrap_or(self.requests);
        Quota { requests: self.requests, per: self.per.0, burst }
    }
}

/// Who shares a limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum By {
    /// Each address has its own.
    #[default]
    Client,
    /// Each caller that a feature has identified has its own, all others that of their address.
    Identity,
    /// All callers share one.
    Route,
    /// Each value of a header has its own, requests without it that of their address.
    Header(HeaderName),
}

/// Why a text is no [`By`].
#[derive(Debug, thiserror::Error)]
#[error("expected `client`, `identity`, `route` or `header:<name>`")]
pub(super) struct ByError;

impl TryFrom<String> for By {
    type Error = ByError;

    fn try_from(text: String) -> Result<Self, ByError> {
        match text.as_str() {
            "client" => Ok(Self::Client),
            "identity" => Ok(Self::Identity),
            "route" => Ok(Self::Route),
            text => {
                let name = text.strip_prefix("header:").and_then(|name| name.parse().ok());
                name.map(Self::Header).ok_or(ByError)
            }
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client => f.write_str("client"),
            Self::Identity => f.write_str("identity"),
            Self::Route => f.write_str("route"),
            Self::Header(name) => write!(f, "header:{name}"),
        }
    }
}

impl JsonSchema for By {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "By".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        let pattern = "^(client|identity|route|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+)$";
        json_schema!({ "type": "string", "pattern": pattern })
    }
}

/// A rule that counts.
#[derive(Debug)]
pub(super) struct Rule {
    settings: RuleSettings,
    limiter: Limiter,
}

/// Who or what has a limit.
#[derive(Hash)]
enum Key<'a> {
    Client(Client),
    Identity { scheme: &'a str, subject: &'a str },
    Route,
    Header(&'a [u8]),
}

impl Rule {
    pub(super) fn new(settings: RuleSettings, max_keys: NonZeroU32) -> Self {
        let limiter = Limiter::new(settings.quota(), max_keys);
        Self { settings, limiter }
    }

    /// Counts a request, if it is one of those that count.
    ///
    /// # Errors
    /// How long to wait, when there are too many.
    pub(super) fn admit(
        &self,
        request: &Request<'_>,
        client: impl FnOnce() -> Client,
    ) -> Result<(), Duration> {
        let RuleSettings { by, routes, .. } = &self.settings;
        if !routes.is_empty() && !routes.possibly_match(request.method(), request.path()) {
            return Ok(());
        }
        let known = match by {
            By::Client => None,
            By::Identity => request.identity().map(|identity| Key::Identity {
                scheme: &identity.scheme,
                subject: &identity.subject,
            }),
            By::Route => Some(Key::Route),
            By::Header(name) => {
                // The last one: a gateway that adds it does so behind what the client has sent.
                let last = request.headers().get_all(name).iter().next_back();
                last.map(|value| Key::Header(value.as_bytes()))
            }
        };
        self.limiter.take(known.unwrap_or_else(|| Key::Client(client())))
    }

    /// For log lines.
    pub(super) fn by(&self) -> String {
        self.settings.by.to_string()
    }
}

/// `100 per 1m by client`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RuleSettings { requests, per, by, .. } = &self.settings;
        write!(f, "{requests} per {} by {by}", humantime::format_duration(per.0))
    }
}
