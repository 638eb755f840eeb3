//! What is checked about a token: its signature, its times, whom it is from and for.
//!
//! Does not know where keys come from.

use std::ops::RangeInclusive;

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::super::flaw::Flaws;
use super::super::refusal::TokenFlaw;
use super::super::settings::Jwt;
use super::key_set::KeySet;
use crate::extension::Identity;

/// In seconds. Clocks that are further apart are out of order.
const LONGEST_LEEWAY: u64 = 600;

/// What is checked about a token.
pub(super) struct Checks {
    /// For any algorithm; which one is filled in for each token.
    validation: Validation,
    required: Vec<String>,
    subject: String,
}

impl Checks {
    pub(super) fn of(jwt: &Jwt, flaws: &mut Flaws) -> Self {
        let leeway = jwt.leeway.0;
        if leeway.as_secs() > LONGEST_LEEWAY || leeway.subsec_nanos() > 0 {
            flaws.note("jwt.leeway", "must be whole seconds, and `10m` at most");
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = leeway.as_secs().min(LONGEST_LEEWAY);
        validation.validate_nbf = true;
        let mut required = vec!["exp"];
        if let Some(issuer) = &jwt.issuer {
            note_empty("jwt.issuer".to_owned(), issuer, flaws);
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        if let Some(audience) = &jwt.audience {
            if audience.is_empty() {
                flaws.note("jwt.audience", "must not be empty");
            }
            for (index, name) in audience.iter().enumerate() {
                note_empty(format!("jwt.audience[{index}]"), name, flaws);
            }
            validation.set_audience(audience);
            required.push("aud");
        }
        // Those that are required are also of the right type.
        validation.set_required_spec_claims(&required);
        for (index, claim) in jwt.required_claims.iter().enumerate() {
            note_empty(format!("jwt.required_claims[{index}]"), claim, flaws);
        }
        note_empty("jwt.subject_claim".to_owned(), &jwt.subject_claim, flaws);
        let (required, subject) = (jwt.required_claims.clone(), jwt.subject_claim.clone());
        Self { validation, required, subject }
    }

    /// Whom a token is about, and from when to when that holds, in seconds since 1970.
    pub(super) fn identify(
        &self,
        token: &str,
        keys: &KeySet,
    ) -> Result<(Identity, RangeInclusive<u64>), TokenFlaw> {
        let claims = self.verified(token, keys)?;
        // The library lets a token pass that is for somebody when nobody has said who we are, if it says so
        // in an odd way.
        if self.validation.aud.is_none() && claims.contains_key("aud") {
            return Err(TokenFlaw::Audience);
        }
        let is_there = |claim: &String| claims.get(claim).is_some_and(|value| !value.is_null());
        if !self.required.iter().all(is_there) {
            return Err(TokenFlaw::Claims);
        }
        let subject = claims.get(&self.subject).and_then(Value::as_str).unwrap_or_default();
        // It stands in lines of logs and in headers of other services.
        if subject.is_empty() || subject.contains(char::is_control) {
            return Err(TokenFlaw::Subject);
        }
        let (subject, scheme) = (subject.to_owned(), "jwt".to_owned());
        let valid = self.valid(&claims);
        Ok((Identity { subject, scheme, claims }, valid))
    }

    /// The claims of a token that is signed by one of `keys` and valid now.
    fn verified(&self, token: &str, keys: &KeySet) -> Result<Map<String, Value>, TokenFlaw> {
        let header = decode_header(token).map_err(|error| flaw_of(&error))?;
        // What must be understood is not: there is nothing of that sort here.
        if header.crit.is_some() {
            return Err(TokenFlaw::Malformed);
        }
        if !keys.knows(header.alg) {
            return Err(TokenFlaw::Algorithm);
        }
        let mut validation = self.validation.clone();
        validation.algorithms = vec![header.alg];
        let mut flaw = TokenFlaw::Key;
        for key in keys.fitting(header.alg, header.kid.as_deref()) {
            match decode(token, key, &validation) {
                Ok(data) => return Ok(data.claims),
                Err(error) => flaw = flaw_of(&error),
            }
            // Signed by this key: another one would find nothing better.
            if flaw != TokenFlaw::Signature {
                break;
            }
        }
        Err(flaw)
    }

    /// `exp` is there, both are numbers: that was checked.
    fn valid(&self, claims: &Map<String, Value>) -> RangeInclusive<u64> {
        let leeway = self.validation.leeway;
        let seconds = |name: &str| claims.get(name).and_then(whole_seconds).unwrap_or(0);
        seconds("nbf").saturating_sub(leeway)..=seconds("exp").saturating_add(leeway)
    }
}

/// Whether a token names a key that is none of `keys`.
pub(super) fn names_other_key(token: &str, keys: &KeySet) -> bool {
    decode_header(token).is_ok_and(|header| header.kid.is_some_and(|id| !keys.has(&id)))
}

fn note_empty(path: String, text: &str, flaws: &mut Flaws) {
    if text.is_empty() {
        flaws.note(path, "must not be empty");
    }
}

/// A number of seconds; of a fraction, `None`: such tokens are checked every time.
fn whole_seconds(value: &Value) -> Option<u64> {
    value.as_u64()
}

fn flaw_of(error: &Error) -> TokenFlaw {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenFlaw::Signature,
        ErrorKind::ExpiredSignature => TokenFlaw::Expired,
        ErrorKind::ImmatureSignature => TokenFlaw::NotYetValid,
        ErrorKind::InvalidIssuer => TokenFlaw::Issuer,
        ErrorKind::InvalidAudience => TokenFlaw::Audience,
        ErrorKind::MissingRequiredClaim(claim) => match claim.as_str() {
            "iss" => TokenFlaw::Issuer,
            "aud" => TokenFlaw::Audience,
            _ => TokenFlaw::Claims,
        },
        ErrorKind::InvalidClaimFormat(_) => TokenFlaw::Claims,
        _ => TokenFlaw::Malformed,
    }
}
