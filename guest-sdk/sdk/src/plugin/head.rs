//! What a hook sees: the head of a request or of a response, and whose it is.
//! Deliberately leaves the text that the host hands over as it is and asks it only for what is wanted.

use std::cell::OnceCell;
use std::fmt;
use std::net::SocketAddr;

use ::http::{HeaderMap, Method, StatusCode};

use crate::caller::Caller;
use crate::error::{Result, ServiceError};
use crate::http::{Head, lines};
use crate::imports;

/// How a request arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// By the kind `http`.
    Http,
    /// By the kind `grpc`.
    Grpc,
}

/// What is known of the request beside its head. The host is asked each time.
macro_rules! request {
    () => {
        /// How the request arrived.
        ///
        /// # Panics
        ///
        /// When the host does not know, which would be a bug of it.
        pub fn transport(&self) -> Transport {
            match imports::kind().as_deref() {
                Some("http") => Transport::Http,
                Some("grpc") => Transport::Grpc,
                kind => panic!("a hook is asked about a request of kind {kind:?}"),
            }
        }

        /// The address from which the client's connection comes. It is a proxy's, if there is one.
        ///
        /// # Panics
        ///
        /// When the host does not know, which would be a bug of it.
        pub fn peer(&self) -> SocketAddr {
            let peer = imports::peer();
            let peer = peer.as_deref().and_then(|peer| peer.parse().ok());
            peer.expect("a hook is asked about a request that came from an address")
        }

        /// The request's id, which is in all its log lines.
        pub fn request_id(&self) -> Option<String> {
            imports::request_id()
        }

        /// Who the caller is, as features before this one have found out.
        pub fn caller(&self) -> Option<Caller> {
            imports::caller()
        }
    };
}

/// The head of a request, as a [`RequestHook`](super::RequestHook) sees it.
///
/// An RPC is a `POST` request for `/package.Service/Method` whose headers are its metadata.
pub struct RequestHead(Head);

impl RequestHead {
    /// The host has checked the text, so an error here means that host and guest do not fit.
    pub(crate) fn parse(text: Vec<u8>) -> Result<Self> {
        Head::parse(text).map(Self)
    }

    /// The method; always `POST` for an RPC.
    pub fn method(&self) -> &Method {
        self.0.method()
    }

    /// The whole path as the client sent it, with the service's base path; percent-encoded.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// What follows `?`, percent-encoded.
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// The first value of the header `name`, in any case. `None` also when it is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    /// All headers. The map is built when this is first called.
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// Names, in lower case, and values of all headers in their order. Builds nothing.
    pub fn header_lines(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.header_lines()
    }

    request!();
}

impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The head of a response, as a [`ResponseHook`](super::ResponseHook) sees it.
///
/// Of an RPC these are its initial metadata, or, when it has no messages, its trailers with `grpc-status`.
pub struct ResponseHead {
    /// The status, then the header lines, each ended by CR LF.
    text: Vec<u8>,
    status: StatusCode,
    lines: usize,
    headers: OnceCell<HeaderMap>,
}

impl ResponseHead {
    /// As for [`RequestHead::parse`].
    pub(crate) fn parse(text: Vec<u8>) -> Result<Self> {
        let end = lines::end_of_line(&text).unwrap_or(text.len());
        let status = StatusCode::from_bytes(&text[..end]).map_err(|_invalid| {
            ServiceError::internal("the host sent a malformed response head")
        })?;
        let lines = (end + 2).min(text.len());
        Ok(Self { text, status, lines, headers: OnceCell::new() })
    }

    /// The status; always 200 for an RPC.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The first value of the header `name`, in any case. `None` also when it is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        lines::find(&self.text[self.lines..], name)
    }

    /// All headers. The map is built when this is first called.
    pub fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| lines::to_map(&self.text[self.lines..]))
    }

    /// Names, in lower case, and values of all headers in their order. Builds nothing.
    pub fn header_lines(&self) -> impl Iterator<Item = (&str, &[u8])> {
        lines::read(&self.text[self.lines..])
    }

    request!();
}

/// Without headers: they may hold secrets.
impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead").field("status", &self.status).finish_non_exhaustive()
    }
}
