//! Times of schedules on real calendars: leap years, ends of months, and the two days a year on which clocks jump.
//! Does not know the tables of `service.toml`.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn schedule(expressions: &[&str], zone: &str) -> Schedule {
    let rules = expressions.iter().map(|text| Rule::parse(text).unwrap());
    Schedule::new(rules.collect(), TimeZone::get(zone).unwrap())
}

/// The first `count` times after `after`, one per line.
#[track_caller]
fn comes(expressions: &[&str], zone: &str, after: &str, count: usize) -> String {
    let schedule = schedule(expressions, zone);
    let mut time = after.parse::<Timestamp>().unwrap();
    let mut times = String::new();
    for _ in 0..count {
        time = schedule.next(time).unwrap();
        times += &(schedule.show(time) + "\n");
    }
    times
}

#[track_caller]
fn check(comes: &str, expected: &Expect) {
    expected.assert_eq(comes);
}

#[test]
fn a_time_that_is_now_was_due_already() {
    check(
        &comes(&["0 8 * * *"], "UTC", "2026-11-23T08:00:00Z", 1),
        &expect![[r#"
            2026-11-24T08:00:00+00:00
        "#]],
    );
    check(
        &comes(&["0 8 * * *"], "UTC", "2026-11-23T07:59:59.999999999Z", 1),
        &expect![[r#"
            2026-11-23T08:00:00+00:00
        "#]],
    );
    check(
        &comes(&["* * * * * *"], "UTC", "2026-11-23T07:59:59.000000001Z", 2),
        &expect![[r#"
            2026-11-23T08:00:00+00:00
            2026-11-23T08:00:01+00:00
        "#]],
    );
}

#[test]
fn a_time_before_the_epoch_is_like_any_other() {
    check(
        &comes(&["*/10 * * * * *"], "UTC", "1969-12-31T23:59:55.5Z", 2),
        &expect![[r#"
            1970-01-01T00:00:00+00:00
            1970-01-01T00:00:10+00:00
        "#]],
    );
}

#[test]
fn days_of_the_week_come_in_their_order() {
    check(
        &comes(&["30 17 * * WED,MON"], "Europe/Berlin", "2026-11-23T12:00:00Z", 4),
        &expect![[r#"
            2026-11-23T17:30:00+01:00
            2026-11-25T17:30:00+01:00
            2026-11-30T17:30:00+01:00
            2026-12-02T17:30:00+01:00
        "#]],
    );
}

#[test]
fn several_expressions_are_one_schedule_without_repetition() {
    check(
        &comes(&["0 12 * * *", "0 */6 * * *", "0 12 * * MON"], "UTC", "2026-11-23T00:00:00Z", 5),
        &expect![[r#"
            2026-11-23T06:00:00+00:00
            2026-11-23T12:00:00+00:00
            2026-11-23T18:00:00+00:00
            2026-11-24T00:00:00+00:00
            2026-11-24T06:00:00+00:00
        "#]],
    );
}

#[test]
fn months_that_lack_a_day_are_left_out() {
    check(
        &comes(&["0 0 31 * *"], "UTC", "2026-01-31T00:00:00Z", 3),
        &expect![[r#"
            2026-03-31T00:00:00+00:00
            2026-05-31T00:00:00+00:00
            2026-07-31T00:00:00+00:00
        "#]],
    );
    check(
        &comes(&["0 0 L * *"], "UTC", "2027-12-31T12:00:00Z", 3),
        &expect![[r#"
        2028-01-31T00:00:00+00:00
        2028-02-29T00:00:00+00:00
        2028-03-31T00:00:00+00:00
    "#]],
    );
}

#[test]
fn days_can_be_counted_within_their_month() {
    check(
        &comes(&["0 8 * * MON#1"], "UTC", "2026-11-23T00:00:00Z", 2),
        &expect![[r#"
        2026-12-07T08:00:00+00:00
        2027-01-04T08:00:00+00:00
    "#]],
    );
    check(
        &comes(&["0 8 * * FRIL"], "UTC", "2026-11-23T00:00:00Z", 2),
        &expect![[r#"
        2026-11-27T08:00:00+00:00
        2026-12-25T08:00:00+00:00
    "#]],
    );
    check(
        &comes(&["0 8 15W * *"], "UTC", "2026-11-23T00:00:00Z", 2),
        &expect![[r#"
        2026-12-15T08:00:00+00:00
        2027-01-15T08:00:00+00:00
    "#]],
    );
}

#[test]
fn a_day_of_the_month_and_one_of_the_week_are_either() {
    check(
        &comes(&["0 0 1 * MON"], "UTC", "2026-11-23T00:00:00Z", 3),
        &expect![[r#"
        2026-11-30T00:00:00+00:00
        2026-12-01T00:00:00+00:00
        2026-12-07T00:00:00+00:00
    "#]],
    );
}

#[test]
fn a_day_of_the_month_and_one_of_the_week_can_be_both() {
    check(
        &comes(&["0 0 */2 * +MON"], "UTC", "2026-11-27T12:00:00Z", 2),
        &expect![[r#"
            2026-12-07T00:00:00+00:00
            2026-12-21T00:00:00+00:00
        "#]],
    );
}

#[test]
fn a_leap_day_comes_every_four_years_but_not_in_2100() {
    check(
        &comes(&["0 0 29 2 *"], "UTC", "2091-01-01T00:00:00Z", 3),
        &expect![[r#"
            2092-02-29T00:00:00+00:00
            2096-02-29T00:00:00+00:00
            2104-02-29T00:00:00+00:00
        "#]],
    );
}

#[test]
fn in_spring_a_time_that_is_left_out_comes_at_the_end_of_the_gap() {
    // 02:00 to 03:00 does not exist on the 29th of March.
    check(
        &comes(&["30 2 * * *"], "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
        &expect![[r#"
            2026-03-28T02:30:00+01:00
            2026-03-29T03:00:00+02:00
            2026-03-30T02:30:00+02:00
        "#]],
    );
    // The same on the 8th of March.
    check(
        &comes(&["30 2 * * *"], "America/New_York", "2026-03-07T06:00:00Z", 3),
        &expect![[r#"
            2026-03-07T02:30:00-05:00
            2026-03-08T03:00:00-04:00
            2026-03-09T02:30:00-04:00
        "#]],
    );
}

#[test]
fn in_spring_two_times_in_the_gap_are_one() {
    check(
        &comes(&["0,30 2 * * *", "0 3 * * *"], "Europe/Berlin", "2026-03-28T12:00:00Z", 3),
        &expect![[r#"
            2026-03-29T03:00:00+02:00
            2026-03-30T02:00:00+02:00
            2026-03-30T02:30:00+02:00
        "#]],
    );
}

#[test]
fn in_spring_a_rhythm_has_no_beats_in_the_gap() {
    check(
        &comes(&["*/30 * * * *"], "Europe/Berlin", "2026-03-29T00:15:00Z", 4),
        &expect![[r#"
            2026-03-29T01:30:00+01:00
            2026-03-29T03:00:00+02:00
            2026-03-29T03:30:00+02:00
            2026-03-29T04:00:00+02:00
        "#]],
    );
}

#[test]
fn in_spring_a_rhythm_of_the_missing_hour_is_left_out() {
    check(
        &comes(&["*/30 2 * * *"], "Europe/Berlin", "2026-03-28T01:15:00Z", 3),
        &expect![[r#"
        2026-03-28T02:30:00+01:00
        2026-03-30T02:00:00+02:00
        2026-03-30T02:30:00+02:00
    "#]],
    );
}

#[test]
fn in_autumn_a_time_that_comes_twice_is_due_once() {
    // 02:00 to 03:00 comes twice on the 25th of October.
    check(
        &comes(&["30 2 * * *"], "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
        &expect![[r#"
            2026-10-25T02:30:00+02:00
            2026-10-26T02:30:00+01:00
        "#]],
    );
    // A list is made of times too.
    check(
        &comes(&["15,45 1,2 * * *"], "Europe/Berlin", "2026-10-24T22:00:00Z", 5),
        &expect![[r#"
            2026-10-25T01:15:00+02:00
            2026-10-25T01:45:00+02:00
            2026-10-25T02:15:00+02:00
            2026-10-25T02:45:00+02:00
            2026-10-26T01:15:00+01:00
        "#]],
    );
    // 01:00 to 02:00 comes twice on the 1st of November.
    check(
        &comes(&["30 1 * * *"], "America/New_York", "2026-10-31T12:00:00Z", 2),
        &expect![[r#"
            2026-11-01T01:30:00-04:00
            2026-11-02T01:30:00-05:00
        "#]],
    );
}

#[test]
fn in_autumn_a_look_between_the_two_hours_finds_the_next_day() {
    // 02:10 for the second time.
    check(
        &comes(&["30 2 * * *"], "Europe/Berlin", "2026-10-25T01:10:00Z", 1),
        &expect![[r#"
            2026-10-26T02:30:00+01:00
        "#]],
    );
}

#[test]
fn in_autumn_a_rhythm_goes_on_through_both_hours() {
    check(
        &comes(&["*/30 * * * *"], "Europe/Berlin", "2026-10-24T23:45:00Z", 6),
        &expect![[r#"
            2026-10-25T02:00:00+02:00
            2026-10-25T02:30:00+02:00
            2026-10-25T02:00:00+01:00
            2026-10-25T02:30:00+01:00
            2026-10-25T03:00:00+01:00
            2026-10-25T03:30:00+01:00
        "#]],
    );
    check(
        &comes(&["0 1-3 * * *"], "Europe/Berlin", "2026-10-24T22:00:00Z", 4),
        &expect![[r#"
            2026-10-25T01:00:00+02:00
            2026-10-25T02:00:00+02:00
            2026-10-25T02:00:00+01:00
            2026-10-25T03:00:00+01:00
        "#]],
    );
}

#[test]
fn what_is_no_schedule_is_refused_with_the_field_to_blame() {
    let field = |text: &str| match Rule::parse(text) {
        Err(RuleMistake::Field(field) | RuleMistake::Wraps(field)) => field.name,
        other => panic!("{text}: {other:?}"),
    };

    for text in ["", "* * * *", "* * * * * * *", "0 8"] {
        assert_eq!(Rule::parse(text).unwrap_err(), RuleMistake::FieldCount, "{text}");
    }
    assert_eq!(field("60 * * * * *"), "seconds");
    assert_eq!(field("60 * * * *"), "minutes");
    assert_eq!(field("* @daily * * *"), "hours");
    assert_eq!(field("0 24 * * *"), "hours");
    assert_eq!(field("0 8 32 * *"), "days of the month");
    assert_eq!(field("0 8 * 13 *"), "months");
    assert_eq!(field("0 8 * * 8"), "days of the week");
    assert_eq!(field("0 8 * * someday"), "days of the week");
    assert_eq!(field("*/0 * * * *"), "minutes");
    assert_eq!(field("5-1 * * * *"), "minutes");
}

#[test]
fn a_day_that_no_month_has_is_refused() {
    for text in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 0 31 4 *"] {
        assert_eq!(Rule::parse(text).unwrap_err(), RuleMistake::Never, "{text}");
    }
    // Either of the two days is enough.
    assert!(Rule::parse("0 0 30 2 MON").is_ok());
}

/// Texts that look like cron expressions from afar.
fn expressions() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9*,/#LW?+A-Z@ -]{0,30}", "\\PC{0,20}", "([0-9*,/-]{1,4} ){4}[0-9*]{1,2}"]
}

proptest! {
    #[test]
    fn no_text_brings_the_parser_down(text in expressions()) {
        let _ = Rule::parse(&text);
    }

    #[test]
    fn the_next_time_is_later_and_nothing_lies_between(
        minute in 0..60_u8,
        hour in 0..24_u8,
        after in 1_700_000_000_i64..1_900_000_000,
        step in 0..7200_i64,
    ) {
        let after = Timestamp::from_second(after).unwrap();
        let texts = [format!("{minute} {hour} * * *"), format!("*/7 {hour} * * *")];
        for text in &texts {
            let schedule = schedule(&[text], "America/New_York");

            let next = schedule.next(after).unwrap();

            prop_assert!(next > after);
            // A look a little later finds the same, as long as it is not due.
            let later = after.saturating_add(jiff::SignedDuration::from_secs(step)).unwrap();
            if later < next {
                prop_assert_eq!(schedule.next(later), Some(next));
            }
        }
    }
}
