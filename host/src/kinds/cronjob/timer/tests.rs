//! Days in the life of a schedule, told minute by minute.
//! Does not know expressions beyond those that it needs.

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::*;
use crate::kinds::cronjob::schedule::Rule;

const NO_JITTER: Jitter = Jitter { most: Duration::ZERO, random: || u64::MAX };

fn at(text: &str) -> Timestamp {
    format!("2026-11-23T{text}Z").parse().unwrap()
}

fn timer_with(expression: &str, missed: Missed, jitter: Jitter, now: &str) -> RunTimer {
    let schedule = Schedule::new(vec![Rule::parse(expression).unwrap()], TimeZone::UTC);
    RunTimer::new(schedule, missed, jitter, at(now))
}

fn timer(expression: &str, missed: Missed, now: &str) -> RunTimer {
    timer_with(expression, missed, NO_JITTER, now)
}

fn due(scheduled: &str, missed: u32) -> Verdict {
    Verdict::Due(Occurrence { scheduled: at(scheduled), missed })
}

#[test]
fn a_run_is_due_once_and_at_its_time() {
    let mut timer = timer("0 8 * * *", Missed::Skip, "07:00:00");

    assert_eq!(timer.next(), Some(at("08:00:00")));
    assert_eq!(timer.look(at("07:59:59.999")), Verdict::Nothing);
    assert_eq!(timer.look(at("08:00:00")), due("08:00:00", 0));
    assert_eq!(timer.look(at("08:00:00")), Verdict::Nothing);
    assert_eq!(timer.look(at("12:00:00")), Verdict::Nothing);
}

#[test]
fn what_was_due_before_it_began_has_not_been_missed() {
    let mut timer = timer("0 8 * * *", Missed::RunOnce, "08:00:01");

    assert_eq!(timer.look(at("08:00:02")), Verdict::Nothing);
}

#[test]
fn a_minute_late_is_on_time() {
    for missed in [Missed::Skip, Missed::RunOnce] {
        let mut timer = timer("0 8 * * *", missed, "07:00:00");

        assert_eq!(timer.look(at("08:01:00")), due("08:00:00", 0), "{missed:?}");
    }
}

#[test]
fn what_is_later_is_missed_or_made_up_for() {
    let late = "08:01:00.000000001";

    let skipped = timer("0 8 * * *", Missed::Skip, "07:00:00").look(at(late));
    let made_up_for = timer("0 8 * * *", Missed::RunOnce, "07:00:00").look(at(late));

    assert_eq!(skipped, Verdict::Missed { runs: 1 });
    assert_eq!(made_up_for, due("08:00:00", 0));
}

#[test]
fn one_run_makes_up_for_all_that_were_missed() {
    let mut timer = timer("*/15 * * * *", Missed::RunOnce, "07:00:00");

    // Asleep from 07:00 to 08:20: 07:15, 07:30, 07:45, 08:00 and 08:15.
    assert_eq!(timer.look(at("08:20:00")), due("08:15:00", 4));
    assert_eq!(timer.next(), Some(at("08:30:00")));
}

#[test]
fn all_that_were_missed_are_counted_when_none_is_made_up_for() {
    let mut timer = timer("*/15 * * * *", Missed::Skip, "07:00:00");

    assert_eq!(timer.look(at("08:20:00")), Verdict::Missed { runs: 5 });
    assert_eq!(timer.look(at("08:30:00")), due("08:30:00", 0));
}

#[test]
fn after_a_sleep_the_last_run_may_be_on_time() {
    let mut timer = timer("*/15 * * * *", Missed::Skip, "07:00:00");

    assert_eq!(timer.look(at("08:15:30")), due("08:15:00", 4));
    assert_eq!(timer.look(at("08:45:00")), due("08:45:00", 1));
}

#[test]
fn a_clock_that_is_set_back_a_little_lets_nothing_run_twice() {
    let mut timer = timer("*/15 * * * *", Missed::Skip, "07:50:00");
    assert_eq!(timer.look(at("08:00:00")), due("08:00:00", 0));

    let set_back = Duration::from_mins(30);
    assert_eq!(timer.look(at("07:30:00")), Verdict::Waits { set_back });
    assert_eq!(timer.look(at("07:30:30")), Verdict::Nothing);
    assert_eq!(timer.look(at("07:30:29.5")), Verdict::Nothing);
    assert_eq!(timer.look(at("08:00:00")), Verdict::Nothing);
    assert_eq!(timer.look(at("08:15:00")), due("08:15:00", 0));
}

