//! What the admin listener answers, and to whom. Does not know sockets.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, HOST, HeaderValue, ORIGIN, WWW_AUTHENTICATE};
use http::uri::Authority;
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::answer;
use crate::extension::{HumanDuration, Level, Monitor, Pages, Phase, Readiness, Samples, Services};

/// The services of a process, as operators see them.
pub(super) struct Site {
    /// Whether only this machine reaches it.
    is_loopback: bool,
    services: Services,
    members: Mutex<Vec<Member>>,
    pages: Pages,
}

/// A version of a service that has enabled the feature.
struct Member {
    monitor: Monitor,
    /// The SHA-256 of its token.
    token: Option<[u8; 32]>,
}

/// That the token of a version counts, until this is dropped.
pub(super) struct Membership {
    site: Arc<Site>,
    monitor: Monitor,
    token: Option<[u8; 32]>,
}

/// What `PUT /loglevel` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelChange {
    /// `null`: what `service.toml` and the command line say.
    #[serde(deserialize_with = "Option::deserialize")]
    level: Option<String>,
    /// All by default.
    service: Option<String>,
    /// How long; until it is set again by default.
    #[serde(rename = "for")]
    duration: Option<HumanDuration>,
}

/// The longest time for which a level can be set.
const LONGEST: Duration = Duration::from_hours(24);

const OWN_PATHS: [&str; 5] = ["/debug/dump", "/livez", "/loglevel", "/readyz", "/services"];

impl Site {
    pub(super) fn new(is_loopback: bool, services: Services, pages: Pages) -> Self {
        Self { is_loopback, services, members: Mutex::default(), pages }
    }

    /// Versions join and leave, and the token of each counts until it leaves: a swap can change it. `None` if another
    /// service has another token.
    pub(super) fn join(
        self: &Arc<Self>,
        monitor: Monitor,
        token: Option<&str>,
    ) -> Option<Membership> {
        let token = token.map(digest);
        let mut members = self.lock();
        if members.iter().any(|other| !other.monitor.is(&monitor) && other.token != token) {
            return None;
        }
        members.push(Member { monitor: monitor.clone(), token });
        drop(members);
        Some(Membership { site: self.clone(), monitor, token })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All services of the process by their names, also those that have ended.
    fn services(&self) -> BTreeMap<String, Monitor> {
        let all = self.services.all().into_iter();
        all.map(|monitor| (monitor.name(), monitor)).collect()
    }

    pub(super) fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        // Pages of browsers have no business here, and cannot make a request without this field that changes anything.
        if request.headers().contains_key(ORIGIN) {
            return answer::error(StatusCode::FORBIDDEN, "not for web pages");
        }
        let path = request.uri().path();
        let is_probe = matches!(path, "/livez" | "/readyz");
        if !is_probe && !self.admits(request) {
            let mut refused = answer::error(
                StatusCode::UNAUTHORIZED,
                "send `authorization: Bearer <token>` with the `token` of `[features.admin]`",
            );
            refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return refused;
        }
        if !is_probe && self.is_misled(request) {
            return answer::error(
                StatusCode::MISDIRECTED_REQUEST,
                "without a `token`, ask for `localhost` or an IP address",
            );
        }
        if path == "/loglevel" && request.method() == Method::PUT {
            return self.set_level(request.body());
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refused = answer::error(
                StatusCode::METHOD_NOT_ALLOWED,
                &format!("`{path}` does not answer {}", request.method()),
            );
            let allowed = if path == "/loglevel" { "GET, HEAD, PUT" } else { "GET, HEAD" };
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            return refused;
        }
        match path {
            "/" => answer::text(self.index()),
            // Whoever answers is alive.
            "/livez" => answer::json(StatusCode::OK, &serde_json::json!({ "alive": true })),
            "/readyz" => self.readiness(),
            "/services" => answer::json(StatusCode::OK, &self.statuses()),
            "/loglevel" => answer::json(StatusCode::OK, &self.levels()),
            "/debug/dump" => answer::json(StatusCode::OK, &self.dump()),
            _ => match self.pages.find(path) {
                Some(page) => page.respond(request),
                None => {
                    answer::error(StatusCode::NOT_FOUND, &format!("nothing at `{path}`, see `/`"))
                }
            },
        }
    }

    fn admits(&self, request: &Request<Bytes>) -> bool {
        let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let given = given.map(|(_, token)| digest(token));
        let admits = |expected: &Option<[u8; 32]>| match (expected, given) {
            (None, _) => true,
            (Some(expected), Some(given)) => given.ct_eq(expected).into(),
            (Some(_), None) => false,
        };
        self.lock().iter().any(|member| admits(&member.token))
    }

