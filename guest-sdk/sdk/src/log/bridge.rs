//! What the crate `log` records, as lines of the service's log.
//! Deliberately knows nothing about the form of lines.

use std::borrow::Cow;

use log_crate::kv::{self, Key, Value, VisitSource, VisitValue};
use log_crate::{LevelFilter, Log, Metadata, Record};
use serde::Serialize;

use super::{Attributes, Level, TARGET, is_enabled};

/// Makes the log of the service the logger of the crate `log`, unless there is one.
pub(crate) fn install() {
    if log_crate::set_logger(&Bridge).is_ok() {
        // The level changes while the service runs; `enabled` knows it.
        log_crate::set_max_level(LevelFilter::Trace);
    }
}

struct Bridge;

impl Log for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_enabled(level_of(metadata.level()))
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut attributes = Attributes::of_line();
        attributes.push(TARGET, record.target());
        // The fields after one that cannot be read are lost, the line is not.
        let _ = record.key_values().visit(&mut Fields(&mut attributes));
        let text = record.args();
        let text = text.as_str().map_or_else(|| Cow::Owned(text.to_string()), Cow::Borrowed);
        attributes.write(level_of(record.level()), &text);
    }

    fn flush(&self) {}
}

fn level_of(level: log_crate::Level) -> Level {
    match level {
        log_crate::Level::Error => Level::Error,
        log_crate::Level::Warn => Level::Warn,
        log_crate::Level::Info => Level::Info,
        log_crate::Level::Debug | log_crate::Level::Trace => Level::Debug,
    }
}

struct Fields<'a>(&'a mut Attributes);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        value.visit(Field { attributes: self.0, name: key.as_str() })
    }
}

struct Field<'a> {
    attributes: &'a mut Attributes,
    name: &'a str,
}

impl Field<'_> {
    #[expect(clippy::unnecessary_wraps, reason = "what a visitor returns")]
    fn push(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), kv::Error> {
        self.attributes.push(self.name, value);
        Ok(())
    }
}

/// What is no number and no truth value is its text.
impl VisitValue<'_> for Field<'_> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), kv::Error> {
        self.push(&value.to_string())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), kv::Error> {
        self.push(&value)
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), kv::Error> {
        self.push(&value)
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), kv::Error> {
        self.push(&value)
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), kv::Error> {
        self.push(&value)
    }
}
