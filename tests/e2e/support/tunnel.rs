//! TLS between the plain clients of tests and a host: what they send to the port of a tunnel arrives there encrypted.
//! Does not know what they say.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::certificates::{Authority, Pair};

/// A tunnel to one port of this machine. Each connection has a session of its own. It ends with the value.
#[derive(Debug)]
pub(crate) struct Tunnel {
    port: u16,
    _stop: oneshot::Sender<()>,
}

impl Tunnel {
    /// To a host whose certificate `authority` has signed; `own` is what the client shows.
    pub(crate) fn new(port: u16, authority: &Authority, alpn: &str, own: Option<&Pair>) -> Self {
        let connector = TlsConnector::from(Arc::new(config(authority, alpn, own)));
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("the system has what a runtime needs");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.expect("there is a free port");
        let own = listener.local_addr().expect("it is bound").port();
        let (stop, stopped) = oneshot::channel::<()>();
        let host = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, connector, host) => (),
                    _ = stopped => (),
                }
            });
        });
        Self { port: own, _stop: stop }
    }

    /// Where plain clients connect.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

async fn serve(listener: TcpListener, connector: TlsConnector, host: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((mut plain, _)) = listener.accept().await {
        let connector = connector.clone();
        connections.spawn(async move {
            let name = "localhost".try_into().expect("it is a name");
            let stream = TcpStream::connect(host).await?;
            let mut secured = connector.connect(name, stream).await?;
            copy_bidirectional(&mut plain, &mut secured).await
        });
    }
}

/// What a client of rustls needs.
fn config(authority: &Authority, alpn: &str, own: Option<&Pair>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.pem.as_bytes()).expect("it is PEM");
    roots.add(root).expect("it is a certificate");
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has all of them")
        .with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(Pair { certificate, key }) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("it is PEM");
            builder.with_client_auth_cert(chain, key).expect("they belong together")
        }
    };
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    config
}
