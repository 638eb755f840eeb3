//! Who decides which version of a service is served, and hears what became of it.

use super::Signal;
use crate::definition::Definition;
use crate::lifecycle::{Endpoint, Stopped};
use crate::telemetry::{Attributes, Level};

/// Decides what is served. Asked all the time while a service runs.
pub(crate) trait Director {
    /// Resolves with the next demand; stays pending while there is none.
    ///
    /// # Cancel safety
    /// Must lose nothing when it is dropped and called again, which happens all the time.
    fn next(&mut self) -> impl Future<Output = Demand>;

    /// Hears what became of demands, and of the service.
    fn notify(&mut self, event: ServiceEvent<'_>);

    /// Whether a service that fails is a reason to wait for the next demand rather than to end.
    fn perseveres(&self) -> bool;

    /// Ends what it has started; the service has ended. Not called when a signal forces the end.
    fn end(&mut self) -> impl Future<Output = ()> {
        std::future::ready(())
    }
}

/// What a director wants.
#[derive(Debug)]
pub(crate) enum Demand {
    /// Serve this from now on. Newer demands take the place of those that are still being fulfilled.
    Serve(Box<Definition>),
    /// Write lines of this level and above, of this version and those that follow; `None`: as their
    /// definitions say.
    Level(Option<Level>),
    /// Stop in order.
    Stop,
}

/// What happens to a service.
#[derive(Debug)]
pub(crate) enum ServiceEvent<'a> {
    /// A version serves from now on.
    Serving { endpoints: &'a [Endpoint] },
    /// A demand came to nothing; what served before goes on.
    Refused(&'a Refusal),
    /// A version that could be started waits: too many others are on their way out.
    Waiting { count: usize },
    /// A version that was replaced has come to its end.
    Left { version: &'a str, stopped: Stopped },
    /// The service begins to stop, with so many calls in flight; for a signal, or as its director has asked.
    Stopping { calls: usize, signal: Option<Signal> },
    /// The service has ended, and nothing serves; of a script, that it is done.
    Ended { well: bool },
}

/// Why a version is not served.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    pub message: String,
    pub help: Option<String>,
    /// Further fields of the log line.
    pub attributes: Attributes,
}

impl Refusal {
    pub(super) fn new(message: impl Into<String>, help: Option<&str>) -> Self {
        let (message, help) = (message.into(), help.map(str::to_owned));
        Self { message, help, attributes: Attributes::new() }
    }

    /// All of it as fields of a log line.
    pub(crate) fn fields(&self) -> Attributes {
        let mut fields = Attributes::from_iter([(
            "error.message".to_owned(),
            serde_json::Value::from(self.message.as_str()),
        )]);
        let help = self.help.as_deref().map(serde_json::Value::from);
        fields.extend(help.map(|help| ("error.help".to_owned(), help)));
        fields.extend(self.attributes.clone());
        fields
    }
}
