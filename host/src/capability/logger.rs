//! `logger`: lines of the service, with the context of the call they are written in.

use serde_json::Value;
use wasmtime::component::{Access, HasSelf};

use super::{State, current_call};
use crate::bindings::logger;
use crate::call::REQUEST_ID;
use crate::telemetry::{Attributes, Level};

impl logger::HostWithStore<State> for HasSelf<State> {
    fn log(
        mut access: Access<'_, State, Self>,
        level: logger::Level,
        message: String,
        attributes: String,
    ) {
        let level = from_contract(level);
        if !access.get().grants.logger.enabled(level) {
            return;
        }
        let context = context(&mut access);
        access.get().grants.logger.log(level, &message, &parse(attributes), &context);
    }
}

impl logger::Host for State {
    fn get_level(&mut self) -> logger::Level {
        to_contract(self.grants.logger.level())
    }

    fn set_level(&mut self, level: logger::Level) -> logger::Level {
        to_contract(self.grants.logger.set_level(from_contract(level)))
    }
}

fn context(access: &mut Access<'_, State, HasSelf<State>>) -> Attributes {
    let mut context = Attributes::new();
    if let Some(feature) = &access.get().grants.feature {
        context.insert("feature".to_owned(), Value::from(&**feature));
    }
    let Some(call) = current_call(access) else { return context };
    if let Some(request_id) = &call.context.request_id {
        context.insert(REQUEST_ID.to_owned(), Value::from(&**request_id));
    }
    if let Some(annotations) = &call.context.annotations {
        context.extend(annotations.attributes.clone());
    }
    context
}

/// Attributes as the contract hands them over: a JSON object as text, or nothing. Other text is kept
/// rather than lost.
fn parse(text: String) -> Attributes {
    if text.is_empty() {
        return Attributes::new();
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(attributes)) => attributes,
        _ => Attributes::from_iter([("attributes".to_owned(), Value::String(text))]),
    }
}

fn from_contract(level: logger::Level) -> Level {
    match level {
        logger::Level::Debug => Level::Debug,
        logger::Level::Internal => Level::Internal,
        logger::Level::Info => Level::Info,
        logger::Level::Warn => Level::Warn,
        logger::Level::Error => Level::Error,
        logger::Level::Fatal => Level::Fatal,
    }
}

fn to_contract(level: Level) -> logger::Level {
    match level {
        Level::Debug => logger::Level::Debug,
        Level::Internal => logger::Level::Internal,
        Level::Info => logger::Level::Info,
        Level::Warn => logger::Level::Warn,
        Level::Error => logger::Level::Error,
        Level::Fatal => logger::Level::Fatal,
    }
}
