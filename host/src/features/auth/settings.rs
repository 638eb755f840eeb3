//! `[features.http_auth]` as it is written.
//!
//! Does not know what the values are good for: `policy` checks them and makes something of them.

use std::path::PathBuf;
use std::time::Duration;

use jsonwebtoken::Algorithm as JwtAlgorithm;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::extension::HumanDuration;
use crate::features::routes::Routes;

/// `[features.http_auth]`: who may call the service. At least one of `jwt`, `api_keys` and `basic`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Routes that need no credentials: an exact path, or a prefix that ends in `/*`, with a method in front if
    /// only that method is public. For example `GET /docs`, `/assets/*`, `/helloworld.Greeter/*`.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    pub(super) public: Routes,
    /// The realm in `www-authenticate`. Default: the service's name.
    pub(super) realm: Option<String>,
    /// Whether credentials are removed before the service sees a request.
    #[serde(default)]
    pub(super) strip_credentials: bool,
    /// JSON Web Tokens.
    pub(super) jwt: Option<Jwt>,
    /// Keys of programs.
    pub(super) api_keys: Option<Vec<ApiKey>>,
    /// Users with passwords (HTTP Basic authentication).
    pub(super) basic: Option<Vec<User>>,
}

/// `[features.http_auth.jwt]`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Jwt {
    /// Keys that tokens may be signed with.
    pub(super) keys: Option<Vec<Key>>,
    /// A file with a JSON Web Key Set, relative to `service.toml`. It is read again when it changes.
    pub(super) jwks_file: Option<PathBuf>,
    /// How often that file is checked for changes. Default: `30s`.
    pub(super) jwks_refresh: Option<HumanDuration>,
    /// Algorithms that tokens may be signed with. Default: all that the keys are for.
    pub(super) algorithms: Option<Vec<Algorithm>>,
    /// Required value of `iss`.
    pub(super) issuer: Option<String>,
    /// Names of the service; `aud` must contain one of them. Without this key, tokens with an `aud` are refused.
    pub(super) audience: Option<Vec<String>>,
    /// Allowed difference between the clocks of the issuer and of this machine.
    #[serde(default = "Jwt::default_leeway")]
    pub(super) leeway: HumanDuration,
    /// Claims that a token must have, besides `exp`.
    #[serde(default)]
    pub(super) required_claims: Vec<String>,
    /// The claim that contains the subject.
    #[serde(default = "Jwt::default_subject_claim")]
    pub(super) subject_claim: String,
    /// The header with the token. In `authorization` the token follows the word `Bearer`; any other header
    /// contains only the token.
    #[serde(default = "Jwt::default_header")]
    pub(super) header: String,
    /// A cookie with the token, for requests without the header.
    pub(super) cookie: Option<String>,
}

impl Jwt {
    fn default_leeway() -> HumanDuration {
        HumanDuration(Duration::from_mins(1))
    }

    fn default_subject_claim() -> String {
        "sub".to_owned()
    }

    fn default_header() -> String {
        "authorization".to_owned()
    }
}

/// `[[features.http_auth.jwt.keys]]`: either a `secret` or a `public_key_file`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    /// The `kid` of tokens that are signed with this key. Default: any.
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    /// For `HS256`, `HS384` and `HS512`; usually `"VARIABLE@env"`.
    pub(super) secret: Option<Secret>,
    /// For all other algorithms: a PEM file, relative to `service.toml`.
    pub(super) public_key_file: Option<PathBuf>,
}

/// An algorithm of JSON Web Signatures. There is no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum Algorithm {
    #[serde(rename = "HS256")]
    Hs256,
    #[serde(rename = "HS384")]
    Hs384,
    #[serde(rename = "HS512")]
    Hs512,
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "RS384")]
    Rs384,
    #[serde(rename = "RS512")]
    Rs512,
    #[serde(rename = "PS256")]
    Ps256,
    #[serde(rename = "PS384")]
    Ps384,
    #[serde(rename = "PS512")]
    Ps512,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "ES384")]
    Es384,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl From<Algorithm> for JwtAlgorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Hs256 => Self::HS256,
            Algorithm::Hs384 => Self::HS384,
            Algorithm::Hs512 => Self::HS512,
            Algorithm::Rs256 => Self::RS256,
            Algorithm::Rs384 => Self::RS384,
            Algorithm::Rs512 => Self::RS512,
            Algorithm::Ps256 => Self::PS256,
            Algorithm::Ps384 => Self::PS384,
            Algorithm::Ps512 => Self::PS512,
            Algorithm::Es256 => Self::ES256,
            Algorithm::Es384 => Self::ES384,
            Algorithm::EdDsa => Self::EdDSA,
        }
    }
}

/// `[[features.http_auth.api_keys]]`: either `key` or `key_sha256`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApiKey {
    /// Name of the key's owner: the subject of the identity.
    pub(super) name: String,
    /// At least 16 bytes; usually `"VARIABLE@env"`.
    pub(super) key: Option<Secret>,
    /// Its SHA-256 in hexadecimal digits.
    pub(super) key_sha256: Option<Secret>,
    #[serde(default = "ApiKey::default_header")]
    pub(super) header: String,
}

impl ApiKey {
    fn default_header() -> String {
        "x-api-key".to_owned()
    }
}

/// `[[features.http_auth.basic]]`: either `password` or `password_sha256`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    /// The subject of the identity.
    pub(super) name: String,
    /// At least 8 bytes; usually `"VARIABLE@env"`.
    pub(super) password: Option<Secret>,
    /// Its SHA-256 in hexadecimal digits. Only for passwords that cannot be guessed.
    pub(super) password_sha256: Option<Secret>,
}

/// A text that is shown nowhere.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Secret(pub(super) String);
