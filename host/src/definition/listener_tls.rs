//! `[host.tls]`, and `tls` of a kind: the certificates of listeners, and whether clients need some.
//!
//! Does not read the files.

use std::path::Path;

use schemars::JsonSchema;

use super::document::{Place, join};
use super::reader::{Reader, Section};
use super::valid::{Switchable, Text};
use super::{Definition, Kind, Position, Problem};
use crate::tls::{ClientAuth, ClientRoots, ServerFile, ServerFileError, ServerFiles};

/// The TLS of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerTls {
    pub(crate) files: ServerFiles,
    /// Of the values that name the files.
    places: TlsPlaces,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct TlsPlaces {
    certificate: Position,
    key: Position,
    client_roots: Position,
}

/// `tls` in the table of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindTls {
    /// As `[host.tls]` says.
    Inherited,
    Off,
    Own(ListenerTls),
}

#[derive(Default, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ListenerTlsTable {
    /// Certificate of the service, with those between it and the root: a PEM file, relative to this file. It is read
    /// again when it changes, as are `key` and `client_roots`.
    #[schemars(example = "certificates/server.pem")]
    certificate: Option<Text>,
    /// Private key of `certificate`: a PEM file, relative to this file.
    #[schemars(example = "certificates/server.key")]
    key: Option<Text>,
    /// Certificate authorities that are trusted for certificates of clients: a PEM file, relative to this file.
    #[schemars(example = "certificates/ca.pem")]
    client_roots: Option<Text>,
    /// Whether clients must have a certificate. `optional` verifies one that is sent. Default: `required` with
    /// `client_roots`, otherwise `off`.
    #[schemars(example = &"optional")]
    client_auth: Option<ClientAuth>,
}

impl ListenerTls {
    /// What is wrong with one of the files.
    pub(crate) fn problem(&self, error: &ServerFileError) -> Problem {
        let position = match error.file {
            ServerFile::Certificate => self.places.certificate,
            ServerFile::Key => self.places.key,
            ServerFile::ClientRoots => self.places.client_roots,
        };
        let (position, message) = (Some(position), error.to_string());
        Problem { position, snippet: None, message, help: None }
    }

    /// What is wrong with the certificate, although it can be used.
    pub(crate) fn problem_of_certificate(&self, message: String) -> Problem {
        let position = Some(self.places.certificate);
        Problem { position, snippet: None, message, help: None }
    }
}

impl Definition {
    /// The TLS of a kind that listens; `None` is plaintext.
    pub(crate) fn tls<'d>(&'d self, kind: &'d Kind) -> Option<&'d ListenerTls> {
        let own = match kind {
            Kind::Http(http) => &http.tls,
            Kind::Grpc(grpc) => &grpc.tls,
            Kind::Native | Kind::Script(_) | Kind::Custom(_) => return None,
        };
        match own {
            KindTls::Inherited => self.host.tls.as_ref(),
            KindTls::Off => None,
            KindTls::Own(tls) => Some(tls),
        }
    }

    /// The TLS of all kinds, each once.
    pub(crate) fn listener_tls(&self) -> Vec<&ListenerTls> {
        let mut all = Vec::new();
        for tls in self.kinds.iter().filter_map(|kind| self.tls(kind)) {
            if !all.contains(&tls) {
                all.push(tls);
            }
        }
        all
    }
}

/// `section` is the table that `table` was read from. Paths are relative to `directory`.
pub(super) fn of_host<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    table: Switchable<ListenerTlsTable>,
    directory: &Path,
) -> Option<ListenerTls> {
    let place = place(section);
    let section = section.section("tls");
    table.into_settings().map(|table| read(reader, (&section, place), table, directory))
}

/// The same for the table of a kind.
pub(super) fn of_kind<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    table: Option<Switchable<ListenerTlsTable>>,
    directory: &Path,
) -> KindTls {
    match table {
        None => KindTls::Inherited,
        Some(table) => {
            of_host(reader, section, table, directory).map_or(KindTls::Off, KindTls::Own)
        }
    }
}

/// Where `tls` is in a table.
fn place(section: &Section<'_>) -> Place {
    let named = section.names().into_iter().find(|(name, _)| *name == "tls");
    named.map_or(section.place, |(_, place)| place)
}

fn read<'t>(
    reader: &mut Reader<'t>,
    (section, place): (&Section<'t>, Place),
    table: ListenerTlsTable,
    directory: &Path,
) -> ListenerTls {
    let ListenerTlsTable { certificate, key, client_roots, client_auth } = table;
    check_files(reader, section, place);
    check_clients(reader, section, client_auth);
    let path = |text: Option<Text>| directory.join(text.map(String::from).unwrap_or_default());
    let position = |name| {
        let place = section.value(name).map_or(place, Place::of);
        reader.position(place)
    };
    let places = TlsPlaces {
        certificate: position("certificate"),
        key: position("key"),
        client_roots: position("client_roots"),
    };
    let clients = client_roots.map(|roots| ClientRoots {
        file: path(Some(roots)),
        auth: client_auth.unwrap_or(ClientAuth::Required),
    });
    let files = ServerFiles { certificate: path(certificate), key: path(key), clients };
    ListenerTls { files, places }
}

/// A server has both a certificate and a key.
fn check_files<'t>(reader: &mut Reader<'t>, section: &Section<'t>, place: Place) {
    let label = &section.label;
    for name in ["certificate", "key"] {
        if section.value(name).is_none() {
            let message = format!("`{}` is missing", join(label, name));
            let help = format!("add `{name}` to `[{label}]`, the path of a PEM file");
            reader.problem(place, message, Some(help));
        }
    }
}

/// Clients are asked for certificates when it is known which are trusted.
fn check_clients<'t>(reader: &mut Reader<'t>, section: &Section<'t>, auth: Option<ClientAuth>) {
    let label = &section.label;
    let auth_place = section.value("client_auth").map(Place::of);
    let roots_place = section.value("client_roots").map(Place::of);
    match (auth, auth_place, roots_place) {
        (Some(ClientAuth::Optional | ClientAuth::Required), Some(place), None) => {
            let message = format!("`{label}.client_auth` needs `{label}.client_roots`");
            let help = format!("add `client_roots` to `[{label}]`, the path of a PEM file");
            reader.problem(place, message, Some(help));
        }
        (Some(ClientAuth::Off), _, Some(place)) => {
            let message =
                format!("`{label}.client_roots` has no effect with `client_auth = \"off\"`");
            reader.warning(place, message, None);
        }
        _ => (),
    }
}
