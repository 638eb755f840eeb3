//! Guards, requests and tokens for tests.
//! Does not know what is tested.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};

use super::super::flaw::Flaw;
use super::super::guard::Guard;
use super::super::policy::Policy;
use super::super::settings::Settings;
use crate::extension::{Answer, Decision, Hook, Identity, Request, Transport};

/// 33 bytes.
pub(super) const SECRET: &str = "a secret of thirty-two characters";

pub(super) const WITH_SECRET: &str = "[[jwt.keys]]\nalgorithm = 'HS256'\n\
                                      secret = 'a secret of thirty-two characters'\n";

/// Where the keys of tests are.
pub(super) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/features/auth/tests")
}

/// What `[features.http_auth]` would be, without the words in front.
pub(super) fn policy(settings: &str) -> Result<Policy, Vec<Flaw>> {
    let settings: Settings = toml::from_str(settings).unwrap();
    Policy::of(&settings, &directory())
}

pub(super) fn guard(settings: &str) -> Guard {
    match policy(settings) {
        Ok(policy) => Guard::new(policy, "greeter"),
        Err(flaws) => panic!("{flaws:?}"),
    }
}

/// What became of a request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) answer: Option<Box<Answer>>,
    pub(super) identity: Option<Identity>,
    /// As the guest would see them.
    pub(super) headers: HeaderMap,
    /// `auth.failure`; empty for none.
    pub(super) failure: String,
}

impl Asked {
    /// Whom it is about, or the word of the refusal.
    pub(super) fn who(&self) -> Result<&str, &str> {
        match (&self.answer, &self.identity) {
            (None, Some(identity)) => Ok(&identity.subject),
            (None, None) => Ok("nobody"),
            (Some(answer), None) => {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
                Err(&self.failure)
            }
            (Some(_), Some(_)) => panic!("refused with an identity: {self:?}"),
        }
    }

    pub(super) fn challenges(&self) -> Vec<&str> {
        let answer = self.answer.as_ref().expect("the request was refused");
        let lines = answer.headers.get_all(WWW_AUTHENTICATE).iter();
        lines.map(|line| line.to_str().unwrap()).collect()
    }
}

pub(super) fn parts(method: &str, path: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, value.as_bytes());
    }
    request.body(()).unwrap().into_parts().0
}

pub(super) fn ask_with(guard: &Guard, mut parts: Parts, before: Option<Identity>) -> Asked {
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    let mut request = Request::new(Transport::Http, &mut parts, peer, 0, "id".into());
    if let Some(identity) = before {
        request.set_identity(identity);
    }
    let decision = guard.on_request(&mut request).now_or_never().expect("it waits for nothing");
    let found = request.found;
    let failure = found.attributes.get("auth.failure").and_then(Value::as_str);
    let failure = failure.unwrap_or_default().to_owned();
    let answer = match decision {
        Decision::Pass => None,
        Decision::Answer(answer) => Some(answer),
    };
    let identity = found.identity.map(|identity| (*identity).clone());
    let subject = found.attributes.get("auth.subject").and_then(Value::as_str);
    if subject.is_some() {
        assert_eq!(subject, identity.as_ref().map(|identity| &*identity.subject));
    }
    Asked { answer, identity, headers: parts.headers, failure }
}

pub(super) fn ask(guard: &Guard, headers: &[(&str, &str)]) -> Asked {
    ask_with(guard, parts("GET", "/private", headers), None)
}

/// Asks with a bearer token.
pub(super) fn ask_bearing(guard: &Guard, token: &str) -> Asked {
    ask(guard, &[("authorization", &format!("Bearer {token}"))])
}

/// Claims of `ann` that are good for an hour, changed.
pub(super) fn claims(changes: Value) -> Value {
    let mut claims = json!({ "sub": "ann", "exp": now(3600) });
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (name, value) in changes {
        claims[name] = value;
    }
    claims
}

