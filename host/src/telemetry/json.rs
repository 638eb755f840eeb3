//! A line as one JSON object, for machines.
//!
//! Does not know the text form, nor what the attributes mean.

use std::io::{self, Write};

use super::Attributes;
use super::clock::Clock;
use super::escape::write_json;
use super::record::{Record, insert_fixed};
use super::shortening::fields_within;

/// The fields that every line carries after `msg`, written once.
pub(super) struct FixedFields {
    fields: Attributes,
    rendered: Vec<u8>,
}

impl FixedFields {
    /// Fields that have at most `room` bytes together.
    pub(super) fn new(pairs: &[(String, String)], room: usize) -> Self {
        let mut fields = Attributes::new();
        for (key, value) in pairs {
            insert_fixed(&mut fields, key, value.as_str().into());
        }
        let fields = fields_within(room, fields);
        let mut rendered = Vec::new();
        write_fields(&mut rendered, &fields).expect("a vector takes every byte");
        Self { fields, rendered }
    }
}

/// Writes `{"time":…,"level":…,"msg":…,"event":…`, the fixed fields, the attributes and the context.
pub(super) fn write(
    line: &mut impl Write,
    clock: &Clock,
    fixed: &FixedFields,
    record: Record<'_>,
) -> io::Result<()> {
    line.write_all(b"{\"time\":\"")?;
    clock.write_rfc3339(line)?;
    line.write_all(b"\",\"level\":\"")?;
    line.write_all(record.level.as_str().as_bytes())?;
    line.write_all(b"\",\"msg\":")?;
    write_json(line, record.message)?;
    if let Some(event) = record.event {
        line.write_all(b",\"event\":")?;
        write_json(line, event)?;
    }
    if let Some(merged) = record.merged(&fixed.fields) {
        write_fields(line, &merged)?;
    } else {
        line.write_all(&fixed.rendered)?;
        write_fields(line, record.attributes)?;
        write_fields(line, record.context)?;
    }
    line.write_all(b"}\n")
}

fn write_fields(line: &mut impl Write, fields: &Attributes) -> io::Result<()> {
    for (key, value) in fields {
        line.write_all(b",")?;
        write_json(line, key)?;
        line.write_all(b":")?;
        write_json(line, value)?;
    }
    Ok(())
}
