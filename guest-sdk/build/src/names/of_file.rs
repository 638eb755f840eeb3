//! The names that a protobuf file leads to, collected as prost and this crate generate them.
//! Does not know which of them are the same.

use std::collections::HashMap;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, OneofDescriptorProto,
    ServiceDescriptorProto,
};

use super::{Element, Name, Role, camel, client_module, module, server_module, snake, variant};
use crate::service::Sides;
use crate::source::{Externs, Source, full_name};

/// What decides about names, beside the files.
#[derive(Debug, Clone)]
pub(crate) struct Naming {
    pub(crate) externs: Externs,
    /// Whether `COLOR_RED` of the enum `Color` is `Red`.
    pub(crate) strips_enum_prefix: bool,
    pub(crate) sides: Sides,
}

/// All names that `source` leads to.
pub(crate) fn of_file(source: &Source, naming: &Naming) -> Vec<Name> {
    let file = &source.descriptor;
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let spans = locations.map(|location| (&*location.path, &*location.span)).collect();
    let is_proto2 = file.syntax() != "proto3";
    let mut all = Collector { source, naming, spans, is_proto2, path: vec![], names: vec![] };
    let scope = Scope { module: module(file.package()).join("::"), name: file.package().into() };
    all.each(4, &file.message_type, |all, message| all.message(&scope, message));
    all.each(5, &file.enum_type, |all, one| all.enumeration(&scope, one));
    all.each(6, &file.service, |all, service| all.service(&scope, service));
    all.names
}

/// Where elements are declared.
struct Scope {
    /// In Rust.
    module: String,
    /// In protobuf: a package or message.
    name: String,
}

struct Collector<'a> {
    source: &'a Source,
    naming: &'a Naming,
    spans: HashMap<&'a [i32], &'a [i32]>,
    /// Of the element that is visited, as in `google.protobuf.SourceCodeInfo`.
    path: Vec<i32>,
    is_proto2: bool,
    names: Vec<Name>,
}

