//! What the clients of a service need beside `service.toml`: files that can be used, and a component that calls them.
//!
//! Connects to nothing.

use std::io;
use std::path::{Path, PathBuf};

use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, InconsistentKeys, RootCertStore, crypto};

use super::finding::{Finding, Severity};
use crate::definition::{Certificate, Client, Definition};
use crate::engine::Surface;
use crate::file;
use crate::report::Status;
use crate::text::on_one_line;

/// More than the certificate authorities of all systems together.
const MOST_BYTES: u64 = 4 << 20;

const CERTIFICATE: &str = "certificate";
const KEY: &str = "private key";

/// One file of `[clients.<name>.tls]`.
#[derive(Debug, Clone)]
struct ClientFile {
    client: String,
    /// In the table of the client.
    key: &'static str,
    role: &'static str,
    path: PathBuf,
}

/// Why the files of a client cannot be used.
#[derive(Debug, thiserror::Error)]
enum ClientFileError {
    #[error("cannot read {}", .0.described())]
    Read(ClientFile, #[source] io::Error),
    #[error("{}, has no {} in PEM", .0.described(), .0.content())]
    Empty(ClientFile),
    #[error("cannot use {}", .0.described())]
    Pem(ClientFile, #[source] pem::Error),
    #[error("cannot use {}", .0.described())]
    Invalid(ClientFile, #[source] rustls::Error),
    #[error("{}, does not belong to its certificate `{}`", .0.described(), .1.display())]
    Mismatched(ClientFile, PathBuf),
}

impl ClientFile {
    fn described(&self) -> String {
        let Self { client, role, path, .. } = self;
        format!("`{}`, the {role} of client `{client}`", path.display())
    }

    fn content(&self) -> &'static str {
        if self.key == "key" { KEY } else { CERTIFICATE }
    }

    /// What is in the file.
    fn read(&self) -> Result<Vec<u8>, ClientFileError> {
        file::read(&self.path, MOST_BYTES)
            .map_err(|source| ClientFileError::Read(self.clone(), source))
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, ClientFileError> {
        let bytes = self.read()?;
        let certificates = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|error| self.of_pem(error))?;
        if certificates.is_empty() {
            return Err(ClientFileError::Empty(self.clone()));
        }
        Ok(certificates)
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, ClientFileError> {
        PrivateKeyDer::from_pem_slice(&self.read()?).map_err(|error| self.of_pem(error))
    }

    fn of_pem(&self, error: pem::Error) -> ClientFileError {
        match error {
            pem::Error::NoItemsFound => ClientFileError::Empty(self.clone()),
            error => ClientFileError::Pem(self.clone(), error),
        }
    }
}

impl ClientFileError {
    fn file(&self) -> &ClientFile {
        match self {
            Self::Read(file, _)
            | Self::Empty(file)
            | Self::Pem(file, _)
            | Self::Invalid(file, _)
            | Self::Mismatched(file, _) => file,
        }
    }

    fn help(&self) -> Option<&'static str> {
        match self {
            Self::Read(_, source) if source.kind() == io::ErrorKind::NotFound => {
                Some("paths are relative to the directory of `service.toml`")
            }
            Self::Empty(file) if file.content() == KEY => Some(
                "it must hold a line `-----BEGIN PRIVATE KEY-----`; encrypted keys cannot be used",
            ),
            Self::Empty(_) => Some("it must hold a line `-----BEGIN CERTIFICATE-----`"),
            Self::Mismatched(..) => {
                Some("the first certificate of the file must be that of the key")
            }
            Self::Read(..) | Self::Pem(..) | Self::Invalid(..) => None,
        }
    }

    /// At the setting that names the file.
    fn finding(&self, definition: &Definition) -> Finding {
        let ClientFile { client, key, path, .. } = self.file();
        let finding = Finding::new(Severity::Problem(Status::EditNeeded), on_one_line(self));
        let finding = match definition.position_of(&format!("clients.{client}.tls.{key}")) {
            Some(position) => finding.at(&definition.path, position),
            None => finding.of_file(path),
        };
        finding.maybe_help(self.help())
    }
}

/// The files that cannot be used, in the order of the clients.
pub(super) fn unusable_files(definition: &Definition) -> Vec<Finding> {
    let errors = definition.clients.iter().flat_map(errors);
    errors.map(|error| error.finding(definition)).collect()
}

fn errors(client: &Client) -> Vec<ClientFileError> {
    let Some(tls) = &client.tls else { return Vec::new() };
    let file = |key, role, path: &Path| {
        let (client, path) = (client.name.clone(), path.to_owned());
        ClientFile { client, key, role, path }
    };
    let roots = tls.roots.file().map(|path| file("roots_file", "certificate authorities", path));
    let mut errors =
        roots.and_then(|roots| check_roots(&roots).err()).into_iter().collect::<Vec<_>>();
    if let Some(Certificate { certificate, key }) = &tls.certificate {
        let certificate = file("certificate", CERTIFICATE, certificate);
        errors.extend(check_pair(&certificate, &file("key", KEY, key)));
    }
    errors
}

fn check_roots(file: &ClientFile) -> Result<(), ClientFileError> {
    let mut roots = RootCertStore::empty();
    let mut add = |certificate| roots.add(certificate);
    let mut certificates = file.certificates()?.into_iter();
    certificates
        .try_for_each(&mut add)
        .map_err(|error| ClientFileError::Invalid(file.clone(), error))
}

/// What keeps a certificate and a key from being used together.
fn check_pair(certificate: &ClientFile, key: &ClientFile) -> Vec<ClientFileError> {
    let (chain, private_key) = match (certificate.certificates(), key.private_key()) {
        (Ok(chain), Ok(private_key)) => (chain, private_key),
        (chain, private_key) => return chain.err().into_iter().chain(private_key.err()).collect(),
    };
    let provider = crypto::aws_lc_rs::default_provider();
    let signing_key = match provider.key_provider.load_private_key(private_key) {
        Ok(signing_key) => signing_key,
        Err(error) => return vec![ClientFileError::Invalid(key.clone(), error)],
    };
    let error = match CertifiedKey::new(chain, signing_key).keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
            return Vec::new();
        }
        Err(rustls::Error::InconsistentKeys(_)) => {
            ClientFileError::Mismatched(key.clone(), certificate.path.clone())
        }
        Err(error) => ClientFileError::Invalid(certificate.clone(), error),
    };
    vec![error]
}

