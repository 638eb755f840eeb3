//! What serves the connections of one socket, and can be replaced while they are open.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::http2::RequestBody;
use http::{Request, Response};

use super::connection::{ConnectionRules, Served};

/// A service that can be replaced: connections that are accepted from then on follow the new rules,
/// and requests that begin from then on are answered by the new service, on old connections too.
#[derive(Debug)]
pub(crate) struct Slot<S> {
    rules: Cell<ConnectionRules>,
    service: RefCell<S>,
}

impl<S: Served> Slot<S> {
    pub(crate) fn new(rules: ConnectionRules, service: S) -> Rc<Self> {
        Rc::new(Self { rules: Cell::new(rules), service: RefCell::new(service) })
    }

    pub(crate) fn replace(&self, rules: ConnectionRules, service: S) {
        self.rules.set(rules);
        // Dropped after the slot can be used again.
        drop(self.service.replace(service));
    }

    pub(super) fn rules(&self) -> ConnectionRules {
        self.rules.get()
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
