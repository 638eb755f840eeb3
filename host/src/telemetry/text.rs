//! A line for people: time, level, message, then what is special about this line.
//!
//! Leaves out the event, which the message describes, and the fixed fields, except for the name of the service where lines of others can be around it.

use std::io::{self, Write};

use serde_json::Value;

use super::clock::Clock;
use super::escape::{write_json, write_text, write_word};
use super::record::Record;
use super::{Attributes, Level, TextOutput};

const INDENT: &str = "    ";
/// In bytes; names of services are shorter.
const LONGEST_NAME: usize = 256;

/// Writes for example `13:48:46.350 INFO  service is running  kind=http`, or in a file
/// `2026-11-22T13:48:46.350Z greeter INFO  service is running  kind=http`.
///
/// A value of several lines follows below, indented, so that it cannot be taken for another line.
pub(super) fn write(
    line: &mut impl Write,
    clock: &Clock,
    style: &Style,
    record: Record<'_>,
) -> io::Result<()> {
    let paint = style.paint;
    let none = Attributes::new();
    let merged = record.merged(&none);
    let groups = match &merged {
        Some(merged) => [merged, &none],
        None => [record.attributes, record.context],
    };
    let (below, beside): (Vec<_>, Vec<_>) =
        groups.into_iter().flatten().partition(|(_, value)| has_lines(value));

    write_head(line, clock, style, record)?;
    let mut gap = "  ";
    for (key, value) in beside {
        write!(line, "{gap}{}", paint.dim())?;
        write_word(line, key)?;
        write!(line, "={}", paint.off())?;
        write_value(line, value)?;
        gap = " ";
    }
    line.write_all(b"\n")?;
    for (key, value) in below {
        write!(line, "{INDENT}{}", paint.dim())?;
        write_word(line, key)?;
        writeln!(line, ":{}", paint.off())?;
        write_block(line, value.as_str().unwrap_or_default())?;
    }
    Ok(())
}

fn write_head(
    line: &mut impl Write,
    clock: &Clock,
    style: &Style,
    record: Record<'_>,
) -> io::Result<()> {
    let paint = style.paint;
    line.write_all(paint.dim().as_bytes())?;
    if style.has_date {
        clock.write_rfc3339_millis(line)?;
    } else {
        clock.write_time_of_day(line)?;
    }
    line.write_all(&style.service)?;
    let (off, level) = (paint.off(), record.level);
    write!(line, "{off} {}{:<5}{off} ", paint.level(level), level.as_str())?;
    write_text(line, record.message)
}

fn has_lines(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim_end().contains('\n'))
}

fn write_value(line: &mut impl Write, value: &Value) -> io::Result<()> {
    match value {
        Value::String(text) => write_word(line, text),
        other => write_json(line, other),
    }
}

fn write_block(line: &mut impl Write, text: &str) -> io::Result<()> {
    for row in text.trim_end().lines() {
        if !row.is_empty() {
            write!(line, "{INDENT}{INDENT}")?;
            write_text(line, row)?;
        }
        line.write_all(b"\n")?;
    }
    Ok(())
}

/// How all lines of one logger look.
pub(super) struct Style {
    paint: Paint,
    has_date: bool,
    /// The name of the service with the blank before it; empty where it is not known or not wanted.
    service: Vec<u8>,
}

impl Style {
    pub(super) fn new(colour: bool, place: TextOutput, fixed: &[(String, String)]) -> Self {
        let name = fixed.iter().find(|(key, _)| key == "service.name").map(|(_, name)| name);
        let mut service = Vec::new();
        if let Some(name) = name.filter(|_| place != TextOutput::Terminal) {
            service.push(b' ');
            let end = name.floor_char_boundary(LONGEST_NAME);
            write_word(&mut service, &name[..end]).expect("a vector takes every byte");
        }
        Self { paint: Paint { is_on: colour }, has_date: place == TextOutput::File, service }
    }
}

/// The commands that colour a terminal, or nothing where there is none.
#[derive(Debug, Clone, Copy)]
struct Paint {
    is_on: bool,
}

impl Paint {
    fn dim(self) -> &'static str {
        self.choose("\x1b[2m")
    }

    fn off(self) -> &'static str {
        self.choose("\x1b[0m")
    }

    fn level(self, level: Level) -> &'static str {
        self.choose(match level {
            Level::Debug | Level::Internal => "\x1b[34m",
            Level::Info => "\x1b[32m",
            Level::Warn => "\x1b[33m",
            Level::Error => "\x1b[31m",
            Level::Fatal => "\x1b[1;31m",
        })
    }

    fn choose(self, command: &'static str) -> &'static str {
        if self.is_on { command } else { "" }
    }
}
