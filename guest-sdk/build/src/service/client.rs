//! What is generated for who calls a service: a type with a method for each of its own.

use std::fmt::{Result, Write as _};

use prost_build::{Method, Service};

use super::{GRPC, Generator, message_type, write_comments};
use crate::attributes::Target;
use crate::names::{client_function, client_module};

const ERROR: &str = "::mikros_sdk::ServiceError";

pub(super) fn write_module(
    generator: &Generator,
    service: &Service,
    name: &str,
    out: &mut String,
) -> Result {
    let rust_name = &service.name;
    writeln!(out, "/// What calls `{name}`.")?;
    writeln!(
        out,
        "#[allow(clippy::allow_attributes, clippy::all, clippy::pedantic, dead_code, deprecated, unreachable_pub, \
         reason = \"generated code\")]"
    )?;
    generator.write_attributes(Target::ClientModule, name, out)?;
    writeln!(out, "pub mod {} {{", client_module(rust_name))?;
    write_comments(&service.comments, &format!("Calls `{name}`."), out);
    generator.write_attributes(Target::Client, name, out)?;
    writeln!(out, "#[derive(Debug, Clone)]")?;
    writeln!(out, "pub struct {rust_name}Client({GRPC}::Channel);")?;
    writeln!(out, "impl {rust_name}Client {{")?;
    writeln!(
        out,
        "/// Takes the client that `[clients.<name>]` in `service.toml` declares.\n\
         pub async fn connect(client: impl ::core::convert::Into<::std::sync::Arc<str>>) \
         -> ::core::result::Result<Self, {ERROR}> {{ \
         ::core::result::Result::Ok(Self({GRPC}::Channel::connect(client).await?)) }}"
    )?;
    writeln!(
        out,
        "/// Calls over a channel that others may share.\n\
         pub fn new(channel: {GRPC}::Channel) -> Self {{ Self(channel) }}"
    )?;
    for method in &service.methods {
        write_method(method, name, out)?;
    }
    writeln!(out, "}}")?;
    writeln!(out, "}}")
}

fn write_method(method: &Method, name: &str, out: &mut String) -> Result {
    let path = format!("/{name}/{}", method.proto_name);
    write_comments(&method.comments, &format!("`{path}`"), out);
    if method.options.deprecated() {
        writeln!(out, "#[deprecated]")?;
    }
    let (input, output) = (message_type(&method.input_type), message_type(&method.output_type));
    let (request, convert) = if method.client_streaming {
        let request = format!("IntoStreamingRequest<Message = {input}>");
        (request, "IntoStreamingRequest::into_streaming_request")
    } else {
        (format!("IntoRequest<{input}>"), "IntoRequest::into_request")
    };
    let response =
        if method.server_streaming { format!("{GRPC}::Streaming<{output}>") } else { output };
    writeln!(
        out,
        "pub async fn {}(&self, request: impl {GRPC}::{request}) \
         -> ::core::result::Result<{GRPC}::Response<{response}>, {GRPC}::Status> {{ \
         self.0.{}({path:?}, {GRPC}::{convert}(request)).await }}",
        client_function(&method.name),
        shape(method)
    )
}

fn shape(method: &Method) -> &'static str {
    match (method.client_streaming, method.server_streaming) {
        (false, false) => "unary",
        (true, false) => "client_streaming",
        (false, true) => "server_streaming",
        (true, true) => "bidirectional",
    }
}
