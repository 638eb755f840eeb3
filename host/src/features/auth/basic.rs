//! Users with passwords: HTTP Basic authentication (RFC 7617).
//!
//! Does not know in which header they come.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Map;

use super::flaw::{Flaws, note_repeated};
use super::refusal::Refusal;
use super::secret::{Carrier, Digest, Slot};
use super::settings;
use crate::extension::Identity;

/// What is better than nothing.
const SHORTEST: usize = 8;

/// Some clients leave out the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// All users there are.
#[derive(Default)]
pub(super) struct Users(Vec<User>);

struct User {
    name: String,
    /// Compared in place of the name, which may be a secret too.
    name_digest: Digest,
    password: Digest,
}

impl Users {
    pub(super) fn of(users: &[settings::User], flaws: &mut Flaws) -> Self {
        let at = |index| format!("basic[{index}].name");
        let names = users.iter().enumerate().map(|(index, user)| (at(index), &*user.name));
        note_repeated(flaws, names, "that of a user");
        let mut all = Vec::new();
        for (index, user) in users.iter().enumerate() {
            let table = format!("basic[{index}]");
            let slot = Slot {
                table: &table,
                key: "password",
                shortest: SHORTEST,
                carrier: Carrier::Basic,
            };
            let password =
                slot.digest(user.password.as_ref(), user.password_sha256.as_ref(), flaws);
            if user.name.is_empty() {
                flaws.note(at(index), "must not be empty");
            }
            if user.name.contains(':') {
                flaws.note(at(index), "must not have a colon: it ends the name in a request");
            }
            if let Some((message, help)) = Carrier::Basic.refuses(&user.name) {
                flaws.add(at(index), message, help);
            }
            let Some(password) = password else { continue };
            let name_digest = Digest::of(user.name.as_bytes());
            all.push(User { name: user.name.clone(), name_digest, password });
        }
        Self(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who this is: `encoded` is what follows the word `Basic`. Looks at all users, so that the time does not
    /// tell which there are.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] and [`Refusal::Password`].
    pub(super) fn identify(&self, encoded: &str) -> Result<Identity, Refusal> {
        let decoded = BASE64.decode(encoded).map_err(|_no_base64| Refusal::Malformed)?;
        let colon = memchr::memchr(b':', &decoded).ok_or(Refusal::Malformed)?;
        let (name, password) = (Digest::of(&decoded[..colon]), Digest::of(&decoded[colon + 1..]));
        let mut known = None;
        for user in &self.0 {
            if (user.name_digest.is(&name) & user.password.is(&password)).into() {
                known = Some(user);
            }
        }
        let user = known.ok_or(Refusal::Password)?;
        Ok(Identity { subject: user.name.clone(), scheme: "basic".to_owned(), claims: Map::new() })
    }
}
