//! Calls to other services: what `[clients.<name>]` declares, as connections and rules for using them.
//!
//! ```text
//! Client::unary, streaming ─▶ rpc (tonic's codec) ─┐
//! Client::send ────────────────────────────────────┴▶ exchange: deadline, limits ─▶ Transport ─▶ Network
//!                                                                                    ├ resolver: addresses
//!                                                                                    └ endpoint: connections
//! ```
//!
//! Everything above [`Transport`](transport::Transport) is the same whatever carries the exchange. All of it belongs to one
//! worker thread; types are `Send` because the calls are part of futures of a store.
//!
//! Does not know guests, or on whose behalf a call is made.

mod body;
mod codec;
mod connector;
mod endpoint;
mod error;
mod exchange;
pub(crate) mod local;
mod network;
mod resolver;
mod rpc;
pub(crate) mod settings;
mod tasks;
#[cfg(test)]
mod tests;
mod transport;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;

pub(crate) use self::body::{Aborted, RequestBody, ResponseBody};
pub(crate) use self::error::ClientError;
use self::local::LocalServices;
use self::resolver::SystemResolver;
pub(crate) use self::rpc::{IncomingMessages, Messages};
use self::tasks::Tasks;
use self::transport::Transport;
use crate::call::{CallDepth, Deadline};

/// The clients of one version on one worker thread.
#[derive(Debug)]
pub(crate) struct Clients {
    clients: HashMap<String, Arc<Client>>,
    tasks: Tasks,
}

/// One `[clients.<name>]`.
#[derive(Debug)]
pub(crate) struct Client {
    settings: Arc<settings::Client>,
    transport: Transport,
    /// `http://user.default:7070/`.
    origin: Uri,
}

/// What every call says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CallTerms {
    /// When the caller stops waiting; the client's own timeout may be earlier.
    pub deadline: Option<Deadline>,
    /// The longest time for this call.
    pub timeout: Option<Duration>,
    pub compression: CallCompression,
    /// Through how many calls within this process the call comes, itself included.
    pub depth: CallDepth,
}

/// Whether the messages of an RPC are sent compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum CallCompression {
    /// As the client's settings say.
    #[default]
    Configured,
    Off,
    On,
}

impl Clients {
    /// To be called on the thread that will use them, inside its runtime.
    pub(crate) fn new(settings: &[settings::Client], local: &LocalServices) -> Self {
        let tasks = Tasks::default();
        let client = |settings: &settings::Client| {
            let settings = Arc::new(settings.clone());
            let transport = Transport::new(&settings, &tasks, Arc::new(SystemResolver), local);
            let origin = rpc::origin(settings.tls.is_some(), &settings.target());
            // The definition has checked the host.
            let origin = origin.unwrap_or_default();
            (settings.name.clone(), Arc::new(Client { settings, transport, origin }))
        };
        Self { clients: settings.iter().map(client).collect(), tasks }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Client>> {
        self.clients.get(name)
    }

    /// Ends all connections. Exchanges that are under way have until `deadline`.
    pub(crate) async fn close(self, deadline: Deadline) {
        drop(self.clients);
        self.tasks.close(deadline.at).await;
    }
}

impl Client {
    /// Of its table.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(crate) fn protocol(&self) -> settings::Protocol {
        self.settings.protocol
    }
}
