//! Schedules at work with a guest that is none, in time that does not pass by itself.
//! Does not know how calls enter a real guest.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

mod scene;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use expect_test::expect;
use serde_json::json;

use self::scene::{Seen, scene};
use super::*;
use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};
use crate::call::error::service_error;
use crate::extension::CallError;

#[tokio::test(start_paused = true)]
async fn every_run_begins_when_it_is_due() {
    let seen = scene(json!({"cron": "* * * * *"}), &[5]).stopped_after(170).await;

    expect![[r#"
        after 30 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:00:00+00:00 delay=0ns missed=0
        after 90 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:01:00+00:00 delay=0ns missed=0
        after 150 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:02:00+00:00 delay=0ns missed=0
    "#]].assert_eq(&seen.lines());
    expect![[r#"
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=5000 request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:01:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:01:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=5000 request_id=$ID cronjob.scheduled=2026-11-23T08:01:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:02:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:02:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=5000 request_id=$ID cronjob.scheduled=2026-11-23T08:02:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:03:00+00:00
    "#]].assert_eq(&seen.log);
    assert_eq!(seen.elapsed, Duration::from_secs(170));
}

#[tokio::test(start_paused = true)]
async fn every_run_has_an_id_and_a_limit_of_its_own() {
    let table = json!({"cron": "* * * * * *", "timeout": "7m"});
    let seen = scene(table, &[0]).stopped_after(20).await;

    let mut ids: Vec<_> = seen.calls.iter().map(|call| &call.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    assert!(seen.calls.iter().all(|call| call.timeout == Some(Duration::from_mins(7))));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_skips_the_next() {
    // The first one takes from 08:00 to 08:02:10.
    let seen = scene(json!({"cron": "* * * * *"}), &[130, 1]).stopped_after(280).await;

    expect![[r#"
        after 30 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:00:00+00:00 delay=0ns missed=0
        after 210 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:03:00+00:00 delay=0ns missed=2
        after 270 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:04:00+00:00 delay=0ns missed=0
    "#]].assert_eq(&seen.lines());
    expect![[r#"
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        WARN  cronjob run skipped, the last one still runs  cronjob.scheduled=2026-11-23T08:01:00+00:00
        DEBUG cronjob run skipped, the last one still runs  cronjob.scheduled=2026-11-23T08:02:00+00:00
        INFO  cronjob run ended  duration_ms=130000 request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:03:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:03:00+00:00 cronjob.delay_ms=0 cronjob.missed=2
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T08:03:00+00:00 cronjob.delay_ms=0 cronjob.missed=2
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:04:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:04:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T08:04:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:05:00+00:00
    "#]].assert_eq(&seen.log);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_begins_when_the_last_one_has_ended() {
    let table = json!({"cron": "* * * * *", "overlap": "queue"});
    let seen = scene(table, &[130, 1]).stopped_after(280).await;

    expect![[r#"
        after 30 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:00:00+00:00 delay=0ns missed=0
        after 160 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:02:00+00:00 delay=10s missed=1
        after 210 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:03:00+00:00 delay=0ns missed=0
        after 270 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:04:00+00:00 delay=0ns missed=0
    "#]].assert_eq(&seen.lines());
    expect![[r#"
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run waits  cronjob.scheduled=2026-11-23T08:01:00+00:00
        WARN  cronjob runs become one, the last one still runs  cronjob.scheduled=2026-11-23T08:02:00+00:00
        INFO  cronjob run ended  duration_ms=130000 request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:03:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:02:00+00:00 cronjob.delay_ms=10000 cronjob.missed=1
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T08:02:00+00:00 cronjob.delay_ms=10000 cronjob.missed=1
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:03:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:03:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T08:03:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:04:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:04:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T08:04:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:05:00+00:00
    "#]].assert_eq(&seen.log);
}

#[tokio::test(start_paused = true)]
async fn runs_that_may_overlap_run_side_by_side() {
    let table = json!({"cron": "* * * * *", "overlap": "allow"});
    let seen = scene(table, &[130, 130, 1]).stopped_after(280).await;

    expect![[r#"
        after 30 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:00:00+00:00 delay=0ns missed=0
        after 90 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:01:00+00:00 delay=0ns missed=0
        after 150 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:02:00+00:00 delay=0ns missed=0
        after 210 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:03:00+00:00 delay=0ns missed=0
        after 270 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:04:00+00:00 delay=0ns missed=0
    "#]].assert_eq(&seen.lines());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_is_told_and_the_next_one_follows() {
    let mut scene = scene(json!({"cron": "* * * * *"}), &[1]);
    scene.task.outcome = || {
        Err(CallError::Returned(ServiceError {
            code: 7,
            cause: Some("no space left".to_owned()),
            attributes: Some(r#"{"archive":"orders"}"#.to_owned()),
            ..service_error(ErrorKind::PreconditionFailed, "the archive is full")
        }))
    };

    let seen = scene.stopped_after(120).await;

    assert_eq!(seen.calls.len(), 2);
    expect![[r#"
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        ERROR cronjob run failed  error.kind=ConditionError error.code=7 error.message="the archive is full" error.cause="no space left" error.attributes={"archive":"orders"} duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:01:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:01:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        ERROR cronjob run failed  error.kind=ConditionError error.code=7 error.message="the archive is full" error.cause="no space left" error.attributes={"archive":"orders"} duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T08:01:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:02:00+00:00
    "#]].assert_eq(&seen.log);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_hangs_is_cancelled_and_the_next_one_follows() {
    let table = json!({"cron": "* * * * *", "timeout": "90s"});
    let seen = scene(table, &[3600]).stopped_after(200).await;

    expect![[r#"
        after 30 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:00:00+00:00 delay=0ns missed=0
        after 150 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:02:00+00:00 delay=0ns missed=1
    "#]].assert_eq(&seen.lines());
    expect![[r#"
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        WARN  cronjob run skipped, the last one still runs  cronjob.scheduled=2026-11-23T08:01:00+00:00
        ERROR cronjob run failed  error.message="the service did not answer within 1m 30s" duration_ms=90000 request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:02:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:02:00+00:00 cronjob.delay_ms=0 cronjob.missed=1
        ERROR cronjob run failed  error.message="the service did not answer within 1m 30s" duration_ms=90000 request_id=$ID cronjob.scheduled=2026-11-23T08:02:00+00:00 cronjob.delay_ms=0 cronjob.missed=1
    "#]].assert_eq(&seen.log);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_run_and_drops_the_one_that_waits() {
    let table = json!({"cron": "* * * * *", "overlap": "queue"});
    let seen = scene(table, &[600]).stopped_after(100).await;

    assert_eq!(seen.calls.len(), 1);
    // It began at 30 s.
    assert_eq!(seen.elapsed, Duration::from_secs(630));
    expect![[r#"
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run waits  cronjob.scheduled=2026-11-23T08:01:00+00:00
        WARN  cronjob run given up, the service stops  cronjob.scheduled=2026-11-23T08:01:00+00:00
        INFO  cronjob run ended  duration_ms=600000 request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
    "#]].assert_eq(&seen.log);
}

#[tokio::test(start_paused = true)]
async fn a_stop_without_a_run_is_immediate() {
    let seen = scene(json!({"cron": "0 0 1 1 *"}), &[1]).stopped_after(7).await;

    assert_eq!(seen.elapsed, Duration::from_secs(7));
    assert_eq!((seen.log, seen.calls.len()), (String::new(), 0));
}

#[tokio::test(start_paused = true)]
async fn jitter_shifts_every_run() {
    let table = json!({"cron": "* * * * *", "jitter": "20s"});
    let seen = scene(table, &[0]).stopped_after(60 * 50).await;

    let mut delays: Vec<_> = seen.calls.iter().map(|call| call.delay).collect();
    assert_eq!(delays.len(), 50);
    // Sleeping is exact to the millisecond.
    assert!(delays.iter().all(|delay| *delay <= Duration::from_millis(20_001)), "{delays:?}");
    delays.sort();
    delays.dedup();
    assert!(delays.len() > 45, "{delays:?}");
}

/// The clock jumps by 67 minutes from 07:59:40 to 09:06:40; 08:00 to 09:00 are missed by more than a minute.
async fn after_a_jump(missed: &str) -> Seen {
    let scene = scene(json!({"cron": "*/15 * * * *", "missed": missed}), &[1]);
    let set_by = Arc::clone(&scene.set_by);
    let moment = async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        set_by.store(67 * 60, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_mins(10)).await;
    };
    scene.stopped_when(moment).await
}

#[tokio::test(start_paused = true)]
async fn runs_that_a_jump_of_the_clock_left_out_are_skipped() {
    let seen = after_a_jump("skip").await;

    expect![[r#"
        after 510 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T09:15:00+00:00 delay=0ns missed=5
    "#]].assert_eq(&seen.lines());
    expect![[r#"
        WARN  cronjob runs missed, the clock was set or the machine was asleep  cronjob.missed=5
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T09:15:00+00:00 cronjob.delay_ms=0 cronjob.missed=5
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T09:15:00+00:00 cronjob.delay_ms=0 cronjob.missed=5
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T09:30:00+00:00
    "#]].assert_eq(&seen.log);
}

#[tokio::test(start_paused = true)]
async fn one_run_makes_up_for_those_that_a_jump_of_the_clock_left_out() {
    let seen = after_a_jump("run_once").await;

    expect![[r#"
        after 30 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T09:00:00+00:00 delay=420s missed=4
        after 510 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T09:15:00+00:00 delay=0ns missed=0
    "#]].assert_eq(&seen.lines());
    expect![[r#"
        WARN  cronjob runs missed, the clock was set or the machine was asleep  cronjob.missed=4
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T09:00:00+00:00 cronjob.delay_ms=420000 cronjob.missed=4
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T09:00:00+00:00 cronjob.delay_ms=420000 cronjob.missed=4
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T09:15:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T09:15:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T09:15:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T09:30:00+00:00
    "#]].assert_eq(&seen.log);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_begins_the_schedule_anew() {
    let scene = scene(json!({"cron": "0 * * * *"}), &[1]);
    let set_by = Arc::clone(&scene.set_by);
    let moment = async move {
        tokio::time::sleep(Duration::from_mins(1)).await;
        set_by.store(-3 * 3600 - 60, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(90)).await;
    };

    let seen = scene.stopped_when(moment).await;

    expect![[r#"
        after 30 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T08:00:00+00:00 delay=0ns missed=0
        after 90 s: mikros:service/cronjob@0.2.0.run scheduled=2026-11-23T05:00:00+00:00 delay=0ns missed=0
    "#]].assert_eq(&seen.lines());
    expect![[r#"
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T09:00:00+00:00
        WARN  the clock was set back, the schedule begins anew  cronjob.scheduled=2026-11-23T05:00:00+00:00
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T05:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T05:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T06:00:00+00:00
    "#]].assert_eq(&seen.log);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_waits_for_a_clock_says_so_and_for_how_long() {
    let scene = scene(json!({"cron": "*/10 * * * *"}), &[1]);
    let set_by = Arc::clone(&scene.set_by);
    let moment = async move {
        tokio::time::sleep(Duration::from_mins(1)).await;
        set_by.store(-1800, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_mins(20)).await;
    };

    let seen = scene.stopped_when(moment).await;

    expect![[r#"
        DEBUG cronjob run begins  request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        INFO  cronjob run ended  duration_ms=1000 request_id=$ID cronjob.scheduled=2026-11-23T08:00:00+00:00 cronjob.delay_ms=0 cronjob.missed=0
        DEBUG cronjob run is due next  cronjob.scheduled=2026-11-23T08:10:00+00:00
        WARN  the clock was set back, the schedule waits until it has caught up  cronjob.scheduled=2026-11-23T08:10:00+00:00 clock.set_back_ms=1769000 cronjob.wait_ms=2369000
    "#]].assert_eq(&seen.log);
}

#[tokio::test(start_paused = true)]
async fn what_it_is_about_stands_in_the_log() {
    let scene = scene(json!({"cron": "*/5 * * * *"}), &[1]);

    let about = serde_json::to_string(&scene.schedules.describe()).unwrap();

    expect![[r#"{"cronjob.schedule":"*/5 * * * *","cronjob.time_zone":"UTC","cronjob.next":"2026-11-23T08:00:00+00:00"}"#]].assert_eq(&about);
}
