//! `[services.cronjob]`: what may be written there, and what is wrong with it.
//!
//! Does not know when a schedule is due, nor how a run is done.

use std::time::Duration;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expressions::Expressions;
use super::schedule::{Rule, RuleMistake, Schedule};
use crate::extension::{ExtensionSettings, HumanDuration, ValidationErrors};
use crate::telemetry::zone;

/// When the task of a cronjob runs, and on which terms.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CronjobSettings {
    /// `daily` or `weekly`, with `scheduled_times`. Alternatively, use `cron`.
    pub(super) frequency: Option<Frequency>,
    /// Times of the day, for example `["08:00", "17:30"]`. Required with `frequency`.
    scheduled_times: Option<Vec<String>>,
    /// Days of the week, for example `["mon", "thursday"]`. Required with `weekly`; with `daily`, the task runs
    /// only on these days.
    days: Option<Vec<String>>,
    /// A cron expression or a list of them: minutes, hours, days of the month, months, days of the week; with six
    /// fields, seconds come first. For example `*/5 * * * *`, or `@daily`.
    cron: Option<Expressions>,
    /// Time zone of the schedule: a name such as `Europe/Berlin`, or `local` for the machine's zone.
    #[serde(default = "local")]
    pub(super) time_zone: String,
    /// What happens when a run is due while the last one is still running.
    #[serde(default)]
    pub(super) overlap: Overlap,
    /// What happens to runs that are more than a minute late: the machine slept, or its clock was set.
    #[serde(default)]
    pub(super) missed: Missed,
    /// Each run starts later by a random time up to this; at most half the time until the next run.
    pub(super) jitter: Option<HumanDuration>,
    /// Maximum time of a run. It is cancelled after that.
    #[serde(default = "one_hour")]
    pub(super) timeout: HumanDuration,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Frequency {
    Daily,
    Weekly,
}

/// What happens when a run is due while the last one is still running.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Overlap {
    /// It does not happen.
    #[default]
    Skip,
    /// It begins when the last one has ended; several that wait become one.
    Queue,
    /// It begins beside the last one.
    Allow,
}

/// What happens to runs that are late by more than a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Missed {
    /// They do not happen.
    #[default]
    Skip,
    /// One run makes up for all of them, at once.
    RunOnce,
}

/// The word for the zone of the machine.
const LOCAL: &str = "local";

/// The days of the week from Monday on; the first three letters are enough.
const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn local() -> String {
    LOCAL.to_owned()
}

fn one_hour() -> HumanDuration {
    HumanDuration(Duration::from_hours(1))
}

/// Something that the user must edit; `path` and `message` are those of [`ValidationErrors::note`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) path: String,
    pub(super) message: String,
    pub(super) help: String,
}

fn mistake(
    path: impl Into<String>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Mistake {
    Mistake { path: path.into(), message: message.into(), help: help.into() }
}

impl ExtensionSettings for CronjobSettings {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        for Mistake { path, message, help } in self.schedule().err().unwrap_or_default() {
            errors.note_with_help(path, message, help);
        }
        for Mistake { path, message, help } in self.ambiguities() {
            errors.warn(path, message, Some(help));
        }
    }
}

