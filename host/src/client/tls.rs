//! TLS of a client: whom it trusts, and what it shows.
//!
//! The files are read again for every connection, and used if they have changed. So certificates may be renewed in
//! place, or by moving a symbolic link, without a word to the host. While they cannot be used, those from before are.
//!
//! Does not know addresses.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::settings::{self, ClientTls, Protocol, Roots};
use crate::telemetry::warn;
use crate::tls::{self, FileError, HTTP1, HTTP2};

#[derive(Debug, Clone)]
pub(super) struct Tls(Arc<State>);

#[derive(Debug)]
struct State {
    client: String,
    settings: ClientTls,
    protocol: Protocol,
    /// What the certificate of the service is for.
    name: String,
    loaded: Mutex<Option<Loaded>>,
}

#[derive(Debug, Clone)]
struct Loaded {
    files: Files,
    config: Arc<ClientConfig>,
}

/// What the files hold.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Files {
    roots: Option<Vec<u8>>,
    /// Certificate and key.
    own: Option<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    pub(super) fn new(client: &settings::Client, settings: &ClientTls) -> Self {
        let name = settings.server_name.clone().unwrap_or_else(|| client.host.clone());
        Self(Arc::new(State {
            client: client.name.clone(),
            settings: settings.clone(),
            protocol: client.protocol,
            name,
            loaded: Mutex::default(),
        }))
    }

    pub(super) async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let state = self.0.clone();
        // Files are read, and certificates of the system are many.
        let config = spawn_blocking(move || state.config()).await.map_err(io::Error::other)??;
        let name = ServerName::try_from(self.0.name.clone()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(config).connect(name, stream).await?;
        let negotiated = stream.get_ref().1.alpn_protocol();
        if self.0.protocol == Protocol::Grpc && negotiated != Some(HTTP2) {
            return Err(io::Error::other("the server does not offer HTTP/2 (ALPN `h2`)"));
        }
        Ok(stream)
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Option<Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the files say now, or what they last said that could be used.
    fn config(&self) -> io::Result<Arc<ClientConfig>> {
        let before = self.lock().clone();
        let loaded = self.read().and_then(|files| match &before {
            Some(before) if before.files == files => Ok(before.clone()),
            _ => self.load(files),
        });
        match (loaded, before) {
            (Ok(loaded), _) => Ok(self.lock().insert(loaded).config.clone()),
            (Err(error), Some(before)) => {
                self.warn(&error);
                Ok(before.config)
            }
            (Err(error), None) => Err(io::Error::other(error)),
        }
    }

    fn warn(&self, error: &FileError) {
        warn!(
            ClientFilesUnusable,
            client = %self.client,
            error = %error,
            "certificates of a client cannot be used, those from before are"
        );
    }

    fn read(&self) -> Result<Files, FileError> {
        let roots = match &self.settings.roots {
            Roots::System => None,
            Roots::File(path) | Roots::Both(path) => Some(tls::read(path)?),
        };
        let own = self.settings.certificate.as_ref();
        let own =
            own.map(|own| Ok((tls::read(&own.certificate)?, tls::read(&own.key)?))).transpose()?;
        Ok(Files { roots, own })
    }

    fn load(&self, files: Files) -> Result<Loaded, FileError> {
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has all of them")
            .with_root_certificates(self.roots(&files)?);
        let mut config = match (&files.own, &self.settings.certificate) {
            (Some((certificate, key)), Some(paths)) => {
                let chain = tls::chain(&paths.certificate, certificate)?;
                let key = tls::key(&paths.key, key)?;
                let config = builder.with_client_auth_cert(chain, key);
                config.map_err(|error| FileError::new(&paths.certificate, error))?
            }
            _ => builder.with_no_client_auth(),
        };
        let protocol = match self.protocol {
            Protocol::Grpc => HTTP2,
            Protocol::Http => HTTP1,
        };
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(Loaded { files, config: Arc::new(config) })
    }

    fn roots(&self, files: &Files) -> Result<RootCertStore, FileError> {
        let mut roots = RootCertStore::empty();
        if let Roots::System | Roots::Both(_) = self.settings.roots {
            // Some systems have certificates that nobody can read; the others count.
            let _ignored =
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        if let (Some(file), Roots::File(path) | Roots::Both(path)) =
            (&files.roots, &self.settings.roots)
        {
            tls::add_roots(&mut roots, path, file)?;
        }
        Ok(roots)
    }
}
