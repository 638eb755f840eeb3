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
pub(crate) struct Services {
    /// In the order of the declaration.
    pub services: Vec<Service>,
    /// A serialized `google.protobuf.FileDescriptorSet`, as it stands in the component: files may occur
    /// several times, and options that the host does not know are still there.
    pub descriptors: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Service {
    /// With its package, for example `helloworld.Greeter`.
    pub name: String,
    pub methods: Vec<Method>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Method {
    pub name: String,
    pub client_streaming: bool,
    pub server_streaming: bool,
}

/// Why the declaration of a component cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DeclarationError {
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
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::MethodDescriptorProto;

    /// A component of custom sections only.
    fn component(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        for (name, data) in sections {
            let length = |length: usize| u8::try_from(length).expect("tests have short sections");
            bytes.extend([0, length(1 + name.len() + data.len()), length(name.len())]);
            bytes.extend(name.as_bytes());
            bytes.extend(*data);
        }
        bytes
    }

    /// A file with one service that has one unary method.
    fn file(package: &str, service: &str) -> Vec<u8> {
        let method = MethodDescriptorProto {
            name: Some("Do".to_owned()),
            ..MethodDescriptorProto::default()
        };
        let service = ServiceDescriptorProto {
            name: Some(service.to_owned()),
            method: vec![method],
            ..ServiceDescriptorProto::default()
        };
        let file = FileDescriptorProto {
            name: Some(format!("{package}.proto")),
            package: Some(package.to_owned()),
            service: vec![service],
            ..FileDescriptorProto::default()
        };
        FileDescriptorSet { file: vec![file] }.encode_to_vec()
    }

    #[track_caller]
    fn names(component: &[u8]) -> Vec<String> {
        let declared = Services::declared(component).unwrap();
        declared.services.into_iter().map(|service| service.name).collect()
    }

    #[test]
    fn sections_of_one_name_are_one() {
        let (a, b) = (file("a", "One"), file("b.c", "Two"));
        let component = component(&[
            (NAMES, b"b.c.Two\n"),
            (DESCRIPTORS, &a),
            ("another", b"?"),
            (NAMES, b"a.One\n"),
            (DESCRIPTORS, &b),
            (DESCRIPTORS, &a),
        ]);

        assert_eq!(names(&component), ["b.c.Two", "a.One"]);
    }

    #[test]
    fn a_service_needs_no_package_and_a_package_is_no_part_of_a_name() {
        let (none, long) = (file("", "One"), file("a", "b.One"));

        assert_eq!(names(&component(&[(NAMES, b"One\n"), (DESCRIPTORS, &none)])), ["One"]);
        let error = Services::declared(&component(&[(NAMES, b"ab.One\n"), (DESCRIPTORS, &long)]));
        assert_eq!(error.unwrap_err(), DeclarationError::Undescribed { name: "ab.One".to_owned() });
    }

    #[test]
    fn what_is_missing_or_malformed_is_said() {
        let error = |sections: &[(&str, &[u8])]| {
            Services::declared(&component(sections)).unwrap_err().to_string()
        };
        let described = file("a", "One");

        assert_eq!(
            error(&[(DESCRIPTORS, &described)]),
            "it exports `grpc`, but does not declare which services it serves"
        );
        assert_eq!(error(&[(NAMES, b"\n\n"), (DESCRIPTORS, &described)]), error(&[]));
        assert_eq!(
            error(&[(NAMES, b"a.One\n")]),
            "it declares the gRPC service `a.One`, but its descriptors do not describe it"
        );
        assert!(error(&[(NAMES, b"a.One\n"), (DESCRIPTORS, b"\xff\xff")]).contains("malformed"));
    }
}