impl CronjobSettings {
    /// The schedule, or all that is wrong.
    pub(super) fn schedule(&self) -> Result<Schedule, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let rules = match (&self.cron, self.frequency) {
            (Some(cron), None) => {
                self.refuse_times(&mut mistakes);
                expressions(cron, &mut mistakes)
            }
            (None, Some(frequency)) => self.times_of(frequency, &mut mistakes),
            (Some(_), Some(_)) => {
                mistakes.push(mistake("cron", "excludes `frequency`", "keep one of them"));
                Vec::new()
            }
            (None, None) => {
                mistakes.push(self.no_schedule());
                Vec::new()
            }
        };
        if self.timeout.0.is_zero() {
            mistakes.push(mistake("timeout", "must be longer than zero", "for example `1h`"));
        }
        let zone = zone_of(&self.time_zone).map_err(|mistake| mistakes.push(mistake));
        match zone {
            Ok(zone) if mistakes.is_empty() => Ok(Schedule::new(rules, zone)),
            _ => Err(mistakes),
        }
    }

    /// What can be used, and hardly as it is meant.
    pub(super) fn ambiguities(&self) -> Vec<Mistake> {
        let mut ambiguities = Vec::new();
        if self.time_zone == LOCAL
            && let Err(error) = zone::local()
        {
            let message = format!("is the machine's zone, and {error}: the schedule is in UTC");
            ambiguities.push(mistake("time_zone", message, error.help()));
        }
        let cron = self.cron.iter().flat_map(Expressions::located);
        for (path, text) in cron {
            let rule = Rule::parse(text).ok();
            let odd = rule.iter().flat_map(Rule::ambiguities).map(|ambiguity| {
                let (message, help) = ambiguity.explain();
                mistake(path.clone(), message, help)
            });
            ambiguities.extend(odd);
        }
        ambiguities
    }

    /// The schedule as it is written, for the log.
    pub(super) fn describe(&self) -> String {
        let list = |items: &Option<Vec<String>>| items.as_deref().unwrap_or_default().join(", ");
        match (&self.cron, self.frequency) {
            (Some(cron), _) => cron.0.join(" | "),
            (None, Some(Frequency::Daily)) if self.days.is_none() => {
                format!("daily at {}", list(&self.scheduled_times))
            }
            (None, _) => format!("{} at {}", list(&self.days), list(&self.scheduled_times)),
        }
    }

    fn no_schedule(&self) -> Mistake {
        if self.scheduled_times.is_some() || self.days.is_some() {
            let help = "add `frequency = \"daily\"`, or `frequency = \"weekly\"` with `days`";
            return mistake("frequency", "is required with `scheduled_times` and `days`", help);
        }
        let help = "add `frequency = \"daily\"` and `scheduled_times = [\"08:00\"]`, or \
                    `cron = \"0 8 * * *\"`";
        mistake("", "must say when the task runs", help)
    }

    fn refuse_times(&self, mistakes: &mut Vec<Mistake>) {
        let given =
            [("scheduled_times", self.scheduled_times.is_some()), ("days", self.days.is_some())];
        for (name, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            let help = "remove it, or write `frequency` instead of `cron`";
            mistakes.push(mistake(name, "has no effect with `cron`", help));
        }
    }

    /// `frequency` with its times and days, as one cron expression per time.
    fn times_of(&self, frequency: Frequency, mistakes: &mut Vec<Mistake>) -> Vec<Rule> {
        let days = self.days_of(frequency, mistakes);
        let times = self.scheduled_times.as_deref().unwrap_or_default();
        if times.is_empty() {
            let help = "for example `scheduled_times = [\"08:00\"]`";
            mistakes.push(mistake("scheduled_times", "must name at least one time", help));
        }
        let mut rules = Vec::new();
        for (index, text) in times.iter().enumerate() {
            let rule = time(text).and_then(|(hour, minute)| {
                Rule::parse(&format!("{minute} {hour} * * {days}")).ok()
            });
            match rule {
                Some(rule) => rules.push(rule),
                None => mistakes.push(mistake(
                    format!("scheduled_times[{index}]"),
                    "must be a time from `00:00` to `23:59`",
                    "write two digits each, for example `08:00`",
                )),
            }
        }
        rules
    }

    /// The days as a field of a cron expression; `*` for all, and after mistakes.
    fn days_of(&self, frequency: Frequency, mistakes: &mut Vec<Mistake>) -> String {
        let days = match (&self.days, frequency) {
            (None, Frequency::Daily) => return "*".to_owned(),
            (days, _) => days.as_deref().unwrap_or_default(),
        };
        if days.is_empty() {
            let help = match frequency {
                Frequency::Weekly => "for example `days = [\"monday\"]`",
                Frequency::Daily => {
                    "for example `days = [\"monday\"]`; without `days` it runs every day"
                }
            };
            mistakes.push(mistake("days", "must name at least one day", help));
        }
        let mut names = Vec::new();
        for (index, text) in days.iter().enumerate() {
            match day(text) {
                Some(name) => names.push(name),
                None => mistakes.push(mistake(
                    format!("days[{index}]"),
                    "must be a day of the week",
                    "for example `mon` or `monday`",
                )),
            }
        }
        if names.is_empty() { "*".to_owned() } else { names.join(",") }
    }
}

/// Every expression that is right.
fn expressions(cron: &Expressions, mistakes: &mut Vec<Mistake>) -> Vec<Rule> {
    if cron.0.is_empty() {
        let help = "for example `cron = \"*/5 * * * *\"`";
        mistakes.push(mistake("cron", "must hold at least one cron expression", help));
    }
    let mut rules = Vec::new();
    for (path, text) in cron.located() {
        match Rule::parse(text) {
            Ok(rule) => rules.push(rule),
            Err(found) => mistakes.push(rule_mistake(path, found)),
        }
    }
    rules
}

fn rule_mistake(path: String, found: RuleMistake) -> Mistake {
    const EXAMPLE: &str = "for example `*/5 * * * *`";
    match found {
        RuleMistake::FieldCount => {
            let message =
                "must be a cron expression of five fields, or of six with seconds at the front";
            mistake(path, message, EXAMPLE)
        }
        RuleMistake::Foreign(foreign) => {
            let (message, help) = foreign.explain();
            mistake(path, message, help)
        }
        RuleMistake::Field(field) => {
            mistake(path, format!("has a wrong field for the {}", field.name), field.help())
        }
        RuleMistake::Wraps(field) => {
            let message = format!(
                "has a range in the field for the {} that ends before it begins",
                field.name
            );
            mistake(path, message, format!("write two ranges, for example {}", field.two_ranges))
        }
        RuleMistake::Combination => mistake(path, "must be a cron expression", EXAMPLE),
        RuleMistake::Never => {
            let help = "name a day that its months have";
            mistake(path, "names a time that never comes", help)
        }
    }
}

/// `08:00`, always with five characters, as the frameworks compare it.
fn time(text: &str) -> Option<(u8, u8)> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str, most: u8| {
        let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|number| is_number && *number <= most)
    };
    Some((two_digits(hour, 23)?, two_digits(minute, 59)?))
}

/// The three letters by which cron knows a day.
fn day(text: &str) -> Option<&'static str> {
    let is_meant =
        |name: &&&str| text.eq_ignore_ascii_case(name) || text.eq_ignore_ascii_case(&name[..3]);
    DAYS.iter().find(is_meant).map(|name| &name[..3])
}

fn zone_of(name: &str) -> Result<TimeZone, Mistake> {
    match name {
        // What is wrong with it is a warning.
        LOCAL => Ok(zone::local().unwrap_or(TimeZone::UTC)),
        "UTC" => Ok(TimeZone::UTC),
        _ => zone::named(name).ok_or_else(|| {
            let help = "for example `Europe/Berlin`, `UTC` or `local`";
            mistake("time_zone", "must be the name of a time zone", help)
        }),
    }
}

#[cfg(test)]
mod tests;
