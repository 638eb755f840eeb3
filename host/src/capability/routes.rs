//! `routes`: which paths the guest answers.

use super::State;
use crate::bindings::routes;

impl routes::Host for State {
    fn declare(&mut self, patterns: Vec<String>) {
        self.grants.observe.routes.declare(patterns);
    }
}
