//! Feature `admin`: a listener for operators, apart from the sockets of the service.
//!
//! The listener belongs to the process: all services and all versions that enable the feature at the same address share
//! one, which ends with the last of them. Does not know what metrics are: other features add pages of their own.

mod answer;
mod listener;
mod site;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use schemars::JsonSchema;
use serde::Deserialize;

use self::listener::AdminListener;
use self::site::{Membership, Site};
use crate::extension::{
    Attributes, ExtensionError, ExtensionSettings, Feature, RunningFeature, Start, ValidationErrors,
};

/// `[features.admin]`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub(crate) struct Settings {
    /// IP address to listen on. Everybody who reaches it can read the state of the service; without `token` also set the
    /// level of the log.
    #[schemars(extend("default" = "127.0.0.1"))]
    address: IpAddr,
    /// Port; 0 takes a free one, which `service resources` in the log names.
    port: u16,
    /// What requests must have in `authorization: Bearer <token>`, except those for `/livez` and `/readyz`. At least 16
    /// characters; `"NAME@env"` keeps it out of the file.
    token: Option<String>,
}

/// The shortest token.
const SHORTEST: usize = 16;
/// That of OpenTelemetry's exporter for Prometheus.
const PORT: u16 = 9464;

impl Default for Settings {
    fn default() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port: PORT, token: None }
    }
}

impl Settings {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (address, port) = (self.address, self.port);
        f.debug_struct("Settings")
            .field("address", &address)
            .field("port", &port)
            .finish_non_exhaustive()
    }
}

impl ExtensionSettings for Settings {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        match &self.token {
            Some(token) if token.len() < SHORTEST => {
                errors.note("token", format!("must have at least {SHORTEST} characters"));
            }
            Some(token) if !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
                errors.note("token", "must consist of visible ASCII characters");
            }
            None if !self.address.is_loopback() => errors.warn(
                "address",
                "everybody who reaches this address can read the state of the service and set the level of its log",
                Some("set `token`".to_owned()),
            ),
            _ => (),
        }
    }
}

/// The feature, with the listeners of the process.
#[derive(Debug, Default)]
pub(super) struct Admin {
    listeners: Mutex<HashMap<SocketAddr, Weak<AdminListener>>>,
}

impl Feature for Admin {
    type Settings = Settings;
    type Running = Administering;

    fn name(&self) -> &'static str {
        "admin"
    }

    fn summary(&self) -> &'static str {
        "Answers operators on a port of its own: health, state, metrics, level of the log."
    }

    async fn start(
        &self,
        settings: Arc<Settings>,
        start: Start,
    ) -> Result<Administering, ExtensionError> {
        let address = settings.address();
        let listener = self.listener(address, &start)?;
        let membership = listener.site().join(start.monitor, settings.token());
        let membership = membership.ok_or_else(|| {
            ExtensionError::new(format!("the admin listener at {address} has another token"))
                .at("token")
                .with_help("give all services of this process the same, or different ports")
        })?;
        Ok(Administering { listener, _membership: membership })
    }
}

impl Admin {
    /// The listener at an address, which is started if there is none.
    fn listener(
        &self,
        address: SocketAddr,
        start: &Start,
    ) -> Result<Arc<AdminListener>, ExtensionError> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = listeners.get(&address).and_then(Weak::upgrade) {
            return Ok(listener);
        }
        let site = Arc::new(Site::new(
            address.ip().is_loopback(),
            start.services.clone(),
            start.pages.clone(),
        ));
        let listener =
            AdminListener::start(address, site).map_err(|error| refused(address, error))?;
        let listener = Arc::new(listener);
        listeners.retain(|_, listener| listener.strong_count() > 0);
        listeners.insert(address, Arc::downgrade(&listener));
        Ok(listener)
    }
}

/// Why there is no listener, at the setting that decides it.
fn refused(address: SocketAddr, error: io::Error) -> ExtensionError {
    let (key, help) = match error.kind() {
        io::ErrorKind::AddrNotAvailable => ("address", "choose an `address` of this machine"),
        _ => ("port", "choose another `port`; 0 takes a free one"),
    };
    let message = format!("cannot listen on {address}");
    ExtensionError::new(message).at(key).with_help(help).caused_by(error)
}

/// What a version of a service has of the listener.
#[derive(Debug)]
pub(super) struct Administering {
    listener: Arc<AdminListener>,
    _membership: Membership,
}

impl RunningFeature for Administering {
    fn describe(&self) -> Attributes {
        let address = self.listener.address().to_string();
        Attributes::from_iter([("address".to_owned(), address.into())])
    }
}
