//! A plug-in that finds out who the caller is: from a signed session, in a cookie or in a header.
//! Deliberately keeps no sessions: whoever has the key can make one, and nobody else.

mod token;

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mikros_sdk::plugin::{Answer, Pass, Plugin, Refusal, RequestHead, RequestHook};
use mikros_sdk::{Caller, log};
use serde::Deserialize;

/// `[features.session_auth.settings]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// What sessions are signed with; at least 32 bytes.
    key: String,
    /// Paths that need no session.
    #[serde(default)]
    public: Vec<String>,
}

struct SessionAuth {
    settings: Settings,
}

impl Plugin for SessionAuth {
    type Settings = Settings;

    async fn on_start(settings: Settings) -> Result<Self, Refusal> {
        let mut problems = Vec::new();
        if settings.key.len() < 32 {
            problems.push(("key".to_owned(), "must have at least 32 bytes"));
        }
        for (index, path) in settings.public.iter().enumerate() {
            if !path.starts_with('/') {
                problems.push((format!("public[{index}]"), "must start with `/`"));
            }
        }
        Refusal::unless_empty(problems)?;
        Ok(Self { settings })
    }
}

impl RequestHook for SessionAuth {
    async fn on_request(&self, request: &RequestHead) -> Result<Pass, Answer> {
        if self.settings.public.iter().any(|path| path == request.path()) {
            return Ok(Pass::new());
        }
        let Some(session) = session(request) else {
            return Err(Answer::unauthenticated("a session is needed", "Session"));
        };
        match token::check(session, self.settings.key.as_bytes(), now()) {
            Ok(token) => Ok(Pass::new()
                .identify(Caller::new(token.user, "session").with_claim("expires", token.expires))
                // The service has no use for it, and should not log it.
                .remove_header("x-session")
                .attribute("user", token.user)),
            Err(reason) => {
                // Whoever forges sessions learns nothing from the answer.
                log::info!("a session is refused", reason);
                Err(Answer::unauthenticated("the session is not valid", "Session"))
            }
        }
    }
}

/// The session of a request: an RPC has it in its metadata, a browser in a cookie.
fn session(request: &RequestHead) -> Option<&str> {
    let cookies = || {
        let values = request.header_lines().filter(|(name, _)| *name == "cookie");
        let values = values.filter_map(|(_, value)| std::str::from_utf8(value).ok());
        values.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.split_once('='))
    };
    let cookie = || cookies().find(|(name, _)| name.trim() == "session");
    request.header("x-session").or_else(|| cookie().map(|(_, value)| value.trim()))
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

mikros_sdk::export_plugin!(SessionAuth: request_hook);
