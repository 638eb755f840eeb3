//! TLS: whom a client trusts, and what it shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use h2::server;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

use super::support::{Server, client, get, respond, sentence, settings};
use crate::client::settings::{self, Certificate, ClientTls, Protocol::Grpc, Roots};

/// A certificate authority.
struct Authority(Issuer<'static, KeyPair>, CertificateDer<'static>, String);

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self(Issuer::new(params, key), certificate.der().clone(), certificate.pem())
    }

    /// A certificate for `name`, and its key.
    fn sign(&self, name: &str, expires: i32) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(expires, 1, 1);
        (params.signed_by(&key, &self.0).unwrap(), key)
    }
}

/// Speaks gRPC over TLS. Clients must show a certificate of `clients` if there is one.
async fn serve(
    (certificate, key): (rcgen::Certificate, KeyPair),
    clients: Option<&Authority>,
    protocol: &[u8],
) -> Server {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.1.clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Server::new(move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let handshake = server::Builder::new().handshake::<_, Bytes>(stream);
            let Ok(mut connection) = handshake.await else { return };
            while let Some(Ok((_, to))) = connection.accept().await {
                respond(to, b"secret");
            }
        }
    })
    .await
}

/// A directory of its own, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("client-tls-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ignored = fs::remove_dir_all(&self.0);
    }
}

fn trusting(server: &Server, roots: &Path) -> settings::Client {
    let roots = Roots::File(roots.to_owned());
    let tls = ClientTls { roots, certificate: None, server_name: None };
    settings::Client { tls: Some(tls), ..settings(server.address, Grpc) }
}

#[tokio::test]
async fn a_service_proves_who_it_is() {
    let (directory, authority) = (Directory::new(), Authority::new());
    let server = serve(authority.sign("127.0.0.1", 4000), None, b"h2").await;
    let settings = trusting(&server, &directory.write("roots.pem", &authority.2));

    let (_clients, client) = client(settings);

    assert_eq!(get(&client).await.unwrap().message, "secret");
}

#[tokio::test]
async fn a_name_may_be_given() {
    let (directory, authority) = (Directory::new(), Authority::new());
    let server = serve(authority.sign("user.test", 4000), None, b"h2").await;
    let settings = trusting(&server, &directory.write("roots.pem", &authority.2));
    let tls = ClientTls { server_name: Some("user.test".to_owned()), ..settings.tls.unwrap() };

    let (_clients, client) = client(settings::Client { tls: Some(tls), ..settings });

    assert_eq!(get(&client).await.unwrap().message, "secret");
}

#[tokio::test]
async fn who_cannot_prove_it_is_named_with_the_reason() {
    let (directory, authority, other) = (Directory::new(), Authority::new(), Authority::new());
    let roots = directory.write("roots.pem", &authority.2);
    for (certificate, protocol, reason) in [
        (authority.sign("127.0.0.1", 2001), &b"h2"[..], "certificate expired"),
        (authority.sign("127.0.0.9", 4000), b"h2", "not valid for name"),
        (other.sign("127.0.0.1", 4000), b"h2", "invalid peer certificate: "),
        (authority.sign("127.0.0.1", 4000), b"http/1.1", ""),
    ] {
        let server = serve(certificate, None, protocol).await;
        let (_clients, client) = client(trusting(&server, &roots));

        let error = sentence(&get(&client).await.unwrap_err());

        let subject = format!("client `user` cannot establish TLS with {}: ", server.address);
        assert!(error.starts_with(&subject), "{error}");
        assert!(error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_not_trusted() {
    let (directory, authority) = (Directory::new(), Authority::new());
    let server = Server::grpc(|_, to| async { respond(to, b"open") }).await;
    let roots = directory.write("roots.pem", &authority.2);
    let (_clients, client) = client(trusting(&server, &roots));

    let error = sentence(&get(&client).await.unwrap_err());

    assert!(error.contains("cannot establish TLS with"), "{error}");
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let (directory, authority, own) = (Directory::new(), Authority::new(), Authority::new());
    let server = serve(authority.sign("127.0.0.1", 4000), Some(&own), b"h2").await;
    let settings = trusting(&server, &directory.write("roots.pem", &authority.2));
    let (certificate, key) = own.sign("caller.test", 4000);
    let certificate = Certificate {
        certificate: directory.write("own.pem", &certificate.pem()),
        key: directory.write("own.key", &key.serialize_pem()),
    };
    let tls = settings.tls.clone().unwrap();

    let (_clients, anonymous) = client(settings.clone());
    assert!(get(&anonymous).await.is_err());

    let tls = ClientTls { certificate: Some(certificate), ..tls };
    let (_clients, client) = client(settings::Client { tls: Some(tls), ..settings });
    assert_eq!(get(&client).await.unwrap().message, "secret");
}

#[tokio::test]
async fn files_are_read_again_when_a_link_moves() {
    let (directory, authority, other) = (Directory::new(), Authority::new(), Authority::new());
    let server = serve(authority.sign("127.0.0.1", 4000), None, b"h2").await;
    let wrong = directory.write("wrong.pem", &other.2);
    let right = directory.write("right.pem", &authority.2);
    let link = directory.0.join("roots.pem");
    std::os::unix::fs::symlink(&wrong, &link).unwrap();
    let (_clients, client) = client(trusting(&server, &link));
    assert!(get(&client).await.is_err());

    let moved = directory.0.join("moved.pem");
    std::os::unix::fs::symlink(&right, &moved).unwrap();
    fs::rename(&moved, &link).unwrap();

    assert_eq!(get(&client).await.unwrap().message, "secret");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let directory = Directory::new();
    let server = Server::grpc(|_, to| async { respond(to, b"open") }).await;
    let empty = directory.write("roots.pem", "nothing");
    let (_clients, client) = client(trusting(&server, &empty));

    let error = sentence(&get(&client).await.unwrap_err());

    let reason = format!("cannot use `{}`: it has no certificate", empty.display());
    assert!(error.ends_with(&reason), "{error}");
}
