//! The gRPC services that a component declares in its custom sections, as `wit/grpc.wit` describes.
//!
//! Knows the declaration only: neither routes nor what is answered.

use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet, ServiceDescriptorProto};
use serde::Serialize;
use wasmparser::{Parser, Payload};

const NAMES: &str = "mikros:grpc/services";
const DESCRIPTORS: &str = "mikros:grpc/descriptors";

/// What a component serves.
#[derive(Debug, Clone, Default)]
pub struct Services {
    /// In the order of the declaration.
    pub services: Vec<Service>,
    /// A serialized `google.protobuf.FileDescriptorSet`, as it stands in the component: files may occur
    /// several times, and options that the host does not know are still there.
    pub descriptors: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    /// With its package, for example `helloworld.Greeter`.
    pub name: String,
    pub methods: Vec<Method>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Method {
    pub name: String,
    pub client_streaming: bool,
    pub server_streaming: bool,
}

/// Why the declaration of a component cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclarationError {
    #[error("it exports `grpc`, but does not declare which services it serves")]
    Absent,
    #[error("its descriptors of gRPC services are malformed: {0}")]
    Malformed(String),
    /// Its methods are unknown.
    #[error("it declares the gRPC service `{name}`, but its descriptors do not describe it")]
    Undescribed { name: String },
}

impl Services {
    /// Reads the custom sections of a valid component.
    pub(super) fn declared(component: &[u8]) -> Result<Self, DeclarationError> {
        let sections = Sections::find(component);
        let names = String::from_utf8_lossy(&sections.names);
        let mut names: Vec<_> = names.lines().filter(|name| !name.is_empty()).collect();
        names.dedup();
        if names.is_empty() {
            return Err(DeclarationError::Absent);
        }
        // Sets that follow each other are one set, as Protobuf merges them.
        let FileDescriptorSet { file: files } =
            FileDescriptorSet::decode(&*sections.descriptors)
                .map_err(|error| DeclarationError::Malformed(error.to_string()))?;
        let services = names.into_iter().map(|name| service(&files, name));
        let services = services.collect::<Result<_, _>>()?;
        Ok(Self { services, descriptors: sections.descriptors })
    }
}

impl Service {
    /// The paths of its methods, with what both sides send, for people.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let side = |is_stream| if is_stream { "stream" } else { "unary" };
        self.methods.iter().map(move |method| {
            let (client, server) = (side(method.client_streaming), side(method.server_streaming));
            format!("/{}/{}  {client} -> {server}", self.name, method.name)
        })
    }
}

/// The two kinds of sections, each put together.
#[derive(Default)]
struct Sections {
    names: Vec<u8>,
    descriptors: Vec<u8>,
}

impl Sections {
    fn find(component: &[u8]) -> Self {
        let mut sections = Self::default();
        // What cannot be parsed was not compiled either.
        for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
            if let Payload::CustomSection(section) = payload {
                match section.name() {
                    NAMES => sections.names.extend_from_slice(section.data()),
                    DESCRIPTORS => sections.descriptors.extend_from_slice(section.data()),
                    _ => (),
                }
            }
        }
        sections
    }
}

fn service(files: &[FileDescriptorProto], name: &str) -> Result<Service, DeclarationError> {
    let described = files.iter().find_map(|file| {
        let package = file.package();
        let is_it = |service: &&ServiceDescriptorProto| match package {
            "" => service.name() == name,
            _ => {
                name.strip_prefix(package).and_then(|rest| rest.strip_prefix('.'))
                    == Some(service.name())
            }
        };
        file.service.iter().find(is_it)
    });
    let described =
        described.ok_or_else(|| DeclarationError::Undescribed { name: name.to_owned() })?;
    let methods = described.method.iter().map(|method| Method {
        name: method.name().to_owned(),
        client_streaming: method.client_streaming(),
        server_streaming: method.server_streaming(),
    });
    Ok(Service { name: name.to_owned(), methods: methods.collect() })
}
