//! The kinds of a service that is to be made: which go together, on which ports.
//!
//! Does not know what a kind does.

use super::CreateError;
use super::template::TemplateContext;
use crate::cli::{KindName, SketchedKind};

/// At least one kind, each once, all of which can live in one component.
#[derive(Debug)]
pub(super) struct Kinds(Vec<Kind>);

#[derive(Debug, Clone, Copy)]
struct Kind {
    name: KindName,
    /// `None`: it does not listen.
    port: Option<u16>,
}

impl Kinds {
    /// `port` is for the only kind that listens.
    pub(super) fn choose(typed: &[SketchedKind], port: Option<u16>) -> Result<Self, CreateError> {
        for (index, kind) in typed.iter().enumerate() {
            if typed[..index].iter().any(|other| other.name == kind.name) {
                return Err(CreateError::KindTwice { kind: kind.name.as_str() });
            }
        }
        if typed.len() > 1 && typed.iter().any(|kind| kind.name == KindName::Script) {
            return Err(CreateError::ScriptWithOthers);
        }
        let listening = typed.iter().filter(|kind| kind.name.default_port().is_some());
        let listening: Vec<_> = listening.collect();
        match (port, listening.as_slice()) {
            (None, _) | (Some(_), [SketchedKind { port: None, .. }]) => (),
            (Some(_), []) => return Err(CreateError::PortOfNone),
            (Some(_), [_]) => return Err(CreateError::PortTwice),
            (Some(_), _) => return Err(CreateError::PortOfSeveral),
        }
        let kinds = typed.iter().map(|kind| {
            let default = kind.name.default_port();
            Kind {
                name: kind.name,
                port: default.map(|default| kind.port.or(port).unwrap_or(default)),
            }
        });
        let kinds = Self(kinds.collect());
        kinds.check_ports()?;
        Ok(kinds)
    }

    /// Port 0 is another one each time.
    fn check_ports(&self) -> Result<(), CreateError> {
        let mut ports: Vec<_> = self.0.iter().filter_map(|kind| kind.port).collect();
        ports.retain(|port| *port != 0);
        ports.sort_unstable();
        match ports.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(CreateError::SamePort { port: pair[0] }),
            None => Ok(()),
        }
    }

    /// What templates want to know.
    pub(super) fn note(&self, context: &mut TemplateContext) {
        let names: Vec<_> = self.0.iter().map(|kind| kind.name.as_str()).collect();
        let types = self.0.iter().map(|Kind { name, port }| match port {
            Some(port) => format!("\"{}:{port}\"", name.as_str()),
            None => format!("\"{}\"", name.as_str()),
        });
        context.values.insert("types", types.collect::<Vec<_>>().join(", "));
        context.values.insert("kinds", names.join(", "));
        context.values.insert("http_port", self.shown_port(KindName::Http));
        context.values.insert("grpc_port", self.shown_port(KindName::Grpc));
        context.conditions.extend(names);
    }

    pub(super) fn contains(&self, name: KindName) -> bool {
        self.0.iter().any(|kind| kind.name == name)
    }

    /// A port for people: which one a free one is, the log tells.
    fn shown_port(&self, name: KindName) -> String {
        let kind = self.0.iter().find(|kind| kind.name == name);
        match kind.and_then(|kind| kind.port) {
            None | Some(0) => "PORT".to_owned(),
            Some(port) => port.to_string(),
        }
    }
}