/// The clients of a service that lead to one of these services when they run in one process.
pub(super) fn in_process<'d>(
    definition: &'d Definition,
    services: &[Definition],
) -> impl Iterator<Item = &'d Client> {
    let is_local = |client: &&Client| services.iter().any(|one| client.is_served_by(one));
    definition.clients.iter().filter(is_local)
}

/// What is worth a warning: clients that the component does not call, or calls without any that is declared.
pub(super) fn misuse(definition: &Definition, surface: &Surface) -> Option<Finding> {
    let (message, help) = unmatched(definition, surface)?;
    Some(Finding::new(Severity::Warning, message).of_file(&definition.path).help(help))
}

fn unmatched(definition: &Definition, surface: &Surface) -> Option<(String, String)> {
    let tables = definition.clients.iter().map(|client| format!("`[clients.{}]`", client.name));
    match (tables.collect::<Vec<_>>().as_slice(), surface.imports_clients()) {
        ([], false) | ([_, ..], true) => None,
        ([], true) => Some((
            "the component calls other services, and `service.toml` declares none".to_owned(),
            "add `[clients.<name>]` for each service that it calls".to_owned(),
        )),
        (tables, false) => {
            let (has, them) = if tables.len() == 1 { ("has", "it") } else { ("have", "them") };
            let message =
                format!("{} {has} no effect: the component calls no clients", tables.join(", "));
            Some((message, format!("remove {them}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::definition::LoadContext;

    fn definition(directory: &Path, rest: &str) -> Definition {
        let text = format!(
            "name = 'probe'\ntypes = ['native']\nversion = 'v1'\nlanguage = 'rust'\n\
             product = 'Matrix'\n[host]\ncomponent = 'a.wasm'\n{rest}"
        );
        let path = directory.join("service.toml");
        Definition::parse(&path, &text, &LoadContext::default()).expect("it is valid")
    }

    fn surface(imports: &[&str]) -> Surface {
        Surface {
            imports: imports.iter().map(|&name| name.to_owned()).collect(),
            exports: Vec::new(),
            services: Ok(crate::engine::Services::default()),
        }
    }

    #[test]
    fn files_of_clients_are_looked_at() {
        let directory = tempfile::tempdir().expect("there is a temporary directory");
        let write = |name: &str, text: &str| {
            std::fs::write(directory.path().join(name), text).expect("it can be written");
        };
        let [one, other] = [(), ()].map(|()| rcgen::generate_simple_self_signed(["a".to_owned()]));
        let (one, other) = (one.expect("it is signed"), other.expect("it is signed"));
        write("ca.pem", &one.cert.pem());
        write("one.key", &one.signing_key.serialize_pem());
        write("other.pem", &other.cert.pem());
        write("garbage.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
        write(
            "encrypted.key",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
        );
        let check = |tls: &str, expected: &Expect| {
            let definition = definition(directory.path(), &format!("[clients.orders.tls]\n{tls}"));
            let findings = unusable_files(&definition).into_iter();
            let lines =
                findings.map(|finding| serde_json::to_string(&finding).expect("it is JSON"));
            let lines = lines.collect::<Vec<_>>().join("\n");
            expected.assert_eq(&lines.replace(&directory.path().display().to_string(), "$DIR"));
        };

        check("roots_file = 'ca.pem'", &expect![[""]]);
        check("", &expect![[""]]);
        check("certificate = 'ca.pem'\nkey = 'one.key'", &expect![[""]]);
        check(
            "roots_file = 'garbage.pem'\ncertificate = 'own.pem'\nkey = 'encrypted.key'",
            &expect![[r#"
                {"path":"$DIR/service.toml","line":9,"column":14,"message":"cannot use `$DIR/garbage.pem`, the certificate authorities of client `orders`: invalid peer certificate: BadEncoding","help":null}
                {"path":"$DIR/service.toml","line":10,"column":15,"message":"cannot read `$DIR/own.pem`, the certificate of client `orders`: No such file or directory (os error 2)","help":"paths are relative to the directory of `service.toml`"}
                {"path":"$DIR/service.toml","line":11,"column":7,"message":"`$DIR/encrypted.key`, the private key of client `orders`, has no private key in PEM","help":"it must hold a line `-----BEGIN PRIVATE KEY-----`; encrypted keys cannot be used"}"#]],
        );
        check(
            "certificate = 'other.pem'\nkey = 'one.key'",
            &expect![[
                r#"{"path":"$DIR/service.toml","line":10,"column":7,"message":"`$DIR/one.key`, the private key of client `orders`, does not belong to its certificate `$DIR/other.pem`","help":"the first certificate of the file must be that of the key"}"#
            ]],
        );
        check(
            "certificate = 'garbage.pem'\nkey = 'one.key'",
            &expect![[
                r#"{"path":"$DIR/service.toml","line":9,"column":15,"message":"cannot use `$DIR/garbage.pem`, the certificate of client `orders`: invalid peer certificate: BadEncoding","help":null}"#
            ]],
        );
        check(
            "certificate = 'ca.pem'\nkey = 'ca.pem'",
            &expect![[
                r#"{"path":"$DIR/service.toml","line":10,"column":7,"message":"`$DIR/ca.pem`, the private key of client `orders`, has no private key in PEM","help":"it must hold a line `-----BEGIN PRIVATE KEY-----`; encrypted keys cannot be used"}"#
            ]],
        );
    }

    #[test]
    fn a_component_and_its_clients_belong_together() {
        let directory = Path::new("");
        let (none, two) =
            (definition(directory, ""), definition(directory, "[clients]\na={}\nb={}"));
        let (silent, calling) = (surface(&[]), surface(&["mikros:service/clients@0.2.0"]));
        let said = |definition: &Definition, surface: &Surface| {
            unmatched(definition, surface).map(|(message, _)| message)
        };

        assert_eq!(said(&none, &silent), None);
        assert_eq!(said(&two, &calling), None);
        assert_eq!(
            said(&two, &silent).as_deref(),
            Some("`[clients.a]`, `[clients.b]` have no effect: the component calls no clients")
        );
        assert_eq!(
            said(&none, &calling).as_deref(),
            Some("the component calls other services, and `service.toml` declares none")
        );
    }
}
