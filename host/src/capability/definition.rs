//! `definition`: what `service.toml` says about the service.

use super::State;
use crate::bindings::definition;

impl definition::Host for State {
    fn describe(&mut self) -> definition::Identity {
        self.grants.identity.clone()
    }

    fn settings(&mut self) -> String {
        self.grants.settings.clone()
    }

    fn feature_settings(&mut self, name: String) -> Option<String> {
        let features = &self.grants.features;
        features.iter().find(|(feature, _)| *feature == name).map(|(_, settings)| settings.clone())
    }
}
