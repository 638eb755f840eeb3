//! `definition`: what `service.toml` says about the service.

use super::State;
use crate::bindings::definition::{self, Substitution};
use crate::definition::Settings;

impl definition::Host for State {
    fn describe(&mut self) -> definition::Description {
        self.grants.identity.clone()
    }

    fn settings(&mut self) -> String {
        self.grants.settings.to_json()
    }

    fn feature_settings(&mut self, name: String) -> Option<String> {
        self.of_feature(&name).map(Settings::to_json)
    }

    fn substitutions(&mut self, feature: Option<String>) -> Vec<Substitution> {
        let settings = match feature {
            None => Some(&self.grants.settings),
            Some(name) => self.of_feature(&name),
        };
        let variables = settings.map(|settings| settings.variables.clone()).unwrap_or_default();
        let substitution = |(pointer, variable)| Substitution { pointer, variable };
        variables.into_iter().map(substitution).collect()
    }
}

impl State {
    fn of_feature(&self, name: &str) -> Option<&Settings> {
        let features = &self.grants.features;
        features.iter().find(|(feature, _)| feature == name).map(|(_, settings)| settings)
    }
}
