//! Calls to other services: what `[clients.<name>]` declares, as connections and rules for using them.
//!
//! ```text
//! Client::unary, streaming ─▶ rpc: tonic's codec ─┐
//! Client::send ───────────────────────────────────┴▶ exchange: deadline, place, breaker; response: until the deadline
//!                                                      └▶ retry: attempts ─▶ Transport ─▶ Network
//!                                    resolver ─▶ addresses ─▶ balance, ejection ─▶ endpoint: connections
//! ```
//!
//! Everything above [`Transport`](transport::Transport) is the same whatever carries the exchange. All of it belongs to one
//! worker thread; types are `Send` because the calls are part of futures of a store.
//!
//! Does not know guests, or on whose behalf a call is made.

mod address;
mod balance;
mod body;
mod breaker;
mod codec;
mod concurrency;
mod connector;
mod ejection;
mod endpoint;
mod error;
mod exchange;
mod idle;
mod lease;
pub(crate) mod local;
mod network;
mod observation;
mod pacing;
mod resolver;
mod response;
mod retry;
mod rpc;
pub(crate) mod settings;
mod tasks;
#[cfg(test)]
mod tests;
mod tls;
mod transport;
mod verdict;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use tokio_util::sync::DropGuard;

pub(crate) use self::body::{Aborted, RequestBody};
use self::breaker::Breaker;
use self::concurrency::Concurrency;
pub(crate) use self::error::ClientError;
use self::local::LocalServices;
use self::resolver::{Resolve, SystemResolver};
pub(crate) use self::response::ResponseBody;
use self::retry::RetryPolicy;
pub(crate) use self::rpc::{IncomingMessages, Messages};
use self::tasks::Tasks;
use self::transport::Transport;
use crate::call::{CallDepth, Deadline};
use crate::observe::Observers;

/// The clients of one version on one worker thread.
#[derive(Debug)]
pub(crate) struct Clients {
    by_name: HashMap<String, Arc<Client>>,
    tasks: Tasks,
    /// What is dropped without [`Clients::close`] ends with the exchanges that are under way.
    _closing: DropGuard,
}

/// One `[clients.<name>]`.
#[derive(Debug)]
pub(crate) struct Client {
    settings: Arc<settings::Client>,
    transport: Transport,
    /// `http://user.default:7070/`.
    origin: Uri,
    concurrency: Concurrency,
    breaker: Option<Breaker>,
    retries: RetryPolicy,
    tasks: Tasks,
    observers: Observers,
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
    pub(crate) fn new(
        settings: &[settings::Client],
        local: &LocalServices,
        observers: &Observers,
    ) -> Self {
        let resolver: Arc<dyn Resolve> = Arc::new(SystemResolver);
        Self::with_resolver(settings, &resolver, local, observers)
    }

    fn with_resolver(
        settings: &[settings::Client],
        resolver: &Arc<dyn Resolve>,
        local: &LocalServices,
        observers: &Observers,
    ) -> Self {
        let tasks = Tasks::default();
        let client = |settings: &settings::Client| {
            let settings = Arc::new(settings.clone());
            let transport = Transport::new(&settings, &tasks, resolver.clone(), local);
            let client = Client::new(settings.clone(), transport, tasks.clone(), observers);
            (settings.name.clone(), Arc::new(client))
        };
        let by_name = settings.iter().map(client).collect();
        let closing = tasks.close_on_drop();
        Self { by_name, tasks, _closing: closing }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Client>> {
        self.by_name.get(name)
    }

    /// Ends all connections. Exchanges that are under way have until `deadline`.
    pub(crate) async fn close(self, deadline: Deadline) {
        drop(self.by_name);
        self.tasks.close(deadline.at).await;
    }
}

impl Client {
    fn new(
        settings: Arc<settings::Client>,
        transport: Transport,
        tasks: Tasks,
        observers: &Observers,
    ) -> Self {
        // The definition has checked the host.
        let origin = rpc::origin(settings.tls.is_some(), &settings.target()).unwrap_or_default();
        Self {
            origin,
            transport,
            concurrency: Concurrency::new(settings.max_concurrency),
            breaker: settings.circuit_breaker.map(Breaker::new),
            retries: RetryPolicy::new(&settings),
            settings,
            tasks,
            observers: observers.clone(),
        }
    }

    /// Of its table.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(crate) fn protocol(&self) -> settings::Protocol {
        self.settings.protocol
    }
}
