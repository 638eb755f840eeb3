//! Who the client of a TLS connection is, by the certificate that was verified in its handshake.
//!
//! Does not verify certificates.

use std::time::SystemTime;

use http::{HeaderValue, Request};
use serde_json::Value;
use tokio_rustls::rustls::ServerConnection;

use crate::call::{Identity, PeerIdentity};
use crate::header::CALLER;
use crate::telemetry::Attributes;
use crate::tls::{Names, Validity};

/// How the identity was found out, as guests see it.
const SCHEME: &str = "certificate";

/// What requests of a client with a certificate carry.
#[derive(Debug, Clone)]
pub(super) struct ClientIdentity {
    /// `None`: its certificate has no name.
    identity: Option<PeerIdentity>,
    caller: Option<HeaderValue>,
}

/// A certificate that a session began with and that is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnusableCertificate {
    #[error("the certificate of the client {0}")]
    OutOfDate(crate::tls::OutOfDate),
    #[error("the certificate of the client cannot be read: {0}")]
    Malformed(#[from] crate::tls::MalformedCertificate),
}

impl ClientIdentity {
    /// A client without a certificate where others have one: it does not say who it is.
    pub(super) fn unknown() -> Self {
        Self { identity: None, caller: None }
    }

    /// `None`: the client has shown no certificate.
    ///
    /// # Errors
    /// A session that is resumed has the certificate of the one before, which rustls does not verify again.
    pub(super) fn of(session: &ServerConnection) -> Result<Option<Self>, UnusableCertificate> {
        let Some([certificate, ..]) = session.peer_certificates() else { return Ok(None) };
        let validity = Validity::of(std::slice::from_ref(certificate))?;
        validity.check(SystemTime::now()).map_err(UnusableCertificate::OutOfDate)?;
        let names = Names::of(certificate)?;
        let Some(subject) = names.main() else {
            return Ok(Some(Self::unknown()));
        };
        let identity = Identity {
            subject: subject.to_owned(),
            scheme: SCHEME.to_owned(),
            claims: claims(&names),
        };
        // What is no header field (RFC 9110 section 5.5) is only an identity.
        let caller = HeaderValue::from_str(subject).ok();
        Ok(Some(Self { identity: Some(PeerIdentity::new(identity)), caller }))
    }

    /// Adds it to a request. What the client says of itself in header fields does not count.
    pub(super) fn add_to<B>(&self, request: &mut Request<B>) {
        match &self.caller {
            Some(caller) => _ = request.headers_mut().insert(CALLER, caller.clone()),
            None => _ = request.headers_mut().remove(CALLER),
        }
        if let Some(identity) = &self.identity {
            request.extensions_mut().insert(identity.clone());
        }
    }
}

fn claims(names: &Names) -> Attributes {
    let list = |names: &[String]| names.iter().map(String::as_str).collect::<Value>();
    let mut claims = Attributes::from_iter([
        ("uris".to_owned(), list(&names.uris)),
        ("dns_names".to_owned(), list(&names.hosts)),
    ]);
    if let Some(name) = &names.common_name {
        claims.insert("common_name".to_owned(), Value::from(name.as_str()));
    }
    claims
}
