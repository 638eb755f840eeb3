//! The settings, checked, as what decides about requests.
//!
//! Does not know requests.

use std::path::Path;

use http::header::{AUTHORIZATION, COOKIE};
use serde_json::{Value, json};

use super::api_key::ApiKeys;
use super::basic::Users;
use super::credential::Places;
use super::flaw::{Flaw, Flaws};
use super::refusal::Scheme;
use super::settings::Settings;
use super::token::Tokens;
use crate::extension::{Attributes, ExtensionError, Logger};
use crate::features::routes::Routes;

/// Who may call, and what needs no caller.
pub(super) struct Policy {
    pub(super) public: Routes,
    pub(super) places: Places,
    pub(super) tokens: Option<Tokens>,
    pub(super) api_keys: ApiKeys,
    pub(super) users: Users,
    pub(super) strips: bool,
    /// What works, and hardly as it is meant.
    pub(super) warnings: Vec<Flaw>,
}

impl Policy {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub(super) fn of(settings: &Settings, directory: &Path) -> Result<Self, Vec<Flaw>> {
        let mut flaws = Flaws::default();
        check_realm(settings.realm.as_deref(), &mut flaws);
        let tokens = settings.jwt.as_ref().and_then(|jwt| Tokens::of(jwt, directory, &mut flaws));
        let api_keys = listed("api_keys", settings.api_keys.as_deref(), &mut flaws);
        let api_keys = ApiKeys::of(api_keys, &mut flaws);
        let users = Users::of(listed("basic", settings.basic.as_deref(), &mut flaws), &mut flaws);
        if settings.jwt.is_none() && settings.api_keys.is_none() && settings.basic.is_none() {
            let help = "add `[features.http_auth.jwt]`, `[[features.http_auth.api_keys]]` or \
                        `[[features.http_auth.basic]]`";
            flaws.note_with_help("", "must have at least one of `jwt`, `api_keys`, `basic`", help);
        }
        let places = Places {
            token: tokens.as_ref().map(|tokens| tokens.header().clone()),
            cookie: tokens.as_ref().and_then(|tokens| tokens.cookie().map(str::to_owned)),
            takes_passwords: !users.is_empty(),
            api_keys: api_keys.headers(),
        };
        check_places(&places, &mut flaws);
        let (strips, public) = (settings.strip_credentials, settings.public.clone());
        flaws.or(|warnings| Self { public, places, tokens, api_keys, users, strips, warnings })
    }

    /// Reads the file of keys again from time to time, if there is one, for as long as this is there.
    pub(super) fn watch(&mut self, logger: &Logger) -> Result<(), ExtensionError> {
        self.tokens.as_mut().map_or(Ok(()), |tokens| tokens.watch(logger))
    }

    /// What callers can authenticate with.
    pub(super) fn schemes(&self) -> Vec<Scheme> {
        let offered = [
            (self.tokens.is_some(), Scheme::Bearer),
            (!self.users.is_empty(), Scheme::Basic),
            (!self.api_keys.is_empty(), Scheme::ApiKey),
        ];
        offered
            .into_iter()
            .filter_map(|(is_offered, scheme)| is_offered.then_some(scheme))
            .collect()
    }

    /// For the log.
    pub(super) fn describe(&self) -> Attributes {
        let words = self.schemes().into_iter().map(|scheme| match scheme {
            Scheme::Bearer => "jwt",
            Scheme::Basic => "basic",
            Scheme::ApiKey => "api_key",
        });
        Attributes::from_iter([
            ("schemes".to_owned(), words.map(Value::from).collect()),
            ("public".to_owned(), json!(self.public.texts())),
        ])
    }
}

/// A list that, if it is there, has something in it.
fn listed<'a, T>(path: &str, list: Option<&'a [T]>, flaws: &mut Flaws) -> &'a [T] {
    if list.is_some_and(<[T]>::is_empty) {
        flaws.note(path, "must not be empty");
    }
    list.unwrap_or_default()
}

fn check_realm(realm: Option<&str>, flaws: &mut Flaws) {
    let is_usual = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if realm.is_some_and(|realm| realm.is_empty() || !realm.bytes().all(is_usual)) {
        flaws.note("realm", "must be a text of visible ASCII characters without `\"` and `\\`");
    }
}

/// Two kinds of credentials in one place could not be told apart.
fn check_places(places: &Places, flaws: &mut Flaws) {
    let Some(header) = &places.token else { return };
    if *header == COOKIE {
        flaws.note_with_help("jwt.header", "must not be `cookie`", "name the cookie in `cookie`");
    }
    if *header != AUTHORIZATION && places.api_keys.contains(header) {
        flaws.note("jwt.header", "must not be a header of `api_keys`");
    }
}
