//! Kind `cronjob`: a task that runs when it is due, fails, hangs, overlaps, and is stopped.
//! Does not know calendars: what is due when is tested beside the code.

use std::collections::BTreeSet;

use crate::support::{Command, Host, Line, Service, Signal, Stopped, guests};

const EVERY_SECOND: &str = "cron = '* * * * * *'";

/// A task that does what `service` says, on the terms of `cronjob`.
fn cronjobs(cronjob: &str, service: &str) -> Service {
    let tables = format!("[services.cronjob]\n{cronjob}\n[service]\n{service}");
    Service::new(guests::CRONJOBS, "cronjob").host("shutdown_timeout = '10s'").tables(&tables)
}

/// The numbers that the task has counted, in the order of the log.
fn numbers(stopped: &Stopped, msg: &str) -> Vec<u64> {
    stopped.lines(msg).iter().map(|line| line.number("number")).collect()
}

fn ids(lines: &[&Line]) -> BTreeSet<String> {
    lines.iter().map(|line| line.text("request_id").to_owned()).collect()
}

#[test]
fn a_task_runs_every_time_that_it_is_due() {
    let host = Host::start(&cronjobs(EVERY_SECOND, ""));
    host.wait_for_count("cronjob-run-completed", 3);

    let stopped = host.stop();

    let runs = stopped.lines("run begins");
    let times: BTreeSet<_> = runs.iter().map(|line| line.text("scheduled")).collect();
    assert_eq!(times.len(), runs.len(), "no time comes twice: {runs:?}");
    let counted = numbers(&stopped, "run begins");
    assert!(counted.iter().copied().eq(1..=counted.len() as u64), "{counted:?}");
    // Lines of the task carry the id that the host's line about the run has.
    let ended = stopped.lines("cronjob-run-completed");
    assert_eq!(ids(&runs), ids(&ended));
    assert_eq!(ids(&ended).len(), ended.len());
    assert!(ended.iter().all(|line| line.level() == "INFO" && line.has("duration_ms")));
}

#[test]
fn the_log_says_what_it_runs_and_when() {
    let settings = "frequency = 'weekly'\nscheduled_times = ['08:00', '17:30']\n\
                    days = ['wed', 'friday']\ntime_zone = 'UTC'";
    let host = Host::start(&cronjobs(settings, ""));

    let stopped = host.stop();

    let [line] = stopped.lines("service-running")[..] else { panic!("{}", stopped.outline()) };
    assert_eq!(line.text("kind"), "cronjob");
    assert_eq!(line.text("cronjob.schedule"), "wed, friday at 08:00, 17:30");
    assert_eq!(line.text("cronjob.time_zone"), "UTC");
    let next = line.text("cronjob.next");
    assert!(next.ends_with("T08:00:00+00:00") || next.ends_with("T17:30:00+00:00"), "{next}");
    assert_eq!(stopped.lines("run begins").len(), 0);
    assert_eq!(stopped.lines("on-finish begins").len(), 1);
}

#[test]
fn a_machine_whose_zone_does_not_exist_says_so() {
    let service = cronjobs("cron = '0 8 * * *'", "");
    let of_schedule = "`services.cronjob.time_zone` is the machine's zone, and `TZ` is \
                       `Europe/Berln`, which is not a known time zone: the schedule is in UTC";
    let of_log = "`TZ` is `Europe/Berln`, which is not a known time zone: times \
                  in the log are in UTC";

    let command = Command::new(["check".as_ref(), service.path().as_os_str()]);
    let checked = command.env("TZ", "Europe/Berln").run().outline();
    let stopped = Host::running(&service, Host::command(&service).env("TZ", "Europe/Berln")).stop();

    let warned: Vec<_> = stopped.log.iter().filter(|line| line.level() == "WARN").collect();
    for said in [of_schedule, of_log] {
        assert!(checked.contains(said), "{checked}");
        let told = warned.iter().filter(|line| line.msg().contains(said)).count();
        assert_eq!(told, 1, "{said}: {}", stopped.outline());
    }
    let [running] = stopped.lines("service-running")[..] else { panic!("{stopped:?}") };
    assert_eq!(running.text("cronjob.time_zone"), "UTC");
    // One that exists is used, wherever the machine has its zones, or has none.
    let command = Host::command(&service).env("TZ", "Asia/Tokyo").env("TZDIR", "/nonexistent");
    let stopped = Host::running(&service, command).stop();
    let [running] = stopped.lines("service-running")[..] else { panic!("{stopped:?}") };
    assert_eq!(running.text("cronjob.time_zone"), "Asia/Tokyo");
    assert!(running.text("cronjob.next").ends_with("T08:00:00+09:00"), "{running:?}");
}

