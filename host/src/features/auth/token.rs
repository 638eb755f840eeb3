//! JSON Web Tokens: who a caller is, from what somebody has signed whom the operator trusts.
//!
//! Does not know how requests carry them beyond the name of the header and the cookie.

mod check;
mod entry;
mod key;
mod key_set;
mod point;
mod remembered;
mod watcher;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use jsonwebtoken::{Algorithm, get_current_timestamp};

use self::check::Checks;
use self::key::{Key, from_settings};
use self::key_set::{Found, KeyRing, KeySet, MOST_WITHOUT_ID, parse, read};
pub(super) use self::watcher::Look;
use self::watcher::Watcher;
use super::flaw::{Flaws, note_repeated};
use super::refusal::TokenFlaw;
use super::secret::{Digest, LINE_END};
use super::settings::Jwt;
use crate::extension::{ExtensionError, Identity, Logger};

/// In bytes. A longer one is refused before anything is done with it.
const LONGEST: usize = 16 * 1024;

/// Of how many keys that cannot be used it is told why.
const MOST_TOLD: usize = 8;

/// `[features.http_auth.jwt]`, checked.
pub(super) struct Tokens {
    header: HeaderName,
    cookie: Option<String>,
    checks: Checks,
    ring: Arc<KeyRing>,
    file: Option<KeyFile>,
    /// Looks after that file, once it is told to.
    watcher: Option<Watcher>,
}

/// Where more keys are.
#[derive(Clone)]
struct KeyFile {
    path: PathBuf,
    refresh: Duration,
    /// What the settings allow.
    allowed: Option<Vec<Algorithm>>,
    /// The keys that stand in the settings.
    fixed: Vec<Key>,
    /// What was in the file when it was read last.
    content: Vec<u8>,
}

impl Tokens {
    /// Reads the files with keys. `None` when there is something wrong, and for nothing else.
    pub(super) fn of(jwt: &Jwt, directory: &Path, flaws: &mut Flaws) -> Option<Self> {
        let allowed = allowed(jwt, flaws);
        let fixed = fixed_keys(jwt, directory, allowed.as_deref(), flaws);
        let header = HeaderName::try_from(&jwt.header).ok();
        if header.is_none() {
            flaws.note("jwt.header", "must be the name of a header");
        }
        let is_token = |text: &str| !text.is_empty() && HeaderName::try_from(text).is_ok();
        if jwt.cookie.as_deref().is_some_and(|name| !is_token(name)) {
            flaws.note("jwt.cookie", "must be the name of a cookie");
        }
        let checks = Checks::of(jwt, flaws);
        if jwt.jwks_refresh.is_some() && jwt.jwks_file.is_none() {
            flaws.note("jwt.jwks_refresh", "must not be there without `jwks_file`");
        }
        if jwt.keys.is_none() && jwt.jwks_file.is_none() {
            flaws.note("jwt", "must have `keys`, `jwks_file` or both");
        }
        let mut keys = fixed.clone();
        let file = jwt.jwks_file.as_ref().and_then(|path| {
            let file = KeyFile::open(directory.join(path), jwt, allowed, fixed, flaws)?;
            let found = file.keys().ok()?;
            warn_of_unusable(&found, flaws);
            keys.extend(found.keys);
            Some(file)
        });
        let ring = Arc::new(KeyRing::new(KeySet::new(keys)));
        let cookie = jwt.cookie.clone();
        Some(Self { header: header?, cookie, checks, ring, file, watcher: None })
    }

    pub(super) fn header(&self) -> &HeaderName {
        &self.header
    }

    pub(super) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Whom a token is about. One with the id of a key that is not known may be signed by a key that is new:
    /// then the file is looked at again first.
    ///
    /// # Errors
    /// What is wrong with it: the first thing that was found.
    pub(super) async fn identify(&self, token: &str) -> Result<Identity, TokenFlaw> {
        let keys = self.ring.current();
        let found = self.identify_with(token, &keys);
        let (Err(flaw), Some(watcher)) = (&found, &self.watcher) else { return found };
        if !flaw.may_lack_a_key() || !check::names_other_key(token, &keys) {
            return found;
        }
        watcher.look_now().await;
        let newer = self.ring.current();
        if Arc::ptr_eq(&keys, &newer) { found } else { self.identify_with(token, &newer) }
    }

    fn identify_with(&self, token: &str, keys: &KeySet) -> Result<Identity, TokenFlaw> {
        if token.len() > LONGEST {
            return Err(TokenFlaw::TooLong);
        }
        let digest = Digest::of(token.as_bytes());
        if let Some(identity) = keys.remembered.get(&digest, get_current_timestamp()) {
            return Ok(identity);
        }
        let (identity, valid) = self.checks.identify(token, keys)?;
        keys.remembered.put(digest, token.len(), &identity, valid);
        Ok(identity)
    }