#[test]
fn a_clock_that_is_set_back_a_lot_had_been_wrong() {
    let mut timer = timer("*/15 * * * *", Missed::Skip, "07:50:00");
    assert_eq!(timer.look(at("08:00:00")), due("08:00:00", 0));

    assert_eq!(timer.look(at("03:05:00")), Verdict::ClockSetBack);
    assert_eq!(timer.next(), Some(at("03:15:00")));
    assert_eq!(timer.look(at("03:15:00")), due("03:15:00", 0));
}

#[test]
fn a_clock_that_is_set_by_a_year_does_not_keep_it_busy() {
    let mut timer = timer("* * * * * *", Missed::RunOnce, "07:00:00");
    let next_year = at("07:00:00").saturating_add(SignedDuration::from_hours(24 * 365)).unwrap();

    let verdict = timer.look(next_year);

    let occurrence = Occurrence { scheduled: next_year, missed: MOST_COUNTED };
    assert_eq!(verdict, Verdict::Due(occurrence));
    assert_eq!(timer.next(), next_year.saturating_add(SignedDuration::from_secs(1)).ok());
}

#[test]
fn what_two_hours_of_a_fast_rhythm_have_missed_is_counted() {
    let mut skipping = timer("*/2 * * * * *", Missed::Skip, "07:00:00");
    let mut running = timer("*/2 * * * * *", Missed::RunOnce, "07:00:00");

    // The last one is a second old, so it is on time.
    assert_eq!(skipping.look(at("09:00:01")), due("09:00:00", 3599));
    assert_eq!(running.look(at("09:00:01")), due("09:00:00", 3599));
}

#[test]
fn the_last_of_many_times_is_found_wherever_they_are() {
    for (expression, now, last) in [
        ("* * 1 * * *", "23:30:00", "01:59:59"),
        ("* * * * * *", "23:30:00.5", "23:30:00"),
        ("* * 0-2,23 * * *", "22:59:59", "02:59:59"),
        ("* * 1 23 11 *", "23:30:00", "01:59:59"),
    ] {
        let mut timer = timer(expression, Missed::RunOnce, "00:00:00");
        let schedule = timer.schedule().clone();
        assert_eq!(schedule.last(schedule.next(at("00:00:00")).unwrap(), at(now)), at(last));

        let verdict = timer.look(at(now));

        let Verdict::Due(Occurrence { scheduled, .. }) = verdict else { panic!("{verdict:?}") };
        assert_eq!(scheduled, at(last), "{expression}");
    }
}

#[test]
fn jitter_delays_a_run_by_up_to_its_limit() {
    let begins = |random| {
        let jitter = Jitter { most: Duration::from_secs(10), random };
        timer_with("0 * * * *", Missed::Skip, jitter, "07:30:00").next().unwrap()
    };

    assert_eq!(begins(|| 0), at("08:00:00"));
    assert_eq!(begins(|| 1 << 63), at("08:00:05"));
    assert_eq!(begins(|| u64::MAX), at("08:00:09.999999999"));
}

#[test]
fn jitter_is_at_most_half_of_the_time_until_the_next_run() {
    let jitter = Jitter { most: Duration::from_hours(1), random: || u64::MAX };
    let mut timer = timer_with("0,10 * * * *", Missed::Skip, jitter, "07:30:00");

    // Ten minutes to 08:10, fifty to 09:00.
    assert_eq!(timer.next(), Some(at("08:04:59.999999999")));
    assert_eq!(timer.look(at("08:05:00")), due("08:00:00", 0));
    assert_eq!(timer.next(), Some(at("08:34:59.999999999")));
}

#[test]
fn a_run_that_jitter_holds_back_is_not_due_yet() {
    let jitter = Jitter { most: Duration::from_mins(5), random: || u64::MAX };
    let mut timer = timer_with("*/15 * * * *", Missed::RunOnce, jitter, "07:00:00");

    // 08:15 has come, its run begins at 08:20.
    assert_eq!(timer.look(at("08:17:00")), due("08:00:00", 3));
    assert_eq!(timer.look(at("08:20:00")), due("08:15:00", 0));
}

#[test]
fn random_numbers_differ() {
    let mut numbers: Vec<_> = (0..1000).map(|_| crate::kinds::cronjob::run::random()).collect();
    let above = numbers.iter().filter(|number| **number > u64::MAX / 2).count();

    numbers.sort_unstable();
    numbers.dedup();

    assert!(numbers.len() > 990, "{}", numbers.len());
    // Half of them, give or take ten standard deviations.
    assert!((340..=660).contains(&above), "{above}");
}
