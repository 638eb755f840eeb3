//! Durations, sizes and numbers within bounds, which are inclusive.

use std::num::NonZeroUsize;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::super::Instances;
use super::super::quantity::{
    DURATION_PATTERN, SIZE_PATTERN, format_duration, format_size, parse_duration, parse_size,
};
use super::{Rule, Valid};

/// Milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// A duration with a unit; the bounds are milliseconds.
pub(in crate::definition) type DurationIn<const LEAST: u64 = 1, const MOST: u64 = DAY> =
    Valid<DurationRule<LEAST, MOST, false>>;
/// The same, or an integer of nanoseconds, which existing files hold.
pub(in crate::definition) type DurationOrNanoseconds = Valid<DurationRule<1, DAY, true>>;
/// The same, or `never`.
pub(in crate::definition) type DurationOrNever = Valid<DurationOrNeverRule>;
/// A size with a unit; the bounds are bytes.
pub(in crate::definition) type SizeIn<const LEAST: u64, const MOST: u64> =
    Valid<SizeRule<LEAST, MOST, false>>;
/// The same, or an integer of bytes, which existing files hold.
pub(in crate::definition) type SizeOrBytes<const LEAST: u64, const MOST: u64> =
    Valid<SizeRule<LEAST, MOST, true>>;
pub(in crate::definition) type IntegerIn<const LEAST: u64, const MOST: u64> =
    Valid<IntegerRule<LEAST, MOST>>;
/// A number of instances, or `auto`.
pub(in crate::definition) type InstanceCount = Valid<InstancesRule>;

/// `BARE`: an integer is accepted too.
pub(in crate::definition) struct DurationRule<const LEAST: u64, const MOST: u64, const BARE: bool>;

impl<const LEAST: u64, const MOST: u64, const BARE: bool> DurationRule<LEAST, MOST, BARE> {
    fn within(duration: Duration) -> Option<Duration> {
        let bounds = Duration::from_millis(LEAST)..=Duration::from_millis(MOST);
        Some(duration).filter(|duration| bounds.contains(duration))
    }
}

impl<const LEAST: u64, const MOST: u64, const BARE: bool> Rule for DurationRule<LEAST, MOST, BARE> {
    type Value = Duration;

    fn expected() -> String {
        let format = |bound| format_duration(Duration::from_millis(bound));
        format!("a duration from `{}` to `{}`", format(LEAST), format(MOST))
    }

    fn schema() -> Json {
        let nanoseconds = (LEAST * 1_000_000, MOST * 1_000_000);
        quantity(DURATION_PATTERN, BARE.then_some(nanoseconds), &Self::expected())
    }

    fn written(duration: &Duration) -> Json {
        format_duration(*duration).into()
    }

    fn text(text: &str) -> Option<Duration> {
        parse_duration(text).and_then(Self::within)
    }

    fn integer(number: u64) -> Option<Duration> {
        BARE.then(|| Self::within(Duration::from_nanos(number)))?
    }
}

type AnyDuration = DurationRule<1, DAY, false>;

pub(in crate::definition) struct DurationOrNeverRule;

const NEVER: &str = "never";

impl Rule for DurationOrNeverRule {
    type Value = Option<Duration>;

    fn expected() -> String {
        format!("{}, or `\"{NEVER}\"`", AnyDuration::expected())
    }

    fn schema() -> Json {
        quantity(&format!("({DURATION_PATTERN}|{NEVER})"), None, &Self::expected())
    }

    fn written(duration: &Self::Value) -> Json {
        duration.as_ref().map_or(NEVER.into(), AnyDuration::written)
    }

    fn text(text: &str) -> Option<Self::Value> {
        if text == NEVER { Some(None) } else { AnyDuration::text(text).map(Some) }
    }
}

/// `BARE`: an integer is accepted too.
pub(in crate::definition) struct SizeRule<const LEAST: u64, const MOST: u64, const BARE: bool>;

impl<const LEAST: u64, const MOST: u64, const BARE: bool> Rule for SizeRule<LEAST, MOST, BARE> {
    type Value = usize;

    fn expected() -> String {
        format!("a size from `{}` to `{}`", format_size(LEAST), format_size(MOST))
    }

    fn schema() -> Json {
        quantity(SIZE_PATTERN, BARE.then_some((LEAST, MOST)), &Self::expected())
    }

    fn written(bytes: &usize) -> Json {
        u64::try_from(*bytes).map_or(Json::Null, |bytes| format_size(bytes).into())
    }

    fn text(text: &str) -> Option<usize> {
        parse_size(text).and_then(within::<LEAST, MOST>)
    }

    fn integer(number: u64) -> Option<usize> {
        BARE.then(|| within::<LEAST, MOST>(number))?
    }
}

pub(in crate::definition) struct IntegerRule<const LEAST: u64, const MOST: u64>;

impl<const LEAST: u64, const MOST: u64> Rule for IntegerRule<LEAST, MOST> {
    type Value = usize;

    fn expected() -> String {
        format!("an integer from {LEAST} to {MOST}")
    }

    fn schema() -> Json {
        integer(LEAST, MOST)
    }

    fn written(number: &usize) -> Json {
        (*number).into()
    }

    fn integer(number: u64) -> Option<usize> {
        within::<LEAST, MOST>(number)
    }
}

pub(in crate::definition) struct InstancesRule;

const AUTO: &str = "auto";
const MOST_INSTANCES: u64 = 1024;

impl Rule for InstancesRule {
    type Value = Instances;

    fn expected() -> String {
        format!("an integer from 1 to {MOST_INSTANCES}, or `\"{AUTO}\"`")
    }

    fn schema() -> Json {
        json!({
            "anyOf": [integer(1, MOST_INSTANCES), text(AUTO)],
            "$comment": Self::expected(),
        })
    }

    fn written(instances: &Instances) -> Json {
        match instances {
            Instances::Count(count) => count.get().into(),
            Instances::Auto => AUTO.into(),
        }
    }

    fn text(text: &str) -> Option<Instances> {
        (text == AUTO).then_some(Instances::Auto)
    }

    fn integer(number: u64) -> Option<Instances> {
        let count = Some(number).filter(|number| *number <= MOST_INSTANCES)?.try_into().ok()?;
        NonZeroUsize::new(count).map(Instances::Count)
    }
}

fn integer(least: u64, most: u64) -> Json {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

fn text(pattern: &str) -> Json {
    json!({ "type": "string", "pattern": format!("^{pattern}$") })
}

/// A text or, within bounds, an integer; patterns cannot state bounds.
fn quantity(pattern: &str, integers: Option<(u64, u64)>, expected: &str) -> Json {
    let mut schema = match integers {
        None => text(pattern),
        Some((least, most)) => json!({ "anyOf": [integer(least, most), text(pattern)] }),
    };
    schema["$comment"] = expected.into();
    schema
}

fn within<const LEAST: u64, const MOST: u64>(number: u64) -> Option<usize> {
    Some(number).filter(|number| (LEAST..=MOST).contains(number))?.try_into().ok()
}
