//! The cookies of a client, kept as a browser keeps those of one site.
//! Deliberately ignores `Domain`, `Secure`, `HttpOnly` and `SameSite`: there is one site, and nobody to listen.

use std::time::{Duration, SystemTime};

use ::http::{HeaderMap, header};

use crate::imports::memory::system_time;

#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    name: String,
    value: String,
    path: String,
    /// `None` for as long as the client lives.
    expires: Option<SystemTime>,
}

impl Cookies {
    /// Keeps what an answer to a request for `target` sets, and forgets what it removes.
    pub(super) fn keep(&mut self, answer: &HeaderMap, target: &str) {
        let set = answer.get_all(header::SET_COOKIE).iter();
        for cookie in set.filter_map(|value| Cookie::parse(value.to_str().ok()?, target)) {
            let old = self.0.iter().position(|it| it.name == cookie.name && it.path == cookie.path);
            match old {
                Some(index) => self.0[index] = cookie,
                None => self.0.push(cookie),
            }
        }
        self.0.retain(Cookie::is_alive);
    }

    /// What is sent with a request for `target`: longer paths first, then in the order in which they were set.
    pub(super) fn of(&mut self, target: &str) -> Vec<(String, String)> {
        self.0.retain(Cookie::is_alive);
        let mut sent: Vec<_> = self.0.iter().filter(|cookie| cookie.belongs_to(target)).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        sent.into_iter().map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect()
    }
}

impl Cookie {
    fn parse(text: &str, target: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let mut cookie = Self {
            name: name.trim_end().to_owned(),
            value: value.trim_start().to_owned(),
            path: default_path(target).to_owned(),
            expires: None,
        };
        let mut max_age = None;
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match &*name.trim().to_ascii_lowercase() {
                "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
                "expires" => cookie.expires = httpdate::parse_http_date(value).ok(),
                "max-age" => max_age = value.parse::<i64>().ok(),
                _ => {}
            }
        }
        // `Max-Age` wins, wherever it stands.
        if let Some(seconds) = max_age {
            let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
            cookie.expires = system_time().checked_add(seconds);
        }
        Some(cookie)
    }

    fn is_alive(&self) -> bool {
        self.expires.is_none_or(|expires| expires > system_time())
    }

    fn belongs_to(&self, target: &str) -> bool {
        let Some(rest) = path_of(target).strip_prefix(&*self.path) else { return false };
        rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/')
    }
}

fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// Everything before the last slash, as RFC 6265 has it.
fn default_path(target: &str) -> &str {
    match path_of(target).rsplit_once('/') {
        Some((path, _)) if !path.is_empty() => path,
        _ => "/",
    }
}
