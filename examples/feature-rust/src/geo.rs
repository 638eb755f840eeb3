//! The feature `geo`: where callers are. Adds a header to their requests, a field to their log lines and an
//! import to services; refuses countries.
//!
//! Does not know where the table of networks comes from: it stands in the settings.

mod atlas;
mod lookup;
mod network;
mod settings;

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mikros_host::extension::{
    Answer, Attributes, Decision, ExtensionError, Feature, Hook, Hooked, Level, Logger, Request,
    RunningFeature, Stage, Start, State,
};
use mikros_host::wasmtime::component::Linker;
use mikros_host::wasmtime::{self};

use self::atlas::Atlas;
use self::settings::Settings;

const NAME: &str = "geo";

/// `[features.geo]`.
#[derive(Debug)]
pub(crate) struct Geo;

impl Feature for Geo {
    type Settings = Settings;
    type Running = Running;

    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Tells services which country a caller is in, and refuses those that are blocked."
    }

    fn stage(&self) -> Stage {
        Stage::Admit
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &[lookup::INTERFACE]
    }

    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        lookup::link(linker)
    }

    async fn start(
        &self,
        settings: Arc<Settings>,
        start: Start,
    ) -> Result<Running, ExtensionError> {
        let atlas = Atlas::new(&settings)?;
        Ok(Running { atlas, refused: AtomicU64::new(0), logger: start.logger })
    }
}

/// The feature of one version of a service.
#[derive(Debug)]
pub(crate) struct Running {
    atlas: Atlas,
    /// Requests that were refused.
    refused: AtomicU64,
    logger: Logger,
}

impl RunningFeature for Running {
    fn describe(&self) -> Attributes {
        self.atlas.describe()
    }

    fn hook(self: Arc<Self>) -> Option<Hooked> {
        Some(Hooked::new(self).requests_only())
    }

    async fn cleanup(&self) -> Result<(), ExtensionError> {
        let refused = self.refused.load(Ordering::Relaxed);
        let attributes = Attributes::from_iter([("geo.refused".to_owned(), refused.into())]);
        self.logger.log(Level::Info, "geo is done", &attributes, &Attributes::new());
        Ok(())
    }
}

impl Hook for Running {
    fn on_request(&self, request: &mut Request<'_>) -> impl Future<Output = Decision> {
        ready(self.decide(request))
    }
}

impl Running {
    fn decide(&self, request: &mut Request<'_>) -> Decision {
        let place = self.atlas.place(self.atlas.caller(request));
        // Whoever could set it could claim to be anywhere.
        request.headers_mut().remove(self.atlas.header());
        let Some(place) = place else { return Decision::Pass };
        request.add_attribute("geo.country", place.country.as_str());
        if place.is_blocked {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Answer::forbidden("requests from your country are not served").into();
        }
        request.headers_mut().insert(self.atlas.header().clone(), place.value.clone());
        Decision::Pass
    }
}
