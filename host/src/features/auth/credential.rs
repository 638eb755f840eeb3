//! Finds the credentials of a request.
//!
//! Does not know whether they are good.

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue};

use super::refusal::Refusal;

/// Where credentials are looked for.
#[derive(Debug)]
pub(super) struct Places {
    /// `None` when there are no tokens.
    pub(super) token: Option<HeaderName>,
    pub(super) cookie: Option<String>,
    pub(super) takes_passwords: bool,
    /// Each once.
    pub(super) api_keys: Vec<HeaderName>,
}

/// What a caller shows of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential<'a> {
    Token(&'a str),
    /// What follows the word `Basic`.
    Password(&'a str),
    ApiKey(&'a HeaderName, &'a [u8]),
}

/// The credentials of a request: one, of which the first place decides, or none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Given<'a> {
    Nothing,
    Header(Credential<'a>),
    /// A token that a browser sends along whether its user wants that or not.
    Cookie(Result<&'a str, Refusal>),
}

impl Places {
    /// # Errors
    /// [`Refusal::Malformed`] for a header with a credential that makes no sense, and for one that comes twice:
    /// the service might look at the other one.
    pub(super) fn find<'a>(&'a self, headers: &'a HeaderMap) -> Result<Given<'a>, Refusal> {
        if let Some(credential) = self.in_authorization(headers)? {
            return Ok(Given::Header(credential));
        }
        let token = self.token.as_ref().filter(|name| **name != AUTHORIZATION);
        if let Some(name) = token
            && let Some(value) = single(headers, name)?
        {
            return Ok(Given::Header(Credential::Token(text(value)?.trim())));
        }
        for name in &self.api_keys {
            if let Some(value) = single(headers, name)? {
                return Ok(Given::Header(Credential::ApiKey(name, value.as_bytes())));
            }
        }
        let cookie = self.cookie.as_deref().and_then(|name| cookie(headers, name));
        Ok(cookie.map_or(Given::Nothing, Given::Cookie))
    }

    /// Other words than `Bearer` and `Basic` are the service's own business.
    fn in_authorization<'a>(
        &self,
        headers: &'a HeaderMap,
    ) -> Result<Option<Credential<'a>>, Refusal> {
        let takes_tokens = self.token.as_ref() == Some(&AUTHORIZATION);
        if !takes_tokens && !self.takes_passwords {
            return Ok(None);
        }
        let Some(value) = single(headers, &AUTHORIZATION)? else { return Ok(None) };
        let value = text(value)?.trim();
        let (scheme, credential) = value.split_once(' ').unwrap_or((value, ""));
        let credential = credential.trim_start();
        let found = if takes_tokens && scheme.eq_ignore_ascii_case("bearer") {
            Credential::Token(credential)
        } else if self.takes_passwords && scheme.eq_ignore_ascii_case("basic") {
            Credential::Password(credential)
        } else {
            return Ok(None);
        };
        if credential.is_empty() { Err(Refusal::Malformed) } else { Ok(Some(found)) }
    }

    /// Removes the headers and the cookie that credentials are looked for in, whatever is in them.
    pub(super) fn strip(&self, headers: &mut HeaderMap) {
        if self.takes_passwords {
            headers.remove(AUTHORIZATION);
        }
        for name in self.token.iter().chain(&self.api_keys) {
            headers.remove(name);
        }
        if let Some(name) = &self.cookie {
            strip_cookie(headers, name);
        }
    }
}

fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Refusal::Malformed),
    }
}

fn text(value: &HeaderValue) -> Result<&str, Refusal> {
    value.to_str().map_err(|_not_ascii| Refusal::Malformed)
}

/// The value of a cookie; an empty one is what a browser has left after a log-out.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<Result<&'a str, Refusal>> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter(|pair| is_cookie(pair, name))
        .map(|pair| pair.trim_ascii()[name.len() + 1..].trim_ascii());
    let value = values.next()?;
    if values.next().is_some() {
        return Some(Err(Refusal::Malformed));
    }
    let inner = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    match str::from_utf8(inner.unwrap_or(value)) {
        Ok("") => None,
        text => Some(text.map_err(|_not_text| Refusal::Malformed)),
    }
}

/// Whether `pair` is `name=…`.
fn is_cookie(pair: &[u8], name: &str) -> bool {
    let rest = pair.trim_ascii().strip_prefix(name.as_bytes());
    rest.is_some_and(|rest| rest.starts_with(b"="))
}

fn strip_cookie(headers: &mut HeaderMap, name: &str) {
    let lines: Vec<_> = headers.get_all(COOKIE).iter().cloned().collect();
    headers.remove(COOKIE);
    for line in lines {
        let pairs = line.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let kept: Vec<_> = pairs.filter(|pair| !is_cookie(pair, name)).collect();
        let kept = kept.join(b"; ".as_slice());
        // What was a value is one still; an empty line says nothing.
        if let Ok(value) = HeaderValue::from_bytes(&kept)
            && !value.is_empty()
        {
            headers.append(COOKIE, value);
        }
    }
}