#[test]
fn a_run_that_fails_is_told_and_others_follow() {
    let host = Host::start(&cronjobs(EVERY_SECOND, "run = 'fail'"));
    host.wait_for_count("cronjob-run-failed", 2);

    let stopped = host.stop();

    let failed = stopped.lines("cronjob-run-failed");
    assert!(failed.iter().all(|line| {
        line.level() == "ERROR"
            && line.text("error.kind") == "ConditionError"
            && line.text("error.message") == "told to fail"
            && line.text("error.cause") == "by its settings"
    }));
    assert_eq!(ids(&failed).len(), failed.len());
}

#[test]
fn a_run_that_panics_costs_its_instance_and_others_follow() {
    let host = Host::start(&cronjobs(EVERY_SECOND, "run = 'panic'"));
    host.wait_for_count("cronjob-run-failed", 2);

    host.signal(Signal::TERM);
    let stopped = host.ended();

    assert!(stopped.lines("instance-lost").len() >= 2, "{}", stopped.outline());
    // Each instance counts from its own beginning.
    assert!(numbers(&stopped, "run begins").iter().all(|number| *number == 1));
    // It may be stopped at a moment when it panics, which is not in order.
    assert!(matches!(stopped.status, Some(0 | 1)), "{}", stopped.outline());
}

#[test]
fn a_run_that_hangs_is_cancelled_and_others_follow() {
    let settings = format!("{EVERY_SECOND}\ntimeout = '1500ms'");
    let host = Host::start(&cronjobs(&settings, "run = 'wait'"));
    host.wait_for_count("cronjob-run-failed", 2);

    let stopped = host.stop();

    let failed = stopped.lines("cronjob-run-failed");
    let message = "the service did not answer within 1s 500ms";
    assert_eq!(failed[0].text("error.message"), message);
    assert!(failed[0].number("duration_ms") >= 1500);
    // The same instance goes on: its future was dropped where it waited.
    assert_eq!(numbers(&stopped, "run begins")[..2], [1, 2]);
    assert_eq!(stopped.lines("run ends").len(), 0);
}

#[test]
fn a_run_that_computes_for_ever_is_interrupted_and_others_follow() {
    let settings = format!("{EVERY_SECOND}\ntimeout = '500ms'");
    let host = Host::start(&cronjobs(&settings, "run = 'spin'"));
    host.wait_for_count("cronjob-run-failed", 2);

    host.signal(Signal::TERM);
    let stopped = host.ended();

    assert!(stopped.lines("run begins").len() >= 2, "{}", stopped.outline());
    assert!(matches!(stopped.status, Some(0 | 1)), "{}", stopped.outline());
}

#[test]
fn runs_that_are_due_while_one_runs_are_skipped() {
    let host = Host::start(&cronjobs(EVERY_SECOND, "sleep_ms = 2500"));
    host.wait_for_count("run begins", 2);

    let stopped = host.stop();

    let [first, second, ..] = stopped.lines("run begins")[..] else { panic!("{stopped:?}") };
    assert_eq!(first.number("missed"), 0);
    assert!(second.number("missed") >= 2, "{second:?}");
    let skipped = stopped.lines("cronjob-run-skipped");
    assert!(!skipped.is_empty());
    assert!(skipped.iter().all(|line| line.level() == "WARN"));
    // No two at the same time.
    let turns = stopped.log.iter().filter(|line| ["run begins", "run ends"].contains(&line.msg()));
    let turns: Vec<_> = turns.map(Line::msg).collect();
    assert!(turns.iter().step_by(2).all(|msg| *msg == "run begins"), "{turns:?}");
}

