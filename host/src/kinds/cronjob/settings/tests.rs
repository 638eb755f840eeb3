//! Tables of `service.toml` as JSON: what they come to, and what is said about wrong ones.
//! Does not know where in the file they stand.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::{Expect, expect};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

fn read(table: &Value) -> Result<CronjobSettings, String> {
    serde_path_to_error::deserialize(table).map_err(|error| error.to_string())
}

#[track_caller]
fn next(table: &Value) -> String {
    let schedule = read(table).unwrap().schedule().unwrap();
    let monday: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    schedule.show(schedule.next(monday).unwrap())
}

/// What is said about a table whose types are right.
#[track_caller]
fn objects(table: &Value, expected: &Expect) {
    let mistakes = read(table).unwrap().schedule().unwrap_err();
    let lines = mistakes.iter().map(|mistake| {
        let Mistake { path, message, help } = mistake;
        format!("{path}: {message}\n  help: {help}\n")
    });
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn a_daily_schedule_runs_every_day() {
    let table = json!({
        "frequency": "daily",
        "scheduled_times": ["08:00", "17:30"],
        "time_zone": "Europe/Berlin",
    });

    assert_eq!(next(&table), "2026-11-23T17:30:00+01:00");
    assert_eq!(read(&table).unwrap().describe(), "daily at 08:00, 17:30");
}

#[test]
fn both_frameworks_spellings_of_days_are_read() {
    for day in ["wed", "wednesday", "Wed", "WEDNESDAY"] {
        let table = json!({
            "frequency": "weekly", "scheduled_times": ["00:05"], "days": [day], "time_zone": "UTC",
        });
        assert_eq!(next(&table), "2026-11-25T00:05:00+00:00", "{day}");
    }
}

#[test]
fn every_day_of_the_week_is_where_it_belongs() {
    for (index, day) in DAYS.iter().enumerate() {
        let table = json!({
            "frequency": "weekly", "scheduled_times": ["23:59"], "days": [day], "time_zone": "UTC",
        });
        // The 23rd is a Monday.
        assert_eq!(next(&table), format!("2026-11-{}T23:59:00+00:00", 23 + index), "{day}");
    }
}

#[test]
fn a_daily_schedule_with_days_runs_on_them() {
    let table = json!({
        "frequency": "daily", "scheduled_times": ["08:00"], "days": ["friday"], "time_zone": "UTC",
    });

    assert_eq!(next(&table), "2026-11-27T08:00:00+00:00");
    assert_eq!(read(&table).unwrap().describe(), "friday at 08:00");
}

#[test]
fn cron_takes_one_expression_or_several() {
    let one = json!({"cron": "30 */6 * * *", "time_zone": "UTC"});
    let several = json!({"cron": ["0 0 1 * *", "15 12 * * *"], "time_zone": "UTC"});

    assert_eq!(next(&one), "2026-11-23T12:30:00+00:00");
    assert_eq!(next(&several), "2026-11-23T12:15:00+00:00");
    assert_eq!(read(&several).unwrap().describe(), "0 0 1 * * | 15 12 * * *");
}

#[test]
fn what_is_not_written_has_a_default() {
    let settings = read(&json!({"cron": "* * * * *"})).unwrap();

    assert_eq!(settings.time_zone, "local");
    assert_eq!(settings.overlap, Overlap::Skip);
    assert_eq!(settings.missed, Missed::Skip);
    assert_eq!(settings.jitter, None);
    assert_eq!(settings.timeout.0, Duration::from_hours(1));
    assert!(settings.schedule().is_ok());
}

#[test]
fn a_table_without_a_schedule_says_what_to_write() {
    objects(
        &json!({}),
        &expect![[r#"
        : must say when the task runs
          help: add `frequency = "daily"` and `scheduled_times = ["08:00"]`, or `cron = "0 8 * * *"`
    "#]],
    );
    objects(
        &json!({"scheduled_times": ["08:00"], "days": ["monday"]}),
        &expect![[r#"
        frequency: is required with `scheduled_times` and `days`
          help: add `frequency = "daily"`, or `frequency = "weekly"` with `days`
    "#]],
    );
}

#[test]
fn a_frequency_needs_its_times_and_days() {
    objects(
        &json!({"frequency": "daily"}),
        &expect![[r#"
        scheduled_times: must name at least one time
          help: for example `scheduled_times = ["08:00"]`
    "#]],
    );
    objects(
        &json!({"frequency": "weekly", "scheduled_times": ["08:00"]}),
        &expect![[r#"
        days: must name at least one day
          help: for example `days = ["monday"]`
    "#]],
    );
    objects(
        &json!({"frequency": "weekly", "scheduled_times": [], "days": []}),
        &expect![[r#"
        days: must name at least one day
          help: for example `days = ["monday"]`
        scheduled_times: must name at least one time
          help: for example `scheduled_times = ["08:00"]`
    "#]],
    );
    objects(
        &json!({"frequency": "daily", "scheduled_times": ["08:00"], "days": []}),
        &expect![[r#"
            days: must name at least one day
              help: for example `days = ["monday"]`; without `days` it runs every day
        "#]],
    );
}

#[test]
fn the_two_ways_to_say_when_exclude_each_other() {
    objects(
        &json!({"frequency": "daily", "cron": "* * * * *"}),
        &expect![[r#"
        cron: excludes `frequency`
          help: keep one of them
    "#]],
    );
    objects(
        &json!({"cron": "* * * * *", "scheduled_times": ["08:00"], "days": ["monday"]}),
        &expect![[r#"
            scheduled_times: has no effect with `cron`
              help: remove it, or write `frequency` instead of `cron`
            days: has no effect with `cron`
              help: remove it, or write `frequency` instead of `cron`
        "#]],
    );
}

#[test]
fn every_wrong_value_is_told_at_once() {
    objects(
        &json!({
            "frequency": "weekly",
            "scheduled_times": ["8:00", "24:00", "08:60", "08:00:00", "+8:00", "", "12:00", "é:00"],
            "days": ["monday", "mo", "someday", ""],
            "time_zone": "Mars/Olympus",
            "timeout": "0s",
        }),
        &expect![[r#"
            days[1]: must be a day of the week
              help: for example `mon` or `monday`
            days[2]: must be a day of the week
              help: for example `mon` or `monday`
            days[3]: must be a day of the week
              help: for example `mon` or `monday`
            scheduled_times[0]: must be a time from `00:00` to `23:59`
              help: write two digits each, for example `08:00`
            scheduled_times[1]: must be a time from `00:00` to `23:59`
              help: write two digits each, for example `08:00`
            scheduled_times[2]: must be a time from `00:00` to `23:59`
              help: write two digits each, for example `08:00`
            scheduled_times[3]: must be a time from `00:00` to `23:59`
              help: write two digits each, for example `08:00`
            scheduled_times[4]: must be a time from `00:00` to `23:59`
              help: write two digits each, for example `08:00`
            scheduled_times[5]: must be a time from `00:00` to `23:59`
              help: write two digits each, for example `08:00`
            scheduled_times[7]: must be a time from `00:00` to `23:59`
              help: write two digits each, for example `08:00`
            timeout: must be longer than zero
              help: for example `1h`
            time_zone: must be the name of a time zone
              help: for example `Europe/Berlin`, `UTC` or `local`
        "#]],
    );
}

#[test]
fn wrong_expressions_are_told_with_the_field_to_blame() {
    objects(
        &json!({"cron": []}),
        &expect![[r#"
        cron: must hold at least one cron expression
          help: for example `cron = "*/5 * * * *"`
    "#]],
    );
    objects(
        &json!({"cron": "0 25 * * *"}),
        &expect![[r#"
            cron: has a wrong field for the hours
              help: hours: `0` to `23`, `*`, lists such as `8,12`, ranges such as `8-17`, steps such as `*/2`
        "#]],
    );
    objects(
        &json!({"cron": ["* * * *", "* * * * *", "0 8 * * funday", "0 0 30 2 *"]}),
        &expect![[r#"
            cron[0]: must be a cron expression of five fields, or of six with seconds at the front
              help: for example `*/5 * * * *`
            cron[2]: has a wrong field for the days of the week
              help: days of the week: `0` (Sunday) to `7`, `SUN` to `SAT`, `*`, lists, ranges such as `MON-FRI`
            cron[3]: names a time that never comes
              help: name a day that its months have
        "#]],
    );
}

#[test]
fn what_is_written_as_elsewhere_is_told_what_to_write_here() {
    objects(
        &json!({"cron": [
            "@reboot", "@every 5m", "@fortnightly", "CRON_TZ=Asia/Tokyo 0 8 * * *", "0 22-2 * * *",
            "0 8 * * FRI-MON",
        ]}),
        &expect![[r#"
            cron[0]: must be a time: `@reboot` is none
              help: what a service does once when it starts belongs in its `on_start`, or is a service of kind `script`
            cron[1]: must be a cron expression: `@every` is none
              help: write every 5 minutes as `*/5 * * * *`, every 2 hours as `0 */2 * * *`
            cron[2]: must be a cron expression, or a word for one
              help: there are `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`
            cron[3]: must not name a time zone
              help: write it as `time_zone`, for example `time_zone = "Asia/Tokyo"`
            cron[4]: has a range in the field for the hours that ends before it begins
              help: write two ranges, for example `22-23,0-2`
            cron[5]: has a range in the field for the days of the week that ends before it begins
              help: write two ranges, for example `FRI-SAT,SUN-MON`
        "#]],
    );
}

#[test]
fn what_runs_otherwise_than_crontab_is_a_warning() {
    let table = json!({
        "cron": ["@daily", "0 0 */2 * MON", "*/90 * * * *", "0 8 * * MON,"], "time_zone": "UTC",
    });

    let ambiguities = read(&table).unwrap().ambiguities();

    let lines = ambiguities
        .iter()
        .map(|Mistake { path, message, help }| format!("{path}: {message}\n  help: {help}\n"));
    expect![[r#"
        cron[1]: has a `*` in the days of the month and runs on the days of either field: crontab would take only days that fit both
          help: write `+` before the days of the week for days that fit both, as in `0 0 */2 * +MON`, or `*` alone in one of the fields
        cron[2]: has a step in the minutes that leads out of them: only the first one counts
          help: steps begin anew each time: every 90 minutes is `["0 */3 * * *", "30 1-23/3 * * *"]`
        cron[3]: has an empty item in the list of the days of the week
          help: remove the comma, or write what is missing
    "#]].assert_eq(&lines.collect::<String>());
    assert!(read(&table).unwrap().schedule().is_ok());
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    let refused = |table: Value| read(&table).unwrap_err();

    expect!["frequency: unknown variant `hourly`, expected `daily` or `weekly`"]
        .assert_eq(&refused(json!({"frequency": "hourly"})));
    expect!["cron: invalid type: integer `5`, expected a cron expression or a list of them"]
        .assert_eq(&refused(json!({"cron": 5})));
    expect!["cron[0]: invalid type: integer `5`, expected a string"]
        .assert_eq(&refused(json!({"cron": [5]})));
    expect![[r#"jitter: invalid value: string "soon", expected a duration such as `30s`"#]]
        .assert_eq(&refused(json!({"cron": "* * * * *", "jitter": "soon"})));
    expect!["overlap: unknown variant `never`, expected one of `skip`, `queue`, `allow`"]
        .assert_eq(&refused(json!({"cron": "* * * * *", "overlap": "never"})));
    expect!["schedule: unknown field `schedule`, expected one of `frequency`, `scheduled_times`, `days`, `cron`, `time_zone`, `overlap`, `missed`, `jitter`, `timeout`"].assert_eq(&refused(json!({"schedule": "* * * * *"})));
}

#[test]
fn no_message_holds_a_value() {
    let secret = "hunter2";
    let tables = [
        json!({"cron": secret}),
        json!({"cron": "0 8 * * hunter2"}),
        json!({"frequency": "weekly", "scheduled_times": [secret], "days": [secret]}),
        json!({"cron": "* * * * *", "time_zone": secret}),
    ];
    for table in tables {
        let mistakes = read(&table).unwrap().schedule().unwrap_err();
        assert!(!format!("{mistakes:?}").to_lowercase().contains(secret), "{mistakes:?}");
    }
}
