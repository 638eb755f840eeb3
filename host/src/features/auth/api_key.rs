//! API keys: long secrets of programs.
//!
//! Does not know how requests carry them beyond the name of the header.

use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use serde_json::Map;

use super::flaw::Flaws;
use super::secret::{Carrier, Digest, Slot};
use super::settings;
use crate::extension::Identity;

/// What nobody guesses, even without a limit of tries.
const SHORTEST: usize = 16;

/// All keys there are.
#[derive(Default)]
pub(super) struct ApiKeys(Vec<ApiKey>);

struct ApiKey {
    name: String,
    header: HeaderName,
    digest: Digest,
}

impl ApiKeys {
    pub(super) fn of(keys: &[settings::ApiKey], flaws: &mut Flaws) -> Self {
        let mut all: Vec<ApiKey> = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            let table = format!("api_keys[{index}]");
            let slot =
                Slot { table: &table, key: "key", shortest: SHORTEST, carrier: Carrier::Header };
            let digest = slot.digest(key.key.as_ref(), key.key_sha256.as_ref(), flaws);
            if key.name.is_empty() {
                flaws.note(format!("{table}.name"), "must not be empty");
            }
            if key.name.contains(char::is_control) {
                flaws.note(format!("{table}.name"), "must not have control characters");
            }
            let header = header(&key.header, &format!("{table}.header"), flaws);
            let (Some(digest), Some(header)) = (digest, header) else { continue };
            if all.iter().any(|other| other.header == header && digest.is(&other.digest).into()) {
                flaws.note(&table, "has the same key as one before");
            }
            all.push(ApiKey { name: key.name.clone(), header, digest });
        }
        Self(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The headers with keys, each once, in the order of the settings.
    pub(super) fn headers(&self) -> Vec<HeaderName> {
        let mut headers = Vec::new();
        for key in &self.0 {
            if !headers.contains(&key.header) {
                headers.push(key.header.clone());
            }
        }
        headers
    }

    /// Whose key this is. Looks at all of them, so that the time tells nothing.
    pub(super) fn identify(&self, header: &HeaderName, value: &[u8]) -> Option<Identity> {
        let given = Digest::of(value);
        let mut owner = None;
        for key in self.0.iter().filter(|key| key.header == *header) {
            if key.digest.is(&given).into() {
                owner = Some(key);
            }
        }
        owner.map(|key| Identity {
            subject: key.name.clone(),
            scheme: "api_key".to_owned(),
            claims: Map::new(),
        })
    }
}

fn header(name: &str, path: &str, flaws: &mut Flaws) -> Option<HeaderName> {
    let Ok(header) = HeaderName::try_from(name) else {
        flaws.note(path, "must be the name of a header");
        return None;
    };
    if header == AUTHORIZATION || header == COOKIE {
        flaws.note(path, "must be a header of its own, such as `x-api-key`");
        return None;
    }
    Some(header)
}