#[test]
fn a_run_that_is_due_while_one_runs_can_wait() {
    let settings = format!("{EVERY_SECOND}\noverlap = 'queue'");
    let host = Host::start(&cronjobs(&settings, "sleep_ms = 1300"));
    let second = host.wait_for_count("run begins", 2);

    let stopped = host.stop();

    // It was due a second after the first one and began when that had ended.
    assert!(second.number("delay_ms") >= 200, "{second:?}");
    assert_eq!(second.number("missed"), 0);
    assert_eq!(stopped.lines("cronjob-run-skipped").len(), 0);
}

#[test]
fn runs_can_overlap() {
    let settings = format!("{EVERY_SECOND}\noverlap = 'allow'");
    let host = Host::start(&cronjobs(&settings, "sleep_ms = 2500"));
    host.wait_for_count("run ends", 1);

    let stopped = host.stop();

    let until_the_end = stopped.log.iter().take_while(|line| line.msg() != "run ends");
    let begun = until_the_end.filter(|line| line.msg() == "run begins").count();
    assert!(begun >= 2, "{}", stopped.outline());
}

#[test]
fn a_stop_waits_for_the_run() {
    let host = Host::start(&cronjobs(EVERY_SECOND, "sleep_ms = 3000"));
    host.wait_for("run begins");

    let stopped = host.stop();

    assert_eq!(stopped.lines("run begins").len(), 1);
    assert_eq!(stopped.lines("run ends").len(), 1);
    assert_eq!(stopped.lines("cronjob-run-completed").len(), 1);
    let order = ["service-stopping", "run ends", "on-finish begins", "service-stopped"];
    let told = stopped.log.iter().map(Line::name).filter(|name| order.contains(name));
    assert_eq!(told.collect::<Vec<_>>(), order);
}

#[test]
fn a_run_that_does_not_end_is_cut_off_by_the_stop() {
    let settings = cronjobs(EVERY_SECOND, "run = 'wait'");
    settings.edit("shutdown_timeout = '10s'", "shutdown_timeout = '500ms'");
    let host = Host::start(&settings);
    host.wait_for("run begins");

    host.signal(Signal::TERM);
    let stopped = host.ended();

    assert_eq!(stopped.status, Some(1));
    let late = stopped.lines("shutdown-timed-out");
    assert_eq!(late.len(), 1, "{}", stopped.outline());
    assert_eq!(stopped.lines("run ends").len(), 0);
}

#[test]
fn a_schedule_that_cannot_be_is_refused_before_anything_starts() {
    let refused = [
        ("", "must say when the task runs"),
        ("cron = '0 0 30 2 *'", "names a time that never comes"),
        ("cron = '0 25 * * *'", "has a wrong field for the hours"),
        ("frequency = 'daily'", "must name at least one time"),
        ("scheduled_times = ['08:00']\ndays = ['monday']", "is required with"),
        ("frequency = 'weekly'\nscheduled_times = ['8:00']\ndays = ['mon']", "must be a time"),
        ("cron = '* * * * *'\ntime_zone = 'Mars/Olympus'", "must be the name of a time zone"),
        ("cron = '* * * * *'\nfrequenzy = 'daily'", "frequenzy"),
    ];
    for (settings, message) in refused {
        let service = cronjobs(settings, "");

        let finished = Command::new(["run".as_ref(), service.path().as_os_str()]).run();

        assert_eq!(finished.status, 2, "{settings}: {}", finished.outline());
        assert!(finished.stderr.contains(message), "{settings}: {}", finished.outline());
        assert!(finished.stderr.contains("service.toml:"), "{settings}: {}", finished.outline());
        assert_eq!(finished.stdout, "", "{settings}");
    }
}

#[test]
fn the_example_sends_its_digest() {
    let service = Service::new(guests::CRONJOB, "cronjob")
        .tables("[services.cronjob]\ncron = '* * * * * *'\ntime_zone = 'Europe/Berlin'");
    let host = Host::start(&service);
    host.wait_for_count("digest sent", 2);

    let stopped = host.stop();

    let sent = stopped.lines("digest sent");
    let counted = numbers(&stopped, "digest sent");
    assert!(counted.iter().copied().eq(1..=sent.len() as u64), "{counted:?}");
    // The zone of the schedule, whatever that of the machine is.
    let in_berlin = |line: &&Line| {
        let scheduled = line.text("scheduled");
        scheduled.ends_with("+01:00") || scheduled.ends_with("+02:00")
    };
    assert!(sent.iter().all(in_berlin), "{sent:?}");
}