    /// Whether a page of a browser may be behind it whose name was made to lead to this machine: such a request has
    /// no `origin`, but the name. Whoever knows a token is no page.
    fn is_misled(&self, request: &Request<Bytes>) -> bool {
        let name = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let name = name.and_then(|host| host.parse::<Authority>().ok());
        self.is_loopback
            && self.lock().iter().any(|member| member.token.is_none())
            && name.is_some_and(|name| !is_of_this_machine(name.host()))
    }

    fn index(&self) -> String {
        let mut paths = self.pages.paths();
        paths.extend(OWN_PATHS);
        paths.sort_unstable();
        paths.join("\n") + "\n"
    }

    fn readiness(&self) -> Response<Bytes> {
        let services = self.services();
        // One that has ended as it was to is missed by nobody.
        let counted = services.values().filter(|one| one.status().phase != Phase::Stopped);
        let is_ready = !services.is_empty() && counted.clone().all(|one| one.readiness().ready);
        let services: BTreeMap<&String, Readiness> =
            services.iter().map(|(name, monitor)| (name, monitor.readiness())).collect();
        let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        answer::json(status, &serde_json::json!({ "ready": is_ready, "services": services }))
    }

    fn statuses(&self) -> Vec<serde_json::Value> {
        let status = |monitor: &Monitor| serde_json::json!({ "status": monitor.status(), "readiness": monitor.readiness() });
        self.services().values().map(status).collect()
    }

    fn levels(&self) -> BTreeMap<String, String> {
        let levels = self.services().into_iter();
        levels.map(|(name, monitor)| (name, monitor.status().log_level)).collect()
    }

    /// What a report about a bug should have. No secrets: no values of variables, no settings.
    fn dump(&self) -> serde_json::Value {
        let measured = |monitor: &Monitor| {
            let mut samples = Samples::default();
            monitor.measure(&mut samples);
            let samples = samples.into_vec().into_iter().map(|sample| {
                let labels: BTreeMap<_, _> = sample.labels.into_iter().collect();
                serde_json::json!({ "name": sample.metric.name, "labels": labels, "value": sample.value })
            });
            samples.collect::<Vec<_>>()
        };
        let services = self.services();
        serde_json::json!({
            "host": { "version": env!("CARGO_PKG_VERSION"), "pid": std::process::id() },
            "services": self.statuses(),
            "samples": services.iter().map(|(name, monitor)| (name.clone(), measured(monitor))).collect::<BTreeMap<_, _>>(),
        })
    }

    fn set_level(&self, body: &[u8]) -> Response<Bytes> {
        let change: LevelChange = match serde_json::from_slice(body) {
            Ok(change) => change,
            Err(error) => {
                let example = r#"expected JSON such as `{"level": "debug", "for": "10m"}`"#;
                return answer::error(StatusCode::BAD_REQUEST, &format!("{example}: {error}"));
            }
        };
        let level = match change.level.as_deref().map(str::parse::<Level>).transpose() {
            Ok(level) => level,
            Err(error) => return answer::error(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        let duration = change.duration.map(|duration| duration.0);
        if duration.is_some_and(|duration| duration.is_zero() || duration > LONGEST) {
            return answer::error(StatusCode::BAD_REQUEST, "`for` is more than 0 and at most 24h");
        }
        let services = self.services();
        let is_chosen = |name: &str| change.service.as_deref().is_none_or(|chosen| chosen == name);
        let mut chosen = services.iter().filter(|(name, _)| is_chosen(name)).peekable();
        if chosen.peek().is_none() {
            let message =
                format!("there is no service `{}` here", change.service.unwrap_or_default());
            return answer::error(StatusCode::NOT_FOUND, &message);
        }
        for (_, monitor) in chosen {
            monitor.set_level(level, duration);
        }
        answer::json(StatusCode::ACCEPTED, &serde_json::json!({ "level": level.map(Level::name) }))
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut members = self.site.lock();
        let is_own =
            |member: &Member| member.monitor.is(&self.monitor) && member.token == self.token;
        if let Some(index) = members.iter().position(is_own) {
            members.swap_remove(index);
        }
    }
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Membership").field("monitor", &self.monitor).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("pages", &self.pages).finish_non_exhaustive()
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn is_of_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.trim_end_matches('.').eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok()
}
