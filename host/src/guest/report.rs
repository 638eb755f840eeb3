//! The log lines about instances that are lost or do not start.
//!
//! Does not know why they were.

use serde_json::Value;

use super::loss::{Loss, StartFailure};
use super::worker::WorkerConfig;
use crate::call::{Fault, Subject};
use crate::telemetry::{Attributes, Event, Level};

impl WorkerConfig {
    pub(super) fn report(&self, loss: &Loss) {
        let (event, level, message) = match loss.fault {
            // The supervisor says that time ran out; this says in which instance calls were cut.
            Fault::CutOff => (Event::InstanceCut, Level::Warn, "instance cut off"),
            _ => (Event::InstanceLost, Level::Error, "instance lost"),
        };
        let logger = self.grants.logger.event(event);
        logger.log(level, message, &self.attributes(loss), &loss.context);
    }

    fn attributes(&self, loss: &Loss) -> Attributes {
        let mut attributes = loss.attributes(self.grants.stack_trace, self.subject());
        attributes.insert("worker".to_owned(), Value::from(self.index));
        self.name_feature(&mut attributes);
        attributes
    }

    /// Of a plug-in, which one it is.
    fn name_feature(&self, attributes: &mut Attributes) {
        if let Some(feature) = &self.grants.feature {
            attributes.insert("feature".to_owned(), Value::from(&**feature));
        }
    }

    fn subject(&self) -> Subject {
        match self.grants.feature {
            Some(_) => Subject::Plugin,
            None => Subject::Service,
        }
    }

    pub(super) fn report_failure(&self, failure: &StartFailure) {
        let mut attributes = failure.attributes(self.grants.stack_trace, self.subject());
        attributes.insert("worker".to_owned(), Value::from(self.index));
        self.name_feature(&mut attributes);
        let message = "cannot start the instance again";
        let logger = self.grants.logger.event(Event::InstanceStartFailed);
        logger.log(Level::Error, message, &attributes, &Attributes::new());
    }
}
