//! The addresses of a service, and which of them a request goes to.
//!
//! One task per client keeps the addresses: it asks the resolver at an interval, and at once when a connection ends
//! or cannot be made. What it asks is checked here, and connections are made to what was checked: a name is never
//! looked up twice for one connection.
//!
//! Does not know what requests say.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Request, Response};
use tokio::select;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::address::{self, Judged, NotAllowed};
use super::balance::{self, Candidates};
use super::body::{RequestBody, TransportBody};
use super::endpoint::{Endpoint, EndpointConfig};
use super::error::{ClientError, TransportFault};
use super::resolver::Resolve;
use super::settings;
use super::tasks::Tasks;
use super::transport::{Progress, SendError};
use crate::call::Deadline;
use crate::telemetry::warn;
use crate::text::on_one_line;

/// The shortest time between two look-ups.
const LOOKUP_GAP: Duration = Duration::from_millis(100);

/// The connections of one client on one thread.
#[derive(Debug)]
pub(super) struct Network {
    addresses: Arc<Addresses>,
    tasks: Tasks,
    has_begun: AtomicBool,
}

#[derive(Debug)]
struct Addresses {
    settings: Arc<settings::Client>,
    resolver: Arc<dyn Resolve>,
    config: Arc<EndpointConfig>,
    known: watch::Sender<Resolution>,
    /// Whose turn it is.
    turn: AtomicUsize,
    /// The address that was last complained of.
    refused: Mutex<Option<NotAllowed>>,
}

/// What the look-ups have found.
#[derive(Debug, Clone, Default)]
struct Resolution {
    /// How many look-ups there were.
    lookups: usize,
    /// Of the last look-up that found any.
    endpoints: Arc<[Arc<Endpoint>]>,
    /// Why the last look-up found none.
    failure: Option<Arc<LookupError>>,
}

impl Resolution {
    fn is_closed(&self) -> bool {
        matches!(self.failure.as_deref(), Some(LookupError::Closed))
    }
}

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
enum LookupError {
    #[error("it has no address")]
    Empty,
    #[error("it did not resolve within {}", humantime::format_duration(*.0))]
    Late(Duration),
    #[error("{}", on_one_line(.0))]
    Failed(std::io::Error),
    #[error(transparent)]
    NotAllowed(NotAllowed),
    #[error("the service stops")]
    Closed,
}

impl LookupError {
    fn fault(&self) -> TransportFault {
        match self {
            Self::Empty | Self::Late(_) | Self::Failed(_) => TransportFault::Resolve,
            Self::NotAllowed(_) => TransportFault::NotAllowed,
            Self::Closed => TransportFault::Connect,
        }
    }

    /// Whether the next look-up may find something.
    fn may_pass(&self) -> bool {
        self.fault() == TransportFault::Resolve
    }
}

impl Network {
    pub(super) fn new(
        settings: &Arc<settings::Client>,
        tasks: &Tasks,
        resolver: Arc<dyn Resolve>,
    ) -> Self {
        let addresses = Arc::new(Addresses {
            settings: settings.clone(),
            resolver,
            config: Arc::new(EndpointConfig::new(settings, tasks)),
            known: watch::Sender::default(),
            turn: AtomicUsize::new(0),
            refused: Mutex::default(),
        });
        Self { addresses, tasks: tasks.clone(), has_begun: AtomicBool::new(false) }
    }

    /// Looks for addresses and connects to them, unless it does already.
    pub(super) fn begin(&self) {
        if !self.has_begun.swap(true, Ordering::Relaxed) {
            self.tasks.spawn(self.addresses.clone().keep(self.tasks.clone()));
        }
    }

    /// Sends to the address whose turn it is. If there is no connection to it, to the next one.
    pub(super) async fn send(
        &self,
        mut request: Request<RequestBody>,
        deadline: Deadline,
    ) -> Result<Response<TransportBody>, SendError> {
        self.begin();
        let endpoints = match self.addresses.endpoints().await {
            Ok(endpoints) => endpoints,
            Err((error, may_pass)) => {
                let progress = if may_pass {
                    Progress::NotConnected(Box::new(request))
                } else {
                    Progress::Impossible
                };
                return Err(SendError { error, progress });
            }
        };
        let mut candidates = Candidates::default();
        loop {
            let turn = self.addresses.turn.fetch_add(1, Ordering::Relaxed);
            let rule = self.addresses.settings.load_balancing;
            let picked = balance::pick(&endpoints, rule, turn, &mut candidates);
            match picked.send(request, deadline, &endpoints).await {
                Err(SendError { error, progress: Progress::NotConnected(returned) }) => {
                    self.addresses.config.refresh.notify_one();
                    if candidates.are_exhausted(&endpoints) {
                        return Err(SendError {
                            error,
                            progress: Progress::NotConnected(returned),
                        });
                    }
                    request = *returned;
                }
                sent => return sent,
            }
        }
    }
}

