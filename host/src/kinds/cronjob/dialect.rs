//! Cron expressions as other programs know them: what they say in words, and what means something else there.
//!
//! Does not know when a task is due.

use super::schedule::{FIELDS, Field};

/// How often, in a word that all crons know, and the five fields that it stands for.
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// What can be written elsewhere, and here in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    /// `CRON_TZ=Asia/Tokyo 0 8 * * *`.
    Zone,
    /// `@reboot`.
    Start,
    /// `@every 5m`.
    Every,
    /// Another word with an `@`.
    Word,
}

impl Foreign {
    /// What is wrong, and what to write instead.
    pub(super) fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::Zone => (
                "must not name a time zone",
                "write it as `time_zone`, for example `time_zone = \"Asia/Tokyo\"`",
            ),
            Self::Start => (
                "must be a time: `@reboot` is none",
                "what a service does once when it starts belongs in its `on_start`, or is a \
                 service of kind `script`",
            ),
            Self::Every => (
                "must be a cron expression: `@every` is none",
                "write every 5 minutes as `*/5 * * * *`, every 2 hours as `0 */2 * * *`",
            ),
            Self::Word => (
                "must be a cron expression, or a word for one",
                "there are `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`",
            ),
        }
    }
}

/// The fields that a text stands for: those of a word, or its own.
pub(super) fn spelled_out(text: &str) -> Result<&str, Foreign> {
    let first = text.split_whitespace().next().unwrap_or_default();
    if first.starts_with("TZ=") || first.starts_with("CRON_TZ=") {
        return Err(Foreign::Zone);
    }
    if !first.starts_with('@') {
        return Ok(text);
    }
    let word = text.trim();
    match WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)) {
        Some((_, fields)) => Ok(fields),
        None if first.eq_ignore_ascii_case("@reboot") => Err(Foreign::Start),
        None if first.eq_ignore_ascii_case("@every") => Err(Foreign::Every),
        None => Err(Foreign::Word),
    }
}