impl Collector<'_> {
    /// Visits `elements`, which are field number `number` of the descriptor.
    fn each<T>(&mut self, number: i32, elements: &[T], visit: impl Fn(&mut Self, &T)) {
        for (index, element) in (0..).zip(elements) {
            self.path.extend([number, index]);
            visit(self, element);
            self.path.truncate(self.path.len() - 2);
        }
    }

    fn element(&self, kind: &'static str, name: String) -> Element {
        let file = self.source.path.display();
        let place = match self.spans.get(&*self.path) {
            Some([line, column, ..]) => format!("{file}:{}:{}", line + 1, column + 1),
            _ => file.to_string(),
        };
        Element { kind, name, place }
    }

    fn add(&mut self, scope: &str, (role, name): (Role, String), element: &Element) {
        self.names.push(Name {
            scope: scope.to_owned(),
            rust: name,
            role,
            element: element.clone(),
        });
    }

    fn message(&mut self, scope: &Scope, message: &DescriptorProto) {
        let full_name = full_name(&scope.name, message.name());
        if self.naming.externs.contains(&full_name) || message.options.as_ref().is_some_and(is_map)
        {
            return;
        }
        let element = self.element("message", full_name.clone());
        let inner = Scope { module: join(&scope.module, &snake(message.name())), name: full_name };
        self.add(&scope.module, (Role::Type, camel(message.name())), &element);
        if has_module(message) {
            self.add(&scope.module, (Role::Module, snake(message.name())), &element);
        }
        let itself = join(&scope.module, &camel(message.name()));
        self.each(2, &message.field, |all, field| match oneof(message, field) {
            Some(oneof) => {
                let oneof = join(&inner.module, &oneof_type(message, oneof));
                let element = all.element("field", self::full_name(&inner.name, field.name()));
                all.add(&oneof, (Role::Variant, camel(field.name())), &element);
            }
            None => all.field(&itself, &inner, message, field),
        });
        self.each(8, &message.oneof_decl, |all, one| {
            if message.field.iter().any(|field| oneof(message, field) == Some(one.name())) {
                let element = all.element("oneof", self::full_name(&inner.name, one.name()));
                all.add(&itself, (Role::Field, snake(one.name())), &element);
                let name = oneof_type(message, one.name());
                all.add(&inner.module, (Role::Type, name), &element);
            }
        });
        self.each(3, &message.nested_type, |all, nested| all.message(&inner, nested));
        self.each(4, &message.enum_type, |all, nested| all.enumeration(&inner, nested));
    }

    /// A field and the functions that prost derives for it.
    fn field(
        &mut self,
        itself: &str,
        inner: &Scope,
        message: &DescriptorProto,
        field: &FieldDescriptorProto,
    ) {
        let element = self.element("field", full_name(&inner.name, field.name()));
        let name = snake(field.name());
        let bare = name.trim_start_matches("r#");
        let is_repeated = field.label() == Label::Repeated;
        let is_optional = !is_repeated && (self.is_proto2 || field.proto3_optional());
        let functions =
            match map_value(message, field).map_or(field.r#type(), FieldDescriptorProto::r#type) {
                Type::Enum if map_value(message, field).is_some() => {
                    vec![format!("get_{bare}"), format!("insert_{bare}")]
                }
                Type::Enum if is_repeated => vec![name.clone(), format!("push_{bare}")],
                Type::Enum => vec![name.clone(), format!("set_{bare}")],
                Type::Message | Type::Group => vec![],
                _ if is_optional && field.label() != Label::Required => vec![name.clone()],
                _ => vec![],
            };
        for function in functions {
            self.add(itself, (Role::Function, function), &element);
        }
        self.add(itself, (Role::Field, name), &element);
    }

    fn enumeration(&mut self, scope: &Scope, enumeration: &EnumDescriptorProto) {
        let full_name = full_name(&scope.name, enumeration.name());
        if self.naming.externs.contains(&full_name) {
            return;
        }
        let type_name = camel(enumeration.name());
        let itself = join(&scope.module, &type_name);
        let element = self.element("enum", full_name.clone());
        self.add(&scope.module, (Role::Type, type_name.clone()), &element);
        self.each(2, &enumeration.value, |all, value| {
            let mut same = enumeration.value.iter().filter(|it| it.number() == value.number());
            if same.next().is_some_and(|first| first.name() != value.name()) {
                // Another name of a value gets no variant.
                return;
            }
            let element = all.element("enum value", self::full_name(&full_name, value.name()));
            let name = variant(&type_name, value.name(), all.naming.strips_enum_prefix);
            all.add(&itself, (Role::Variant, name), &element);
        });
    }

    fn service(&mut self, scope: &Scope, service: &ServiceDescriptorProto) {
        let full_name = full_name(&scope.name, service.name());
        let name = camel(service.name());
        let (server, client) = (server_module(&name), client_module(&name));
        let element = self.element("service", full_name.clone());
        // The methods are called the same in both.
        let itself = join(&scope.module, if self.naming.sides.servers { &server } else { &client });
        if self.naming.sides.servers {
            self.add(&scope.module, (Role::Module, server), &element);
        }
        if self.naming.sides.clients {
            self.add(&scope.module, (Role::Module, client), &element);
        }
        self.each(2, &service.method, |all, method| {
            let element = all.element("RPC", self::full_name(&full_name, method.name()));
            all.add(&itself, (Role::Function, snake(method.name())), &element);
        });
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") }
}

fn is_map(options: &prost_types::MessageOptions) -> bool {
    options.map_entry()
}

/// Whether there is a module for what is declared inside of `message`.
fn has_module(message: &DescriptorProto) -> bool {
    let mut nested = message.nested_type.iter();
    !message.enum_type.is_empty()
        || nested.any(|nested| !nested.options.as_ref().is_some_and(is_map))
        || message.field.iter().any(|field| oneof(message, field).is_some())
}

/// The oneof that `field` is part of, unless protobuf has made it up for the word `optional`.
fn oneof<'a>(message: &'a DescriptorProto, field: &FieldDescriptorProto) -> Option<&'a str> {
    let index = field.oneof_index.filter(|_| !field.proto3_optional())?;
    message.oneof_decl.get(usize::try_from(index).ok()?).map(OneofDescriptorProto::name)
}

/// The type of a oneof, which gives way to other types of the message.
fn oneof_type(message: &DescriptorProto, oneof: &str) -> String {
    let messages = message.nested_type.iter().map(DescriptorProto::name);
    let mut nested = messages.chain(message.enum_type.iter().map(EnumDescriptorProto::name));
    let name = camel(oneof);
    if nested.any(|nested| camel(nested) == name) { name + "OneOf" } else { name }
}

/// The type of the values, if `field` is a map.
fn map_value<'a>(
    message: &'a DescriptorProto,
    field: &FieldDescriptorProto,
) -> Option<&'a FieldDescriptorProto> {
    let mut maps =
        message.nested_type.iter().filter(|nested| nested.options.as_ref().is_some_and(is_map));
    let (_, entry) = field.type_name.as_deref().unwrap_or_default().rsplit_once('.')?;
    maps.find(|nested| nested.name() == entry)?.field.get(1)
}
