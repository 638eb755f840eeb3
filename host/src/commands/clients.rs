//! What the clients of a service need beside `service.toml`: readable files, and a component that calls them.
//!
//! Connects to nothing.

use std::io;
use std::path::{Path, PathBuf};

use crate::definition::{Client, Definition};
use crate::engine::Surface;
use crate::file;

/// More than the certificate authorities of all systems together.
const MOST_BYTES: u64 = 4 << 20;

/// A file of `[clients.<name>.tls]` that is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientFileError {
    #[error("cannot read `{}`, the {role} of client `{client}`", path.display())]
    Read {
        path: PathBuf,
        role: &'static str,
        client: String,
        #[source]
        source: io::Error,
    },
    #[error("`{}`, the {role} of client `{client}`, has no {content} in PEM", path.display())]
    Content { path: PathBuf, role: &'static str, client: String, content: &'static str },
}

impl ClientFileError {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Read { path, .. } | Self::Content { path, .. } => path,
        }
    }

    pub(super) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("paths are relative to the directory of `service.toml`")
            }
            Self::Content { content: KEY, .. } => Some(
                "it must hold a line `-----BEGIN PRIVATE KEY-----`; encrypted keys cannot be used",
            ),
            Self::Content { .. } => Some("it must hold a line `-----BEGIN CERTIFICATE-----`"),
            Self::Read { .. } => None,
        }
    }
}

const CERTIFICATE: &str = "certificate";
const KEY: &str = "private key";

struct ClientFile<'d> {
    role: &'static str,
    path: &'d Path,
    content: &'static str,
}

/// The files that cannot be used, in the order of the clients.
pub(super) fn unusable_files(definition: &Definition) -> Vec<ClientFileError> {
    let of_client = |client: &Client| {
        let errors = files(client).into_iter().filter_map(|file| check(client, &file).err());
        errors.collect::<Vec<_>>()
    };
    definition.clients.iter().flat_map(of_client).collect()
}

fn files(client: &Client) -> Vec<ClientFile<'_>> {
    let Some(tls) = &client.tls else { return Vec::new() };
    let roots = tls.roots.file().map(|path| ClientFile {
        role: "certificate authorities",
        path,
        content: CERTIFICATE,
    });
    let own = tls.certificate.as_ref().map(|own| {
        let certificate =
            ClientFile { role: "certificate", path: &own.certificate, content: CERTIFICATE };
        [certificate, ClientFile { role: "private key", path: &own.key, content: KEY }]
    });
    roots.into_iter().chain(own.into_iter().flatten()).collect()
}

fn check(client: &Client, file: &ClientFile<'_>) -> Result<(), ClientFileError> {
    let &ClientFile { role, path, content } = file;
    let (path, client) = (path.to_owned(), client.name.clone());
    match file::read(&path, MOST_BYTES) {
        Err(source) => Err(ClientFileError::Read { path, role, client, source }),
        Ok(bytes) if !holds(&bytes, content) => {
            Err(ClientFileError::Content { path, role, client, content })
        }
        Ok(_) => Ok(()),
    }
}

/// Whether a block of PEM in it can be this.
fn holds(bytes: &[u8], content: &str) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut labels = text.lines().filter_map(|line| {
        line.trim().strip_prefix("-----BEGIN ")?.strip_suffix("-----").map(str::to_ascii_lowercase)
    });
    labels.any(|label| label.ends_with(content) && !label.starts_with("encrypted"))
}

/// What is worth a warning: clients that the component does not call, or calls without any that is declared.
pub(super) fn misuse(definition: &Definition, surface: &Surface) -> Option<(String, String)> {
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
        write("ca.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
        write("own.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
        let files = |tls: &str| {
            let definition = definition(directory.path(), &format!("[clients.orders.tls]\n{tls}"));
            let errors = unusable_files(&definition).into_iter();
            errors.map(|error| (error.to_string(), error.help())).collect::<Vec<_>>()
        };
        let shown = |name: &str| directory.path().join(name).display().to_string();

        assert!(files("roots_file = 'ca.pem'").is_empty());
        assert!(files("").is_empty());
        let errors = files("roots_file = 'ca.pem'\ncertificate = 'own.pem'\nkey = 'own.key'");
        let [missing, encrypted] = errors.as_slice() else { panic!("there are two") };
        let (pem, key) = (shown("own.pem"), shown("own.key"));
        assert_eq!(missing.0, format!("cannot read `{pem}`, the certificate of client `orders`"));
        let expected =
            format!("`{key}`, the private key of client `orders`, has no private key in PEM");
        assert_eq!(encrypted.0, expected);
        assert!(encrypted.1.is_some_and(|help| help.contains("encrypted")), "{encrypted:?}");
    }

    #[test]
    fn a_component_and_its_clients_belong_together() {
        let directory = Path::new("");
        let (none, two) =
            (definition(directory, ""), definition(directory, "[clients]\na={}\nb={}"));
        let (silent, calling) = (surface(&[]), surface(&["mikros:service/clients@0.2.0"]));
        let said = |definition: &Definition, surface: &Surface| {
            misuse(definition, surface).map(|(message, _)| message)
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
