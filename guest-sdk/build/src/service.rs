//! What is generated for a service: a trait to implement, a type that finds its methods, and a client.
//! Deliberately writes text without a care for its looks: prost formats the whole file.

mod client;

use std::fmt::Write as _;

use prost_build::{Comments, Method, Service, ServiceGenerator};

use crate::attributes::{Attributes, Target};
use crate::names::server_module;
use crate::output::file_name;
use crate::source::full_name;

/// The types of `mikros_sdk::grpc` by their full paths, as a message may have any name.
const GRPC: &str = "::mikros_sdk::grpc";
/// What generated code may use and nobody else.
const PRIVATE: &str = "::mikros_sdk::__private::rpc";

/// What is generated for services.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides {
    pub(crate) servers: bool,
    pub(crate) clients: bool,
}

impl Sides {
    pub(crate) const BOTH: Self = Self { servers: true, clients: true };
}

/// Writes the services of a file after its messages.
#[derive(Debug, Clone)]
pub(crate) struct Generator {
    pub(crate) attributes: Attributes,
    pub(crate) sides: Sides,
    /// Whether methods that are not implemented answer `UNIMPLEMENTED`, instead of being errors.
    pub(crate) has_stubs: bool,
}

impl ServiceGenerator for Generator {
    fn generate(&mut self, service: Service, buffer: &mut String) {
        let name = full_name(&service.package, &service.proto_name);
        let mut written = Ok(());
        if self.sides.servers {
            written = written.and_then(|()| self.write_module(&service, &name, buffer));
        }
        if self.sides.clients {
            written = written.and_then(|()| client::write_module(self, &service, &name, buffer));
        }
        written.expect("writing to a `String` cannot fail");
    }
}

impl Generator {
    fn write_module(&self, service: &Service, name: &str, out: &mut String) -> std::fmt::Result {
        writeln!(out, "/// What serves `{name}`.")?;
        writeln!(
            out,
            "#[allow(clippy::allow_attributes, clippy::all, clippy::pedantic, dead_code, deprecated, unreachable_pub, \
         reason = \"generated code\")]"
        )?;
        self.write_attributes(Target::Module, name, out)?;
        writeln!(out, "pub mod {} {{", server_module(&service.name))?;
        self.write_trait(service, name, out)?;
        self.write_server(service, name, out)?;
        writeln!(out, "}}")
    }

    fn write_trait(&self, service: &Service, name: &str, out: &mut String) -> std::fmt::Result {
        let rust_name = &service.name;
        write_comments(&service.comments, &format!("The service `{name}`."), out);
        if service.options.deprecated() {
            // No attribute: who serves it has to name it.
            writeln!(out, "///\n/// Deprecated.")?;
        }
        writeln!(
            out,
            "#[diagnostic::on_unimplemented(\
         message = \"`{{Self}}` does not implement the gRPC service `{name}`\", \
         label = \"`{rust_name}` is not implemented for this type\", \
         note = \"write `impl {rust_name} for {{Self}} {{{{ .. }}}}`\")]"
        )?;
        self.write_attributes(Target::Trait, name, out)?;
        writeln!(out, "pub trait {rust_name}: ::core::marker::Sized + 'static {{")?;
        for method in &service.methods {
            write_comments(&method.comments, &format!("`/{name}/{}`", method.proto_name), out);
            if method.options.deprecated() {
                writeln!(out, "#[deprecated]")?;
            }
            let (request, response) = (request_type(method), response_type(method));
            writeln!(
                out,
                "fn {}(&'static self, request: {GRPC}::Request<{request}>) -> impl ::core::future::Future<\
             Output = ::core::result::Result<{GRPC}::Response<{response}>, {GRPC}::Status>>",
                method.name
            )?;
            if self.has_stubs {
                let message = format!("`/{name}/{}` is not implemented", method.proto_name);
                writeln!(
                    out,
                    "{{ ::core::mem::drop(request); async {{ ::core::result::Result::Err(\
                 {GRPC}::Status::unimplemented({message:?})) }} }}"
                )?;
            } else {
                writeln!(out, ";")?;
            }
        }
        writeln!(out, "}}")
    }

