//! TLS: certificates, keys and certificate authorities of PEM files, and what a server makes of them.
//!
//! Knows neither connections nor who reads its files again.

mod certificate;
mod pem;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use self::certificate::{MalformedCertificate, Names, OutOfDate, Validity};
pub(crate) use self::pem::{FileError, add_roots, chain, key, read};
pub(crate) use self::server::{
    ClientAuth, ClientRoots, ServerFile, ServerFileError, ServerFiles, ServerTls, gone,
};

/// How HTTP/2 is called in TLS.
pub(crate) const HTTP2: &[u8] = b"h2";
/// The same for HTTP/1.1.
pub(crate) const HTTP1: &[u8] = b"http/1.1";
