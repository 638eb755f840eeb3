//! When a task is due: cron expressions on the clock of a time zone, also where that clock jumps.
//!
//! Does not know what time it is, nor what happens to a run that is due.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

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
}

/// The fields of a cron expression in their order, as they are called and with what may stand there.
const FIELDS: [(&str, &str); 6] = [
    (
        "seconds",
        "`0` to `59`, `*`, lists such as `0,30`, ranges such as `10-20`, steps such as `*/5`",
    ),
    (
        "minutes",
        "`0` to `59`, `*`, lists such as `0,30`, ranges such as `10-20`, steps such as `*/5`",
    ),
    ("hours", "`0` to `23`, `*`, lists such as `8,12`, ranges such as `8-17`, steps such as `*/2`"),
    ("days of the month", "`1` to `31`, `*`, lists, ranges, steps, `L` for the last one"),
    ("months", "`1` to `12`, `JAN` to `DEC`, `*`, lists, ranges, steps"),
    (
        "days of the week",
        "`0` (Sunday) to `7`, `SUN` to `SAT`, `*`, lists, ranges such as `MON-FRI`",
    ),
];

/// Where it is looked for times that never come, so that a definition is right or wrong on every day.
const REFERENCE: DateTime = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);

/// Why a text is no cron expression that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleMistake {
    /// There are neither five nor six fields.
    FieldCount,
    /// What is wrong with the fields: the name of the first one, and what may stand there.
    Field { name: &'static str, allowed: &'static str },
    /// The fields are right one by one, and not together.
    Combination,
    /// No day has this date: the 30th of February.
    Never,
}

impl Rule {
    /// Five fields, or six with seconds at the front.
    pub(super) fn parse(text: &str) -> Result<Self, RuleMistake> {
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
        Ok(Self { cron, names_times: fields[..3].iter().all(is_time) })
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
    let wrong = (0..FIELDS.len()).find(|index| is_wrong(*index)).map(|index| FIELDS[index]);
    wrong.map_or(RuleMistake::Combination, |(name, allowed)| RuleMistake::Field { name, allowed })
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
