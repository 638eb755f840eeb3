//! The TLS of a server, and the files that it is made of, which can be read again while it serves.
//!
//! Does not know when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use tokio::sync::watch;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::server::{
    ClientCertVerifierBuilder, NoServerSessionStorage, ProducesTickets, WebPkiClientVerifier,
};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{self, InconsistentKeys, RootCertStore, ServerConfig};

use super::certificate::Validity;
use super::pem::{self, BoxError, FileError};
use super::{HTTP1, HTTP2};

/// What the TLS of a server is made of. Paths are as the process finds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerFiles {
    /// The certificate of the server, and those between it and a root.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) clients: Option<ClientRoots>,
}

impl ServerFiles {
    /// Each once.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Path> {
        let roots = self.clients.iter().map(|clients| &*clients.file);
        [&*self.certificate, &*self.key].into_iter().chain(roots)
    }

    /// Whether nobody gets in without a certificate.
    pub(crate) fn demands_certificates(&self) -> bool {
        self.clients.as_ref().is_some_and(|clients| clients.auth == ClientAuth::Required)
    }
}

/// How clients prove who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientRoots {
    /// The certificate authorities that are trusted.
    pub(crate) file: PathBuf,
    pub(crate) auth: ClientAuth,
}

/// Whether clients must have a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientAuth {
    Off,
    Optional,
    Required,
}

/// Which of the files something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerFile {
    Certificate,
    Key,
    ClientRoots,
}

/// Files that a server cannot be made of.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct ServerFileError {
    pub(crate) file: ServerFile,
    error: FileError,
}

impl ServerFiles {
    /// All of them.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        let roots = self.clients.as_ref().map(|clients| clients.file.as_path());
        [self.certificate.as_path(), self.key.as_path()].into_iter().chain(roots)
    }

    fn read(&self) -> Result<Contents, ServerFileError> {
        let read = |file, path: &Path| pem::read(path).map_err(of(file));
        let roots = self.clients.as_ref();
        Ok(Contents {
            certificate: read(ServerFile::Certificate, &self.certificate)?,
            key: read(ServerFile::Key, &self.key)?,
            roots: roots.map(|roots| read(ServerFile::ClientRoots, &roots.file)).transpose()?,
        })
    }

    fn certified_key(
        &self,
        contents: &Contents,
        provider: &CryptoProvider,
    ) -> Result<(CertifiedKey, Validity), ServerFileError> {
        let of_certificate =
            |error: BoxError| of(ServerFile::Certificate)(FileError::new(&self.certificate, error));
        let chain = pem::chain(&self.certificate, &contents.certificate);
        let chain = chain.map_err(of(ServerFile::Certificate))?;
        let validity = Validity::of(&chain).map_err(|error| of_certificate(Box::new(error)))?;
        let key = pem::key(&self.key, &contents.key).map_err(of(ServerFile::Key))?;
        let key = provider.key_provider.load_private_key(key).map_err(|_unsupported| {
            of(ServerFile::Key)(FileError::new(&self.key, "its sort of key is not supported"))
        })?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
                Ok((certified, validity))
            }
            Err(rustls::Error::InconsistentKeys(_)) => {
                let certificate = self.certificate.display();
                let cause = format!("it is not the key of the certificate in `{certificate}`");
                Err(of(ServerFile::Key)(FileError::new(&self.key, cause)))
            }
            Err(error) => Err(of_certificate(Box::new(error))),
        }
    }

    /// `None`: clients show no certificates.
    fn verifier(
        &self,
        contents: &Contents,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<ClientCertVerifierBuilder>, ServerFileError> {
        let (Some(clients), Some(content)) = (&self.clients, &contents.roots) else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        pem::add_roots(&mut roots, &clients.file, content).map_err(of(ServerFile::ClientRoots))?;
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        Ok(match clients.auth {
            ClientAuth::Off => None,
            ClientAuth::Optional => Some(builder.allow_unauthenticated()),
            ClientAuth::Required => Some(builder),
        })
    }

    /// `tickets`: with which sessions are resumed; `None` for new ones.
    fn load(
        &self,
        contents: Contents,
        tickets: Option<Arc<dyn ProducesTickets>>,
    ) -> Result<Loaded, ServerFileError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let (certified, validity) = self.certified_key(&contents, &provider)?;
        let verifier = self.verifier(&contents, &provider)?;
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has all of them");
        let verifies_clients = verifier.is_some();
        let builder = match verifier {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(
                verifier.build().expect("there are roots, and no revocation lists"),
            ),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        // Sessions are in the clients' tickets: nothing is kept for those that have left.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        if verifies_clients {
            // A session that is resumed has the certificate that it began with, which nobody verifies again.
            config.send_tls13_tickets = 0;
        } else {
            config.ticketer = match tickets {
                Some(tickets) => tickets,
                None => aws_lc_rs::Ticketer::new().expect("the system has random numbers"),
            };
        }
        Ok(Loaded { contents, validity, config: Arc::new(config) })
    }
}

fn of(file: ServerFile) -> impl Fn(FileError) -> ServerFileError {
    move |error| ServerFileError { file, error }
}

/// What the files hold.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    roots: Option<Vec<u8>>,
}

/// Without what the files hold: one of them is a private key.
impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Loaded {
    contents: Contents,
    validity: Validity,
    config: Arc<ServerConfig>,
}

/// The TLS of a server, as its files said when they could last be used.
#[derive(Debug)]
pub(crate) struct ServerTls {
    files: ServerFiles,
    loaded: Mutex<Loaded>,
    /// Closed with it.
    lifetime: watch::Sender<()>,
}

impl ServerTls {
    /// Reads the files: blocks for as long as the disk does.
    pub(crate) fn load(files: ServerFiles) -> Result<Self, ServerFileError> {
        let loaded = files.load(files.read()?, None)?;
        Ok(Self { files, loaded: Mutex::new(loaded), lifetime: watch::Sender::new(()) })
    }

    pub(crate) fn files(&self) -> &ServerFiles {
        &self.files
    }

    /// For the next handshake.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.lock().config.clone()
    }

    /// Whether certificates of clients are verified.
    pub(crate) fn verifies_clients(&self) -> bool {
        self.files.clients.is_some()
    }

    /// When the certificates are valid that are shown to clients.
    pub(crate) fn validity(&self) -> Validity {
        self.lock().validity
    }

    /// Reads the files again, for handshakes from then on. What cannot be used changes nothing. Returns whether
    /// they are different.
    pub(crate) fn reload(&self) -> Result<bool, ServerFileError> {
        let contents = self.files.read()?;
        let tickets = {
            let loaded = self.lock();
            if loaded.contents == contents {
                return Ok(false);
            }
            // A session that is resumed is one of a client that was verified with the roots of that time.
            let has_same_roots = loaded.contents.roots == contents.roots;
            has_same_roots.then(|| loaded.config.ticketer.clone())
        };
        let loaded = self.files.load(contents, tickets)?;
        *self.lock() = loaded;
        Ok(true)
    }

    /// Resolves when nobody serves with it any more; see [`gone`].
    pub(crate) fn lifetime(&self) -> watch::Receiver<()> {
        self.lifetime.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the server of this lifetime is gone.
pub(crate) async fn gone(lifetime: &mut watch::Receiver<()>) {
    // Nothing is ever sent.
    while lifetime.changed().await.is_ok() {}
}
