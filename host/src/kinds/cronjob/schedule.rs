//! When a task is due: cron expressions on the clock of a time zone, also where that clock jumps.
//!
//! Does not know what time it is, nor what happens to a run that is due.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::dialect::{self, Ambiguity, Foreign};

/// All times at which a task is due.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    rules: Vec<Rule>,
    zone: TimeZone,
}

/// One cron expression.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    cron: Cron,
    /// Whether it names times of the day, rather than a rhythm such as `*/5`.
    names_times: bool,
    ambiguities: Vec<Ambiguity>,
}

/// A field of a cron expression.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// What may stand there.
    allowed: &'static str,
    /// How many values there are.
    pub(super) values: u32,
    /// Names of values, in their order.
    pub(super) names: &'static [&'static str],
    /// Two ranges in place of one that wraps around.
    pub(super) two_ranges: &'static str,
}

/// All fields in their order.
pub(super) static FIELDS: [Field; 6] = [
    Field {
        name: "seconds",
        allowed: "`0` to `59`, `*`, lists such as `0,30`, ranges such as `10-20`, steps such as `*/5`",
        values: 60,
        names: &[],
        two_ranges: "`50-59,0-10`",
    },
    Field {
        name: "minutes",
        allowed: "`0` to `59`, `*`, lists such as `0,30`, ranges such as `10-20`, steps such as `*/5`",
        values: 60,
        names: &[],
        two_ranges: "`50-59,0-10`",
    },
    Field {
        name: "hours",
        allowed: "`0` to `23`, `*`, lists such as `8,12`, ranges such as `8-17`, steps such as `*/2`",
        values: 24,
        names: &[],
        two_ranges: "`22-23,0-2`",
    },
    Field {
        name: "days of the month",
        allowed: "`1` to `31`, `*`, lists, ranges, steps, `L` for the last one",
        values: 31,
        names: &[],
        two_ranges: "`28-31,1-3`",
    },
    Field {
        name: "months",
        allowed: "`1` to `12`, `JAN` to `DEC`, `*`, lists, ranges, steps",
        values: 12,
        names: &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
        two_ranges: "`NOV-DEC,JAN-FEB`",
    },
    Field {
        name: "days of the week",
        allowed: "`0` (Sunday) to `7`, `SUN` to `SAT`, `*`, lists, ranges such as `MON-FRI`",
        values: 7,
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
        two_ranges: "`FRI-SAT,SUN-MON`",
    },
];

/// Where it is looked for times that never come, so that a definition is right or wrong on every day.
const REFERENCE: DateTime = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);

/// Why a text is no cron expression that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleMistake {
    /// There are neither five nor six fields.
    FieldCount,
    /// It is written as elsewhere.
    Foreign(Foreign),
    /// The first field that is wrong.
    Field(&'static Field),
    /// The first field that is wrong, because a range in it ends before it begins.
    Wraps(&'static Field),
    /// The fields are right one by one, and not together.
    Combination,
    /// No day has this date: the 30th of February.
    Never,
}

impl Rule {
    /// Five fields, or six with seconds at the front, or a word for them.
    pub(super) fn parse(text: &str) -> Result<Self, RuleMistake> {
        let text = dialect::spelled_out(text).map_err(RuleMistake::Foreign)?;
        let mut fields: Vec<&str> = text.split_whitespace().collect();
        match fields.len() {
            5 => fields.insert(0, "0"),
            6 => (),
            _ => return Err(RuleMistake::FieldCount),
        }
        let Some(cron) = parse_fields(&fields) else { return Err(blame(&fields)) };
        if cron.find_next_occurrence(&REFERENCE, true).is_err() {
            return Err(RuleMistake::Never);
        }
        let is_time =
            |field: &&str| field.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
        let names_times = fields[..3].iter().all(is_time);
        Ok(Self { cron, names_times, ambiguities: dialect::ambiguities(&fields) })
    }

    /// What is odd about it.
    pub(super) fn ambiguities(&self) -> &[Ambiguity] {
        &self.ambiguities
    }

    fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if self.names_times { self.next_time(after, zone) } else { self.next_beat(after, zone) }
    }

    /// A time of the day comes once per day: the first of two that have its name, and the end of the gap
    /// for one that the clock leaves out.
    fn next_time(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut civil = zone.to_datetime(after);
        loop {
            civil = self.cron.find_next_occurrence(&civil, false).ok()?;
            let due = instant(civil, zone)?;
            if due > after {
                return Some(due);
            }
        }
    }

    /// A rhythm goes on through an hour that comes twice, and has no beats in one that is left out.
    fn next_beat(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // Beats are at whole seconds, so that fractions make no difference but for surprises.
        let whole = Timestamp::from_second(
            after.as_nanosecond().div_euclid(1_000_000_000).try_into().ok()?,
        );
        let next = self.cron.find_next_occurrence(&whole.ok()?.to_zoned(zone.clone()), false);
        next.ok().map(|next| next.timestamp()).filter(|due| *due > after)
    }
}

fn parse_fields(fields: &[&str]) -> Option<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).build();
    // The library knows words for whole expressions, which could stand in for a field.
    let is_plain = fields.iter().all(|field| !field.contains('@'));
    is_plain.then(|| parser.parse(&fields.join(" ")).ok())?
}

/// The first field that is wrong by itself.
fn blame(fields: &[&str]) -> RuleMistake {
    let is_wrong = |index: usize| {
        let mut alone = ["*"; FIELDS.len()];
        alone[index] = fields[index];
        parse_fields(&alone).is_none()
    };
    let Some(wrong) = (0..FIELDS.len()).find(|index| is_wrong(*index)) else {
        return RuleMistake::Combination;
    };
    let field = &FIELDS[wrong];
    let wraps = dialect::has_wrapping_range(field, fields[wrong]);
    if wraps { RuleMistake::Wraps(field) } else { RuleMistake::Field(field) }
}

impl Field {
    /// What may stand there.
    pub(super) fn help(&self) -> String {
        format!("{}: {}", self.name, self.allowed)
    }
}

impl Schedule {
    pub(super) fn new(rules: Vec<Rule>, zone: TimeZone) -> Self {
        Self { rules, zone }
    }

    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first time after `after`; `None` only at the end of the calendar.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.rules.iter().filter_map(|rule| rule.next(after, &self.zone)).min()
    }

    /// The last time up to `end`, without a look at all those before it; `time` is one of them.
    pub(super) fn last(&self, time: Timestamp, end: Timestamp) -> Timestamp {
        let next_of = |time| self.next(time).filter(|next| *next <= end);
        let (mut time, mut limit) = (time, end);
        // It is not earlier than `time` and not later than `limit`.
        while let Some(next) = next_of(time) {
            let middle = time.saturating_add(limit.duration_since(time) / 2).unwrap_or(next);
            let middle = middle.max(next);
            if let Some(later) = next_of(middle) {
                time = later;
            } else {
                (time, limit) = (next, middle);
            }
        }
        time
    }

    /// A time as people of the zone write it, RFC 3339: `2026-11-23T08:00:00+01:00`.
    pub(super) fn show(&self, time: Timestamp) -> String {
        time.display_with_offset(self.zone.to_offset(time)).to_string()
    }
}

/// The moment when clocks show `civil`, or jump over it.
fn instant(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    match ambiguous.offset() {
        // With the offset that holds after the jump it is a moment before the jump.
        AmbiguousOffset::Gap { after, .. } => {
            let before = after.to_timestamp(civil).ok()?;
            zone.following(before).next().map(|jump| jump.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()
        }
    }
}

#[cfg(test)]
mod tests;
