//! Feature `tracker`: where the id of a request comes from, and whether the client is told it.
//!
//! Does not know who logs it.

#[cfg(test)]
mod tests;

use std::future::ready;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::extension::{
    Answer, Attributes, Decision, ErrorKind as Kind, ExtensionError, ExtensionSettings, Feature,
    Hook, Hooked, Request, RunningFeature, Stage, Start,
};

/// `[features.tracker]`.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub(super) struct Settings {
    /// `accept`: use the client's id if it is 1 to 128 visible ASCII characters, otherwise create one. `replace`:
    /// always create one. `require`: refuse a request without such an id, or with several, with 400,
    /// `INVALID_ARGUMENT`.
    #[schemars(extend("default" = "accept"))]
    incoming: Incoming,
    /// Format of new ids: `uuid_v7` sorts by time, `uuid_v4` reveals no time.
    #[schemars(extend("default" = "uuid_v7"))]
    generator: Generator,
    /// Whether the response contains the id.
    response_header: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { incoming: Incoming::Accept, generator: Generator::UuidV7, response_header: true }
    }
}

impl ExtensionSettings for Settings {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Incoming {
    Accept,
    Replace,
    Require,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
enum Generator {
    #[serde(rename = "uuid_v7")]
    UuidV7,
    #[serde(rename = "uuid_v4")]
    UuidV4,
}

impl Generator {
    fn id(self) -> Uuid {
        match self {
            Self::UuidV7 => Uuid::now_v7(),
            Self::UuidV4 => Uuid::new_v4(),
        }
    }
}

/// The feature.
#[derive(Debug)]
pub(super) struct Tracker;

impl Feature for Tracker {
    type Settings = Settings;
    type Running = Tracking;

    fn name(&self) -> &'static str {
        "tracker"
    }

    fn summary(&self) -> &'static str {
        "Decides where the id of a request comes from."
    }

    fn stage(&self) -> Stage {
        Stage::Track
    }

    async fn start(
        &self,
        settings: Arc<Settings>,
        start: Start,
    ) -> Result<Tracking, ExtensionError> {
        Ok(Tracking { settings: *settings, header: start.tracker_header })
    }
}

/// The policy of one version of a service.
#[derive(Debug)]
pub(super) struct Tracking {
    settings: Settings,
    header: HeaderName,
}

impl RunningFeature for Tracking {
    fn describe(&self) -> Attributes {
        let incoming = match self.settings.incoming {
            Incoming::Accept => "accept",
            Incoming::Replace => "replace",
            Incoming::Require => "require",
        };
        Attributes::from_iter([
            ("header".to_owned(), self.header.as_str().into()),
            ("incoming".to_owned(), incoming.into()),
        ])
    }

    fn hook(self: Arc<Self>) -> Option<Hooked> {
        Some(Hooked::new(self).requests_only().deciding_ids())
    }
}

impl Hook for Tracking {
    fn on_request(&self, request: &mut Request<'_>) -> impl Future<Output = Decision> {
        ready(self.decide(request))
    }
}

impl Tracking {
    fn decide(&self, request: &mut Request<'_>) -> Decision {
        if !self.settings.response_header {
            request.hide_id();
        }
        let arrival = self.arrival(request);
        match (self.settings.incoming, arrival) {
            (Incoming::Require, Arrival::Missing) => return self.refuse("is missing"),
            (Incoming::Require, Arrival::Unusable) => return self.refuse("is malformed"),
            (Incoming::Accept | Incoming::Require, Arrival::TakenOver) => return Decision::Pass,
            (Incoming::Accept, Arrival::Missing | Arrival::Unusable) => {
                // The host has made an id already, of the kind that is wanted by default.
                if self.settings.generator != Generator::UuidV7 {
                    renew(request, self.settings.generator);
                }
            }
            (Incoming::Replace, _) => renew(request, self.settings.generator),
        }
        // The service is not shown an id that is not the request's.
        if let Ok(id) = HeaderValue::from_str(request.id()) {
            request.headers_mut().insert(self.header.clone(), id);
        }
        Decision::Pass
    }

    /// What the client has sent. The host takes an id over if it can be logged without harm.
    fn arrival(&self, request: &Request<'_>) -> Arrival {
        let mut sent = request.headers().get_all(&self.header).iter();
        match (sent.next(), sent.next()) {
            (None, _) => Arrival::Missing,
            (Some(id), None) if id.as_bytes() == request.id().as_bytes() => Arrival::TakenOver,
            _ => Arrival::Unusable,
        }
    }

    fn refuse(&self, why: &str) -> Decision {
        let message = format!("the header `{}` {why}", self.header);
        Answer::error(Kind::InvalidArguments, message).into()
    }
}

fn renew(request: &mut Request<'_>, generator: Generator) {
    let mut buffer = Uuid::encode_buffer();
    request.set_id(generator.id().hyphenated().encode_lower(&mut buffer));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    Missing,
    /// Malformed, or more than one.
    Unusable,
    /// It is the request's id.
    TakenOver,
}