    /// Reads the file of keys again from time to time, if there is one, for as long as this is there.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(super) fn watch(&mut self, logger: &Logger) -> Result<(), ExtensionError> {
        self.watcher = self.look(logger.clone()).map(Watcher::start).transpose()?;
        Ok(())
    }

    /// How many looks at the file are over.
    #[cfg(test)]
    pub(super) fn looks(&self) -> tokio::sync::watch::Receiver<u64> {
        self.watcher.as_ref().expect("the file is watched").looks.clone()
    }

    pub(super) fn look(&self, logger: Logger) -> Option<Look> {
        let file = self.file.clone()?;
        Some(Look { file, ring: Arc::clone(&self.ring), logger, trouble: None })
    }
}

impl KeyFile {
    fn open(
        path: PathBuf,
        jwt: &Jwt,
        allowed: Option<Vec<Algorithm>>,
        fixed: Vec<Key>,
        flaws: &mut Flaws,
    ) -> Option<Self> {
        const SHORTEST: Duration = Duration::from_secs(1);
        const REFRESH: Duration = Duration::from_secs(30);
        let refresh = jwt.jwks_refresh.map_or(REFRESH, |refresh| refresh.0);
        if refresh < SHORTEST {
            flaws.note("jwt.jwks_refresh", "must be at least `1s`");
        }
        let content = read(&path).map_err(|flaw| flaws.note("jwt.jwks_file", flaw)).ok()?;
        let file = Self { path, refresh, allowed, fixed, content };
        file.keys().map_err(|flaw| flaws.note("jwt.jwks_file", flaw)).ok()?;
        Some(file)
    }

    /// The keys in the file, as it was read last.
    fn keys(&self) -> Result<Found, key::UseKeyError> {
        parse(&self.content, self.allowed.as_deref())
    }
}

fn warn_of_unusable(found: &Found, flaws: &mut Flaws) {
    const HELP: &str = "tokens that are signed with it are refused; the other keys count";
    for unusable in found.unusable.iter().take(MOST_TOLD) {
        let message = format_args!("holds a key that cannot be used, {unusable}");
        flaws.warn("jwt.jwks_file", message, HELP);
    }
    let more = found.unusable.len().saturating_sub(MOST_TOLD);
    if more > 0 {
        flaws.warn(
            "jwt.jwks_file",
            format_args!("holds {more} more keys that cannot be used"),
            HELP,
        );
    }
}

fn allowed(jwt: &Jwt, flaws: &mut Flaws) -> Option<Vec<Algorithm>> {
    let algorithms = jwt.algorithms.as_ref()?;
    if algorithms.is_empty() {
        flaws.note("jwt.algorithms", "must not be empty");
        return None;
    }
    Some(algorithms.iter().copied().map(Algorithm::from).collect())
}

/// The keys that stand in the settings.
fn fixed_keys(
    jwt: &Jwt,
    directory: &Path,
    allowed: Option<&[Algorithm]>,
    flaws: &mut Flaws,
) -> Vec<Key> {
    let keys = jwt.keys.as_deref().unwrap_or_default();
    if jwt.keys.is_some() && keys.is_empty() {
        flaws.note("jwt.keys", "must not be empty");
    }
    let at = |index: usize, key| format!("jwt.keys[{index}].{key}");
    let named =
        keys.iter().enumerate().filter_map(|(index, key)| Some((index, key.id.as_deref()?)));
    note_repeated(flaws, named.map(|(index, id)| (at(index, "id"), id)), "that of a key");
    if keys.iter().filter(|key| key.id.is_none()).count() > MOST_WITHOUT_ID {
        let message = format!("must each have an `id`, except for {MOST_WITHOUT_ID}");
        flaws.note("jwt.keys", message);
    }
    let mut usable = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        if allowed.is_some_and(|allowed| !allowed.contains(&key.algorithm.into())) {
            flaws.note(at(index, "algorithm"), "must be one of `algorithms`");
        }
        let secret = key.secret.as_ref().map_or("", |secret| &secret.0);
        // Who signs may have the same bytes, so it is no mistake for sure.
        if secret.trim() != secret || secret.starts_with('\u{feff}') {
            let message =
                "begins or ends with a blank, a line end or a byte order mark, which counts";
            flaws.warn(
                at(index, "secret"),
                message,
                format!("{LINE_END}; or sign with it as well"),
            );
        }
        match from_settings(key, directory) {
            Ok(key) => usable.push(key),
            Err(("", flaw)) => {
                flaws.note(format!("jwt.keys[{index}]"), flaw);
            }
            Err((setting, flaw)) => flaws.note(at(index, setting), flaw),
        }
    }
    usable
}
