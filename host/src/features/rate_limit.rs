//! Feature `rate_limit`: refuses requests of those who send too many.
//!
//! Does not know how limits are kept ([`limiter`]) nor where clients are ([`client`]).

mod client;
mod limiter;
mod rule;

#[cfg(test)]
mod tests;

use std::cell::LazyCell;
use std::future::ready;
use std::num::NonZeroU32;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use self::client::{Clients, Network, ProxyHeader};
use self::rule::{By, Rule, RuleSettings};
use super::routes::Routes;
use crate::extension::{
    Answer, Attributes, Counter, Decision, ExtensionError, ExtensionSettings, Feature, Hook,
    Hooked, HumanDuration, Metric, Request, RunningFeature, Stage, Start, ValidationErrors,
};

/// `[features.rate_limit]`. The keys of a rule may stand here as well, for the first one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(super) struct Settings {
    /// Number of requests in `per`, on average.
    requests: Option<NonZeroU32>,
    /// The period for `requests`, from `1ms` to `24h`.
    per: Option<HumanDuration>,
    /// Number of requests that may come at once after a pause; `requests` by default. The allowance refills one
    /// by one, each after `per` / `requests`.
    burst: Option<NonZeroU32>,
    /// Who shares a limit. `client`: each IPv4 address and each IPv6 /64 has its own. `identity`: each caller
    /// that a feature such as `http_auth` has identified. `header:<name>`: each value of a header, which callers
    /// must not be able to choose. `route`: all callers together. A request without an identity, or without the
    /// header, counts for its client.
    #[schemars(extend("default" = "client"))]
    by: Option<By>,
    /// Which requests count; all by default. Exact paths, or prefixes that end in `/*`, optionally with a method
    /// in front, such as `POST /login`. Paths include the base path. `GET` includes `HEAD`.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    routes: Routes,
    /// Further rules, with the five keys above. Without `requests` and `per` at the top, these are the only
    /// rules.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    rules: Vec<RuleSettings>,
    /// Networks of proxies whose `proxy_header` is trusted, such as `10.0.0.0/8`.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    trusted_proxies: Vec<Network>,
    /// The header in which they name the client. The other one is ignored.
    #[serde(default)]
    #[schemars(extend("default" = "x-forwarded-for"))]
    proxy_header: ProxyHeader,
    /// Maximum number of callers that each rule tracks, about 100 bytes each; at most 10000000.
    #[serde(default = "default_keys")]
    max_keys: NonZeroU32,
}

const DEFAULT_KEYS: NonZeroU32 = NonZeroU32::new(100_000).expect("more than zero");

fn default_keys() -> NonZeroU32 {
    DEFAULT_KEYS
}

/// About 1 GiB per rule.
const MOST_KEYS: u32 = 10_000_000;

impl Settings {
    /// The rule at the top, if there is one.
    fn first(&self) -> Option<RuleSettings> {
        let (requests, per) = (self.requests?, self.per?);
        let by = self.by.clone().unwrap_or_default();
        Some(RuleSettings { requests, per, burst: self.burst, by, routes: self.routes.clone() })
    }

    fn check_first(&self, errors: &mut ValidationErrors<'_>) {
        match (self.requests, self.per) {
            (Some(_), Some(_)) => (),
            (Some(_), None) => errors.note("per", "must be there, because `requests` is"),
            (None, Some(_)) => errors.note("requests", "must be there, because `per` is"),
            (None, None) => {
                let belongs = "must not be there without `requests` and `per`";
                if self.burst.is_some() {
                    errors.note("burst", belongs);
                }
                if self.by.is_some() {
                    errors.note("by", belongs);
                }
                if !self.routes.is_empty() {
                    errors.note("routes", belongs);
                }
                if self.rules.is_empty() {
                    let help = "write for example `requests = 100` and `per = \"1m\"`";
                    errors.note_with_help("", "must hold at least one rule", help);
                }
            }
        }
    }
}

impl ExtensionSettings for Settings {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        self.check_first(errors);
        if let Some(first) = self.first() {
            first.check("", errors);
        }
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check(&format!("rules[{index}]."), errors);
        }
        if self.trusted_proxies.is_empty() && self.proxy_header != ProxyHeader::default() {
            let message = "must not be there without `trusted_proxies`: nobody would be believed";
            errors.note("proxy_header", message);
        }
        if self.max_keys.get() > MOST_KEYS {
            errors.note("max_keys", format!("must be at most {MOST_KEYS}"));
        }
    }
}

const REFUSALS: Metric =
    Metric::counter("mikros_rate_limit_refusals", "Requests beyond a rate of `rate_limit`");

/// The feature.
#[derive(Debug)]
pub(super) struct RateLimit;

impl Feature for RateLimit {
    type Settings = Settings;
    type Running = Limits;

    fn name(&self) -> &'static str {
        "rate_limit"
    }

    fn summary(&self) -> &'static str {
        "Refuses requests beyond a rate."
    }

    fn stage(&self) -> Stage {
        Stage::Admit
    }

    async fn start(&self, settings: Arc<Settings>, start: Start) -> Result<Limits, ExtensionError> {
        Ok(Limits::new(&settings, start.monitor.counter(REFUSALS, &[])))
    }
}

/// The limits of one version of a service, over all its instances.
#[derive(Debug)]
pub(super) struct Limits {
    rules: Vec<Rule>,
    clients: Clients,
    refusals: Counter,
}

impl Limits {
    fn new(settings: &Settings, refusals: Counter) -> Self {
        let most = settings.max_keys;
        let rules = settings.first().into_iter().chain(settings.rules.iter().cloned());
        Self {
            rules: rules.map(|rule| Rule::new(rule, most)).collect(),
            clients: Clients::new(&settings.trusted_proxies, settings.proxy_header),
            refusals,
        }
    }

    fn decide(&self, request: &mut Request<'_>) -> Decision {
        let seen = &*request;
        // Not every rule asks for it, and none needs to find it again.
        let client = LazyCell::new(|| self.clients.find(seen.peer().ip(), seen.headers()));
        let mut refusals =
            self.rules.iter().filter_map(|rule| Some((rule, rule.admit(seen, || *client).err()?)));
        match refusals.next() {
            None => Decision::Pass,
            Some((rule, wait)) => {
                self.refusals.add(1);
                request.add_attribute("rate_limit.by", rule.by());
                Answer::too_many_requests("too many requests", wait).into()
            }
        }
    }
}

impl RunningFeature for Limits {
    fn describe(&self) -> Attributes {
        let rules: Vec<_> = self.rules.iter().map(ToString::to_string).collect();
        Attributes::from_iter([("rules".to_owned(), rules.into())])
    }

    fn hook(self: Arc<Self>) -> Option<Hooked> {
        Some(Hooked::new(self).requests_only())
    }
}

impl Hook for Limits {
    fn on_request(&self, request: &mut Request<'_>) -> impl Future<Output = Decision> {
        ready(self.decide(request))
    }
}