impl Addresses {
    /// At least one. Without any, the resolver is asked once more, for all that wait together. Otherwise why there
    /// is none, and whether it is worth asking again.
    async fn endpoints(&self) -> Result<Arc<[Arc<Endpoint>]>, (ClientError, bool)> {
        let known = self.known.borrow().clone();
        if !known.endpoints.is_empty() {
            return Ok(known.endpoints);
        }
        let mut watched = self.known.subscribe();
        if known.lookups > 0 {
            self.config.refresh.notify_one();
        }
        let newer = |newer: &Resolution| newer.lookups > known.lookups || newer.is_closed();
        let known = match watched.wait_for(newer).await {
            Ok(known) => Resolution::clone(&known),
            Err(_closed) => known,
        };
        match known.failure {
            Some(failure) => {
                let may_pass = failure.may_pass();
                Err((self.settings.failed(failure.fault(), failure), may_pass))
            }
            None => Ok(known.endpoints),
        }
    }

    /// Looks up the addresses until the clients are closed.
    async fn keep(self: Arc<Self>, tasks: Tasks) {
        let mut closing = std::pin::pin!(tasks.closing());
        loop {
            let begun = Instant::now();
            let found = select! {
                () = &mut closing => break,
                found = self.look_up() => found,
            };
            self.update(found);
            select! {
                () = &mut closing => break,
                () = sleep_until(begun + self.settings.resolve_interval) => (),
                () = self.config.refresh.notified() => {
                    select! {
                        () = &mut closing => break,
                        () = sleep_until(begun + LOOKUP_GAP) => (),
                    }
                }
            }
        }
        let closed =
            Resolution { failure: Some(Arc::new(LookupError::Closed)), ..Resolution::default() };
        for endpoint in self.known.send_replace(closed).endpoints.iter() {
            endpoint.retire();
        }
    }

    async fn look_up(&self) -> Result<Vec<IpAddr>, LookupError> {
        let limit = self.settings.connect_timeout;
        let found = timeout(limit, self.resolver.resolve(&self.settings.host)).await;
        let found = found.map_err(|_elapsed| LookupError::Late(limit))?;
        let mut found = found.map_err(LookupError::Failed)?;
        found.sort_unstable();
        found.dedup();
        if found.is_empty() {
            return Err(LookupError::Empty);
        }
        let Judged { allowed, refused } = address::judge(found, &self.settings);
        let Some(refused) = refused else { return Ok(allowed) };
        self.warn_of_refused(&refused);
        if allowed.is_empty() { Err(LookupError::NotAllowed(refused)) } else { Ok(allowed) }
    }

    /// Keeps the endpoints that are found again, and all if nothing is found.
    fn update(&self, found: Result<Vec<IpAddr>, LookupError>) {
        let old = self.known.borrow().clone();
        let lookups = old.lookups + 1;
        let addresses = match found {
            Ok(addresses) => addresses,
            Err(failure) => {
                // Of a refused address it has been said.
                let is_said = matches!(failure, LookupError::NotAllowed(_));
                if old.failure.is_none() && !is_said {
                    self.warn(&failure, &old.endpoints);
                }
                let failure = Some(Arc::new(failure));
                self.known.send_replace(Resolution { lookups, failure, ..old });
                return;
            }
        };
        let endpoint = |address: IpAddr| {
            let address = SocketAddr::new(address, self.settings.port);
            let known = old.endpoints.iter().find(|endpoint| endpoint.address() == address);
            known.cloned().unwrap_or_else(|| Arc::new(Endpoint::new(address, &self.config)))
        };
        let endpoints: Arc<[_]> = addresses.into_iter().map(endpoint).collect();
        for endpoint in old.endpoints.iter() {
            if !endpoints.iter().any(|kept| Arc::ptr_eq(kept, endpoint)) {
                endpoint.retire();
            }
        }
        for endpoint in endpoints.iter() {
            endpoint.warm(lookups == 1);
        }
        self.known.send_replace(Resolution { lookups, endpoints, failure: None });
    }

    /// Says it once, until it is another one.
    fn warn_of_refused(&self, refused: &NotAllowed) {
        let mut last = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() == Some(refused) {
            return;
        }
        warn!(
            ClientAddressRefused,
            client = %self.settings.name,
            destination = %self.settings.target(),
            error = %refused,
            egress = self.settings.egress.as_str(),
            "an address of a client is not allowed"
        );
        *last = Some(refused.clone());
    }

    fn warn(&self, failure: &LookupError, kept: &[Arc<Endpoint>]) {
        warn!(
            ClientLookupFailed,
            client = %self.settings.name,
            destination = %self.settings.target(),
            error = %failure,
            kept = kept.len(),
            "no address found for a client"
        );
    }
}
