//! Races of the heartbeat.

use std::thread;

use super::*;

const PATIENCE: Duration = Duration::from_secs(1);

#[test]
fn a_loop_that_turns_after_a_caller_gave_up_is_well() {
    let heartbeat = Heartbeat::new(PATIENCE);
    heartbeat.beat(10);

    heartbeat.report_given_up();
    assert_eq!(heartbeat.judge(5000), Verdict::Stuck);
    heartbeat.beat(5000);

    assert_eq!(heartbeat.judge(9000), Verdict::Idle);
}

#[test]
fn a_loop_that_has_not_stood_still_for_long_enough_is_watched() {
    let heartbeat = Heartbeat::new(PATIENCE);
    heartbeat.beat(500);

    heartbeat.report_given_up();

    assert_eq!(heartbeat.judge(1499), Verdict::Watched);
    assert_eq!(heartbeat.judge(1500), Verdict::Stuck);
}

#[test]
fn a_loop_nobody_waits_for_may_stand_still() {
    let heartbeat = Heartbeat::new(PATIENCE);
    heartbeat.beat(1);

    assert_eq!(heartbeat.judge(1_000_000), Verdict::Idle);
    heartbeat.set_running(true);
    assert_eq!(heartbeat.judge(1_000_000), Verdict::Watched);
}

#[tokio::test]
async fn a_new_instance_is_not_killed_for_the_one_before() {
    let heartbeat = Heartbeat::new(PATIENCE);

    heartbeat.kill();
    heartbeat.reset(0);

    assert!(heartbeat.killed().now_or_never().is_none());
}

/// What the watchdog does between two ticks, with the loop and a caller on threads of their own.
#[test]
fn a_report_is_not_lost_to_a_watchdog_that_looks_at_the_same_time() {
    for round in 0..2000 {
        let heartbeat = Heartbeat::new(PATIENCE);
        heartbeat.beat(0);
        heartbeat.report_given_up();
        thread::scope(|scope| {
            scope.spawn(|| {
                // Finds the first report answered by the beat, and takes it back while the second one comes.
                for _ in 0..round % 5 {
                    heartbeat.judge(0);
                }
            });
            scope.spawn(|| {
                heartbeat.beat(0);
                heartbeat.report_given_up();
            });
        });

        assert_eq!(heartbeat.judge(5000), Verdict::Stuck, "in round {round}");
        heartbeat.beat(5000);
        assert_eq!(heartbeat.judge(9000), Verdict::Idle, "in round {round}");
    }
}

/// Whatever the order in which a watchdog sees a turn and its time.
#[test]
fn a_loop_that_turns_is_never_stuck() {
    let heartbeat = Heartbeat::new(PATIENCE);
    heartbeat.beat(5000);
    let is_over = AtomicBool::new(false);
    let is_stuck = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                heartbeat.report_given_up();
            }
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                heartbeat.beat(5000);
            }
        });
        let is_stuck = (0..20_000).any(|_| heartbeat.judge(5000) == Verdict::Stuck);
        is_over.store(true, Ordering::Relaxed);
        is_stuck
    });

    assert!(!is_stuck);
}
