//! Why a caller is not known, and what it is told.
//!
//! Does not know how that was found out.

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;

use crate::extension::Answer;

/// Why a request has no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It has no credentials.
    Missing,
    /// It has credentials that make no sense, or the same twice.
    Malformed,
    ApiKey,
    Password,
    Token(TokenFlaw),
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenFlaw {
    Malformed,
    TooLong,
    /// Signed in a way that is not allowed, or not signed.
    Algorithm,
    /// No key can have signed it.
    Key,
    Signature,
    Expired,
    NotYetValid,
    Issuer,
    Audience,
    Claims,
    Subject,
}

impl TokenFlaw {
    /// Whether a key that is not there would make a difference.
    pub(super) fn may_lack_a_key(self) -> bool {
        matches!(self, Self::Algorithm | Self::Key | Self::Signature)
    }
}

impl Refusal {
    /// For the log.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::ApiKey => "api_key",
            Self::Password => "password",
            Self::Token(flaw) => match flaw {
                TokenFlaw::Malformed => "token_malformed",
                TokenFlaw::TooLong => "token_too_long",
                TokenFlaw::Algorithm => "token_algorithm",
                TokenFlaw::Key => "token_key",
                TokenFlaw::Signature => "token_signature",
                TokenFlaw::Expired => "token_expired",
                TokenFlaw::NotYetValid => "token_not_yet_valid",
                TokenFlaw::Issuer => "token_issuer",
                TokenFlaw::Audience => "token_audience",
                TokenFlaw::Claims => "token_claims",
                TokenFlaw::Subject => "token_subject",
            },
        }
    }

    /// For the client. Only what helps an honest one: which check has failed would help to forge.
    fn message(self) -> &'static str {
        match self {
            Self::Missing => "authentication is required",
            Self::Malformed => "the credentials are malformed",
            Self::ApiKey | Self::Password => "the credentials are not valid",
            Self::Token(TokenFlaw::Expired) => "the token has expired",
            Self::Token(_) => "the token is not valid",
        }
    }
}

/// Ways to authenticate, as `www-authenticate` offers them.
#[derive(Debug)]
pub(super) struct Challenges {
    realm: String,
    /// Words and what follows the realm.
    schemes: Vec<Scheme>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Bearer,
    Basic,
    ApiKey,
}

impl Challenges {
    /// `realm` has only characters that can stand between quotation marks.
    pub(super) fn new(realm: &str, schemes: Vec<Scheme>) -> Self {
        Self { realm: realm.to_owned(), schemes }
    }

    /// 401, `UNAUTHENTICATED`.
    pub(super) fn answer(&self, refusal: Refusal) -> Answer {
        let message = refusal.message();
        let mut challenges = self.schemes.iter().map(|scheme| self.challenge(*scheme, refusal));
        let first = challenges.next().unwrap_or_else(|| HeaderValue::from_static("Bearer"));
        challenges.fold(Answer::unauthenticated(message, first), |answer, challenge| {
            answer.with_header(WWW_AUTHENTICATE, challenge)
        })
    }

    fn challenge(&self, scheme: Scheme, refusal: Refusal) -> HeaderValue {
        let realm = &self.realm;
        let (plain, text) = match (scheme, refusal) {
            (Scheme::Bearer, Refusal::Token(_)) => {
                let message = refusal.message();
                let error = format!("error=\"invalid_token\", error_description=\"{message}\"");
                ("Bearer", format!("Bearer realm=\"{realm}\", {error}"))
            }
            (Scheme::Bearer, _) => ("Bearer", format!("Bearer realm=\"{realm}\"")),
            (Scheme::Basic, _) => ("Basic", format!("Basic realm=\"{realm}\", charset=\"UTF-8\"")),
            (Scheme::ApiKey, _) => ("ApiKey", format!("ApiKey realm=\"{realm}\"")),
        };
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(plain))
    }
}