/// Now and some seconds.
pub(super) fn now(offset: i64) -> u64 {
    get_current_timestamp().checked_add_signed(offset).unwrap()
}

/// A token signed with [`SECRET`].
pub(super) fn token(changes: Value) -> String {
    signed(&Header::new(Algorithm::HS256), &claims(changes), &hmac(SECRET))
}

pub(super) fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    encode(header, claims, key).unwrap()
}

pub(super) fn hmac(secret: &str) -> EncodingKey {
    EncodingKey::from_secret(secret.as_bytes())
}

pub(super) fn with_id(algorithm: Algorithm, id: &str) -> Header {
    Header { kid: Some(id.to_owned()), ..Header::new(algorithm) }
}

/// The private key whose public one is in `rsa-public.pem`.
pub(super) fn rsa() -> EncodingKey {
    EncodingKey::from_rsa_pem(include_bytes!("rsa.pem")).unwrap()
}

/// One of the private keys of Ed25519.
pub(super) fn edwards(number: u8) -> EncodingKey {
    let prefix = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    EncodingKey::from_ed_der(&[prefix.as_slice(), &[number; 32]].concat())
}

/// One of the private keys of P-256.
pub(super) fn elliptic(number: u8) -> EncodingKey {
    let prefix =
        b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\
                   \x48\xce\x3d\x03\x01\x07\x04\x27\x30\x25\x02\x01\x01\x04\x20";
    EncodingKey::from_ec_der(&[prefix.as_slice(), &[number; 32]].concat())
}

/// The public half of a key as a JSON Web Key, changed; `null` removes.
pub(super) fn public(key: &EncodingKey, algorithm: Algorithm, changes: Value) -> Value {
    let key = jsonwebtoken::jwk::Jwk::from_encoding_key(key, algorithm).unwrap();
    let mut key = serde_json::to_value(&key).unwrap();
    let (Value::Object(all), Value::Object(changes)) = (&mut key, changes) else {
        panic!("keys and changes are objects")
    };
    for (name, value) in changes {
        match value {
            Value::Null => drop(all.remove(&name)),
            value => drop(all.insert(name, value)),
        }
    }
    key
}

/// A text as base64 without padding, in the alphabet of URLs.
pub(super) fn encoded(text: impl AsRef<[u8]>) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// A directory with a file of keys, gone when it is dropped.
pub(super) struct Files(PathBuf);

impl Files {
    pub(super) fn new(name: &str, keys: &Value) -> Self {
        let path = std::env::temp_dir().join(format!("http_auth-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let files = Self(path);
        files.write(&keys.to_string());
        files
    }

    pub(super) fn directory(&self) -> &Path {
        &self.0
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.join("keys.json")
    }

    /// A new file takes the place of the old one, as with a mounted secret.
    pub(super) fn write(&self, text: &str) {
        let new = self.0.join("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path()).unwrap();
    }

    pub(super) fn policy(&self, more: &str) -> Result<Policy, String> {
        let text = format!("[jwt]\njwks_file = 'keys.json'\n{more}");
        let settings: Settings = toml::from_str(&text).unwrap();
        Policy::of(&settings, &self.0).map_err(|flaws| {
            let lines = flaws.into_iter().map(|flaw| format!("{} {}", flaw.path, flaw.message));
            lines.collect::<Vec<_>>().join("\n")
        })
    }

    pub(super) fn guard(&self) -> Guard {
        Guard::new(self.policy("").unwrap(), "greeter")
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

pub(super) fn set(keys: &[Value]) -> Value {
    json!({ "keys": keys })
}

/// Whom a token is about, or why it is refused.
pub(super) fn who(guard: &Guard, header: &Header, key: &EncodingKey) -> String {
    let token = signed(header, &claims(json!({})), key);
    let asked = ask_bearing(guard, &token);
    asked.who().map_or_else(|word| format!("refused: {word}"), str::to_owned)
}