    fn write_server(&self, service: &Service, name: &str, out: &mut String) -> std::fmt::Result {
        let rust_name = &service.name;
        let own = type_parameter(rust_name);
        writeln!(out, "/// Serves `{name}`, for `mikros_sdk::Grpc::Services`.")?;
        self.write_attributes(Target::Server, name, out)?;
        writeln!(out, "#[derive(Debug)]")?;
        writeln!(out, "pub struct {rust_name}Server<{own}>(::core::marker::PhantomData<{own}>);")?;
        writeln!(
            out,
            "impl<{own}: {rust_name}> {PRIVATE}::ProtoService for {rust_name}Server<{own}> {{"
        )?;
        writeln!(out, "type Service = {own};")?;
        writeln!(out, "const NAME: &'static str = {name:?};")?;
        let file = file_name(name);
        writeln!(out, "const DESCRIPTORS: &'static [u8] = ::core::include_bytes!({file:?});")?;
        let (streaming, unary): (Vec<_>, Vec<_>) = service
            .methods
            .iter()
            .partition(|method| method.client_streaming || method.server_streaming);
        write_dispatch("unary", "Unary", &unary, rust_name, out)?;
        write_dispatch("streaming", "Streaming", &streaming, rust_name, out)?;
        writeln!(out, "}}")
    }

    fn write_attributes(&self, target: Target, name: &str, out: &mut String) -> std::fmt::Result {
        for attribute in self.attributes.of(target, name) {
            writeln!(out, "{attribute}")?;
        }
        Ok(())
    }
}

/// What the author wrote, or one sentence where nothing stands.
fn write_comments(comments: &Comments, otherwise: &str, out: &mut String) {
    if comments.leading.is_empty() && comments.trailing.is_empty() {
        out.push_str("/// ");
        out.push_str(otherwise);
        out.push('\n');
    } else {
        comments.append_with_indent(0, out);
    }
}

fn request_type(method: &Method) -> String {
    let message = message_type(&method.input_type);
    if method.client_streaming { format!("{GRPC}::Streaming<{message}>") } else { message }
}

fn response_type(method: &Method) -> String {
    let message = message_type(&method.output_type);
    if method.server_streaming { format!("{GRPC}::ReplyStream<{message}>") } else { message }
}

/// How the module of the service, which is inside that of the package, names a message.
fn message_type(path: &str) -> String {
    // What prost takes for messages of `google.protobuf` that are no structs of their own.
    let is_native = ["()", "bool", "f32", "f64", "i32", "i64", "u32", "u64"].contains(&path);
    if is_native || path.starts_with("::") || path.starts_with("crate::") {
        path.to_owned()
    } else {
        format!("super::{path}")
    }
}

/// The parameter for the type that implements the trait `rust_name`.
fn type_parameter(rust_name: &str) -> &'static str {
    if rust_name == "S" { "T" } else { "S" }
}

/// A function that finds the method which a call is for; `Unary` calls and the others each have one.
fn write_dispatch(
    function: &str,
    prefix: &str,
    methods: &[&Method],
    rust_name: &str,
    out: &mut String,
) -> std::fmt::Result {
    let own = type_parameter(rust_name);
    let service = if methods.is_empty() { "_service" } else { "service" };
    writeln!(
        out,
        "async fn {function}({service}: &'static {own}, call: {PRIVATE}::{prefix}Call) \
         -> ::core::result::Result<{PRIVATE}::{prefix}Reply, {GRPC}::Status> {{"
    )?;
    if methods.is_empty() {
        writeln!(out, "::core::result::Result::Err(call.unimplemented())")?;
    } else {
        writeln!(out, "match call.method() {{")?;
        for method in methods {
            writeln!(
                out,
                "{:?} => call.{}(|request| <{own} as {rust_name}>::{}(service, request)).await,",
                method.proto_name,
                shape(method),
                method.name
            )?;
        }
        writeln!(out, "_ => ::core::result::Result::Err(call.unimplemented()),")?;
        writeln!(out, "}}")?;
    }
    writeln!(out, "}}")
}

fn shape(method: &Method) -> &'static str {
    match (method.client_streaming, method.server_streaming) {
        (false, false) => "answer",
        (true, false) => "client_streaming",
        (false, true) => "server_streaming",
        (true, true) => "bidirectional",
    }
}
