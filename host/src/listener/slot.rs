//! What serves the connections of one socket, and can be replaced while they are open.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use crate::http2::RequestBody;
use http::{Request, Response};

use super::connection::{ConnectionRules, Served};
use super::handshake::Handshakes;
use crate::tls::ServerTls;

/// On which terms connections are accepted.
#[derive(Debug, Clone)]
pub(crate) struct ListenerOptions {
    pub(crate) rules: ConnectionRules,
    /// `None` is plaintext.
    pub(crate) tls: Option<Arc<ServerTls>>,
}

/// A service that can be replaced: connections that are accepted from then on follow the new rules,
/// and requests that begin from then on are answered by the new service, on old connections too.
#[derive(Debug)]
pub(crate) struct Slot<S> {
    rules: Cell<ConnectionRules>,
    /// `None` is plaintext.
    tls: RefCell<Option<Arc<ServerTls>>>,
    handshakes: Handshakes,
    service: RefCell<S>,
}

impl<S: Served> Slot<S> {
    pub(crate) fn new(options: ListenerOptions, service: S) -> Rc<Self> {
        let ListenerOptions { rules, tls } = options;
        Rc::new(Self {
            rules: Cell::new(rules),
            tls: RefCell::new(tls),
            handshakes: Handshakes::default(),
            service: RefCell::new(service),
        })
    }

    pub(crate) fn replace(&self, options: ListenerOptions, service: S) {
        let ListenerOptions { rules, tls } = options;
        self.rules.set(rules);
        *self.tls.borrow_mut() = tls;
        // Dropped after the slot can be used again.
        drop(self.service.replace(service));
    }

    pub(super) fn rules(&self) -> ConnectionRules {
        self.rules.get()
    }

    /// For connections that are accepted now.
    pub(super) fn tls(&self) -> Option<Arc<ServerTls>> {
        self.tls.borrow().clone()
    }

    pub(super) fn handshakes(&self) -> &Handshakes {
        &self.handshakes
    }
}

/// Lets several connections share what serves them.
impl<S: Served> Served for Rc<Slot<S>> {
    type Body = S::Body;

    async fn respond(
        &self,
        request: Request<RequestBody>,
        peer: SocketAddr,
    ) -> Result<Response<Self::Body>, Infallible> {
        let service = self.service.borrow().clone();
        service.respond(request, peer).await
    }
}
