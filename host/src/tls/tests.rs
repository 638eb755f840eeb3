//! What a server makes of its files, and what certificates say.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use expect_test::expect;
use rcgen::{CertificateParams, DnType, KeyPair, SanType, date_time_ymd};
use tempfile::TempDir;

use super::{ClientAuth, ClientRoots, Names, OutOfDate, ServerFiles, ServerTls, Validity};

/// A certificate that has signed itself, and its key.
fn certificate(change: impl FnOnce(&mut CertificateParams)) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    change(&mut params);
    (params.self_signed(&key).unwrap(), key)
}

/// Files of a server in a directory of its own.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let (certificate, key) = certificate(|_| ());
        files.write("server.pem", certificate.pem());
        files.write("server.key", key.serialize_pem());
        files.write("ca.pem", certificate.pem());
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn server_files(&self) -> ServerFiles {
        let clients = ClientRoots { file: self.path("ca.pem"), auth: ClientAuth::Required };
        ServerFiles {
            certificate: self.path("server.pem"),
            key: self.path("server.key"),
            clients: Some(clients),
        }
    }

    /// What is wrong with them, without their directory.
    fn trouble(&self) -> String {
        let error = ServerTls::load(self.server_files()).unwrap_err();
        let directory = format!("{}/", self.0.path().display());
        format!("{:?}: {}", error.file, error.to_string().replace(&directory, ""))
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    let files = Files::new();
    let (_, other) = certificate(|_| ());
    let pem = fs::read(files.path("server.pem")).unwrap();
    let half = &pem[..pem.len() / 2];
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let shortened = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    let mut said = Vec::new();

    for (name, content) in [
        ("server.key", other.serialize_pem().as_bytes()),
        ("server.key", encrypted.as_bytes()),
        ("server.pem", half),
        ("server.pem", b""),
        ("server.pem", shortened.as_bytes()),
        ("ca.pem", shortened.as_bytes()),
        ("ca.pem", b""),
    ] {
        let before = fs::read(files.path(name)).unwrap();
        files.write(name, content);
        said.push(files.trouble());
        files.write(name, before);
    }
    fs::remove_file(files.path("server.key")).unwrap();
    said.push(files.trouble());

    expect![[r"
        Key: cannot use `server.key`: it is not the key of the certificate in `server.pem`
        Key: cannot use `server.key`: it has no private key; encrypted keys cannot be used
        Certificate: cannot use `server.pem`: a line `-----END …-----` is missing: it is truncated
        Certificate: cannot use `server.pem`: it has no certificate
        Certificate: cannot use `server.pem`: it is not a certificate (X.509)
        ClientRoots: cannot use `ca.pem`: it is not a certificate (X.509)
        ClientRoots: cannot use `ca.pem`: it has no certificate
        Key: cannot use `server.key`: No such file or directory (os error 2)
    "]]
    .assert_eq(&format!("{}\n", said.join("\n")));
}

#[test]
fn files_are_read_again_and_kept_when_they_cannot_be_used() {
    let files = Files::new();
    let server = ServerTls::load(files.server_files()).unwrap();
    let first = server.config();

    assert!(!server.reload().unwrap());
    assert!(Arc::ptr_eq(&first, &server.config()));

    let (new, key) = certificate(|_| ());
    files.write("server.pem", new.pem());
    assert!(server.reload().is_err());
    assert!(Arc::ptr_eq(&first, &server.config()));

    files.write("server.key", key.serialize_pem());
    assert!(server.reload().unwrap());
    let second = server.config();
    assert!(!Arc::ptr_eq(&first, &second));
    files.write("ca.pem", new.pem());
    assert!(server.reload().unwrap());
    assert!(!Arc::ptr_eq(&second, &server.config()));
}

#[test]
fn a_certificate_is_valid_between_two_dates() {
    let year = |year| SystemTime::from(date_time_ymd(year, 1, 1));
    let (certificate, _) = certificate(|params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    });
    let validity = Validity::of(&[certificate.der().clone()]).unwrap();

    assert_eq!(validity.check(year(2000)), Err(OutOfDate::NotYetValid(year(2001))));
    assert_eq!(validity.check(year(2001)), Ok(()));
    assert_eq!(validity.check(year(2002)), Ok(()));
    let late = validity.check(year(2002) + Duration::from_secs(1)).unwrap_err();
    assert_eq!(late.to_string(), "expired at 2002-01-01T00:00:00Z");
}

#[test]
fn a_uri_stands_for_all_names_or_else_a_dns_name() {
    let uri = || SanType::URI("spiffe://example.org/orders".try_into().unwrap());
    let dns = || SanType::DnsName("orders.internal".try_into().unwrap());
    let main = |names: Vec<SanType>, common: &str| {
        let (certificate, _) = certificate(|params| {
            params.subject_alt_names = names;
            params.distinguished_name.push(DnType::CommonName, common);
        });
        Names::of(certificate.der()).unwrap().main().map(str::to_owned)
    };

    assert_eq!(main(vec![dns(), uri()], "c").as_deref(), Some("spiffe://example.org/orders"));
    assert_eq!(main(vec![dns()], "c").as_deref(), Some("orders.internal"));
    assert_eq!(main(vec![], "orders"), None, "nobody verifies common names");
    assert_eq!(main(vec![uri(), uri(), dns()], ""), None, "several URIs");
}

#[test]
fn what_is_no_certificate_has_no_names() {
    let (certificate, _) = certificate(|_| ());
    let whole: &[u8] = certificate.der();

    for length in 0..whole.len() {
        assert!(Names::of(&whole[..length].into()).is_err(), "{length}");
    }
}
