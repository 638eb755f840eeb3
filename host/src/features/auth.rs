//! `http_auth`: finds out who calls, over HTTP and gRPC alike, and refuses whom it does not know.
//!
//! Does not know what callers may do: that is the service's to decide, from the identity that it is given.

mod api_key;
mod basic;
mod credential;
mod flaw;
mod guard;
mod policy;
mod refusal;
mod secret;
mod settings;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use self::flaw::Flaw;
use self::guard::Guard;
use self::policy::Policy;
use self::settings::Settings;
use crate::extension::{
    Attributes, ExtensionError, ExtensionSettings, Feature, Hooked, RunningFeature, Stage, Start,
    ValidationErrors,
};

/// `[features.http_auth]`.
pub(super) struct HttpAuth;

impl Feature for HttpAuth {
    type Settings = Settings;
    type Running = Running;

    fn name(&self) -> &'static str {
        "http_auth"
    }

    fn summary(&self) -> &'static str {
        "Refuses requests without a valid token, API key or password, except on routes that are public."
    }

    fn stage(&self) -> Stage {
        Stage::Identify
    }

    async fn start(
        &self,
        settings: Arc<Settings>,
        start: Start,
    ) -> Result<Running, ExtensionError> {
        // Files may have changed since the settings were checked.
        let mut policy = Policy::of(&settings, &start.directory).map_err(first)?;
        policy.watch(&start.logger)?;
        let realm = settings.realm.as_deref().unwrap_or(&start.service);
        let description = policy.describe();
        let guard = Arc::new(Guard::new(policy, realm).counting_into(start.monitor.clone()));
        Ok(Running { guard, description })
    }
}

/// Its settings are only read at the start, so the first thing that is wrong is enough.
fn first(flaws: Vec<Flaw>) -> ExtensionError {
    flaws.into_iter().next().map_or_else(
        || ExtensionError::new("the settings cannot be used"),
        |flaw| {
            let setting = if flaw.path.is_empty() { "http_auth" } else { &flaw.path };
            let error = ExtensionError::new(format!("`{setting}` {}", flaw.message));
            let error = error.at(flaw.path);
            match flaw.help {
                Some(help) => error.with_help(help),
                None => error,
            }
        },
    )
}

impl ExtensionSettings for Settings {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        self.public.warn_outside("public", errors);
        let flaws = match Policy::of(self, errors.directory()) {
            Ok(policy) => {
                for Flaw { path, message, help } in policy.warnings {
                    errors.warn(path, message, help);
                }
                return;
            }
            Err(flaws) => flaws,
        };
        for flaw in flaws {
            match flaw.help {
                Some(help) => errors.note_with_help(flaw.path, flaw.message, help),
                None => errors.note(flaw.path, flaw.message),
            }
        }
    }
}

/// The feature of one version of a service.
pub(super) struct Running {
    guard: Arc<Guard>,
    description: Attributes,
}

impl RunningFeature for Running {
    fn describe(&self) -> Attributes {
        self.description.clone()
    }

    fn hook(self: Arc<Self>) -> Option<Hooked> {
        Some(Hooked::new(Arc::clone(&self.guard)).requests_only())
    }
}
