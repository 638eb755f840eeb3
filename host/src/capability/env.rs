//! `env`: the declared variables, and no others.

use super::State;
use crate::bindings::env;

impl env::Host for State {
    fn get(&mut self, name: String) -> Option<String> {
        let variables = &self.grants.variables;
        variables.iter().find(|(declared, _)| *declared == name).map(|(_, value)| value.clone())
    }

    fn names(&mut self) -> Vec<String> {
        self.grants.variables.iter().map(|(name, _)| name.clone()).collect()
    }

    fn deployment(&mut self) -> String {
        self.grants.deployment.to_owned()
    }
}
