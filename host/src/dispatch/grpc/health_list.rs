//! `grpc.health.v1.Health/List`, which tonic's health check does not know yet.

use std::collections::HashMap;
use std::future::{Ready, ready};

use prost::{DecodeError, Message};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorSet, MessageOptions, MethodDescriptorProto,
};
use tonic::server::UnaryService;
use tonic::{Request, Response, Status};
use tonic_health::pb::HealthCheckResponse;

use crate::dispatch::health::Health;

/// As many services as the protocol lets one answer have.
const MOST: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(super) struct HealthListRequest {}

#[derive(Clone, PartialEq, Message)]
pub(super) struct HealthListResponse {
    #[prost(map = "string, message", tag = "1")]
    statuses: HashMap<String, HealthCheckResponse>,
}

/// The method.
#[derive(Debug)]
pub(super) struct HealthList(pub(super) Health);

impl UnaryService<HealthListRequest> for HealthList {
    type Response = HealthListResponse;
    type Future = Ready<Result<Response<HealthListResponse>, Status>>;

    fn call(&mut self, _request: Request<HealthListRequest>) -> Self::Future {
        let statuses = self.0.statuses();
        if statuses.len() > MOST {
            let message = format!("there are more than {MOST} services");
            return ready(Err(Status::resource_exhausted(message)));
        }
        let statuses = statuses.into_iter();
        let statuses = statuses.map(|(name, it)| (name, HealthCheckResponse { status: it.into() }));
        ready(Ok(Response::new(HealthListResponse { statuses: statuses.collect() })))
    }
}

/// The descriptors of the health check with this method.
pub(super) fn descriptors() -> Result<Vec<u8>, DecodeError> {
    let mut set = FileDescriptorSet::decode(tonic_health::pb::FILE_DESCRIPTOR_SET)?;
    for file in &mut set.file {
        let entry = DescriptorProto {
            options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
            ..message("StatusesEntry", vec![text("key"), nested("value", 2, "HealthCheckResponse")])
        };
        let statuses = FieldDescriptorProto {
            label: Some(Label::Repeated.into()),
            ..nested("statuses", 1, "HealthListResponse.StatusesEntry")
        };
        file.message_type.push(message("HealthListRequest", Vec::new()));
        file.message_type.push(DescriptorProto {
            nested_type: vec![entry],
            ..message("HealthListResponse", vec![statuses])
        });
        file.service.iter_mut().for_each(|service| {
            service.method.push(MethodDescriptorProto {
                name: Some("List".to_owned()),
                input_type: Some(full("HealthListRequest")),
                output_type: Some(full("HealthListResponse")),
                ..MethodDescriptorProto::default()
            });
        });
    }
    Ok(set.encode_to_vec())
}

fn full(name: &str) -> String {
    format!(".grpc.health.v1.{name}")
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.to_owned()), field, ..DescriptorProto::default() }
}

fn text(name: &str) -> FieldDescriptorProto {
    field(name, 1, Type::String)
}

fn nested(name: &str, number: i32, of: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(full(of)), ..field(name, number, Type::Message) }
}

fn field(name: &str, number: i32, of: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        json_name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(of.into()),
        ..FieldDescriptorProto::default()
    }
}
