//! Decides about requests.
//!
//! Does not know the settings.

use super::credential::{Credential, Given};
use super::policy::Policy;
use super::refusal::{Challenges, Refusal, TokenFlaw};
use crate::extension::{Decision, Hook, Identity, Metric, Monitor, Request};

/// Lets pass whom it knows, and everybody where that is allowed.
pub(super) struct Guard {
    policy: Policy,
    challenges: Challenges,
    monitor: Monitor,
}

const FAILURES: Metric = Metric::counter(
    "mikros_http_auth_failures",
    "Requests that `http_auth` refused, by its reason",
);

impl Guard {
    pub(super) fn new(policy: Policy, realm: &str) -> Self {
        let challenges = Challenges::new(realm, policy.schemes());
        Self { policy, challenges, monitor: Monitor::default() }
    }

    /// Counts refusals for the service of `monitor`.
    pub(super) fn counting_into(self, monitor: Monitor) -> Self {
        Self { monitor, ..self }
    }

    async fn decide(&self, request: &mut Request<'_>) -> Decision {
        match self.identify(request).await {
            Ok(None) => (),
            Ok(Some(identity)) => {
                request.add_attribute("auth.subject", identity.subject.as_str());
                request.set_identity(identity);
            }
            Err(refusal) => {
                request.add_attribute("auth.failure", refusal.word());
                self.monitor.counter(FAILURES, &[("reason", refusal.word())]).add(1);
                return self.challenges.answer(refusal).into();
            }
        }
        if self.policy.strips {
            self.policy.places.strip(request.headers_mut());
        }
        Decision::Pass
    }

    /// Who calls; `None` when nobody needs to know, or a feature before this one knows.
    ///
    /// Credentials are checked on public routes too: a caller who thinks to be known should hear when it is not.
    /// Not so for a cookie, which a browser goes on sending when it has expired: nobody could log in again.
    async fn identify(&self, request: &mut Request<'_>) -> Result<Option<Identity>, Refusal> {
        let refusal = match self.policy.places.find(request.headers())? {
            Given::Header(credential) => return self.check(&credential).await.map(Some),
            Given::Cookie(Ok(token)) => match self.check_token(token).await {
                Ok(identity) => return Ok(Some(identity)),
                Err(refusal) => refusal,
            },
            Given::Cookie(Err(refusal)) => refusal,
            Given::Nothing if request.identity().is_some() => return Ok(None),
            Given::Nothing => Refusal::Missing,
        };
        if !self.policy.public.plainly_match(request.method(), request.path()) {
            return Err(refusal);
        }
        if refusal != Refusal::Missing {
            request.add_attribute("auth.failure", refusal.word());
        }
        Ok(None)
    }

    async fn check(&self, credential: &Credential<'_>) -> Result<Identity, Refusal> {
        match credential {
            Credential::Token(token) => self.check_token(token).await,
            Credential::Password(encoded) => self.policy.users.identify(encoded),
            Credential::ApiKey(header, value) => {
                self.policy.api_keys.identify(header, value).ok_or(Refusal::ApiKey)
            }
        }
    }

    async fn check_token(&self, token: &str) -> Result<Identity, Refusal> {
        let tokens = self.policy.tokens.as_ref().ok_or(Refusal::Token(TokenFlaw::Key))?;
        tokens.identify(token).await.map_err(Refusal::Token)
    }
}

impl Hook for Guard {
    async fn on_request(&self, request: &mut Request<'_>) -> Decision {
        self.decide(request).await
    }
}
