//! What a service gets to know about its environment: the framework's variables and its own.
//!
//! Does not know how overrides are spelled ([`super::variables`]).

use std::collections::BTreeSet;

use super::document::Place;
use super::indirection::quoted;
use super::kinds::parse_port;
use super::reader::{Item, Reader, Section};
use super::secrecy::MASK;
use super::variables::Found;
use super::{Deployment, Environment, ErrorField, Origin, client, framework};
use crate::header::is_of_message;

pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Environment {
    let header = framework::read(reader, &framework::TRACKER_HEADER, header_name);
    let (namespace, port) = (&framework::COUPLED_NAMESPACE, &framework::COUPLED_PORT);
    Environment {
        deployment: deployment(reader),
        tracker_header: header.unwrap_or_default(),
        hidden_fields: hidden_fields(reader),
        coupled_namespace: if client::needs_namespace(root) {
            framework::read(reader, namespace, dns_name).unwrap_or_default()
        } else {
            framework::read_unused(reader, namespace, dns_name)
        },
        coupled_port: if client::needs_port(root) {
            framework::read(reader, port, client_port).unwrap_or_default()
        } else {
            framework::read_unused(reader, port, client_port)
        },
        is_pipeline: framework::read_unused(reader, &framework::CICD_TEST, parse_switch),
        declared: declared(reader, root),
    }
}

/// The declared variables with their values, in the order of the file.
fn declared<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Vec<(String, String)> {
    let items = reader.items(root, "envs").unwrap_or_default();
    let mut seen = BTreeSet::new();
    let mut declared = Vec::new();
    for item in items {
        if !is_variable_name(&item.text) {
            note_bad_name(reader, &item);
        } else if !seen.insert(item.text.clone()) {
            let message = format!("variable {} is declared twice", quoted(&item.text));
            reader.problem(item.place, message, None);
        } else if let Some(Found { name, value }) = reader.variable(&item.text) {
            reader.note(format!("envs.{}", item.text), MASK, Origin::Variable(name));
            declared.push((item.text, value.to_owned()));
        } else {
            note_missing(reader, item.place, &item.text);
        }
    }
    declared
}

/// Says that a variable the file asks for has no value, unless that is no problem.
pub(super) fn note_missing(reader: &mut Reader<'_>, place: Place, variable: &str) {
    if variable.is_empty() {
        let message = "`@env` must follow the name of an environment variable".to_owned();
        reader.problem(place, message, Some("for example `DATABASE_URL@env`".to_owned()));
        return;
    }
    if reader.scope().may_miss() {
        return;
    }
    let state = if reader.scope().is_empty(variable) { "empty" } else { "not set" };
    let own = reader.scope().exportable(variable);
    let variable = quoted(variable);
    let help = match own {
        Some(own) => format!("set {variable}, or `{own}` for this service only"),
        None => format!("set {variable}"),
    };
    reader.problem(place, format!("environment variable {variable} is {state}"), Some(help));
}

fn note_bad_name(reader: &mut Reader<'_>, item: &Item) {
    let upper = item.text.to_uppercase().replace('-', "_");
    let help = if item.text.ends_with("@env") {
        Some("remove `@env`: it marks values, and this is a name".to_owned())
    } else {
        is_variable_name(&upper).then(|| format!("for example `{upper}`"))
    };
    let message = format!(
        "a variable in `envs` must consist of upper-case letters, digits and `_`, found {}",
        item.shown
    );
    reader.problem(item.place, message, help);
}

/// `^[A-Z][A-Z0-9_]*$`
fn is_variable_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn deployment(reader: &mut Reader<'_>) -> Deployment {
    let variable = &framework::DEPLOYMENT;
    let mut help = "the deployment counts as `unknown`".to_owned();
    let parse = |text: &str| Some((Deployment::parse(text), Deployment::meant(text)));
    let (deployment, meant) =
        framework::read(reader, variable, parse).unwrap_or((Deployment::Unknown, None));
    if deployment == Deployment::Unknown {
        let message = format!("`{}` is not {}", variable.name, variable.expected);
        if let Some(meant) = meant {
            help = format!("did you mean `{}`? {help}", meant.as_str());
        }
        reader.environment_warning(message, Some(help));
    }
    deployment
}

fn hidden_fields(reader: &mut Reader<'_>) -> BTreeSet<ErrorField> {
    let split = |text: &str| {
        let words = text.split(',').map(|word| word.trim().to_lowercase());
        Some(words.filter(|word| !word.is_empty()).collect::<Vec<_>>())
    };
    let words = framework::read(reader, &framework::HIDDEN_FIELDS, split).unwrap_or_default();
    let fields = words.iter().filter_map(|word| ErrorField::parse(word)).collect::<BTreeSet<_>>();
    if words.iter().any(|word| ErrorField::parse(word).is_none()) {
        let variable = &framework::HIDDEN_FIELDS;
        let message = format!("`{}` must be {}", variable.name, variable.expected);
        let help = "other words are ignored".to_owned();
        reader.environment_warning(message, Some(help));
    }
    fields
}

/// A header name by RFC 9110 §5.1 that HTTP itself does not use.
fn header_name(text: &str) -> Option<String> {
    let may_occur = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_name = !text.is_empty() && text.bytes().all(may_occur);
    let lower = text.to_lowercase();
    let is_taken = matches!(&*lower, "content-encoding" | "content-type") || is_of_message(&lower);
    (is_name && !is_taken).then(|| text.to_owned())
}

/// Letters, digits and hyphens between dots.
fn dns_name(text: &str) -> Option<String> {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.split('.').all(is_label).then(|| text.to_owned())
}

/// No service is at port 0.
fn client_port(text: &str) -> Option<u16> {
    parse_port(text).filter(|port| *port > 0)
}

/// What Go's `strconv.ParseBool` accepts.
fn parse_switch(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