/// What runs, and hardly as it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ambiguity {
    /// `0 0 */2 * MON`.
    EitherDay(&'static Field),
    /// `*/90`.
    LongStep(&'static Field),
    /// `MON,`.
    Empty(&'static Field),
}

impl Ambiguity {
    /// What is odd, and what to write instead.
    pub(super) fn explain(self) -> (String, &'static str) {
        match self {
            Self::EitherDay(field) => (
                format!(
                    "has a `*` in the {} and runs on the days of either field: crontab would take \
                     only days that fit both",
                    field.name
                ),
                "write `+` before the days of the week for days that fit both, as in \
                 `0 0 */2 * +MON`, or `*` alone in one of the fields",
            ),
            Self::LongStep(field) => (
                format!(
                    "has a step in the {} that leads out of them: only the first one counts",
                    field.name
                ),
                "steps begin anew each time: every 90 minutes is `[\"0 */3 * * *\", \
                 \"30 1-23/3 * * *\"]`",
            ),
            Self::Empty(field) => (
                format!("has an empty item in the list of the {}", field.name),
                "remove the comma, or write what is missing",
            ),
        }
    }
}

/// What is odd about the six fields of an expression that can be used.
pub(super) fn ambiguities(fields: &[&str]) -> Vec<Ambiguity> {
    let mut ambiguities = Vec::new();
    for (field, text) in FIELDS.iter().zip(fields) {
        if text.split(',').any(|item| is_long_step(field, item)) {
            ambiguities.push(Ambiguity::LongStep(field));
        }
        if text.split(',').any(str::is_empty) {
            ambiguities.push(Ambiguity::Empty(field));
        }
    }
    if let [_, _, _, of_month, _, of_week] = fields {
        let is_any = |text: &str| matches!(text, "*" | "?");
        let needs_both = of_week.starts_with('+') || is_any(of_month) || is_any(of_week);
        let begins = [(&FIELDS[3], of_month), (&FIELDS[5], of_week)];
        let star = begins.into_iter().find(|(_, text)| text.starts_with('*'));
        if let Some((field, _)) = star.filter(|_| !needs_both) {
            ambiguities.push(Ambiguity::EitherDay(field));
        }
    }
    ambiguities
}

fn is_long_step(field: &Field, item: &str) -> bool {
    let Some((range, step)) = item.split_once('/') else { return false };
    let values = match ends(field, range) {
        Some((first, last)) => last.saturating_sub(first) + 1,
        None => field.values,
    };
    step.parse::<u32>().is_ok_and(|step| step >= values) && values > 1
}

/// Whether a field has a range that ends before it begins: `22-2`.
pub(super) fn has_wrapping_range(field: &Field, text: &str) -> bool {
    text.split(',').any(|item| {
        let range = item.split('/').next().unwrap_or_default();
        ends(field, range).is_some_and(|(first, last)| first > last)
    })
}

/// The first and the last value of a range.
fn ends(field: &Field, range: &str) -> Option<(u32, u32)> {
    let (first, last) = range.split_once('-')?;
    let named = |text: &str| {
        let place = field.names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
        u32::try_from(place).ok()
    };
    let value = |text: &str| text.parse().ok().or_else(|| named(text));
    Some((value(first)?, value(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::cronjob::schedule::{Rule, RuleMistake};

    #[test]
    fn words_stand_for_what_they_say() {
        for (word, fields) in WORDS {
            assert_eq!(spelled_out(&format!(" {} ", word.to_uppercase())), Ok(fields));
            assert!(Rule::parse(word).is_ok(), "{word}");
        }
        for (text, foreign) in [
            ("@reboot", Foreign::Start),
            ("@every 5m", Foreign::Every),
            ("@fortnightly", Foreign::Word),
            ("@daily 5", Foreign::Word),
            ("CRON_TZ=Asia/Tokyo 0 8 * * *", Foreign::Zone),
            ("TZ=Asia/Tokyo 0 8 * * *", Foreign::Zone),
        ] {
            assert_eq!(Rule::parse(text).unwrap_err(), RuleMistake::Foreign(foreign), "{text}");
        }
    }

    #[test]
    fn what_means_something_else_to_crontab_is_odd() {
        let odd = |text: &str| -> Vec<_> {
            let ambiguities = Rule::parse(text).unwrap().ambiguities().to_vec();
            ambiguities.into_iter().map(|ambiguity| ambiguity.explain().0).collect()
        };
        let days = |name| {
            format!(
                "has a `*` in the {name} and runs on the days of either field: crontab would take \
                 only days that fit both"
            )
        };
        let step = |name| {
            format!("has a step in the {name} that leads out of them: only the first one counts")
        };
        for (text, expected) in [
            ("0 0 */2 * MON", days("days of the month")),
            ("0 0 1 * */2", days("days of the week")),
            ("*/90 * * * *", step("minutes")),
            ("*/60 * * * *", step("minutes")),
            ("0 */24 * * *", step("hours")),
            ("0 8-10/3 * * *", step("hours")),
            ("0 8 * * MON,", "has an empty item in the list of the days of the week".to_owned()),
            ("0,,5 8 * * *", "has an empty item in the list of the minutes".to_owned()),
        ] {
            assert_eq!(odd(text), [expected], "{text}");
        }
        for text in [
            "0 0 */2 * +MON",
            "0 0 */2 * *",
            "0 0 * * */2",
            "0 0 1 * MON",
            "0 0 ? * MON",
            "*/59 * * * *",
            "0 8-10/2 1-7 JAN-MAR/2 MON#1",
            "0 0 L * *",
            "*/10 * * * * *",
        ] {
            assert_eq!(odd(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_range_that_wraps_around_is_told_from_others() {
        for text in ["0 22-2 * * *", "0 8,22-2/2 * * *", "0 8 * * FRI-MON", "0 8 * NOV-FEB *"] {
            let mistake = Rule::parse(text).unwrap_err();
            assert!(matches!(mistake, RuleMistake::Wraps(_)), "{text}: {mistake:?}");
        }
    }
}
