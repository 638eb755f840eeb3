//! Reads certificates and keys in PEM.
//!
//! Does not know whose they are.

use std::path::{Path, PathBuf};

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::file;

/// More than the certificate authorities of all systems together.
const MOST_BYTES: u64 = 4 << 20;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use `{}`: {cause}", path.display())]
pub(crate) struct FileError {
    path: PathBuf,
    cause: BoxError,
}

impl FileError {
    pub(crate) fn new(path: &Path, cause: impl Into<BoxError>) -> Self {
        Self { path: path.to_owned(), cause: cause.into() }
    }
}

/// The content of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    file::read(path, MOST_BYTES).map_err(|error| FileError::new(path, error))
}

/// The certificates of a file that was read, in their order; at least one.
pub(crate) fn chain(
    path: &Path,
    content: &[u8],
) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let certificates = CertificateDer::pem_slice_iter(content).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| malformed(path, error))?;
    if certificates.is_empty() {
        return Err(FileError::new(path, "it has no certificate"));
    }
    Ok(certificates)
}

/// The private key of a file that was read.
pub(crate) fn key(path: &Path, content: &[u8]) -> Result<PrivateKeyDer<'static>, FileError> {
    PrivateKeyDer::from_pem_slice(content).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            FileError::new(path, "it has no private key; encrypted keys cannot be used")
        }
        error => malformed(path, error),
    })
}

fn malformed(path: &Path, error: pem::Error) -> FileError {
    match error {
        pem::Error::MissingSectionEnd { .. } => {
            FileError::new(path, "a line `-----END …-----` is missing: it is truncated")
        }
        pem::Error::IllegalSectionStart { .. } => {
            FileError::new(path, "a line `-----BEGIN …-----` is malformed")
        }
        error => FileError::new(path, error),
    }
}

/// Trusts the certificates of a file that was read; at least one.
pub(crate) fn add_roots(
    roots: &mut RootCertStore,
    path: &Path,
    content: &[u8],
) -> Result<(), FileError> {
    for certificate in chain(path, content)? {
        let added = roots.add(certificate);
        added.map_err(|_malformed| FileError::new(path, "it is not a certificate (X.509)"))?;
    }
    Ok(())
}
