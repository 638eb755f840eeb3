//! A request as hooks see it.

use std::net::SocketAddr;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use crate::call::{Identity, PeerIdentity, RequestAnnotations, Transport};
use crate::header::is_request_id;
use crate::telemetry::Attributes;

/// The head of a request on its way to the guest, and what features have found out about it.
#[derive(Debug)]
pub struct Request<'a> {
    transport: Transport,
    parts: &'a mut Parts,
    peer: SocketAddr,
    id: Arc<str>,
    /// Index of the worker on this thread.
    local: usize,
    pub(crate) found: Found,
}

/// What features have found out about a request.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) identity: Option<Arc<Identity>>,
    /// Who the client is by its certificate. Only the service is told: features that ask for credentials do so of
    /// clients with a certificate, too.
    certified: Option<Arc<Identity>>,
    /// For all log lines of the request.
    pub(crate) attributes: Attributes,
    /// Whether the client is not told the request's id.
    pub(crate) hides_id: bool,
    /// Whether messages of an RPC are to be compressed unless the service says otherwise.
    pub(crate) compresses: bool,
}

impl Found {
    /// What goes along with the call of the guest.
    pub(crate) fn annotations(&self) -> Option<Arc<RequestAnnotations>> {
        let Self { identity, certified, attributes, .. } = self;
        let identity = identity.as_ref().or(certified.as_ref());
        let is_nothing = identity.is_none() && attributes.is_empty();
        let annotations =
            || RequestAnnotations { identity: identity.cloned(), attributes: attributes.clone() };
        (!is_nothing).then(|| Arc::new(annotations()))
    }
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        transport: Transport,
        parts: &'a mut Parts,
        peer: SocketAddr,
        local: usize,
        id: Arc<str>,
    ) -> Self {
        let certified = PeerIdentity::of(&parts.extensions).and_then(|peer| peer.identity.clone());
        let found = Found { certified, ..Found::default() };
        Self { transport, parts, peer, id, local, found }
    }

    pub(crate) fn local(&self) -> usize {
        self.local
    }

    pub(crate) fn parts(&self) -> &Parts {
        self.parts
    }

    /// Keeps a value until the response is there: in the extensions of [`Request::parts`], by its type.
    pub(crate) fn remember(&mut self, value: impl Clone + Send + Sync + 'static) {
        self.parts.extensions.insert(value);
    }

    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Always POST for an RPC.
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// As the client sent it, with the base path. Of an RPC `/helloworld.Greeter/SayHello`.
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    pub fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The headers, or the metadata of an RPC with those of the transport.
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Changes are what later hooks and the guest see. Those of the connection are not passed on,
    /// whatever they say.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.parts.headers
    }

    /// Where the client's connection comes from: a proxy, if there is one.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The request's id.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Gives the request another id: at most 128 visible ASCII characters, or else it keeps its own.
    pub fn set_id(&mut self, id: &str) {
        if is_request_id(id) {
            self.id = id.into();
        }
    }

    /// Keeps the id from the client.
    pub fn hide_id(&mut self) {
        self.found.hides_id = true;
    }

    /// Who the caller is; `None` when no feature has found out.
    pub fn identity(&self) -> Option<&Arc<Identity>> {
        self.found.identity.as_ref()
    }

    /// Says who the caller is: to later hooks, and to the guest as `call.caller`.
    pub fn set_identity(&mut self, identity: Identity) {
        self.found.identity = Some(Arc::new(identity));
    }

    /// Adds a field to all log lines of this request, also those of the guest.
    pub fn add_attribute(&mut self, name: &str, value: impl Into<Value>) {
        self.found.attributes.insert(name.to_owned(), value.into());
    }

    /// Lets the messages of an RPC be compressed, if the client takes that and the service does not say
    /// otherwise.
    pub fn compress_messages(&mut self) {
        self.found.compresses = true;
    }
}
